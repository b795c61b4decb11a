"""The engines in the order of choice, and one turn through them with a fallback."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import structlog

from bot.core.crash import crash_point
from bot.core.errors import ServiceFailure
from bot.core.language import base_language
from bot.voice.model import (
    AssistantText,
    AudioChunk,
    EngineError,
    ErrorKind,
    Pcm,
    Prosody,
    ResumeToken,
    SessionSpec,
    ToolCall,
    TurnEnd,
    TurnStatus,
    UserTranscript,
    Utterance,
    VoiceQuality,
)
from bot.voice.ports import EngineSession, VoiceEngine

_log = structlog.get_logger()

SKIPPED_FOR_SECONDS = 300.0
_ENGINES_FAULT = {ErrorKind.TRANSIENT, ErrorKind.FATAL, ErrorKind.QUOTA}


@dataclass(slots=True, kw_only=True)
class Exchange:
    """What came of one turn.

    Args:
        engine: the one that answered; None when none did.
        is_fallback: it was not the first choice.
        audio: the spoken reply in order; empty when there is no voice for it.
    """

    engine: str | None = None
    is_fallback: bool = False
    transcript: UserTranscript | None = None
    texts: list[AssistantText] = field(default_factory=list)
    audio: list[Pcm] = field(default_factory=list)
    tools: list[ToolCall] = field(default_factory=list)
    prosody: Mapping[str, float] | None = None
    resume: ResumeToken | None = None
    error: EngineError | None = None
    is_cancelled: bool = False

    @property
    def is_answered(self) -> bool:
        was_silent = self.transcript is not None and not self.transcript.text
        return bool(self.texts) or (self.error is None and (was_silent or bool(self.audio)))


class NoEngine(Exception):
    """No engine can practise this language."""


class EngineChain:
    """Tries engines in order; one that failed is skipped for five minutes.

    Args:
        engines: first choice first.
        voices: an engine's voice id for (engine name, avatar id, language); None: its default.
    """

    def __init__(
        self,
        engines: Sequence[VoiceEngine],
        *,
        voices: Callable[[str, str | None, str], str | None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engines = tuple(engines)
        self._voices = voices
        self._now = now
        self._skipped_until: dict[str, float] = {}

    @property
    def engines(self) -> Sequence[VoiceEngine]:
        return self._engines

    def able(self, language: str) -> Sequence[VoiceEngine]:
        """Engines that can practise a language, those that failed lately last."""
        base = base_language(language)
        fit = [e for e in self._engines if e.caps.languages is None or base in e.caps.languages]
        return sorted(fit, key=lambda engine: self._is_skipped(engine.name))

    def quality(self, language: str) -> VoiceQuality:
        """The kind of voice the engine that would answer now has for a language."""
        fit = self.able(language)
        if not fit:
            return VoiceQuality.NONE
        caps = fit[0].caps
        return caps.voices.get(base_language(language), caps.default_voice)

    async def exchange(
        self,
        spec: SessionSpec,
        resume: ResumeToken | None,
        said: Utterance,
        *,
        avatar: str | None = None,
    ) -> AsyncGenerator[Exchange, None]:
        """One turn; yields the growing result after the transcript, and the final one last.

        Raises:
            NoEngine: no engine practises `spec.reply_language`.
        """
        candidates = self.able(spec.reply_language)
        if not candidates:
            raise NoEngine(spec.reply_language)
        done = Exchange()
        for engine in candidates:
            done.error = None
            done.engine, done.is_fallback = engine.name, engine is not self._first(spec)
            voice = self._voices(engine.name, avatar, spec.reply_language)
            attempt = self._attempt(engine, replace(spec, voice=voice), resume, said, done)
            async with aclosing(attempt) as results:
                async for result in results:
                    yield result
            if done.is_answered or done.is_cancelled:
                break
            done.audio.clear()
        if done.texts and not done.audio and said.say is None:
            await self._speak(spec, done, avatar)
        yield done

    async def aclose(self) -> None:
        for engine in self._engines:
            await engine.aclose()

    def _first(self, spec: SessionSpec) -> VoiceEngine:
        base = base_language(spec.reply_language)
        return next(
            e for e in self._engines if e.caps.languages is None or base in e.caps.languages
        )

    async def _attempt(
        self,
        engine: VoiceEngine,
        spec: SessionSpec,
        resume: ResumeToken | None,
        said: Utterance,
        done: Exchange,
    ) -> AsyncGenerator[Exchange, None]:
        own = resume if resume is not None and resume.engine == engine.name else None
        session: EngineSession | None = None
        try:
            crash_point("before engine")
            session = await engine.open(spec, resume=own)
            async for event in session.turn(said):
                had_transcript = done.transcript is not None
                _collect(done, event)
                if done.transcript is not None and not had_transcript:
                    yield done
            crash_point("after engine")
        except ServiceFailure as failure:
            _log.warning("voice.engine_failed", engine=engine.name, cause=str(failure))
            done.error = EngineError(ErrorKind.TRANSIENT, failure.cause.value)
        finally:
            if session is not None:
                await session.aclose()
        if done.error is not None and not done.is_cancelled:
            self._note(engine, done.error)

    async def _speak(self, spec: SessionSpec, done: Exchange, avatar: str | None) -> None:
        """The words are there and their voice is not: let another engine say them."""
        text = " ".join(reply.spoken or reply.text for reply in done.texts)
        for engine in self.able(spec.reply_language):
            caps = engine.caps
            language = base_language(spec.reply_language)
            if engine.name == done.engine or caps.voices.get(language) is VoiceQuality.NONE:
                continue
            spoken = Exchange()
            voice = self._voices(engine.name, avatar, spec.reply_language)
            say = Utterance(turn_id="speak", say=text)
            attempt = self._attempt(engine, replace(spec, voice=voice), None, say, spoken)
            async with aclosing(attempt) as results:
                async for _ in results:
                    pass
            if spoken.audio:
                done.audio.extend(spoken.audio)
                return

    def _is_skipped(self, name: str) -> bool:
        return self._skipped_until.get(name, 0.0) > self._now()

    def _note(self, engine: VoiceEngine, error: EngineError) -> None:
        _log.warning("voice.engine_error", engine=engine.name, kind=error.kind, code=error.code)
        if error.kind in _ENGINES_FAULT:
            wait = max(SKIPPED_FOR_SECONDS, error.retry_after or 0.0)
            self._skipped_until[engine.name] = self._now() + wait


def _collect(done: Exchange, event: object) -> None:
    match event:
        case UserTranscript():
            if done.transcript is None or not done.transcript.text:
                done.transcript = event
        case AssistantText():
            done.texts.append(event)
        case AudioChunk():
            done.audio.append(event.pcm)
        case ToolCall():
            done.tools.append(event)
        case Prosody():
            done.prosody = event.scores
        case EngineError():
            done.error = event
        case TurnEnd():
            done.resume = event.resume
            done.is_cancelled = event.status is TurnStatus.CANCELLED
        case _:
            pass
