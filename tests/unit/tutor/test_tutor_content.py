"""The content files are complete, and what is wrong in one is named."""

import dataclasses
from collections.abc import Iterator, Mapping

import pytest

from bot.core.language import Band
from bot.voice.context import Context, ContextCard, Line
from bot.voice.contexts.catalogue import (
    find_context,
    find_talk,
    fixed_lines,
    languages,
    list_cards,
    list_contexts,
)
from bot.voice.contexts.reader import BadContent, read_context

TRANSLATED_INTO = {"en": "es", "es": "en"}
ALL = [context for language in sorted(languages()) for context in list_contexts(language)]
OPEN_WORDS = ("what", "where")


def lines_of(value: object) -> Iterator[Line]:
    if isinstance(value, Line):
        yield value
    elif dataclasses.is_dataclass(value):
        for item in dataclasses.fields(value):
            yield from lines_of(getattr(value, item.name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from lines_of(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from lines_of(inner)


def test_english_and_spanish_have_the_same_three_contexts() -> None:
    assert languages() >= {"en", "es"}
    for language in ("en", "es"):
        assert [c.id for c in list_contexts(language)] == ["cafe", "directions", "small_talk"]


@pytest.mark.parametrize("context", ALL, ids=lambda c: f"{c.language}-{c.id}")
def test_every_step_has_questions_and_hints_in_every_band(context: Context) -> None:
    assert len(context.steps) >= 5
    for step in context.steps:
        assert set(step.talk) == set(Band)
        for talk in step.talk.values():
            assert len(talk.ask) >= 3
            assert len(talk.hints) >= 2
    assert len(context.words) >= 10


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_line_is_translated_and_has_a_key_of_its_own(language: str) -> None:
    values = (*list_contexts(language), find_talk(language))
    lines = [line for value in values for line in lines_of(value)]
    assert [line.key for line in lines if TRANSLATED_INTO[language] not in line.translations] == []
    assert len({line.key for line in lines}) == len(lines)


@pytest.mark.parametrize("context", ALL, ids=lambda c: f"{c.language}-{c.id}")
def test_no_question_stands_twice_in_a_context(context: Context) -> None:
    asked = [q.text for step in context.steps for talk in step.talk.values() for q in talk.ask]
    assert len(set(asked)) == len(asked)


def test_contexts_are_found_by_tag_and_named_for_the_interface() -> None:
    found = find_context("cafe", "en-GB")
    assert found is not None
    assert set(found.name) >= {"en", "es"}
    assert [card.languages >= {"en", "es"} for card in list_cards()] == [True] * 3


def test_what_is_always_the_same_can_be_spoken_beforehand() -> None:
    lines = fixed_lines(ALL[0])
    assert "What would you like to drink?" in lines
    assert not any("{" in line for line in lines)


def test_openings_are_spoken_beforehand_first_and_only_in_the_learners_band() -> None:
    context = ALL[0]
    lines = fixed_lines(context, Band.BEGINNER)
    assert lines[1] == context.opening[Band.BEGINNER].text
    assert context.opening[Band.ADVANCED].text not in lines
    assert set(lines) < set(fixed_lines(context))


def test_a_language_nobody_has_written_has_no_contexts() -> None:
    assert list_contexts("de") == ()
    assert find_context("cafe", "de") is None
    assert find_talk("de") is None


def a_file(**changes: object) -> dict[str, object]:
    """A whole context file in the smallest form; `changes` replace entries."""
    line = {"en": "Fine.", "es": "Bien."}
    question = {"en": "What is it?", "es": "¿Qué es?"}
    band = {"ask": [question] * 3, "hints": [line]}
    bands = {b.value: band for b in Band}
    return {
        "role": "a friend",
        "goal": line,
        "words": [line],
        "opening": {b.value: question for b in Band},
        "closing": {b.value: line for b in Band},
        "steps": [{"id": "one", "cues": ["one"], **bands}],
        "answers": [{"cues": ["one"], "lines": [line]}],
        "take_up": [line],
        "tip": line,
        **changes,
    }


def read(data: dict[str, object]) -> Context:
    card = ContextCard(id="x", icon="x", category="x", name={}, description={})
    return read_context("en/x.toml", data, "en", card, OPEN_WORDS)


def test_the_smallest_whole_file_is_read() -> None:
    assert read(a_file()).goal.text == "Fine."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"goal": {"en": "Fine."}}, "en/x.toml: goal: has no translation"),
        ({"goal": {"es": "Bien."}}, "en/x.toml: goal: 'en' is missing"),
        ({"goal": {"en": "", "es": "x"}}, "en/x.toml: goal/en: must be a text that is not empty"),
        ({"take_up": []}, "en/x.toml: take_up: must be a list with at least one entry"),
        ({"take_up": [{"en": "So?", "es": "¿Y?"}]}, "en/x.toml: take_up/0: must not ask"),
        (
            {"opening": {b.value: {"en": "Is it?", "es": "¿Es?"} for b in Band}},
            "en/x.toml: opening/beginner: must end in an open question",
        ),
        (
            {"opening": {b.value: {"en": "What? Where?", "es": "¿Qué?"} for b in Band}},
            "en/x.toml: opening/beginner: must ask one question",
        ),
        ({"closing": {}}, "en/x.toml: closing: 'beginner' is missing"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(BadContent) as raised:
        read(a_file(**changes))
    assert str(raised.value) == message
