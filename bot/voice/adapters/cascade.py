"""The engine `cascade`: transcription, chat and speech over three OpenAI-compatible addresses.

Works with Ollama, llama.cpp, vLLM, whisper.cpp, LocalAI, speaches, Kokoro-FastAPI and with
clouds. Nothing is kept at the services: the conversation is ours, in the resume token.
"""

from collections.abc import AsyncIterator, Sequence

import httpx

from bot.voice.adapters.cascade_http import CascadeHttp, NotTaken, Part, body_of
from bot.voice.adapters.cascade_reply import (
    Answer,
    Unusable,
    looks_like_json,
    read_calls,
    read_json,
    read_plain,
)
from bot.voice.adapters.cascade_wire import (
    NAME,
    Endpoint,
    Mode,
    SttFormat,
    bounded,
    chat_body,
    chat_messages,
    note_file,
    parse_resume,
    parse_transcription,
    render_resume,
    speech_bodies,
    tool_results,
    transcription_fields,
)
from bot.voice.adapters.turns import Emit, TurnFailed, TurnRunner
from bot.voice.adapters.wav import NotWav, is_silent, parse_wav
from bot.voice.model import (
    AssistantText,
    AudioChunk,
    AudioClip,
    EngineCaps,
    ErrorKind,
    Health,
    ResumeToken,
    Said,
    SessionSpec,
    Speaker,
    TurnEvent,
    UserTranscript,
    Utterance,
)

__all__ = ["CascadeEngine", "Endpoint"]


class CascadeEngine:
    """Implements `VoiceEngine` over three HTTP services.

    Args:
        http: shared client; it is not closed here.
        stt_format: "ogg" sends notes as they came, "wav16k" decoded (whisper.cpp's server).

    What a service turned down once (verbose transcripts, JSON schemas, tools) is not asked of it
    again while this object lives.
    """

    name = NAME
    caps = EngineCaps(is_generative=True)

    def __init__(
        self,
        *,
        http: httpx.AsyncClient,
        stt: Endpoint,
        chat: Endpoint,
        tts: Endpoint,
        stt_format: SttFormat = "ogg",
    ) -> None:
        self._client = http
        self._http = CascadeHttp(http)
        self._stt, self._chat, self._tts = stt, chat, tts
        self._stt_format: SttFormat = stt_format
        self._is_verbose = True
        self._modes = list(Mode)

    async def check(self) -> Health:
        """Ask each service for its models; tells of models missing or about to be shut down."""
        parts: Sequence[tuple[Part, Endpoint]] = (
            ("stt", self._stt),
            ("chat", self._chat),
            ("tts", self._tts),
        )
        try:
            notes = [await self._check(part, endpoint) for part, endpoint in parts]
        except TurnFailed as failure:
            return Health(False, failure.error.code)
        return Health(True, "; ".join(note for note in notes if note))

    async def open(
        self, spec: SessionSpec, /, resume: ResumeToken | None = None
    ) -> "CascadeSession":
        history = parse_resume(resume)
        return CascadeSession(self, spec, spec.history if history is None else history)

    async def aclose(self) -> None:
        """Close the HTTP client: it is this engine's from the moment it was handed over."""
        await self._client.aclose()

    async def transcribe(self, clip: AudioClip, spec: SessionSpec) -> UserTranscript:
        """What a note says; silence is not sent.

        Raises:
            TurnFailed: the service did not answer with a text.
        """
        if is_silent(clip.pcm):
            return UserTranscript(text="")
        file = note_file(clip, self._stt_format)
        if self._is_verbose:
            try:
                return await self._transcribe(file, spec, is_verbose=True)
            except NotTaken:
                transcript = await self._transcribe_plainly(file, spec)
                self._is_verbose = False
                return transcript
        return await self._transcribe_plainly(file, spec)

    async def answer(self, spec: SessionSpec, history: Sequence[Said], text: str) -> Answer:
        """The tutor's reply, asked for in the best way the service takes.

        Raises:
            TurnFailed: no way led to a reply.
        """
        failure = TurnFailed(ErrorKind.TRANSIENT, "chat_unusable")
        refused: set[Mode] = set()
        for mode in self._modes:
            try:
                answer = await self._answer(spec, history, text, mode)
            except Unusable:
                continue
            except NotTaken as refusal:
                failure = refusal.failure
                refused.add(mode)
            else:
                self._modes = [known for known in self._modes if known not in refused]
                return answer
        raise failure

    async def speak(self, spec: SessionSpec, text: str, emit: Emit) -> None:
        """Emit the sound of a text, if it will be heard at all.

        Raises:
            TurnFailed: the service did not answer with WAV.
        """
        bodies = speech_bodies(self._tts, spec, text) if spec.wants_speech else ()
        for body in bodies:
            try:
                reply = await self._http.post("tts", self._tts, "audio/speech", json=body)
                pcm = parse_wav(reply.content)
            except NotTaken as refusal:
                raise refusal.failure from refusal
            except NotWav as error:
                raise TurnFailed(ErrorKind.TRANSIENT, "tts_not_wav") from error
            emit(AudioChunk(pcm))

    async def _transcribe_plainly(
        self, file: tuple[str, bytes, str], spec: SessionSpec
    ) -> UserTranscript:
        try:
            return await self._transcribe(file, spec, is_verbose=False)
        except NotTaken as refusal:
            raise refusal.failure from refusal

    async def _transcribe(
        self, file: tuple[str, bytes, str], spec: SessionSpec, *, is_verbose: bool
    ) -> UserTranscript:
        reply = await self._http.post(
            "stt",
            self._stt,
            "audio/transcriptions",
            files={"file": file},
            data=transcription_fields(self._stt.model, spec, is_verbose=is_verbose),
        )
        try:
            return parse_transcription(body_of("stt", reply))
        except TypeError as error:
            raise TurnFailed(ErrorKind.TRANSIENT, "stt_unreadable") from error

    async def _answer(
        self, spec: SessionSpec, history: Sequence[Said], text: str, mode: Mode
    ) -> Answer:
        messages = chat_messages(spec, history, text, mode)
        message = await self._complete(spec, messages, mode)
        content = message.get("content") or message.get("refusal") or ""
        calls = read_calls(message.get("tool_calls"))
        if calls and not content:
            message = await self._complete(spec, [*messages, *tool_results(message)], mode)
            content = message.get("content") or ""
        answer = read_json(content) if looks_like_json(content) else read_plain(content, text)
        return Answer(reply=answer.reply, spoken=answer.spoken, calls=calls or answer.calls)

    async def _complete(
        self, spec: SessionSpec, messages: Sequence[object], mode: Mode
    ) -> dict[str, str]:
        body = chat_body(self._chat.model, spec, messages, mode)
        reply = await self._http.post("chat", self._chat, "chat/completions", json=body)
        try:
            message = body_of("chat", reply)["choices"][0]["message"]
        except (KeyError, IndexError, TypeError) as error:
            raise TurnFailed(ErrorKind.TRANSIENT, "chat_unreadable") from error
        return message if isinstance(message, dict) else {}

    async def _check(self, part: Part, endpoint: Endpoint) -> str:
        reply = await self._http.models(part, endpoint)
        if reply.status_code in (401, 403):
            raise TurnFailed(ErrorKind.FATAL, f"{part}_http_{reply.status_code}")
        if not reply.is_success:
            return ""  # not every server lists its models
        listed = body_of(part, reply).get("data")
        models = [model for model in listed or () if isinstance(model, dict)]
        named = [model for model in models if model.get("id") == endpoint.model]
        if models and not named:
            return f"{part}: {endpoint.model} is not listed"
        ends = next((model["shutdown_date"] for model in named if model.get("shutdown_date")), None)
        return f"{part}: {endpoint.model} will be shut down on {ends}" if ends else ""


class CascadeSession:
    """One conversation; see `EngineSession`."""

    def __init__(self, engine: CascadeEngine, spec: SessionSpec, history: Sequence[Said]) -> None:
        self._engine = engine
        self._spec = spec
        self._history = bounded(history)
        self._runner = TurnRunner()

    @property
    def resume(self) -> ResumeToken | None:
        return render_resume(self._history)

    def turn(self, said: Utterance, /) -> AsyncIterator[TurnEvent]:
        return self._runner.run(lambda emit: self._take(said, emit), lambda: self.resume)

    async def cancel(self) -> None:
        await self._runner.cancel()

    async def aclose(self) -> None:
        await self._runner.cancel()

    async def _take(self, said: Utterance, emit: Emit) -> None:
        if said.say is not None:
            await self._dictate(said.say, emit)
            return
        text = said.text or ""
        if said.audio is not None:
            transcript = await self._engine.transcribe(said.audio, self._spec)
            emit(transcript)
            text = transcript.text
        if text:
            await self._reply(text, emit)

    async def _dictate(self, text: str, emit: Emit) -> None:
        emit(AssistantText(text=text))
        line = Said(Speaker.TUTOR, text)
        if self._history[-1:] != (line,):  # a replay is not said twice
            self._history = bounded((*self._history, line))
        await self._engine.speak(self._spec, text, emit)

    async def _reply(self, text: str, emit: Emit) -> None:
        answer = await self._engine.answer(self._spec, self._history, text)
        offered = {tool.name for tool in self._spec.tools}
        for call in answer.calls:
            if call.name in offered:
                emit(call)
        emit(AssistantText(text=answer.reply, spoken=answer.spoken))
        lines = (Said(Speaker.LEARNER, text), Said(Speaker.TUTOR, answer.reply))
        self._history = bounded((*self._history, *lines))
        await self._engine.speak(self._spec, answer.spoken or answer.reply, emit)
