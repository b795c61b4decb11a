"""An engine of ours inside the simulated service: a note goes the whole way over the protocol."""

from collections.abc import AsyncIterator

import pytest

from bot.cli.demo_brain import EngineBrain
from bot.simulators.brain import BrainFailed, BrainReply
from bot.simulators.hume.server import HumeSimulator
from bot.voice.adapters.hume_evi import HumeEngine, Timing
from bot.voice.model import (
    EngineError,
    ErrorKind,
    Prosody,
    ToolCall,
    TurnStatus,
    UserTranscript,
)
from tests.fakes_voice import FakeVoiceEngine, a_voice
from tests.voice_turns import (
    VARIABLES,
    a_note,
    a_spec,
    dictated,
    end_of,
    only,
    reply_of,
    sound_of,
    take_turn,
    transcript_of,
    typed,
)

REPLY = "You said: I goed home. It cost 3.50 euros. Before that you spoke 0 times."


@pytest.fixture
def inner() -> FakeVoiceEngine:
    return FakeVoiceEngine(
        name="local", hears="I goed home. It cost 3.50 euros.", prosody={"Joy": 0.5}
    )


@pytest.fixture
async def outer(inner: FakeVoiceEngine) -> AsyncIterator[HumeEngine]:
    async with HumeSimulator(EngineBrain(inner)) as simulator:
        timing = Timing(settle=0.05, reply=2.0)
        yield HumeEngine(url=simulator.url, api_key=None, config_id=None, pace=0, timing=timing)


async def test_a_note_is_heard_and_answered_by_the_engine_inside(outer: HumeEngine) -> None:
    events = await take_turn(await outer.open(a_spec()), a_note())
    assert transcript_of(events) == "I goed home. It cost 3.50 euros."
    assert reply_of(events) == REPLY
    assert sound_of(events) == a_voice(REPLY).pcm.data
    assert only(ToolCall, events)[0].arguments["better"] == "I went"
    assert only(Prosody, events)[0].scores["Joy"] == 0.5
    assert end_of(events).status is TurnStatus.OK


async def test_the_engine_inside_is_told_the_session_and_goes_on_with_it(
    outer: HumeEngine, inner: FakeVoiceEngine
) -> None:
    session = await outer.open(a_spec(voice="KORA", speed=0.85))
    await take_turn(session, a_note())
    events = await take_turn(session, a_note())
    spec = inner.specs[0]
    assert spec.variables.items() >= VARIABLES.items()
    assert (spec.voice, spec.reply_language, spec.speed) == ("bf_emma", "en-GB", 0.85)
    assert spec.spoken_languages == ("en", "es")
    assert "spoke 1 times" in reply_of(events)


async def test_settings_that_change_reach_the_engine_inside(
    outer: HumeEngine, inner: FakeVoiceEngine
) -> None:
    first = await take_turn(await outer.open(a_spec()), typed("One."))
    session = await outer.open(a_spec(speed=0.7, wants_speech=False), end_of(first).resume)
    events = await take_turn(session, typed("Two."))
    assert [(spec.speed, spec.wants_speech) for spec in inner.specs] == [(1.0, True), (0.7, False)]
    assert "spoke 1 times" in reply_of(events)
    assert sound_of(events) == b""


async def test_an_engine_that_fails_inside_is_an_error_outside(
    outer: HumeEngine, inner: FakeVoiceEngine
) -> None:
    inner.is_dead = True
    events = await take_turn(await outer.open(a_spec()), dictated("Welcome!"))
    assert only(EngineError, events) == [EngineError(ErrorKind.TRANSIENT, "E0712")]


@pytest.mark.parametrize("variables", [{}, {"speed": "fast", "voice": "nobody"}])
async def test_a_client_that_tells_little_is_served(
    inner: FakeVoiceEngine, variables: dict[str, str]
) -> None:
    session = await EngineBrain(inner).open(variables, "")
    assert isinstance(await session.read("Hello."), BrainReply)
    assert (inner.specs[0].reply_language, inner.specs[0].speed) == ("en", 1.0)


async def test_what_was_understood_is_told_before_the_reply_is_made(
    outer: HumeEngine, inner: FakeVoiceEngine
) -> None:
    inner.is_slow = True
    session = await outer.open(a_spec())
    turn = session.turn(a_note())
    assert isinstance(await anext(turn), UserTranscript)
    await session.cancel()
    assert [event async for event in turn][-1].status is TurnStatus.CANCELLED  # type: ignore[union-attr] # it is there by then


async def test_silence_inside_is_an_empty_transcript_outside(
    outer: HumeEngine, inner: FakeVoiceEngine
) -> None:
    inner.hears = ""
    events = await take_turn(await outer.open(a_spec()), a_note())
    assert events[:-1] == [UserTranscript(text="")]


async def test_a_failure_without_an_answer_is_raised(inner: FakeVoiceEngine) -> None:
    inner.is_dead = True
    session = await EngineBrain(inner).open({}, "")
    with pytest.raises(BrainFailed):
        await session.say("Hello.")
