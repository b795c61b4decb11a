"""Fluency and clarity: what raises and lowers them, and when they may be shown."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.voice.clarity import score_clarity, words_to_repeat
from bot.voice.evidence import Missing, Score, TurnEvidence
from bot.voice.fluency import score_fluency
from bot.voice.model import Word
from tests.unit.scoring.scored_turns import SENTENCE, a_timing, a_turn, words_of_sureness

EVIDENCE = {
    "text known": {"known_text": SENTENCE},
    "recogniser alone": {},
    "text known, words unknown": {"known_text": SENTENCE, "words": ()},
    "transcript alone": {"words": ()},
}
every_evidence = pytest.mark.parametrize("known", EVIDENCE.values(), ids=EVIDENCE.keys())


def fluency(turn: TurnEvidence) -> float:
    value = score_fluency([turn], "en").value
    assert value is not None
    return value


@every_evidence
@given(
    pauses=st.lists(st.floats(0.4, 3.0), max_size=4),
    another=st.floats(0.4, 5.0),
)
def test_another_pause_never_raises_fluency(
    known: dict[str, object], pauses: list[float], another: float
):
    before = a_turn(timing=a_timing(3.0, tuple(pauses)), **known)
    after = a_turn(timing=a_timing(3.0, (*pauses, another)), **known)

    assert fluency(after) <= fluency(before)


@every_evidence
def test_long_pauses_cost_fluency(known: dict[str, object]):
    steady = a_turn(**known)
    halting = a_turn(timing=a_timing(3.0, (0.8, 0.8)), **known)

    assert fluency(steady) - fluency(halting) > 1


@every_evidence
@given(seconds=st.floats(1.0, 30.0), slower=st.floats(1.0, 3.0))
def test_the_same_words_spoken_slower_are_never_more_fluent(
    known: dict[str, object], seconds: float, slower: float
):
    brisk = a_turn(timing=a_timing(seconds), **known)
    slow = a_turn(timing=a_timing(seconds * slower), **known)

    assert fluency(slow) <= fluency(brisk)


@every_evidence
@given(seconds=st.floats(0.05, 600), pauses=st.lists(st.floats(0.2, 100), max_size=9))
def test_fluency_stays_between_0_and_10(
    known: dict[str, object], seconds: float, pauses: list[float]
):
    assert 0 <= fluency(a_turn(timing=a_timing(seconds, tuple(pauses)), **known)) <= 10


@given(sure=st.floats(0, 1), surer=st.floats(0, 1))
def test_words_understood_better_never_lower_clarity(sure: float, surer: float):
    worse, better = sorted((sure, surer))

    def clarity(probability: float) -> float:
        turn = a_turn(words=words_of_sureness(SENTENCE, probability))
        return score_clarity([turn], "en").value or 0.0

    assert clarity(worse) <= clarity(better)


def test_clarity_falls_with_words_of_a_known_text_that_were_not_understood():
    right = a_turn(known_text=SENTENCE)
    wrong = replace(right, transcript="the wick round box thumps over the lady dock again")

    assert score_clarity([wrong], "en").value < score_clarity([right], "en").value


@pytest.mark.parametrize("score", [score_fluency, score_clarity])
class TestEvidenceThreshold:
    def test_below_twenty_seconds_a_value_is_known_but_not_to_be_shown(self, score):
        found: Score = score([a_turn(timing=a_timing(19.9))], "en")

        assert found.value is not None
        assert not found.is_sufficient
        assert found.missing == (Missing("score.missing.seconds", {"have": 19.9, "need": 20.0}),)

    def test_twenty_seconds_over_several_turns_are_enough(self, score):
        found: Score = score([a_turn(timing=a_timing(5.0))] * 4, "en")

        assert found.is_sufficient
        assert found.missing == ()
        assert found.evidence["seconds"] == 20.0

    def test_silence_within_a_recording_is_no_evidence(self, score):
        assert not score([a_turn(timing=a_timing(10.0, (15.0,)))], "en").is_sufficient

    def test_a_note_without_voice_has_no_score(self, score):
        found: Score = score([a_turn(timing=None, transcript="", words=())], "en")

        assert found.value is None
        assert found.missing == (Missing("score.missing.speech"),)

    def test_a_typed_turn_has_no_say(self, score):
        typed = TurnEvidence(transcript="I type fast")

        assert score([a_turn(), typed], "en") == score([a_turn()], "en")

    def test_an_english_score_says_how_well_its_method_agreed_with_raters(self, score):
        validation = score([a_turn()], "en-GB").validation

        assert validation is not None
        assert validation.corpus == "speechocean762"
        assert validation.correlation >= 0.5

    def test_a_spanish_score_claims_no_agreement_with_raters(self, score):
        assert score([a_turn()], "es").validation is None


def test_clarity_needs_to_know_how_sure_the_recogniser_was():
    assert score_clarity([a_turn(words=())], "en").missing == (
        Missing("score.missing.recognition"),
    )


def test_sound_without_any_understood_word_is_not_taken_for_speech():
    noise = a_turn(timing=a_timing(30.0), transcript="", words=())

    assert score_fluency([noise], "en").value is None
    assert score_clarity([noise], "en").value is None


def test_a_known_text_of_which_nothing_was_understood_scores_low_and_is_not_shown():
    lost = a_turn(timing=a_timing(30.0), transcript="", words=(), known_text=SENTENCE)
    found = score_clarity([lost], "en")

    assert found.value < score_clarity([a_turn(known_text=SENTENCE)], "en").value - 2
    assert not found.is_sufficient


def test_a_long_note_weighs_more_than_a_short_one():
    good = a_turn(timing=a_timing(9.0))
    poor = a_turn(timing=a_timing(1.0, (2.0,)))

    both = score_fluency([good, poor], "en").value

    assert both == pytest.approx(0.9 * fluency(good) + 0.1 * fluency(poor), abs=0.01)


def test_fluency_rests_on_counts_that_can_be_checked():
    turn = a_turn(timing=a_timing(4.0, (0.3, 0.5, 0.7)))

    assert score_fluency([turn], "en").evidence == {
        "seconds": 5.5,
        "notes": 1.0,
        "pauses": 2.0,
        "pause_share": 0.218,
        "words": 10.0,
        "words_per_minute": 109.1,
        "words_per_run": 3.33,
        "syllables_per_second": 3.25,
        "mean_pause_seconds": 0.6,
    }


def test_pace_is_that_of_the_text_the_learner_says_it_was():
    misheard = a_turn(transcript="the fox", words=words_of_sureness("the fox", 0.9))
    corrected = replace(misheard, corrected_transcript=SENTENCE)

    assert score_fluency([corrected], "en").evidence["words"] == 10
    assert fluency(corrected) > fluency(replace(corrected, corrected_transcript="the fox"))


def test_the_least_sure_words_are_offered_to_be_said_again_once_each():
    words = (
        Word("Thursday,", 0.0, 0.4, 0.3),
        Word("I", 0.4, 0.5, 0.95),
        Word("think", 0.5, 0.8, 0.2),
        Word("thursday", 0.8, 1.2, 0.45),
    )

    assert words_to_repeat([a_turn(words=words)]) == ("think", "thursday")


def test_words_the_recogniser_got_wrong_are_not_offered():
    turn = a_turn(words=words_of_sureness("wrong words", 0.1), corrected_transcript="right words")

    assert words_to_repeat([turn]) == ()
