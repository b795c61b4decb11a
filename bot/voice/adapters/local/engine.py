"""The engine `local`: recognition, the scenario tutor and synthesis on this machine.

It follows the contexts that exist as data and does not talk freely. No key, no network.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.core.errors import Cause, ServiceFailure
from bot.core.language import Band, base_language
from bot.voice.adapters.local.corrections.checker import preload
from bot.voice.adapters.local.ports import Line, Speech
from bot.voice.adapters.local.sentences import sentences_of
from bot.voice.adapters.local.tutor import Tutor
from bot.voice.adapters.local.tutor_state import (
    TutorState,
    state_from_json,
    state_from_variables,
)
from bot.voice.adapters.local.tutor_understanding import Heard, warm
from bot.voice.adapters.turns import Emit, TurnFailed, TurnRunner
from bot.voice.context import Context
from bot.voice.contexts.catalogue import (
    find_context,
    find_talk,
    fixed_lines,
    languages,
    list_contexts,
)
from bot.voice.model import (
    AssistantText,
    AudioChunk,
    AudioClip,
    EngineCaps,
    ErrorKind,
    Health,
    Pcm,
    ResumeToken,
    Said,
    SessionSpec,
    Speaker,
    TurnEvent,
    UserTranscript,
    Utterance,
    VoiceQuality,
)

NAME = "local"
_FREE_TALK = "small_talk"  # the context of a conversation without one
_SLOWLY = 0.85
_PAUSE_SECONDS = 0.25  # between the sentences of a reply


class LocalEngine:
    """Implements `VoiceEngine` without anything outside this machine.

    Args:
        speech: recognition and synthesis; closed with the engine.
    """

    def __init__(self, speech: Speech) -> None:
        self._speech = speech
        self._known: set[tuple[str, Band, str, str | None, float]] = set()
        self._preparing: set[asyncio.Task[None]] = set()
        self._one_by_one = asyncio.Lock()

    @property
    def name(self) -> str:
        return NAME

    @property
    def caps(self) -> EngineCaps:
        return EngineCaps(
            is_generative=False,
            languages=languages(),
            voices={language: self._speech.quality(language) for language in languages()},
            default_voice=VoiceQuality.NONE,
        )

    async def warm(self) -> None:
        """Load ahead of the first conversation what understanding words takes; not the sound."""
        for language in sorted(languages()):
            await asyncio.to_thread(_warm, language)

    async def check(self) -> Health:
        return await self._speech.check()

    async def open(self, spec: SessionSpec, /, resume: ResumeToken | None = None) -> "LocalSession":
        """See `VoiceEngine.open`; the first time for a language takes a few seconds.

        Raises:
            ServiceFailure: nobody has written contexts for the language.
        """
        tutor = _tutor_for(spec)
        await asyncio.to_thread(_warm, spec.reply_language)
        state = _state_for(spec, resume, tutor.context)
        self._prepare_once(spec, tutor.context, state.band)
        return LocalSession(self._speech, spec, tutor, state)

    async def aclose(self) -> None:
        for task in self._preparing:
            task.cancel()
        await asyncio.gather(*self._preparing, return_exceptions=True)
        await self._speech.aclose()

    def _prepare_once(self, spec: SessionSpec, context: Context, band: Band) -> None:
        """Have what is always said in such a conversation spoken beforehand, in the background."""
        language = spec.reply_language
        kind = (context.id, band, language, spec.voice, spec.speed)
        has_voice = self._speech.quality(language) is not VoiceQuality.NONE
        if kind in self._known or not (spec.wants_speech and has_voice):
            return
        self._known.add(kind)
        texts = fixed_lines(context, band)
        lines = [Line(text, language, spec.voice, spec.speed) for text in texts]
        task = asyncio.create_task(self._prepare(lines))
        self._preparing.add(task)
        task.add_done_callback(self._preparing.discard)

    async def _prepare(self, lines: Sequence[Line]) -> None:
        """Whoever began to talk first is served first; without speech nothing is lost."""
        async with self._one_by_one:
            with suppress(ServiceFailure):
                await self._speech.prepare(lines)


class LocalSession:
    """One conversation; see `EngineSession`."""

    def __init__(self, speech: Speech, spec: SessionSpec, tutor: Tutor, state: TutorState) -> None:
        self._speech = speech
        self._spec = spec
        self._tutor = tutor
        self._state = state
        self._runner = TurnRunner()

    @property
    def resume(self) -> ResumeToken | None:
        return ResumeToken(NAME, self._state.to_json())

    def turn(self, said: Utterance, /) -> AsyncIterator[TurnEvent]:
        return self._runner.run(lambda emit: self._take(said, emit), lambda: self.resume)

    async def cancel(self) -> None:
        await self._runner.cancel()

    async def aclose(self) -> None:
        await self._runner.cancel()

    async def _take(self, said: Utterance, emit: Emit) -> None:
        if said.say is not None:
            emit(AssistantText(text=said.say))
            await self._speak(said.say, emit)
            return
        heard = Heard(text=(said.text or "").strip())
        if said.audio is not None:
            heard = await self._hear(said.audio, emit)
        if heard.text:
            await self._reply(heard, said.turn_id, emit)

    async def _hear(self, clip: AudioClip, emit: Emit) -> Heard:
        wanted = [*self._spec.hints, *(line.text for line in self._tutor.context.words)]
        try:
            heard = await self._speech.transcribe(
                clip.pcm,
                languages=[base_language(tag) for tag in self._spec.spoken_languages],
                hints=wanted,
            )
        except ServiceFailure as failure:
            raise TurnFailed(ErrorKind.TRANSIENT, f"recognition_{failure.cause.value}") from failure
        text = heard.text.strip()
        emit(UserTranscript(text=text, language=heard.language, words=heard.words if text else ()))
        return Heard(text=text, words=heard.words, language=heard.language)

    async def _reply(self, heard: Heard, turn_id: str, emit: Emit) -> None:
        state = self._state
        if state.turn == 0:
            state = replace(state, seed=zlib.crc32(turn_id.encode()))
        # Pure, but some ten milliseconds of work: not on the event loop.
        reply = await asyncio.to_thread(self._tutor.reply, state, heard)
        self._state = reply.state
        for call in reply.calls:
            emit(call)
        emit(reply.text)
        speed = self._spec.speed * (_SLOWLY if reply.state.is_slow else 1.0)
        await self._speak(reply.text.spoken or reply.text.text, emit, speed)

    async def _speak(self, text: str, emit: Emit, speed: float | None = None) -> None:
        """Emit the sound sentence by sentence; nothing where the language has no voice."""
        spec = self._spec
        if not spec.wants_speech or self._speech.quality(spec.reply_language) is VoiceQuality.NONE:
            return
        sentences = sentences_of(text)
        for place, sentence in enumerate(sentences, start=1):
            try:
                pcm = await self._speech.synthesize(
                    sentence,
                    language=spec.reply_language,
                    voice=spec.voice,
                    speed=spec.speed if speed is None else speed,
                )
            except ServiceFailure as failure:
                code = f"synthesis_{failure.cause.value}"
                raise TurnFailed(ErrorKind.TRANSIENT, code) from failure
            emit(AudioChunk(pcm if place == len(sentences) else _with_pause(pcm)))


def _with_pause(pcm: Pcm) -> Pcm:
    return Pcm(pcm.data + bytes(2 * round(_PAUSE_SECONDS * pcm.rate)), pcm.rate)


def _warm(language: str) -> None:
    base = base_language(language)
    preload(base)
    warm(base)


def _tutor_for(spec: SessionSpec) -> Tutor:
    talk = find_talk(spec.reply_language)
    wanted = spec.variables.get("context") or _FREE_TALK
    context = find_context(wanted, spec.reply_language)
    context = context or find_context(_FREE_TALK, spec.reply_language)
    if talk is None or context is None:
        raise ServiceFailure(NAME, Cause.REJECTED, f"no content in {spec.reply_language}")
    return Tutor(context, talk, list_contexts(spec.reply_language))


def _state_for(spec: SessionSpec, resume: ResumeToken | None, context: Context) -> TutorState:
    """The stored state; a new one when there is none or it belongs to something else."""
    fresh = _new_state(spec, context)
    if resume is None or resume.engine != NAME:
        return fresh
    try:
        state = state_from_json(resume.state)
    except ValueError:
        return fresh
    is_same = state.language == context.language and state.context == context.id
    return state.retuned(fresh) if is_same else fresh


def _new_state(spec: SessionSpec, context: Context) -> TutorState:
    native = spec.variables.get("native_language") or next(iter(spec.spoken_languages[1:]), "")
    state = state_from_variables(
        {**spec.variables, "context": context.id, "native_language": native}, spec.reply_language
    )
    return state.with_used(*_asked_already(spec.history, context))


def _asked_already(history: Sequence[Said], context: Context) -> list[str]:
    """Questions another engine, or this one before a restart, has asked in this conversation."""
    told = [line.text for line in history if line.speaker is Speaker.TUTOR]
    return [
        line.key
        for step in context.steps
        for talk in step.talk.values()
        for line in talk.ask
        if any(line.text in text for text in told)
    ]
