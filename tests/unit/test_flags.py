"""The flag that stands for a language."""

import pytest

from bot.i18n.flags import WORLD, flag_of


@pytest.mark.parametrize(
    ("tag", "flag"),
    [("es", "🇪🇸"), ("en-GB", "🇬🇧"), ("pt", "🇧🇷"), ("sr-Latn", "🇷🇸"), ("eo", WORLD), ("xx", WORLD)],
)
def test_a_language_has_the_flag_of_most_of_its_speakers_or_the_globe(tag: str, flag: str) -> None:
    assert flag_of(tag) == flag
