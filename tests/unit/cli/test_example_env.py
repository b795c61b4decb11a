"""`config/example.env` names every setting, tells its default, and says what it is."""

import re
from itertools import pairwise
from pathlib import Path

from bot.cli.env_file import setting_names
from config.settings import Settings, load_settings

EXAMPLE = Path(__file__).parents[3] / "config/example.env"
ASSIGNMENT = re.compile(r"(#?)(LINGUAFLEX_\w+)=(.*)")


def assignments() -> list[tuple[str, str]]:
    """Name, and "#" where it is commented out."""
    found = map(ASSIGNMENT.fullmatch, EXAMPLE.read_text("utf-8").splitlines())
    return [(match[2], match[1]) for match in found if match]


def test_every_setting_is_there_once():
    assert sorted(name for name, _ in assignments()) == sorted(setting_names())


def test_what_it_sets_is_the_default():
    assert load_settings(EXAMPLE).model_dump() == load_settings(None).model_dump()


def test_only_settings_without_a_default_are_commented_out():
    defaults = {name.upper(): value for name, value in flat(Settings().model_dump(by_alias=True))}

    for name, mark in assignments():
        has_none = defaults[name.removeprefix("LINGUAFLEX_")] in (None, frozenset())
        assert (mark == "#") is has_none, name


def flat(values: dict[str, object]) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in values.items():
        if isinstance(value, dict):
            found += [(f"{name}__{inner}", each) for inner, each in flat(value)]
        else:
            found.append((name, value))
    return found


def test_every_setting_has_a_line_that_says_what_it_is():
    lines = EXAMPLE.read_text("utf-8").splitlines()

    for before, line in pairwise(lines):
        if ASSIGNMENT.fullmatch(line):
            assert re.fullmatch(r"# \S.{10,}\.", before), line
