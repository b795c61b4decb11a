"""The engine `cascade` against services that know less, or fail."""

import json
import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openai.types.audio import Transcription, TranscriptionVerbose
from openai.types.chat import ChatCompletion

from bot.simulators.faults import Fault
from bot.simulators.openai import CascadeSimulator
from bot.simulators.scripted_brain import CORRECTION, ScriptedModels, tone
from bot.voice.adapters.cascade import CascadeEngine, Endpoint
from bot.voice.model import (
    AssistantText,
    EngineError,
    ErrorKind,
    ResumeToken,
    Said,
    Speaker,
    ToolCall,
    TurnStatus,
    UserTranscript,
)
from tests.voice_turns import (
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

SPECS = Path(__file__).parents[3] / "shared" / "specs" / "openai"
KEY = "cascade-key-canary"
SLIP = "I goed home."
SHOWN = "(I went) You said: I goed home. Before that you spoke 0 times."
SPOKEN = "I went. You said: I goed home. Before that you spoke 0 times."

Asked = list[tuple[str, Mapping[str, Any]]]


@pytest.fixture
def asked() -> Asked:
    return []


@pytest.fixture
def models() -> ScriptedModels:
    return ScriptedModels(hears=SLIP)


@pytest.fixture
async def simulator(models: ScriptedModels, asked: Asked) -> AsyncIterator[CascadeSimulator]:
    def observe(operation: str, fields: Mapping[str, Any]) -> None:
        asked.append((operation, fields))

    async with CascadeSimulator(models, api_key=KEY, observe=observe) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
def engine(simulator: CascadeSimulator, http: httpx.AsyncClient) -> CascadeEngine:
    return an_engine(simulator, http)


def an_engine(
    simulator: CascadeSimulator, http: httpx.AsyncClient, key: str = KEY
) -> CascadeEngine:
    return CascadeEngine(
        http=http,
        stt=Endpoint(simulator.url, key, "stt"),
        chat=Endpoint(simulator.url + "/", key, "chat"),
        tts=Endpoint(simulator.url, key, "tts", "nova"),
    )


def operations(asked: Asked) -> list[str]:
    return [operation for operation, _ in asked]


def schema(name: str) -> Draft202012Validator:
    file = SPECS / f"{name}.schema.json"
    if not file.exists():
        pytest.skip(f"{name}.schema.json is not at hand")
    return Draft202012Validator(json.loads(file.read_text()))


async def test_a_note_is_heard_answered_and_spoken(
    engine: CascadeEngine, models: ScriptedModels, asked: Asked
) -> None:
    note = a_note()
    events = await take_turn(await engine.open(a_spec(hints=("Ana",), speed=0.8)), note)
    assert note.audio is not None
    assert models.files == [(note.audio.original, "note.ogg")]
    assert operations(asked) == ["transcription", "chat", "speech"]
    assert transcript_of(events) == SLIP
    assert [word.text for word in only(UserTranscript, events)[0].words] == SLIP.split()
    assert only(ToolCall, events) == [ToolCall("note_correction", CORRECTION)]
    assert only(AssistantText, events) == [AssistantText(text=SHOWN, spoken=SPOKEN)]
    assert sound_of(events) == tone(SPOKEN)[0]
    speech = asked[-1][1]
    assert (speech["voice"], speech["speed"], speech["input"]) == ("nova", 0.8, SPOKEN)
    assert end_of(events).status is TurnStatus.OK


@pytest.mark.parametrize(
    ("lacking", "first", "later"),
    [
        ((), 1, 1),
        (("json_schema",), 3, 2),
        (("json_schema", "tools"), 3, 1),
        (("keeps_schema",), 1, 1),
    ],
)
async def test_a_server_that_knows_less_is_asked_for_less_and_only_once(
    engine: CascadeEngine,
    simulator: CascadeSimulator,
    asked: Asked,
    lacking: tuple[str, ...],
    first: int,
    later: int,
) -> None:
    for ability in lacking:
        setattr(simulator.abilities, ability, False)
    events = await take_turn(await engine.open(a_spec()), a_note())
    assert operations(asked).count("chat") == first
    [call] = only(ToolCall, events)
    assert (call.arguments["said"], call.arguments["better"]) == ("I goed", "I went")
    assert reply_of(events) == SHOWN
    assert sound_of(events) == tone(SPOKEN)[0] or sound_of(events) == tone(SHOWN)[0]

    asked.clear()
    await take_turn(await engine.open(a_spec()), a_note())
    assert operations(asked).count("chat") == later


async def test_a_server_without_word_times_is_asked_for_text_and_only_once(
    engine: CascadeEngine, simulator: CascadeSimulator, asked: Asked
) -> None:
    simulator.abilities.verbose = False
    for expected in (2, 1):
        asked.clear()
        events = await take_turn(await engine.open(a_spec()), a_note())
        assert only(UserTranscript, events) == [UserTranscript(text=SLIP)]
        assert operations(asked).count("transcription") == expected


@pytest.mark.parametrize("without", ["wav", "service"])
async def test_a_reply_that_cannot_be_spoken_is_shown(
    engine: CascadeEngine, simulator: CascadeSimulator, without: str
) -> None:
    if without == "wav":
        simulator.abilities.wav = False
    else:
        simulator.faults.add(Fault("drop_before", "speech", times=None))
    events = await take_turn(await engine.open(a_spec()), a_note())
    assert reply_of(events) == SHOWN
    assert sound_of(events) == b""
    assert only(EngineError, events)[0].kind is ErrorKind.TRANSIENT
    assert end_of(events).status is TurnStatus.PARTIAL
    assert "home" in (end_of(events).resume or ResumeToken("", "")).state


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (
            Fault("status", "transcription", times=None, status=400),
            EngineError(ErrorKind.BAD_INPUT, "stt_http_400"),
        ),
        (
            Fault("status", "transcription", status=500),
            EngineError(ErrorKind.TRANSIENT, "stt_http_500"),
        ),
        (
            Fault("drop_after", "transcription"),
            EngineError(ErrorKind.TRANSIENT, "stt_unreachable"),
        ),
        (Fault("rate_limit", "chat"), EngineError(ErrorKind.TRANSIENT, "chat_http_429", 7.0)),
        (Fault("status", "chat", status=402), EngineError(ErrorKind.QUOTA, "chat_http_402")),
        (Fault("status", "chat", status=404), EngineError(ErrorKind.FATAL, "chat_http_404")),
        (
            Fault("status", "chat", times=None, status=422),
            EngineError(ErrorKind.FATAL, "chat_http_422"),
        ),
        (Fault("drop_before", "chat"), EngineError(ErrorKind.TRANSIENT, "chat_unreachable")),
    ],
)
async def test_a_service_that_fails_ends_the_turn(
    engine: CascadeEngine, simulator: CascadeSimulator, fault: Fault, error: EngineError
) -> None:
    simulator.faults.add(fault)
    events = await take_turn(await engine.open(a_spec()), a_note())
    assert only(EngineError, events) == [error]
    assert end_of(events).status is TurnStatus.FAILED


async def test_a_refusal_of_everything_leaves_the_best_way_for_the_next_turn(
    engine: CascadeEngine, simulator: CascadeSimulator, asked: Asked
) -> None:
    simulator.faults.add(Fault("status", "chat", times=3, status=400))
    session = await engine.open(a_spec())
    assert end_of(await take_turn(session, typed("Hi."))).status is TurnStatus.FAILED
    await take_turn(session, typed("Hi."))
    assert "response_format" in next(fields for operation, fields in asked if operation == "chat")


async def test_no_money_left_is_a_quota(http: httpx.AsyncClient) -> None:
    def broke(_: httpx.Request) -> httpx.Response:
        return httpx.Response(429, json={"error": {"code": "insufficient_quota"}})

    async with httpx.AsyncClient(transport=httpx.MockTransport(broke)) as client:
        at = Endpoint("http://127.0.0.1/v1", None, "m")
        engine = CascadeEngine(http=client, stt=at, chat=at, tts=at)
        events = await take_turn(await engine.open(a_spec()), typed("Hi."))
    assert only(EngineError, events) == [EngineError(ErrorKind.QUOTA, "chat_http_429")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": {"content": null}}]}',
        b'{"choices": [{"message": {"content": "{"}}]}',
    ],
)
async def test_an_answer_that_makes_no_sense_fails_the_turn(body: bytes) -> None:
    answer = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    async with httpx.AsyncClient(transport=answer) as client:
        at = Endpoint("http://127.0.0.1/v1", None, "m")
        engine = CascadeEngine(http=client, stt=at, chat=at, tts=at)
        for said in (typed("Hi."), dictated("Hi.")):
            events = await take_turn(await engine.open(a_spec()), said)
            assert only(EngineError, events)[0].kind is ErrorKind.TRANSIENT
            end_of(events)


async def test_the_conversation_is_in_the_token_and_stays_bounded(engine: CascadeEngine) -> None:
    history = tuple(Said(Speaker.LEARNER, f"Line {n}.") for n in range(200))
    session = await engine.open(a_spec(history=history))
    end = end_of(await take_turn(session, typed("Last.")))
    assert end.resume is not None
    lines = json.loads(end.resume.state)["history"]
    assert len(lines) == 40
    assert [speaker for speaker, _ in lines[-2:]] == ["learner", "tutor"]


async def test_words_dictated_twice_are_remembered_once(engine: CascadeEngine) -> None:
    session = await engine.open(a_spec())
    await take_turn(session, dictated("Welcome!"))
    end = end_of(await take_turn(session, dictated("Welcome!")))
    assert end.resume is not None
    assert json.loads(end.resume.state)["history"] == [["tutor", "Welcome!"]]


async def test_a_long_text_is_spoken_in_parts(engine: CascadeEngine, asked: Asked) -> None:
    text = "This is a sentence. " * 300
    events = await take_turn(await engine.open(a_spec()), dictated(text))
    parts = [fields["input"] for operation, fields in asked if operation == "speech"]
    assert len(parts) == 2
    assert sound_of(events) == b"".join(tone(part)[0] for part in parts)


@pytest.mark.parametrize("lacking", [(), ("json_schema",), ("json_schema", "tools"), ("verbose",)])
async def test_requests_keep_to_the_schemas(
    engine: CascadeEngine, simulator: CascadeSimulator, asked: Asked, lacking: tuple[str, ...]
) -> None:
    chat, speech = schema("chat-completion-request"), schema("speech-request")
    for ability in lacking:
        setattr(simulator.abilities, ability, False)
    await take_turn(await engine.open(a_spec(speed=0.8)), a_note())
    wrong = [
        error.message
        for operation, fields in asked
        if operation != "transcription"
        for error in (chat if operation == "chat" else speech).iter_errors(fields)
    ]
    assert len(asked) >= 3
    assert wrong == []


async def test_the_form_of_a_transcription_keeps_to_the_schema(
    engine: CascadeEngine, asked: Asked
) -> None:
    file = SPECS / "openapi.trimmed.json"
    if not file.exists():
        pytest.skip("openapi.trimmed.json is not at hand")
    await take_turn(await engine.open(a_spec(hints=("Ana",))), a_note())
    operation, form = asked[0]
    fields = {name.removesuffix("[]"): value for name, value in form.items()} | {"file": ""}
    document = json.loads(file.read_text())
    wanted = {"$ref": "#/components/schemas/CreateTranscriptionRequest", **document}
    assert operation == "transcription"
    assert [error.message for error in Draft202012Validator(wanted).iter_errors(fields)] == []


async def test_the_simulated_answers_are_of_the_official_types(
    simulator: CascadeSimulator, http: httpx.AsyncClient
) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    file = {"file": ("note.ogg", b"sound", "audio/ogg")}
    for form, kind in (("json", Transcription), ("verbose_json", TranscriptionVerbose)):
        reply = await http.post(
            f"{simulator.url}/audio/transcriptions",
            headers=headers,
            files=file,
            data={"model": "stt", "response_format": form},
        )
        kind.model_validate(reply.json())
    for tools in ([], [{"type": "function", "function": {"name": "note_correction"}}]):
        reply = await http.post(
            f"{simulator.url}/chat/completions",
            headers=headers,
            json={"model": "chat", "messages": [{"role": "user", "content": SLIP}], "tools": tools},
        )
        ChatCompletion.model_validate(reply.json())


async def test_check_tells_of_models_that_end_and_of_models_missing(
    engine: CascadeEngine, simulator: CascadeSimulator, http: httpx.AsyncClient
) -> None:
    assert (await engine.check()).detail == ""
    simulator.abilities.shutdown_dates["tts"] = "2027-01-06"
    health = await engine.check()
    assert (health.is_ok, health.detail) == (True, "tts: tts will be shut down on 2027-01-06")
    at = Endpoint(simulator.url, KEY, "unheard-of")
    health = await CascadeEngine(http=http, stt=at, chat=at, tts=at).check()
    assert health.detail.startswith("stt: unheard-of is not listed")


async def test_a_server_that_does_not_list_models_is_well(
    engine: CascadeEngine, simulator: CascadeSimulator
) -> None:
    simulator.faults.add(Fault("status", "models", times=None, status=404))
    assert (await engine.check()).is_ok


async def test_a_wrong_key_is_fatal(simulator: CascadeSimulator, http: httpx.AsyncClient) -> None:
    engine = an_engine(simulator, http, key="wrong")
    events = await take_turn(await engine.open(a_spec()), typed("Hi."))
    assert only(EngineError, events) == [EngineError(ErrorKind.FATAL, "chat_http_401")]
    assert (await engine.check()).detail == "stt_http_401"


async def test_keys_and_words_are_never_logged(
    engine: CascadeEngine, simulator: CascadeSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    caplog.set_level(logging.INFO)
    simulator.faults.add(Fault("status", "speech", status=500))
    await take_turn(await engine.open(a_spec()), typed("Words-canary"))
    assert KEY not in caplog.text
    assert "Words-canary" not in caplog.text
