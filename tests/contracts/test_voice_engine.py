"""What every engine keeps, whatever stands behind it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.simulators.faults import Fault
from bot.simulators.hume.server import HumeSimulator
from bot.simulators.openai import CascadeSimulator
from bot.simulators.scripted_brain import ScriptedBrain, ScriptedModels
from bot.voice.adapters.cascade import CascadeEngine, Endpoint
from bot.voice.adapters.hume_evi import HumeEngine, Timing
from bot.voice.adapters.local.engine import LocalEngine
from bot.voice.adapters.local.ports import Recognition
from bot.voice.model import (
    AssistantText,
    AudioChunk,
    EngineError,
    Health,
    Pcm,
    ToolCall,
    TurnEnd,
    TurnEvent,
    TurnStatus,
    UserTranscript,
    Utterance,
    VoiceQuality,
)
from bot.voice.ports import VoiceEngine
from tests.fakes_voice import FakeVoiceEngine, a_voice
from tests.voice_turns import (
    a_note,
    a_silent_note,
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

SLIP = "Yesterday I goed home."


@dataclass
class Case:
    """An engine with what the tests need to know of the world behind it.

    Args:
        hear: sets what the next notes are taken for.
        slow_down: lets the next reply take longer than any test waits.
        die: makes the world behind the engine go away.
        answers: whether a reply answers these words.
        turns_before: how many turns the engine remembers, seen from the events of one.
    """

    engine: VoiceEngine
    hear: Callable[[str], None]
    slow_down: Callable[[], None]
    die: Callable[[], Awaitable[None]]
    answers: Callable[[str, str], bool] = lambda reply, words: words in reply
    turns_before: Callable[[list[TurnEvent]], int] = lambda events: int(
        reply_of(events).split()[-2]
    )


async def hume_case() -> AsyncIterator[Case]:
    brain = ScriptedBrain()
    async with HumeSimulator(brain) as simulator:
        yield Case(
            HumeEngine(
                url=simulator.url,
                api_key=None,
                config_id=None,
                pace=0,
                timing=Timing(settle=0.05),
            ),
            hear=lambda text: setattr(brain, "hears", text),
            slow_down=lambda: simulator.faults.add(Fault("delay", "assistant_message", seconds=9)),
            die=simulator.stop,
        )


async def cascade_case() -> AsyncIterator[Case]:
    models = ScriptedModels()
    async with CascadeSimulator(models) as simulator, httpx.AsyncClient() as http:
        services = [Endpoint(simulator.url, None, name) for name in ("stt", "chat", "tts")]
        yield Case(
            CascadeEngine(http=http, stt=services[0], chat=services[1], tts=services[2]),
            hear=lambda text: setattr(models, "hears", text),
            slow_down=lambda: simulator.faults.add(Fault("delay", "chat", seconds=9)),
            die=simulator.stop,
        )


async def fake_case() -> AsyncIterator[Case]:
    engine = FakeVoiceEngine()

    async def die() -> None:
        engine.is_dead = True

    yield Case(
        engine,
        hear=lambda text: setattr(engine, "hears", text),
        slow_down=lambda: setattr(engine, "is_slow", True),
        die=die,
    )


async def local_case() -> AsyncIterator[Case]:
    speech = FakeSpeech()

    async def die() -> None:
        speech.is_dead = True

    yield Case(
        LocalEngine(speech),
        hear=lambda text: setattr(speech, "hears", text),
        slow_down=lambda: setattr(speech, "is_slow", True),
        die=die,
        answers=lambda reply, words: bool(reply) and words not in reply,
        turns_before=lambda events: json.loads(end_of(events).resume.state)["turn"] - 1,  # type: ignore[union-attr] # it is there by then
    )


class FakeSpeech:
    """Hears what it is told to, and hums as long as the text."""

    def __init__(self) -> None:
        self.hears = "Hello there."
        self.is_dead = False
        self.is_slow = False

    async def transcribe(
        self, pcm: Pcm, /, *, languages: Sequence[str], hints: Sequence[str] = ()
    ) -> Recognition:
        self._live()
        text = self.hears if any(pcm.data) else ""
        return Recognition(text=text, language=languages[0], language_probability=1.0, words=())

    async def synthesize(
        self, text: str, /, *, language: str, voice: str | None = None, speed: float = 1.0
    ) -> Pcm:
        self._live()
        if self.is_slow:
            await asyncio.Event().wait()
        return a_voice(text).pcm

    def quality(self, language: str, /) -> VoiceQuality:
        return VoiceQuality.NATURAL

    async def check(self) -> Health:
        return Health(not self.is_dead)

    async def aclose(self) -> None:
        """Nothing is held."""

    def _live(self) -> None:
        if self.is_dead:
            raise ServiceFailure("local", Cause.UNREACHABLE)


CASES: dict[str, Callable[[], AsyncIterator[Case]]] = {
    "fake": fake_case,
    "hume": hume_case,
    "cascade": cascade_case,
    "local": local_case,
}


@pytest.fixture(params=CASES)
async def case(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    async for ready in CASES[request.param]():
        yield ready


async def one_turn(case: Case, said: Utterance, **spec: Any) -> list[TurnEvent]:
    session = await case.engine.open(a_spec(**spec))
    try:
        return await take_turn(session, said)
    finally:
        await session.aclose()


def kinds(events: list[TurnEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


@pytest.mark.parametrize(
    "said",
    [a_note(), typed("Hello."), dictated("Welcome!"), a_silent_note()],
    ids=lambda u: u.turn_id,
)
async def test_a_turn_ends_once_and_with_a_token(case: Case, said: Utterance) -> None:
    end = end_of(await one_turn(case, said))
    assert end.status is TurnStatus.OK
    assert end.resume is None or end.resume.engine == case.engine.name


async def test_what_was_understood_comes_before_the_reply_and_its_sound(case: Case) -> None:
    case.hear("I like coffee.")
    events = await one_turn(case, a_note())
    assert transcript_of(events) == "I like coffee."
    assert case.answers(reply_of(events), "I like coffee.")
    order = kinds(events)
    assert order.index("UserTranscript") < order.index("AssistantText") < order.index("AudioChunk")


async def test_the_reply_is_heard(case: Case) -> None:
    events = await one_turn(case, a_note())
    assert all(event.pcm.rate >= 8000 for event in only(AudioChunk, events))
    assert any(sound_of(events))


async def test_dictated_words_are_spoken_as_they_are_and_nobody_was_heard(case: Case) -> None:
    events = await one_turn(case, dictated("Welcome, Ana! (How are you?)"))
    assert only(AssistantText, events) == [AssistantText(text="Welcome, Ana! (How are you?)")]
    assert only(UserTranscript, events) == []
    assert any(sound_of(events))


async def test_typed_words_are_answered(case: Case) -> None:
    events = await one_turn(case, typed("I live in Rome."))
    assert case.answers(reply_of(events), "I live in Rome.")
    assert any(sound_of(events))


@pytest.mark.parametrize("is_noise", [False, True])
async def test_a_note_without_words_is_understood_as_nothing(case: Case, is_noise: bool) -> None:
    case.hear("")
    events = await one_turn(case, a_note() if is_noise else a_silent_note())
    assert kinds(events) == ["UserTranscript", "TurnEnd"]
    assert transcript_of(events) == ""


async def test_a_conversation_goes_on_in_a_session_opened_with_the_token(case: Case) -> None:
    first = await one_turn(case, typed("One."))
    session = await case.engine.open(a_spec(), end_of(first).resume)
    second = await take_turn(session, typed("Two."))
    assert [case.turns_before(first), case.turns_before(second)] == [0, 1]


async def test_a_conversation_goes_on_within_a_session(case: Case) -> None:
    session = await case.engine.open(a_spec())
    await take_turn(session, typed("One."))
    assert case.turns_before(await take_turn(session, a_note())) == 1


async def test_a_slip_is_noted(case: Case) -> None:
    case.hear(SLIP)
    events = await one_turn(case, a_note())
    [call] = [call for call in only(ToolCall, events) if call.name == "note_correction"]
    assert set(call.arguments) >= {"said", "better", "kind", "explanation"}
    assert "goed" in str(call.arguments["said"])
    assert "went" in str(call.arguments["better"])


async def test_a_tool_that_was_not_offered_is_not_called(case: Case) -> None:
    if not case.engine.caps.is_generative:
        pytest.skip("its tools are rules and are always told")
    events = await one_turn(case, typed(SLIP), tools=())
    assert only(ToolCall, events) == []
    assert end_of(events).status is TurnStatus.OK


async def test_a_cancelled_turn_ends_cancelled(case: Case) -> None:
    case.slow_down()
    session = await case.engine.open(a_spec())
    events: list[TurnEvent] = []
    async for event in session.turn(a_note()):
        events.append(event)
        if isinstance(event, UserTranscript):
            await session.cancel()
    assert kinds(events) == ["UserTranscript", "TurnEnd"]
    assert end_of(events).status is TurnStatus.CANCELLED


async def test_a_turn_cancelled_from_elsewhere_ends_cancelled(case: Case) -> None:
    case.slow_down()
    session = await case.engine.open(a_spec())
    heard = asyncio.Event()

    async def listen() -> list[TurnEvent]:
        events = []
        async for event in session.turn(a_note()):
            events.append(event)
            heard.set()
        return events

    listening = asyncio.create_task(listen())
    await heard.wait()
    await session.cancel()
    assert end_of(await listening).status is TurnStatus.CANCELLED


async def test_cancelling_nothing_is_nothing(case: Case) -> None:
    session = await case.engine.open(a_spec())
    await session.cancel()
    assert end_of(await take_turn(session, typed("Hello."))).status is TurnStatus.OK
    await session.cancel()
    assert end_of(await take_turn(session, typed("Hello."))).status is TurnStatus.OK


async def test_a_dead_service_is_an_event_or_a_failure_to_open(case: Case) -> None:
    await case.die()
    try:
        events = await one_turn(case, a_note())
    except ServiceFailure:
        return
    assert kinds(events) == ["EngineError", "TurnEnd"]
    assert isinstance(events[0], EngineError)
    assert end_of(events).status is TurnStatus.FAILED


async def test_a_service_that_dies_between_turns_is_an_event(case: Case) -> None:
    session = await case.engine.open(a_spec())
    await take_turn(session, typed("One."))
    await case.die()
    events = await take_turn(session, a_note())
    assert end_of(events).status is TurnStatus.FAILED
    assert len(only(EngineError, events)) == 1


async def test_health_tells_life_from_death(case: Case) -> None:
    assert (await case.engine.check()).is_ok
    await case.die()
    assert not (await case.engine.check()).is_ok


async def test_closing_twice_is_closing(case: Case) -> None:
    session = await case.engine.open(a_spec())
    await take_turn(session, typed("Hello."))
    for _ in range(2):
        await session.aclose()
        await case.engine.aclose()


async def test_a_listener_that_goes_away_leaves_nothing_running(case: Case) -> None:
    case.slow_down()
    session = await case.engine.open(a_spec())
    before = asyncio.all_tasks()
    turn = session.turn(a_note())
    assert not isinstance(await anext(turn), TurnEnd)
    await session.aclose()
    remaining = [event async for event in turn]
    assert kinds(remaining) == ["TurnEnd"]
    assert [task for task in asyncio.all_tasks() - before if "bot/voice" in repr(task)] == []


async def test_many_conversations_at_once_do_not_mix(case: Case) -> None:
    words = [f"Word {n}." for n in range(8)]
    turns = await asyncio.gather(*(one_turn(case, typed(word)) for word in words))
    assert all(case.answers(reply_of(e), word) for word, e in zip(words, turns, strict=True))
    assert {case.turns_before(events) for events in turns} == {0}


async def test_a_reply_that_will_only_be_read_is_not_spoken(case: Case) -> None:
    events = await one_turn(case, a_note(), wants_speech=False)
    assert reply_of(events)
    assert sound_of(events) == b""
    assert end_of(events).status is TurnStatus.OK
