"""The voice engine fails in the middle of a turn: another answers, or the learner is told once."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from bot.app import App
from bot.i18n.catalog import texts_in
from bot.simulators.faults import Fault
from bot.simulators.hume.chat import Quirk
from bot.simulators.openai import CascadeSimulator
from bot.simulators.scripted_brain import ScriptedModels
from bot.simulators.telegram import ChatMessage, Person
from bot.storage.voice import turns, voice_sessions
from bot.voice.session import TurnState
from tests.crash.databases import fetch, quiet
from tests.stage import Stage, a_note, a_stage, an_app, button

EN = texts_in("en")
_PATIENCE_SECONDS = 30.0
_FAULTS = {
    "the handshake is refused": Fault("status", "connect", times=None, status=503),
    "the connection breaks before the words": Fault("drop_before", "user_message", times=None),
    "the connection breaks after the words": Fault("drop_after", "user_message", times=None),
    "the connection breaks before the reply": Fault("drop_before", "assistant_message", times=None),
}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as running:
        yield running


async def _counted(app: App) -> tuple[list[TurnState], int]:
    """States of all turns, and how many of them the practice counts."""
    url = app.settings.database_url
    states = [row.state for row in await fetch(url, select(turns.c.state).order_by(turns.c.id))]
    return states, (await fetch(url, select(voice_sessions.c.turn_count)))[0][0]


def _after(person: Person, message_id: int) -> list[ChatMessage]:
    return [m for m in person.chat.messages if m.from_bot and m.message_id > message_id]


def _is_transcript(message: ChatMessage) -> bool:
    return EN("voice.heard") in message.text


@pytest.mark.parametrize("fault", _FAULTS.values(), ids=_FAULTS)
async def test_without_another_engine_the_learner_is_told_once_and_the_turn_does_not_count(
    stage: Stage, sqlite_url: str, fault: Fault
) -> None:
    async with an_app(stage, sqlite_url) as app:
        ana = stage.telegram.person(1001, "Ana")
        await stage.meet(ana)
        stage.hume.faults.add(fault)
        note = await ana.send_voice(a_note(), 1.0)
        await ana.wait(lambda m: not _is_transcript(m), _PATIENCE_SECONDS, after=note)
        await quiet(sqlite_url, _PATIENCE_SECONDS)
        told = [m.text for m in _after(ana, note) if not _is_transcript(m)]
        assert told == [EN("voice.unavailable")]
        assert await _counted(app) == ([TurnState.ANSWERED, TurnState.FAILED], 1)

        stage.hume.faults.clear()
        note = await ana.send_voice(a_note(), 1.0)
        await ana.wait(lambda m: m.kind == "voice", _PATIENCE_SECONDS, after=note)


@pytest.mark.parametrize("is_spoken", [True, False], ids=["said again", "typed"])
async def test_a_turn_that_could_not_be_answered_anew_still_counts(
    stage: Stage, sqlite_url: str, is_spoken: bool
) -> None:
    async with an_app(stage, sqlite_url) as app:
        ana = stage.telegram.person(1001, "Ana")
        await stage.meet(ana)
        note = await ana.send_voice(a_note(), 1.0)
        heard = await ana.wait(_is_transcript, _PATIENCE_SECONDS, after=note)
        await ana.wait(lambda m: m.kind == "voice", _PATIENCE_SECONDS, after=note)
        await ana.press(heard.message_id, data=button(heard, ":fix"))
        stage.hume.faults.add(_FAULTS["the connection breaks after the words"])
        said = await (ana.send_voice(a_note(), 1.0) if is_spoken else ana.send_text("Yellow bear"))
        await ana.wait(lambda m: m.text == EN("voice.unavailable"), _PATIENCE_SECONDS, after=said)
        await quiet(sqlite_url, _PATIENCE_SECONDS)
        assert await _counted(app) == ([TurnState.ANSWERED, TurnState.ANSWERED], 2)


async def test_an_error_in_the_middle_is_told_like_any_other_failure(
    stage: Stage, sqlite_url: str
) -> None:
    async with an_app(stage, sqlite_url):
        ana = stage.telegram.person(1001, "Ana")
        await stage.meet(ana)
        stage.hume.arm(Quirk.ERROR_FRAME)
        line = await ana.send_text("Hello")
        told = await ana.wait(after=line)
        assert told.text == EN("voice.unavailable")


async def test_the_fallback_answers_the_same_turn_and_says_once_that_it_stands_in(
    stage: Stage, sqlite_url: str
) -> None:
    async with CascadeSimulator(ScriptedModels()) as other:
        urls = dict.fromkeys(("stt_url", "chat_url", "tts_url"), other.url)
        voice = {"fallback": "cascade"}
        async with an_app(stage, sqlite_url, voice=voice, openai=urls) as app:
            ana = stage.telegram.person(1001, "Ana")
            await stage.meet(ana)
            stage.hume.faults.add(_FAULTS["the connection breaks after the words"])
            first = await ana.send_voice(a_note(), 1.0)
            answer = await ana.wait(lambda m: m.kind == "voice", _PATIENCE_SECONDS, after=first)
            await quiet(sqlite_url, _PATIENCE_SECONDS)
            assert [m.kind for m in _after(ana, first)] == ["text", "voice"]
            assert EN("voice.fallback") in answer.text

            second = await ana.send_voice(a_note(), 1.0)
            answer = await ana.wait(lambda m: m.kind == "voice", _PATIENCE_SECONDS, after=second)
            assert EN("voice.fallback") not in answer.text
            await quiet(sqlite_url, _PATIENCE_SECONDS)
            assert await _counted(app) == ([TurnState.ANSWERED] * 3, 3)
