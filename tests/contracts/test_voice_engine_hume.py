"""The engine `hume` against a service with faults: nothing of them is an exception."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aiohttp import web

from bot.simulators.brain import BrainReply
from bot.simulators.faults import Fault
from bot.simulators.hume.chat import Limits, Quirk
from bot.simulators.hume.server import HumeSimulator
from bot.simulators.scripted_brain import CORRECTION, ScriptedBrain, tone
from bot.voice.adapters.hume_evi import HumeEngine, Timing
from bot.voice.model import (
    EngineError,
    ErrorKind,
    Pcm,
    Prosody,
    ResumeToken,
    Said,
    Speaker,
    ToolCall,
    TurnStatus,
    UserTranscript,
)
from tests.voice_turns import (
    CORRECTION_TOOL,
    VARIABLES,
    a_note,
    a_silent_note,
    a_sound,
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

KEY = "hume-key-canary"
QUICK = Timing(connect=1.0, settle=0.05)
IMPATIENT = Timing(settle=0.05, reply=0.3)
FIRST_REPLY = "You said: Hello there. Before that you spoke 0 times."


@pytest.fixture
def brain() -> ScriptedBrain:
    return ScriptedBrain(prosody={"Joy": 0.25, "Doubt": 0.5})


@pytest.fixture
def received() -> list[dict[str, Any]]:
    return []


@pytest.fixture
async def simulator(
    brain: ScriptedBrain, received: list[dict[str, Any]]
) -> AsyncIterator[HumeSimulator]:
    def observe(sender: str, message: dict[str, Any]) -> None:
        if sender == "client":
            received.append(message)

    async with HumeSimulator(brain, api_key=KEY, observe=observe) as running:
        yield running


@pytest.fixture
def engine(simulator: HumeSimulator) -> HumeEngine:
    return an_engine(simulator.url)


def an_engine(
    url: str, *, key: str | None = KEY, pace: float = 0, timing: Timing = QUICK
) -> HumeEngine:
    return HumeEngine(url=url, api_key=key, config_id="config", pace=pace, timing=timing)


async def test_a_whole_note_is_paused_streamed_closed_by_silence_and_resumed(
    engine: HumeEngine, received: list[dict[str, Any]], brain: ScriptedBrain
) -> None:
    session = await engine.open(a_spec(voice="warm"))
    note = a_note(0.5)
    events = await take_turn(session, note)

    kinds = [message["type"] for message in received]
    settings = received[0]
    assert kinds[:2] == ["session_settings", "pause_assistant_message"]
    assert kinds[-1] == "resume_assistant_message"
    assert set(kinds[2:-1]) == {"audio_input"}
    assert settings["audio"] == {"encoding": "linear16", "sample_rate": 16_000, "channels": 1}
    assert settings["variables"].items() >= VARIABLES.items()
    assert (settings["system_prompt"], settings["voice_id"]) == ("You are a tutor.", "warm")
    assert json.loads(settings["tools"][0]["parameters"]) == CORRECTION_TOOL.parameters
    assert note.audio is not None
    assert brain.notes[0][0].startswith(note.audio.pcm.data)
    assert (transcript_of(events), reply_of(events)) == ("Hello there.", FIRST_REPLY)
    assert only(Prosody, events)[0].scores["Doubt"] == 0.5
    assert end_of(events).status is TurnStatus.OK


async def test_several_parts_of_the_learner_are_one_transcript(
    engine: HumeEngine, brain: ScriptedBrain
) -> None:
    brain.hears = "I went home. It was late! Then I slept."
    session = await engine.open(a_spec())
    events = await take_turn(session, a_note())
    assert only(UserTranscript, events) == [UserTranscript(text=brain.hears)]


async def test_a_note_with_a_long_pause_is_heard_to_its_end(brain: ScriptedBrain) -> None:
    brain.will_hear = ["I went", "to the beach."]
    word, pause = a_sound(0.2).data, bytes(2 * 9600)
    note = a_note(sound=Pcm(word + pause + word, 16_000))
    async with HumeSimulator(brain, limits=Limits(end_of_turn=0.2)) as simulator:
        engine = an_engine(simulator.url, pace=1.0, timing=Timing(end_of_turn=0.2))
        events = await take_turn(await engine.open(a_spec()), note)
    assert len(brain.notes) == 2
    assert transcript_of(events) == "I went to the beach."
    assert end_of(events).status is TurnStatus.OK


async def test_sound_of_many_frames_is_joined_without_their_headers(
    engine: HumeEngine, simulator: HumeSimulator
) -> None:
    text = "A sentence long enough for several frames of sound, one second each, to be sent. " * 3
    simulator.arm(Quirk.BARE_AUDIO)
    session = await engine.open(a_spec())
    assert sound_of(await take_turn(session, dictated(text))) == tone(text)[0]


async def test_a_note_is_streamed_at_the_pace_it_was_spoken(simulator: HumeSimulator) -> None:
    session = await an_engine(simulator.url, pace=0.2).open(a_spec())
    loop = asyncio.get_running_loop()
    began = loop.time()
    await take_turn(session, a_note(1.0))
    assert loop.time() - began >= 0.2 * (1.0 + 1.2)


async def test_a_correction_is_a_tool_call_and_is_answered(
    engine: HumeEngine, brain: ScriptedBrain, received: list[dict[str, Any]]
) -> None:
    brain.hears = "I goed home."
    events = await take_turn(await engine.open(a_spec()), a_note())
    assert only(ToolCall, events) == [ToolCall("note_correction", CORRECTION)]
    assert received[-1]["type"] == "tool_response"


async def test_each_turn_has_a_connection_of_its_own_and_the_group_goes_on(
    engine: HumeEngine, received: list[dict[str, Any]]
) -> None:
    session = await engine.open(a_spec(history=(Said(Speaker.LEARNER, "I was here before."),)))
    await take_turn(session, typed("One"))
    events = await take_turn(session, typed("Two"))
    settings = [message for message in received if message["type"] == "session_settings"]
    assert reply_of(events) == "You said: Two Before that you spoke 1 times."
    assert ["context" in message for message in settings] == [True, False]
    assert "I was here before." in settings[0]["context"]["text"]


async def test_a_forgotten_group_begins_afresh_with_our_history(
    engine: HumeEngine, received: list[dict[str, Any]]
) -> None:
    spec = a_spec(history=(Said(Speaker.TUTOR, "Where did you go?"),))
    session = await engine.open(spec, ResumeToken("hume", '{"chat_group_id": "forgotten"}'))
    events = await take_turn(session, typed("Home"))
    assert end_of(events).status is TurnStatus.OK
    assert "Tutor: Where did you go?" in received[0]["context"]["text"]


@pytest.mark.parametrize("state", ["", "[]", "{}", "null"])
async def test_a_token_that_cannot_be_read_begins_afresh(engine: HumeEngine, state: str) -> None:
    session = await engine.open(a_spec(), ResumeToken("hume", state))
    assert end_of(await take_turn(session, typed("Hi"))).status is TurnStatus.OK


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", "connect", status=503), EngineError(ErrorKind.TRANSIENT, "http_503")),
        (Fault("status", "connect", status=402), EngineError(ErrorKind.QUOTA, "http_402")),
        (Fault("rate_limit", "connect"), EngineError(ErrorKind.TRANSIENT, "http_429", 7.0)),
        (Fault("drop_before", "chat_metadata"), EngineError(ErrorKind.TRANSIENT, "closed_1006")),
        (
            Fault("delay", "chat_metadata", seconds=1.5),
            EngineError(ErrorKind.TRANSIENT, "no_metadata"),
        ),
        (Fault("drop_before", "user_message"), EngineError(ErrorKind.TRANSIENT, "closed_1006")),
        (
            Fault("drop_before", "assistant_message"),
            EngineError(ErrorKind.TRANSIENT, "closed_1006"),
        ),
    ],
)
async def test_a_turn_that_breaks_before_the_reply_fails(
    engine: HumeEngine, simulator: HumeSimulator, fault: Fault, error: EngineError
) -> None:
    simulator.faults.add(fault)
    events = await take_turn(await engine.open(a_spec()), a_note())
    assert only(EngineError, events) == [error]
    assert end_of(events).status is TurnStatus.FAILED


@pytest.mark.parametrize(
    "fault", [Fault("drop_before", "audio_output"), Fault("drop_after", "audio_output")]
)
async def test_a_reply_that_breaks_after_its_words_is_partial(
    engine: HumeEngine, simulator: HumeSimulator, fault: Fault
) -> None:
    simulator.faults.add(fault)
    events = await take_turn(await engine.open(a_spec()), a_note())
    assert reply_of(events) == "You said: Hello there."
    assert bool(sound_of(events)) is (fault.kind == "drop_after")
    assert only(EngineError, events) == [EngineError(ErrorKind.TRANSIENT, "closed_1006")]
    assert end_of(events).status is TurnStatus.PARTIAL


async def test_the_next_turn_after_a_broken_one_goes_on(
    engine: HumeEngine, simulator: HumeSimulator
) -> None:
    simulator.faults.add(Fault("drop_before", "audio_output"))
    session = await engine.open(a_spec())
    await take_turn(session, a_note())
    events = await take_turn(session, a_note())
    assert reply_of(events) == "You said: Hello there. Before that you spoke 1 times."


@pytest.mark.parametrize(
    ("quirk", "error"),
    [
        (Quirk.ERROR_FRAME, EngineError(ErrorKind.TRANSIENT, "E0712")),
        (Quirk.SILENT, EngineError(ErrorKind.TRANSIENT, "silent")),
    ],
)
async def test_a_service_that_will_not_answer_fails_the_turn(
    simulator: HumeSimulator, quirk: Quirk, error: EngineError
) -> None:
    simulator.arm(quirk)
    engine = an_engine(simulator.url, timing=IMPATIENT)
    events = await take_turn(await engine.open(a_spec()), a_note())
    assert transcript_of(events) == "Hello there."
    assert only(EngineError, events) == [error]
    assert end_of(events).status is TurnStatus.FAILED


@pytest.mark.parametrize("kind", ["user_message", "assistant_message", "audio_output", "tool_call"])
async def test_frames_that_come_twice_change_nothing(
    engine: HumeEngine, simulator: HumeSimulator, brain: ScriptedBrain, kind: str
) -> None:
    brain.hears = "I goed home."
    once = await take_turn(await engine.open(a_spec()), a_note())
    simulator.faults.add(Fault("duplicate", kind, times=None))
    twice = await take_turn(await engine.open(a_spec()), a_note())
    assert twice[:-1] == once[:-1]


@pytest.mark.parametrize("quirk", [Quirk.UNKNOWN_FRAME, Quirk.INTERRUPTION, Quirk.GREETING])
async def test_what_the_service_does_besides_changes_nothing(
    engine: HumeEngine, simulator: HumeSimulator, quirk: Quirk
) -> None:
    plain = await take_turn(await engine.open(a_spec()), a_note())
    simulator.arm(quirk, times=20 if quirk is Quirk.UNKNOWN_FRAME else 1)
    odd = await take_turn(await engine.open(a_spec()), a_note())
    assert odd[:-1] == plain[:-1]


async def test_noise_without_words_is_an_empty_transcript(
    engine: HumeEngine, brain: ScriptedBrain
) -> None:
    brain.hears = ""
    events = await take_turn(await engine.open(a_spec()), a_note())
    assert events[:-1] == [UserTranscript(text="")]
    assert end_of(events).status is TurnStatus.OK


async def test_a_service_that_never_transcribes_understood_nothing(
    simulator: HumeSimulator,
) -> None:
    simulator.arm(Quirk.DEAF)
    engine = an_engine(simulator.url, timing=Timing(transcript=0.2, settle=0.05))
    events = await take_turn(await engine.open(a_spec()), a_note())
    assert events[:-1] == [UserTranscript(text="")]
    assert end_of(events).status is TurnStatus.OK


async def test_silence_is_not_even_sent(engine: HumeEngine, received: list[dict[str, Any]]) -> None:
    events = await take_turn(await engine.open(a_spec()), a_silent_note())
    assert events[:-1] == [UserTranscript(text="")]
    assert received == []


@pytest.mark.parametrize("limits", [Limits(inactivity=0.1), Limits(duration=0.1)])
async def test_a_session_limit_of_the_service_is_a_failed_turn(
    brain: ScriptedBrain, limits: Limits
) -> None:
    async with HumeSimulator(brain, limits=limits) as simulator:
        waiting = Timing(settle=0.05, transcript=0.2, reply=2.0)
        simulator.arm(Quirk.SILENT)
        session = await an_engine(simulator.url, timing=waiting).open(a_spec())
        events = await take_turn(session, typed("Hello"))
    assert only(EngineError, events) == [EngineError(ErrorKind.TRANSIENT, "closed_1000")]
    assert end_of(events).status is TurnStatus.FAILED


async def test_a_turn_never_lasts_longer_than_its_limit(
    simulator: HumeSimulator,
) -> None:
    simulator.arm(Quirk.SILENT)
    engine = an_engine(simulator.url, timing=Timing(settle=0.05, total=0.2))
    events = await take_turn(await engine.open(a_spec()), typed("Hello"))
    assert only(EngineError, events) == [EngineError(ErrorKind.TRANSIENT, "timeout")]


async def test_a_wrong_key_is_fatal(simulator: HumeSimulator) -> None:
    engine = an_engine(simulator.url, key="wrong")
    events = await take_turn(await engine.open(a_spec()), typed("Hello"))
    assert only(EngineError, events) == [EngineError(ErrorKind.FATAL, "http_401")]
    assert (await engine.check()).is_ok is False


async def test_check_opens_a_chat(engine: HumeEngine) -> None:
    assert (await engine.check()).is_ok


async def test_check_of_the_default_host_tells_of_its_end() -> None:
    engine = an_engine("ws://api.hume.ai.invalid:1/v0/evi")
    health = await engine.check()
    assert not health.is_ok
    assert "2026-11-13" in health.detail
    assert "LINGUAFLEX_VOICE__ENGINE" in health.detail


async def test_the_key_is_sent_in_a_header_and_never_logged(
    engine: HumeEngine, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    await take_turn(await engine.open(a_spec()), typed("Words-canary"))
    logged = caplog.text + "".join(capsys.readouterr())
    assert KEY not in logged
    assert "Words-canary" not in logged


async def test_the_key_does_not_follow_a_redirect(simulator: HumeSimulator) -> None:
    asked: list[str] = []

    async def thief(request: web.Request) -> web.Response:
        asked.append(request.headers.get("X-Hume-Api-Key", ""))
        return web.Response(status=404)

    async def detour(request: web.Request) -> web.Response:
        raise web.HTTPFound(f"http://127.0.0.1:{ports[0]}/stolen")

    ports: list[int] = []
    runners = []
    for handler in (thief, detour):
        app = web.Application()
        app.router.add_get("/{path:.*}", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ports.append(runner.addresses[0][1])
        runners.append(runner)
    health = await an_engine(f"ws://127.0.0.1:{ports[1]}/v0/evi").check()
    for runner in runners:
        await runner.cleanup()
    assert (health.is_ok, health.detail) == (False, "http_302")
    assert asked == []


class _LoudBrain:
    """Speaks in frames over 1 MiB, at which the client library gives up unless told otherwise."""

    async def open(self, variables: Mapping[str, str], prompt: str, /) -> "_LoudBrain":
        return self

    async def hear(self, pcm: bytes, rate: int, /) -> BrainReply:
        return BrainReply()

    async def read(self, text: str, /) -> BrainReply:
        return BrainReply()

    async def say(self, text: str, /) -> BrainReply:
        return BrainReply(segments=(text,), audio=((bytes(1_200_000), 600_000),))


async def test_a_reply_in_one_huge_frame_is_heard() -> None:
    async with HumeSimulator(_LoudBrain()) as simulator:
        session = await an_engine(simulator.url).open(a_spec())
        events = await take_turn(session, dictated("Welcome!"))
    assert len(sound_of(events)) == 1_200_000
    assert end_of(events).status is TurnStatus.OK
