"""The simulated service keeps to EVI's protocol, and both ends to the official types."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hume.core.pydantic_utilities import parse_obj_as
from hume.empathic_voice import types as official
from jsonschema import Draft202012Validator
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot.simulators.faults import Fault
from bot.simulators.hume.chat import Limits, Quirk
from bot.simulators.hume.ear import Ear
from bot.simulators.hume.frames import EXPRESSIONS
from bot.simulators.hume.server import HumeSimulator
from bot.simulators.scripted_brain import ScriptedBrain
from bot.voice.adapters.hume_evi import HumeEngine, Timing
from tests.voice_turns import a_note, a_sound, a_spec, dictated, take_turn, typed

SPECS = Path(__file__).parents[4] / "shared" / "specs" / "hume"
SETTINGS = {
    "type": "session_settings",
    "audio": {"encoding": "linear16", "sample_rate": 16_000, "channels": 1},
}
SERVICE_TYPES: dict[str, Any] = {
    "assistant_end": official.AssistantEnd,
    "assistant_message": official.AssistantMessage,
    "audio_output": official.AudioOutput,
    "chat_metadata": official.ChatMetadata,
    "error": official.WebSocketError,
    "tool_call": official.ToolCallMessage,
    "user_interruption": official.UserInterruption,
    "user_message": official.UserMessage,
}
CLIENT_TYPES: dict[str, Any] = {
    "assistant_input": official.AssistantInput,
    "audio_input": official.AudioInput,
    "pause_assistant_message": official.PauseAssistantMessage,
    "resume_assistant_message": official.ResumeAssistantMessage,
    "session_settings": official.SessionSettings,
    "tool_error": official.ToolErrorMessage,
    "tool_response": official.ToolResponseMessage,
    "user_input": official.UserInput,
}

Seen = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def brain() -> ScriptedBrain:
    return ScriptedBrain(hears="I goed home. It was late.", prosody={"Joy": 0.7})


@pytest.fixture
def seen() -> Seen:
    return []


@pytest.fixture
async def simulator(brain: ScriptedBrain, seen: Seen) -> AsyncIterator[HumeSimulator]:
    def observe(sender: str, message: dict[str, Any]) -> None:
        seen.append((sender, message))

    async with HumeSimulator(brain, api_key="right", observe=observe) as running:
        yield running


@pytest.fixture
async def client(simulator: HumeSimulator) -> AsyncIterator[ClientConnection]:
    headers = {"X-Hume-Api-Key": "right"}
    async with connect(f"{simulator.url}/chat", additional_headers=headers) as connection:
        await frame_of(connection, "chat_metadata")
        yield connection


async def frame_of(client: ClientConnection, kind: str) -> dict[str, Any]:
    """The next frame of a type; the ones before it are passed over."""
    while True:
        frame: dict[str, Any] = json.loads(await client.recv())
        if frame["type"] == kind:
            return frame


async def send(client: ClientConnection, *messages: dict[str, Any]) -> None:
    for message in messages:
        await client.send(json.dumps(message))


def audio(pcm: bytes) -> dict[str, Any]:
    return {"type": "audio_input", "data": base64.b64encode(pcm).decode()}


def schema(name: str) -> Draft202012Validator:
    file = SPECS / f"{name}.schema.json"
    if not file.exists():
        pytest.skip(f"{name}.schema.json is not at hand")
    return Draft202012Validator(json.loads(file.read_text()))


async def a_whole_conversation(simulator: HumeSimulator) -> None:
    """Every type of message in both directions, through the engine itself."""
    engine = HumeEngine(
        url=simulator.url, api_key="right", config_id="c", pace=0, timing=Timing(settle=0.05)
    )
    session = await engine.open(a_spec(voice="warm"))
    simulator.arm(Quirk.INTERRUPTION)
    for said in (dictated("Welcome!"), a_note(), typed("I goed out.")):
        await take_turn(session, said)
    simulator.arm(Quirk.ERROR_FRAME)
    await take_turn(session, typed("Hello"))


async def test_both_ends_speak_in_the_official_types(simulator: HumeSimulator, seen: Seen) -> None:
    await a_whole_conversation(simulator)

    kinds = {(sender, message["type"]) for sender, message in seen}
    for sender, message in seen:
        types = SERVICE_TYPES if sender == "service" else CLIENT_TYPES
        parse_obj_as(types[message["type"]], message)
    assert {kind for sender, kind in kinds if sender == "service"} == set(SERVICE_TYPES)
    assert {kind for sender, kind in kinds if sender == "client"} == set(CLIENT_TYPES) - {
        "tool_error"
    }


async def test_both_ends_keep_to_the_schemas(simulator: HumeSimulator, seen: Seen) -> None:
    validators = {
        "service": schema("evi-server-messages"),
        "client": schema("evi-client-messages"),
    }
    await a_whole_conversation(simulator)

    refused = [message for sender, message in seen if not validators[sender].is_valid(message)]
    assert len(seen) > 50
    assert refused == []


def test_all_48_expressions_are_those_of_the_official_type() -> None:
    fields = official.EmotionScores.model_fields.items()
    assert set(EXPRESSIONS) == {field.alias or name for name, field in fields}


@pytest.mark.parametrize("given", [{}, {"X-Hume-Api-Key": "wrong"}])
async def test_a_wrong_key_is_refused(simulator: HumeSimulator, given: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"{simulator.url}/chat", additional_headers=given)
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("{oops", "E0100"),
        ("[]", "E0101"),
        ('{"type": ["user_input"]}', "E0101"),
        ('{"type": "hello"}', "E0101"),
        ('{"type": "user_input"}', "E0101"),
        ('{"type": "user_input", "text": 5}', "E0101"),
        ('{"type": "session_settings", "audio": {"sample_rate": 16000}}', "E0101"),
        (
            '{"type": "session_settings", "audio": '
            '{"sample_rate": 1, "channels": 1, "encoding": "opus"}}',
            "E0101",
        ),
        ('{"type": "session_settings", "tools": [{"name": "x", "parameters": {}}]}', "E0101"),
        ('{"type": "session_settings", "variables": {"a": []}}', "E0101"),
        (json.dumps(audio(b"\0\0")), "E0200"),
    ],
)
async def test_a_bad_message_is_refused_with_its_code(
    client: ClientConnection, raw: str, code: str
) -> None:
    await client.send(raw)
    assert (await frame_of(client, "error"))["code"] == code


async def test_audio_that_is_not_base64_is_refused(client: ClientConnection) -> None:
    await send(client, SETTINGS, {"type": "audio_input", "data": "not base64!"})
    assert (await frame_of(client, "error"))["code"] == "E0201"


async def test_silence_ends_the_turn_of_a_speaker(
    client: ClientConnection, brain: ScriptedBrain
) -> None:
    speech = a_sound(0.5).data
    await send(client, SETTINGS, audio(bytes(1000)), audio(speech), audio(bytes(32_000)))
    parts = [await frame_of(client, "user_message"), await frame_of(client, "user_message")]
    assert [part["message"]["content"] for part in parts] == ["I goed home.", "It was late."]
    assert parts[0]["models"]["prosody"]["scores"]["Joy"] == 0.7
    assert parts[0]["time"]["end"] <= parts[1]["time"]["begin"]
    await frame_of(client, "assistant_end")
    assert speech in brain.notes[0][0]


async def test_nothing_is_answered_while_paused_and_everything_after(
    client: ClientConnection, seen: Seen
) -> None:
    await send(client, SETTINGS, {"type": "pause_assistant_message"}, audio(a_sound(0.2).data))
    await send(client, audio(bytes(32_000)))
    await frame_of(client, "user_message")
    await frame_of(client, "user_message")
    assert "assistant_message" not in {message["type"] for _, message in seen}
    await send(client, {"type": "resume_assistant_message"})
    await frame_of(client, "assistant_message")
    await frame_of(client, "assistant_end")


async def test_a_tool_call_waits_for_its_response(client: ClientConnection, seen: Seen) -> None:
    tool = {"type": "function", "name": "note_correction", "parameters": "{}"}
    await send(client, {**SETTINGS, "tools": [tool]}, {"type": "user_input", "text": "I goed"})
    call = await frame_of(client, "tool_call")
    assert seen[-1][1] == call
    answer = {"type": "tool_response", "tool_call_id": call["tool_call_id"], "content": "ok"}
    await send(client, answer)
    await frame_of(client, "assistant_end")


async def test_interim_words_come_only_when_asked_for(simulator: HumeSimulator) -> None:
    url = f"{simulator.url}/chat?api_key=right&verbose_transcription=true"
    async with connect(url) as client:
        await send(client, SETTINGS, audio(a_sound(0.2).data), audio(bytes(32_000)))
        assert [(await frame_of(client, "user_message"))["interim"] for _ in range(3)] == [
            True,
            False,
            False,
        ]


async def test_speech_into_a_reply_cuts_it(
    client: ClientConnection, simulator: HumeSimulator, seen: Seen
) -> None:
    simulator.faults.add(Fault("delay", "audio_output", seconds=0.2))
    await send(client, SETTINGS, {"type": "assistant_input", "text": "A very long answer. " * 9})
    await frame_of(client, "assistant_message")
    await send(client, audio(a_sound(0.2).data))
    await frame_of(client, "user_interruption")
    assert [message["type"] for sender, message in seen if sender == "service"] == [
        "chat_metadata",
        "assistant_message",
        "audio_output",
        "user_interruption",
    ]


async def test_a_chat_group_goes_on_where_it_was(simulator: HumeSimulator) -> None:
    url = f"{simulator.url}/chat?api_key=right"
    async with connect(url) as first:
        group = (await frame_of(first, "chat_metadata"))["chat_group_id"]
        await send(first, {"type": "user_input", "text": "One"})
        await frame_of(first, "assistant_end")
    async with connect(f"{url}&resumed_chat_group_id={group}") as second:
        assert (await frame_of(second, "chat_metadata"))["chat_group_id"] == group
        await send(second, {"type": "user_input", "text": "Two"})
        await frame_of(second, "assistant_message")
        assert (await frame_of(second, "assistant_message"))["message"]["content"].endswith(
            "1 times."
        )


async def test_an_unknown_chat_group_is_refused(simulator: HumeSimulator) -> None:
    async with connect(f"{simulator.url}/chat?api_key=right&resumed_chat_group_id=x") as client:
        assert (await frame_of(client, "error"))["slug"] == "chat_group_not_found"


@pytest.mark.parametrize("limits", [Limits(inactivity=0.05), Limits(duration=0.05)])
async def test_a_chat_does_not_last_for_ever(brain: ScriptedBrain, limits: Limits) -> None:
    async with (
        HumeSimulator(brain, limits=limits) as simulator,
        connect(f"{simulator.url}/chat") as client,
    ):
        with pytest.raises(ConnectionClosed):
            await frame_of(client, "assistant_end")
        assert client.close_code == 1000


@pytest.fixture
def ear() -> Ear:
    return Ear(16_000, end_of_turn=0.8)


def test_silence_alone_is_nobodys_turn(ear: Ear) -> None:
    ear.hear(bytes(320_000))
    assert not ear.is_turn_over


def test_a_short_pause_is_not_the_end_of_a_turn(ear: Ear) -> None:
    for chunk in (a_sound(0.2).data, bytes(16_000), a_sound(0.2).data, bytes(16_000)):
        ear.hear(chunk)
    assert not ear.is_turn_over
    ear.hear(bytes(16_000))
    assert ear.is_turn_over


def test_an_ear_forgets_long_silence_before_speech_but_not_the_time(ear: Ear) -> None:
    for chunk in (bytes(32_000 * 5), a_sound(1.0).data, bytes(32_000)):
        ear.hear(chunk)
    heard = ear.take()
    assert (heard.begin, heard.end, len(heard.samples)) == (4000, 6000, 96_000)
