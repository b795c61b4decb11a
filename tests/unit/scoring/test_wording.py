"""Counting words and syllables, and comparing texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.voice.wording import syllables, tokens_of, word_error_rate, words_of

TEXTS = st.lists(st.sampled_from(["the", "cat", "sat", "on", "a", "mat"]), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("banana", "en", 3),
        ("make the table", "en", 4),
        ("walked and wanted", "en", 4),
        ("nth", "en", 1),
        ("mañana", "es", 3),
        ("très élégant", "fr", 4),
        ("schöne Grüße", "de", 4),
        ("молоко", "ru", 3),
        ("你好", "zh", 2),
        ("", "en", 0),
        ("...!", "en", 0),
    ],
)
def test_syllables_are_groups_of_vowels(text: str, language: str, count: int):
    assert syllables(text, language) == count


def test_a_word_keeps_its_apostrophe_and_loses_its_punctuation():
    assert words_of("Don’t stop, Peter's here!") == ["don't", "stop", "peter's", "here"]


def test_tokens_keep_their_capitals():
    assert tokens_of("Der Käse.") == ["Der", "Käse"]


@pytest.mark.parametrize(
    ("heard", "rate"),
    [
        ("Mark is going to see an elephant.", 1 / 6),
        ("mark is going to see elephant", 0),
        ("mark going to sea elephant", 2 / 6),
        ("", 1),
    ],
)
def test_each_word_too_many_too_few_or_wrong_is_an_error(heard: str, rate: float):
    assert word_error_rate("MARK IS GOING TO SEE ELEPHANT", heard) == pytest.approx(rate)


def test_without_an_expected_text_there_is_no_error_rate():
    with pytest.raises(ValueError, match="no words"):
        word_error_rate("?", "anything")


@given(TEXTS, TEXTS)
def test_error_counts_are_a_distance(one: list[str], other: list[str]):
    there = word_error_rate(" ".join(one), " ".join(other)) * len(one)
    back = word_error_rate(" ".join(other), " ".join(one)) * len(other)

    assert there == pytest.approx(back)
    assert abs(len(one) - len(other)) <= round(there) <= max(len(one), len(other))
