"""Vocabulary and grammar, from what was said; and the five scores together."""

import sys

import pytest

from bot.voice import vocabulary
from bot.voice.evidence import Missing, Skill, TurnEvidence
from bot.voice.grammar import score_grammar
from bot.voice.scoring import score
from bot.voice.session import Correction
from bot.voice.vocabulary import score_vocabulary
from tests.unit.scoring.scored_turns import a_turn

PLAIN = "I like my dog and my dog likes me and I go with my dog to the park every day"
RICH = (
    "Negotiating a mortgage requires patience because reluctant lenders scrutinise every invoice "
    "before granting approval, whereas private investors merely glance at quarterly forecasts"
)
SLIP = Correction(said="I goed", better="I went", kind="past_tense")


def said(text: str, times: int = 1) -> list[TurnEvidence]:
    return [TurnEvidence(transcript=text)] * times


def test_rarer_and_more_varied_words_make_a_richer_vocabulary():
    pytest.importorskip("wordfreq", reason="word frequencies come with the `local` extra")

    assert score_vocabulary(said(RICH), "en").value > score_vocabulary(said(PLAIN), "en").value + 3


def test_saying_the_same_again_does_not_enrich_a_vocabulary():
    once, often = score_vocabulary(said(PLAIN), "en"), score_vocabulary(said(PLAIN, 9), "en")

    assert often.value < once.value
    assert often.evidence["different_words"] == once.evidence["different_words"]


def test_from_75_words_vocabulary_may_be_shown():
    exactly = score_vocabulary(said("one two three four five", 15), "en")
    short = score_vocabulary([*said("one two three four five", 14), *said("a b c d")], "en")

    assert exactly.is_sufficient
    assert not short.is_sufficient
    assert short.value is not None
    assert short.missing == (Missing("score.missing.words", {"have": 74, "need": 75}),)


def test_vocabulary_counts_what_the_learner_says_was_said():
    turn = a_turn(transcript="some other words", corrected_transcript="hello")

    assert score_vocabulary([turn], "en").evidence["words"] == 1


def test_target_words_count_in_any_of_their_forms():
    pytest.importorskip("simplemma", reason="base forms come with the `local` extra")

    evidence = score_vocabulary(said("I went home"), "en", ["go", "bill"]).evidence

    assert (evidence["target_words"], evidence["target_words_used"]) == (2, 1)


def test_without_word_lists_vocabulary_is_variety_alone_and_says_so(monkeypatch):
    for name in ("simplemma", "wordfreq"):
        monkeypatch.setitem(sys.modules, name, None)
    vocabulary._lemmatizer.cache_clear()
    vocabulary._frequency.cache_clear()

    found = score_vocabulary(said(RICH), "en")

    vocabulary._lemmatizer.cache_clear()
    vocabulary._frequency.cache_clear()
    assert found.method == "vocabulary.variety"
    assert "rarer_share" not in found.evidence
    assert found.value is not None


@pytest.mark.parametrize("language", ["zh", "ja", "th"])
def test_where_words_are_not_spaced_their_scores_are_not_measured(language: str):
    scores = score(said("你好吗我很好"), language)

    for skill in (Skill.VOCABULARY, Skill.GRAMMAR):
        assert scores[skill].value is None
        assert scores[skill].missing == (Missing("score.missing.language"),)


def test_words_read_aloud_say_nothing_about_vocabulary_or_grammar():
    scores = score([a_turn(known_text=RICH, transcript=RICH, corrections=(SLIP,))], "en")

    for skill in (Skill.VOCABULARY, Skill.GRAMMAR):
        assert scores[skill].value is None
        assert scores[skill].missing == (Missing("score.missing.text"),)


def test_grammar_without_a_checker_is_not_measured():
    found = score_grammar([a_turn(corrections=None)], "en")

    assert found.value is None
    assert found.missing == (Missing("score.missing.grammar_check"),)


def test_grammar_falls_with_each_mistake_found():
    values = [
        score_grammar([a_turn(corrections=(SLIP,) * count)] * 8, "en").value for count in range(4)
    ]

    assert values[0] == 10.0
    assert values == sorted(set(values), reverse=True)


def test_grammar_rests_on_mistakes_per_hundred_words():
    found = score_grammar([a_turn(corrections=(SLIP,)), a_turn(corrections=())] * 4, "en")

    assert found.is_sufficient
    assert found.evidence == {"words": 80, "mistakes": 4, "mistakes_per_hundred_words": 5}


def test_there_are_five_scores_and_listening_needs_questions():
    scores = score([a_turn()], "en")

    assert list(scores) == list(Skill)
    assert scores[Skill.LISTENING].value is None
    assert scores[Skill.LISTENING].missing == (Missing("score.missing.questions"),)


def test_of_nothing_said_nothing_is_scored():
    assert all(each.value is None and each.missing for each in score([], "en").values())
