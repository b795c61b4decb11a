"""Catalogs: every key that is used has a text in every language, and no text is unused."""

import ast
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import product
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from bot.accounts.gigs import GigCategory, GigStatus
from bot.accounts.model import Purpose, ReplyMode, Role, User, UserStatus
from bot.core.language import Level
from bot.flows.conversation import assemble
from bot.flows.live.making_materials import NONE, OWN
from bot.flows.live.making_steps import BY_CODE, OPEN
from bot.flows.profile import GOALS
from bot.i18n.catalog import LOCALES, SOURCE_LANGUAGE, keys, texts_in, ui_languages
from bot.live.model import Kind, RoomKind
from bot.voice.corrections import CorrectionKind
from bot.voice.evidence import Skill
from bot.voice.persona import CorrectionStyle
from bot.voice.session import Correction
from tests.conftest import ROOT
from tests.people_at_a_desk import a_desk

LANGUAGES = ui_languages()
_KEY = re.compile(r"[a-z][a-z_0-9]*(\.[A-Za-z0-9_]+)+")
_SOURCES = [
    path
    for path in sorted((ROOT / "bot").rglob("*.py"))
    if not {"simulators", "migrations", "cli"} & set(path.relative_to(ROOT).parts)
]
# Look like keys and are none: kinds of jobs, modules, files.
_NO_KEYS = frozenset(
    {"voice.close", "gig.announce", "relay.transcribe", "relay.open_room", "relay.invite"}
)
_OTHER = re.compile(r"bot\.voice\b|.*\.(ogg|py|toml)$")
# Patterns that begin with an area whose keys `made_at_run_time` does not list one by one.
_NOT_LISTED = re.compile(
    r"(?!ask\\|choice|command|correction|field|flow|score\\\.(missing|name))[a-z_]+\\\."
)
# Values that Python puts into a key at run time.
_WORDED = {
    "role": (Role.STUDENT, Role.TEACHER),
    "level": Level,
    "gender": ("any", "female", "male"),
    "own_gender": ("female", "male", "other"),
    "goals": GOALS,
    "status": (UserStatus.ACTIVE, UserStatus.PAUSED, UserStatus.CLOSED),
    "style": CorrectionStyle,
    "replies": ReplyMode,
    "speed": ("auto", "slow", "normal"),
    "tutor_ok": ("yes",),
    "gig_category": GigCategory,
    "live_kind": Kind,
    "live_access": (OPEN, BY_CODE),
    "live_room": RoomKind,
    "live_materials": (OWN, NONE),
    "gig_status": (GigStatus.DRAFT, GigStatus.LIVE, GigStatus.PAUSED),
}


@cache
def messages(language: str) -> dict[str, Message]:
    found: dict[str, Message] = {}
    for file in sorted((LOCALES / language).glob("*.po")):
        with file.open("rb") as source:
            for message in read_po(source, locale=language):
                key = message.id[0] if isinstance(message.id, tuple) else message.id
                if key:
                    assert key not in found, f"{key} stands twice in {language}"
                    found[str(key)] = message
    return found


def forms(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@cache
def used() -> tuple[frozenset[str], tuple[str, ...]]:
    """Constants that look like keys, and patterns of those put together from pieces."""
    constants: set[str] = set()
    patterns: set[str] = set()
    for path in _SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        skipped = set(_logged(tree))
        for node in ast.walk(tree):
            if node in skipped:
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                constants.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                patterns.add(_pattern(node))
    return frozenset(filter(_KEY.fullmatch, constants)), tuple(sorted(patterns))


def _logged(tree: ast.AST) -> Iterator[ast.AST]:
    """Names of log events look like keys."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "_log":
                yield from node.args


def _pattern(node: ast.JoinedStr) -> str:
    pieces = [
        re.escape(str(piece.value)) if isinstance(piece, ast.Constant) else r"[\w.]+"
        for piece in node.values
    ]
    return "".join(pieces)


def made_at_run_time() -> Iterator[str]:
    """Every key that is put together from values, for all the values there are."""
    yield from _of_the_conversation()
    for name, values in _WORDED.items():
        yield from (f"choice.{name}.{value}" for value in values)
    for skill, what in product(Skill, ("score.name.{}", "score.method.{}.not_measured")):
        yield what.format(skill)
    for model in json.loads((ROOT / "bot/voice/data/scores.json").read_text())["models"]:
        yield f"score.method.{model['name']}"
    yield from (f"score.missing.{reason}" for reason in _reasons())
    kinds = [*CorrectionKind, Correction(said="", better="").kind]
    yield from (f"correction.kind.{kind}" for kind in kinds)
    for purpose, what in product(Purpose, ("wording", "given", "revoked", "button.on")):
        yield f"privacy.{purpose}.{what}"


def _of_the_conversation() -> Iterator[str]:
    """Questions of all flows, their labels in a summary, what commands are about."""
    whole = assemble(*a_desk())
    for flow in whole.conversation.runner.flows:
        has_summary = any(step.is_summary for step in flow.steps)
        for step in flow.steps:
            yield step.asks or f"flow.{flow.name}.{step.name}.ask"
            is_named = step.label is not None or has_summary
            if is_named and not step.is_summary and not step.is_hidden:
                yield step.label or f"flow.{flow.name}.{step.name}.label"
    everybody = User(created_at=datetime(2026, 1, 1, tzinfo=UTC), roles=frozenset(Role))
    for name, _ in whole.commands.menu(SOURCE_LANGUAGE, everybody):
        yield f"command.{name}.about"
    for command in whole.commands.all_listed:
        if command.takes is not None:
            yield f"command.{command.name}.{command.takes}"


def _reasons() -> Iterator[str]:
    """Why something was not measured, as the scoring modules word it."""
    for path in _SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if is_call and node.func.id == "not_measured":
                words = [each for each in ast.walk(node.args[1]) if isinstance(each, ast.Constant)]
                yield from (str(word.value) for word in words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_that_is_used_has_a_text(language: str) -> None:
    known = keys(language)
    areas = {key.partition(".")[0] for key in known}
    constants, _ = used()
    wanted = {key for key in constants if key.partition(".")[0] in areas} - _NO_KEYS
    others = {key for key in wanted if _OTHER.match(key)}
    assert (wanted - others) | set(made_at_run_time()) <= known


def test_no_text_is_unused() -> None:
    constants, patterns = used()
    made = set(made_at_run_time())
    whole = re.compile("|".join(filter(_NOT_LISTED.match, patterns)))
    unused = {
        key
        for key in keys(SOURCE_LANGUAGE)
        if key not in constants and key not in made and not whole.fullmatch(key)
    }
    assert unused == set()


def test_all_languages_have_the_same_keys() -> None:
    assert {language: keys(language) for language in LANGUAGES} == dict.fromkeys(
        LANGUAGES, keys(SOURCE_LANGUAGE)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_placeholders(language: str) -> None:
    source = messages(SOURCE_LANGUAGE)
    differing = {
        key
        for key, message in messages(language).items()
        for form in forms(message)
        if placeholders(form) != placeholders(forms(source[key])[-1])
    }
    assert differing == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_that_counts_has_every_plural_form(language: str) -> None:
    short = {
        key
        for key, message in messages(language).items()
        if (any("{count}" in form for form in forms(message)) and len(forms(message)) < 2)
        or not all(forms(message))
    }
    # What a slip came up is said with a number that is never one.
    assert short <= {"report.focus.mistake"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_telegram_shows_fits(language: str) -> None:
    texts = texts_in(language)
    assert len(texts("bot.description")) <= 512
    assert len(texts("bot.short_description")) <= 120
    menu = assemble(*a_desk()).commands.menu(language)
    assert [name for name, about in menu if not 1 <= len(about) <= 256] == []


def test_the_word_that_removes_everything_is_one_word_in_every_language() -> None:
    assert all(texts_in(language)("forget.word").isalpha() for language in LANGUAGES)


def test_no_sentence_for_people_is_written_in_python() -> None:
    """Texts of `Paragraph` and `Button` are variables, never literals with words in them."""
    literals = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _SOURCES
        for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"Paragraph", "Button"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]
    assert literals == []
