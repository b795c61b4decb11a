"""OpenAI-compatible transcription, chat and speech on loopback, as much as `cascade` needs."""

import io
import json
import struct
import time
import wave
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import BodyPartReader, web

from bot.simulators.faults import Faults, cut
from bot.simulators.loopback import LoopbackServer

_MAX_UPLOAD = 25 * 2**20  # OpenAI's limit of one file
_FILE_TYPES = frozenset({"flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm"})
Observer = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAnswer:
    """What the model behind the chat says.

    Args:
        reply: as shown, better forms in parentheses.
        spoken: the same as it is said.
    """

    reply: str
    spoken: str
    corrections: Sequence[Mapping[str, str]] = ()
    vocabulary: Sequence[Mapping[str, str]] = ()


class Models(Protocol):
    """The three models behind the three addresses."""

    async def transcribe(self, file: bytes, name: str, language: str, /) -> str:
        """What a file says; empty for nothing."""
        ...

    async def chat(self, messages: Sequence[Mapping[str, Any]], /) -> ChatAnswer: ...

    async def speak(self, text: str, voice: str, /) -> tuple[bytes, int]:
        """16-bit mono samples and their rate."""
        ...


@dataclass(slots=True, kw_only=True)
class Abilities:
    """What this server knows of the interface; servers differ.

    Args:
        json_schema: takes `response_format` of this type, else 400.
        keeps_schema: a model that obeys the schema; otherwise it answers in words.
        tools: takes `tools`, else 400.
        verbose: takes `verbose_json`, else 400.
        wav: speaks WAV; otherwise it answers with MP3 whatever it was asked for.
    """

    json_schema: bool = True
    keeps_schema: bool = True
    tools: bool = True
    verbose: bool = True
    wav: bool = True
    shutdown_dates: dict[str, str] = field(default_factory=dict)


class CascadeSimulator(LoopbackServer):
    """The three services at one address.

    `faults` knows the operations "transcription", "chat", "speech" and "models" with the kinds
    status, rate_limit, delay, drop_before and drop_after.

    Args:
        api_key: the only key accepted; None accepts every client.
        observe: is shown the name and the fields of every request.
    """

    def __init__(
        self,
        models: Models,
        *,
        api_key: str | None = None,
        observe: Observer = lambda _operation, _fields: None,
    ) -> None:
        super().__init__()
        self.faults = Faults()
        self.abilities = Abilities()
        self._models = models
        self._api_key = api_key
        self._observe = observe

    @property
    def url(self) -> str:
        """What each of the bot's three addresses is set to."""
        return f"http://127.0.0.1:{self.port}/v1"

    def application(self) -> web.Application:
        """See `LoopbackServer.application`."""
        app = web.Application(client_max_size=_MAX_UPLOAD)
        app.router.add_get("/v1/models", self._serving("models", self._list_models))
        for path, operation, handler in (
            ("audio/transcriptions", "transcription", self._transcribe),
            ("chat/completions", "chat", self._chat),
            ("audio/speech", "speech", self._speak),
        ):
            app.router.add_post(f"/v1/{path}", self._serving(operation, handler))
        return app

    def _serving(
        self, operation: str, handler: Callable[[web.Request], Any]
    ) -> Callable[[web.Request], Any]:
        """A handler behind the key and the faults."""

        async def serve(request: web.Request) -> web.StreamResponse:
            await self.faults.hold(operation)
            if self.faults.take(operation, "drop_before"):
                return cut(request)
            if self.faults.take(operation, "rate_limit"):
                return _refused(429, "rate_limit_exceeded", {"Retry-After": "7"})
            if fault := self.faults.take(operation, "status"):
                return _refused(fault.status, "simulated")
            if self._api_key and request.headers.get("Authorization") != f"Bearer {self._api_key}":
                return _refused(401, "invalid_api_key")
            try:
                reply: web.Response = await handler(request)
            except (KeyError, TypeError, ValueError):
                return _refused(400, "invalid_request_error")
            return cut(request) if self.faults.take(operation, "drop_after") else reply

        return serve

    async def _list_models(self, request: web.Request) -> web.Response:
        dates = self.abilities.shutdown_dates
        data = [
            {"id": name, "object": "model", "created": 0, "owned_by": "us", "shutdown_date": date}
            for name, date in {"stt": None, "chat": None, "tts": None, **dates}.items()
        ]
        return web.json_response({"object": "list", "data": data})

    async def _transcribe(self, request: web.Request) -> web.Response:
        form = await _form(request)
        file, name = form.pop("file"), form.pop("filename")
        self._observe("transcription", form)
        is_verbose = form.get("response_format") == "verbose_json"
        if name.rpartition(".")[2] not in _FILE_TYPES:
            return _refused(400, "unsupported_format")
        if is_verbose and not self.abilities.verbose:
            return _refused(400, "unsupported_response_format")
        text = await self._models.transcribe(file, name, form.get("language", ""))
        return web.json_response(_verbose(text) if is_verbose else {"text": text})

    async def _chat(self, request: web.Request) -> web.Response:
        body = await request.json()
        self._observe("chat", body)
        schema = (body.get("response_format") or {}).get("type") == "json_schema"
        if schema and not self.abilities.json_schema:
            return _refused(400, "unsupported_response_format")
        if body.get("tools") and not self.abilities.tools:
            return _refused(400, "unsupported_tools")
        answer = await self._models.chat(body["messages"])
        is_after_tools = body["messages"][-1]["role"] == "tool"
        if schema and self.abilities.keeps_schema:
            message = _structured(answer, body["response_format"])
        elif body.get("tools") and answer.corrections and not is_after_tools:
            message = _called(answer)
        else:
            message = {"role": "assistant", "content": answer.reply}
        return web.json_response(_completion(body["model"], message))

    async def _speak(self, request: web.Request) -> web.Response:
        body = await request.json()
        self._observe("speech", body)
        if not body["model"] or not body["input"] or len(body["input"]) > 4096:
            return _refused(400, "string_above_max_length")
        samples, rate = await self._models.speak(body["input"], body["voice"])
        if not self.abilities.wav or body.get("response_format") != "wav":
            return web.Response(body=b"ID3\x04 sound", content_type="audio/mpeg")
        return web.Response(body=_streamed_wav(samples, rate), content_type="audio/wav")


async def _form(request: web.Request) -> dict[str, Any]:
    """Fields of a multipart form; repeated ones as a list under their name with brackets."""
    form: dict[str, Any] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        if part.filename is not None:
            form |= {"file": bytes(await part.read()), "filename": part.filename}
        elif part.name.endswith("[]"):
            form.setdefault(part.name, []).append(await part.text())
        else:
            form[part.name] = await part.text()
    if not form["model"] or not form["file"]:
        raise ValueError("a field is empty")
    return form


def _refused(status: int, code: str, headers: Mapping[str, str] | None = None) -> web.Response:
    error = {"message": code, "type": "invalid_request_error", "param": None, "code": code}
    return web.json_response({"error": error}, status=status, headers=headers)


def _verbose(text: str) -> dict[str, Any]:
    """A transcript with times: half a second a word."""
    words = text.split()
    length = len(words) / 2
    segment = {
        "id": 0,
        "seek": 0,
        "start": 0.0,
        "end": length,
        "text": text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": -0.2,
        "compression_ratio": 1.0,
        "no_speech_prob": 0.01,
    }
    return {
        "task": "transcribe",
        "language": "english",
        "duration": length,
        "text": text,
        "segments": [segment] if words else [],
        "words": [
            {"word": word, "start": n / 2, "end": n / 2 + 0.4} for n, word in enumerate(words)
        ],
    }


def _structured(answer: ChatAnswer, wanted: Mapping[str, Any]) -> dict[str, Any]:
    everything = {
        "reply": answer.reply,
        "spoken": answer.spoken,
        "corrections": list(answer.corrections),
        "vocabulary": list(answer.vocabulary),
    }
    names = wanted["json_schema"]["schema"]["properties"]
    content = json.dumps({name: everything[name] for name in names})
    return {"role": "assistant", "content": content}


def _called(answer: ChatAnswer) -> dict[str, Any]:
    """Calls without words, as models often answer when they are given tools."""
    calls = [
        {
            "id": f"call_{n}",
            "type": "function",
            "function": {"name": "note_correction", "arguments": json.dumps(correction)},
        }
        for n, correction in enumerate(answer.corrections)
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def _completion(model: str, message: Mapping[str, Any]) -> dict[str, Any]:
    reason = "tool_calls" if message.get("tool_calls") else "stop"
    return {
        "id": "chatcmpl-simulated",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "finish_reason": reason, "message": dict(message)}],
    }


def _streamed_wav(samples: bytes, rate: int) -> bytes:
    """A WAV file with the sizes a server writes that does not know them yet."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    data = bytearray(buffer.getvalue())
    unknown = struct.pack("<I", 0xFFFFFFFF)
    data[4:8] = unknown
    data[40:44] = unknown
    return bytes(data)
