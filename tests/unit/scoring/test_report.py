"""The report: corrections, the one thing to work on, and how it is stored."""

import json
from datetime import UTC, datetime

from bot.voice.evidence import Skill
from bot.voice.model import Word
from bot.voice.report import (
    CorrectionSummary,
    Focus,
    report_from_json,
    report_to_json,
    write_report,
)
from bot.voice.session import Correction, Turn
from bot.voice.stored_evidence import (
    NoteMeasures,
    evidence_of,
    measures_from_json,
    measures_to_json,
)
from tests.unit.scoring.scored_turns import SENTENCE, a_timing, a_turn, words_of_sureness

SLIP = Correction(said="I goed", better="I went", kind="past_tense")
REPAIRED = Correction(
    said="she don't", better="she doesn't", kind="agreement", is_prompted=True, is_repaired=True
)
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def long_turn(**changes):
    return a_turn(timing=a_timing(25.0), **changes)


def test_corrections_are_counted_by_how_they_were_given_and_what_came_of_them():
    report = write_report([a_turn(corrections=(SLIP, REPAIRED)), a_turn(corrections=(SLIP,))], "en")

    assert report.corrections == CorrectionSummary(total=3, repaired=1, recasts=2, prompts=1)


def test_a_mistake_that_keeps_coming_back_is_what_to_work_on():
    report = write_report([long_turn(corrections=(SLIP, SLIP, REPAIRED))], "en")

    assert report.focus == Focus("report.focus.mistake", {"kind": "past_tense", "count": 2})


def test_a_mistake_the_learner_repaired_is_not():
    report = write_report([long_turn(corrections=(REPAIRED, REPAIRED))], "en")

    assert report.focus.key != "report.focus.mistake"


def test_halting_speech_is_told_about_its_pauses():
    halting = a_turn(timing=a_timing(25.0, (0.9,) * 20))

    assert write_report([halting], "en").focus == Focus("report.focus.pauses", {"pauses": 20})


def test_slow_speech_without_pauses_is_told_its_pace():
    slow = a_turn(timing=a_timing(25.0), words=words_of_sureness(SENTENCE, 1.0))

    assert write_report([slow], "en").focus == Focus("report.focus.pace")


def test_pace_can_be_told_where_words_cannot_be_counted():
    slow = a_turn(transcript="你好", timing=a_timing(25.0))

    assert write_report([slow], "zh").focus == Focus("report.focus.pace")


def test_words_that_were_hard_to_understand_are_named():
    words = (*words_of_sureness(SENTENCE, 0.2), Word("think", 5.0, 5.4, 0.01))
    report = write_report([long_turn(words=words)], "en")

    assert report.words_to_repeat[0] == "think"
    assert report.focus.key == "report.focus.words"


def test_too_little_speech_leads_to_nothing_but_more_speech():
    assert write_report([a_turn()], "en").focus == Focus("report.focus.speak_more")


def test_a_report_survives_its_storage():
    report = write_report([long_turn(corrections=(SLIP, SLIP))], "en", ["fox"])

    assert report_from_json(json.loads(json.dumps(report_to_json(report)))) == report


def test_measures_survive_their_storage():
    measures = NoteMeasures(
        timing=a_timing(3.0, (0.5,)),
        words=words_of_sureness("one two", 0.5),
        known_text="one two",
        is_checked=True,
    )

    assert measures_from_json(json.loads(json.dumps(measures_to_json(measures)))) == measures


def a_stored_turn(**changes) -> Turn:
    fields = {
        "id": "turn",
        "session_id": "session",
        "user_id": "learner",
        "cause": "row",
        "position": 1,
        "is_spoken": True,
        "created_at": NOW,
    }
    return Turn(**(fields | changes))


def test_a_stored_turn_is_scored_like_the_fresh_one():
    fresh = a_turn(corrections=(SLIP,))
    measures = NoteMeasures(timing=fresh.timing, words=fresh.words, is_checked=True)
    stored = a_stored_turn(
        transcript=SENTENCE, corrections=(SLIP,), evidence=measures_to_json(measures)
    )

    assert evidence_of(stored) == fresh


def test_a_typed_turn_has_text_and_no_sound():
    evidence = evidence_of(a_stored_turn(is_spoken=False, transcript="hello"))

    assert (evidence.text, evidence.timing, evidence.corrections) == ("hello", None, None)


def test_scores_use_the_wording_the_learner_gave():
    evidence = evidence_of(a_stored_turn(transcript="I live", corrected="I leave"))

    assert evidence.text == "I leave"


def test_no_score_of_a_report_lacks_its_reason():
    scores = write_report([a_turn()], "en").scores

    assert list(scores) == list(Skill)
    assert all(each.is_sufficient or each.missing for each in scores.values())
