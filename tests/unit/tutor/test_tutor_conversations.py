"""What holds in every conversation with the local tutor, whatever is said."""

import itertools
import re

import pytest

from bot.core.language import Band
from bot.voice.adapters.local.lexicon import frequency
from bot.voice.adapters.local.tutor import TutorReply
from bot.voice.adapters.local.tutor_state import state_from_json
from bot.voice.contexts.catalogue import find_talk
from bot.voice.contexts.reader import is_open_question
from tests.unit.tutor.learners import CONTEXTS, LEVELS, SCRIPTS, talk_through

LONGEST_SENTENCE = {Band.BEGINNER: 12, Band.INTERMEDIATE: 18, Band.ADVANCED: 26}  # words
CASES = list(
    itertools.product(
        ("en", "es"), ("chatty", "struggling"), CONTEXTS, LEVELS, ("recast", "prompt")
    )
)


@pytest.fixture(params=CASES, ids="-".join, name="case")
def _case(request: pytest.FixtureRequest) -> tuple[str, list[TutorReply]]:
    language, learner, context, level, style = request.param
    return language, talk_through(SCRIPTS[language][learner], context, language, level, style)


def own_words(reply: TutorReply) -> str:
    """The reply without the recast, which is the learner's sentence."""
    return re.sub(r"^\([^)]*\) ", "", reply.text.text)


def test_every_conversation_keeps_the_promises(case: tuple[str, list[TutorReply]]) -> None:
    language, replies = case
    assert_each_reply_ends_in_one_open_question(language, replies)
    assert_no_reply_comes_twice(replies)
    assert_at_most_one_correction_is_shown_a_turn(replies)
    assert sum(reply.text.tip is not None for reply in replies) <= 1
    assert_sentences_fit_the_band(replies)
    assert_replies_are_in(language, replies)
    assert all(reply.text.translation for reply in replies)
    assert all(state_from_json(reply.state.to_json()) == reply.state for reply in replies)


def assert_each_reply_ends_in_one_open_question(language: str, replies: list[TutorReply]) -> None:
    talk = find_talk(language)
    assert talk is not None
    for reply in replies:
        words = own_words(reply)
        if reply.text.is_closing:
            assert "?" not in words
        else:
            assert words.count("?") == 1, words
            assert is_open_question(words, talk.grammar.open_words), words


def assert_no_reply_comes_twice(replies: list[TutorReply]) -> None:
    texts = [reply.text.text for reply in replies]
    assert len(set(texts)) == len(texts), texts


def assert_at_most_one_correction_is_shown_a_turn(replies: list[TutorReply]) -> None:
    for reply in replies:
        notes = [call for call in reply.calls if call.name == "note_correction"]
        assert sum(bool(note.arguments["shown"]) for note in notes) <= 1


def assert_sentences_fit_the_band(replies: list[TutorReply]) -> None:
    bands = list(Band)
    for reply in replies:
        # A reply that raises the band may still react at the old one: take the higher.
        limit = max(LONGEST_SENTENCE[band] for band in bands[: bands.index(reply.state.band) + 2])
        limit = LONGEST_SENTENCE[reply.state.band] if reply.state.good else limit
        quoted = re.sub(r"[“«].*?[”»]", "x", own_words(reply))
        for sentence in re.split(r"(?<=[.!?:;])\s", quoted):
            assert len(sentence.split()) <= limit, sentence


def assert_replies_are_in(language: str, replies: list[TutorReply]) -> None:
    other = {"en": "es", "es": "en"}[language]
    for reply in replies:
        words = re.sub(r"[“«].*?[”»]", "", own_words(reply)).lower()
        found = re.findall(r"[a-záéíóúñü']+", words)
        assert sum(frequency(w, language) for w in found) > sum(frequency(w, other) for w in found)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("context", CONTEXTS)
def test_success_raises_the_difficulty_and_trouble_lowers_it(context: str, language: str) -> None:
    chatty = talk_through(SCRIPTS[language]["chatty"], context, language, "A1")
    assert chatty[0].state.band is Band.BEGINNER
    assert chatty[-1].state.band is Band.INTERMEDIATE
    chatty = talk_through(SCRIPTS[language]["chatty"], context, language, "B1")
    assert chatty[-1].state.band is Band.ADVANCED

    lost = {"en": "I don't understand.", "es": "No entiendo."}[language]
    struggling = talk_through((lost,) * 4, context, language, "C1")
    assert struggling[-1].state.band is Band.BEGINNER


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("context", CONTEXTS)
def test_a_conversation_that_goes_well_reaches_its_goal_and_goes_on_after_it(
    context: str, language: str
) -> None:
    replies = talk_through(SCRIPTS[language]["chatty"] * 2, context, language, "B1")
    closing = [place for place, reply in enumerate(replies) if reply.text.is_closing]
    assert 9 <= closing[0] <= 20
    assert not replies[closing[0] + 1].text.is_closing
    assert sum(reply.text.tip is not None for reply in replies) == 1
