"""Corrections: every rule does what it says, right sentences are left alone, recall is known."""

from pathlib import Path

import pytest

from bot.core.language import Band
from bot.voice.adapters.local.corrections.checker import find_corrections
from bot.voice.adapters.local.corrections.tables import Rule, find_table
from bot.voice.context import Line
from bot.voice.contexts.catalogue import find_talk, list_contexts
from bot.voice.contexts.reader import is_open_question
from tests.unit.tutor.test_tutor_content import lines_of

HERE = Path(__file__).parent
LANGUAGES = ("en", "es")
# Of the sentences in wrong_*.txt that get exactly the better form noted beside them.
LEAST_RECALL = {"en": 0.80, "es": 0.88}


def rules() -> list[tuple[str, Rule]]:
    tables = {language: find_table(language) for language in LANGUAGES}
    return [(language, rule) for language, table in tables.items() if table for rule in table.rules]


def better(text: str, language: str, band: Band = Band.BEGINNER) -> str | None:
    found = find_corrections(text, language, band)
    return found[0].better if found else None


def lines(name: str) -> list[str]:
    return (HERE / name).read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("language", "rule"), rules(), ids=lambda v: v if isinstance(v, str) else v.id
)
def test_a_rule_corrects_its_examples_and_leaves_the_better_form_alone(
    language: str, rule: Rule
) -> None:
    assert [better(text, language) for text in rule.wrong] == list(rule.right)
    assert [better(text, language) for text in rule.right] == [None] * len(rule.right)
    assert set(rule.explain) >= {"en", "es"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_prompts_are_open_questions(language: str) -> None:
    talk = find_talk(language)
    assert talk is not None
    for own, rule in rules():
        if own == language and rule.prompt is not None:
            assert is_open_question(rule.prompt, talk.grammar.open_words), rule.id


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("band", list(Band))
def test_right_sentences_are_never_corrected(language: str, band: Band) -> None:
    sentences = lines(f"correct_{language}.txt")
    assert len(sentences) >= 60
    assert [text for text in sentences if better(text, language, band)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_lines_are_never_corrected(language: str) -> None:
    said = [
        text
        for own in LANGUAGES
        for value in (*list_contexts(own), find_talk(own))
        for line in lines_of(value)
        if (text := in_language(line, own, language)) and "{" not in text
    ]
    assert len(said) > 400
    assert [text for text in said if better(text, language)] == []


def in_language(line: Line, own: str, language: str) -> str | None:
    return line.text if own == language else line.translations.get(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_most_common_mistakes_are_found(language: str) -> None:
    pairs = [line.split(" | ") for line in lines(f"wrong_{language}.txt")]
    found = [(better(said, language) or "", right) for said, right in pairs]
    hits = sum(right.lower() in corrected.lower() for corrected, right in found)
    wrongly = [pair for pair in found if pair[0] and pair[1].lower() not in pair[0].lower()]
    assert hits / len(pairs) >= LEAST_RECALL[language]
    assert wrongly == []


def test_only_the_clause_with_the_slip_is_said_again() -> None:
    text = (
        "On Saturday morning my friends and I woke up very early, and I goed to the store,"
        " and then we all had a big breakfast together in the garden"
    )
    assert better(text, "en") == "and I went to the store"


def test_style_is_left_to_the_advanced() -> None:
    said = "My city is more big than yours"
    assert better(said, "en", Band.BEGINNER) == "My city is bigger than yours"
    assert better(said, "en", Band.ADVANCED) is None


def test_spelling_capitals_and_punctuation_are_no_mistakes_of_speech() -> None:
    assert better("i liek my freind um so so and my favourite colour is blue", "en") is None


def test_a_slip_in_an_unsure_word_is_left_alone() -> None:
    assert find_corrections("I goed home", "en", Band.BEGINNER, {"goed"}) == ()


def test_a_language_without_rules_is_not_corrected() -> None:
    assert find_corrections("Ich gehe nach Haus", "de", Band.BEGINNER) == ()
