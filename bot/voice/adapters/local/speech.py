"""Speech on this machine, from the bot's side: one child process that hears and speaks.

Implements `Speech`. The child is started by the first request, is started again after a crash,
and hears before it speaks: a learner waiting to be understood goes before a reply being read.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from math import inf
from pathlib import Path

from bot.core.errors import Cause, ServiceFailure
from bot.core.language import base_language
from bot.voice.adapters.children import ChildLost, ChildPool
from bot.voice.adapters.frames import Frame
from bot.voice.adapters.local.espeak import spoken_languages, voice_name
from bot.voice.adapters.local.line_cache import LineCache
from bot.voice.adapters.local.models import (
    RECOGNISER,
    REMEDY,
    SYNTHESISER,
    ModelStore,
    default_cache,
)
from bot.voice.adapters.local.ports import Line, Recognition
from bot.voice.adapters.local.sentences import sentences_of
from bot.voice.adapters.local.voices import NATURAL_LANGUAGES
from bot.voice.adapters.sound import at_rate, join
from bot.voice.model import Health, Pcm, VoiceQuality, Word

_RECOGNITION_RATE = 16_000
_NATURAL_RATE = 24_000
_SENTENCE_PAUSE_SECONDS = 0.25
_LINE_CACHE_BYTES = 64 * 1024 * 1024
# Loading both models takes about three seconds; the rest is for a crowded machine.
_LOAD_SECONDS = 60.0
_SECONDS_A_HEARD_SECOND = 5.0
_SECONDS_A_SPOKEN_LETTER = 0.5
_PREPARE_AFTER_SECONDS = 1.5  # without a turn: its reply comes soon after its transcript
_HEAR_FIRST, _SPEAK_NEXT, _PREPARE_LAST = 0, 1, 2
_ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2", "TOKENIZERS_PARALLELISM": "false"}


class SpeechProcess:
    """Implements `Speech`; may be made where nothing of it is installed (see `check`).

    Args:
        models: an operator's own models directory, see `models.py`.
        cache: for joined models and fixed lines; None for the platform's.
        command: starts the child; tests hand in their own.
        line_cache_bytes: most that fixed lines take on disk.
        prepare_after: seconds since somebody was heard or spoken to, before lines are prepared.
    """

    def __init__(
        self,
        *,
        models: Path | None = None,
        cache: Path | None = None,
        command: Sequence[str] | None = None,
        line_cache_bytes: int = _LINE_CACHE_BYTES,
        prepare_after: float = _PREPARE_AFTER_SECONDS,
    ) -> None:
        cache = cache or default_cache()
        self._store = ModelStore(models, cache)
        self._lines = LineCache(cache / "lines", max_bytes=line_cache_bytes)
        self._fixed: set[tuple[str, str]] = set()  # (text, language) of sentences that are ours
        self._prepare_after = prepare_after
        self._in_use, self._used_at = 0, -inf
        self._child = ChildPool(command or _command(models, cache), environment=_ENVIRONMENT)

    async def transcribe(
        self, pcm: Pcm, /, *, languages: Sequence[str], hints: Sequence[str] = ()
    ) -> Recognition:
        """Understand a note; `languages` are the only ones considered, the target first.

        Raises:
            ServiceFailure: the speech process is not available, or knows none of the languages.
        """
        heard = at_rate(pcm, _RECOGNITION_RATE)
        bases = [base_language(language) for language in languages]
        reply = await self._ask(
            Frame({"op": "transcribe", "languages": bases, "hints": list(hints)}, heard.data),
            within=_LOAD_SECONDS + heard.seconds * _SECONDS_A_HEARD_SECOND,
            priority=_HEAR_FIRST,
        )
        return _recognition(reply)

    async def synthesize(
        self, text: str, /, *, language: str, voice: str | None = None, speed: float = 1.0
    ) -> Pcm:
        """Speak `text`, all of it at once; 24 kHz or the voice's own rate.

        Raises:
            ServiceFailure: there is no voice for this language, or the process is not available.
        """
        spoken = self.speak(text, language=language, voice=voice, speed=speed)
        clips = [clip async for clip in spoken]
        if not clips:
            return Pcm(b"", _NATURAL_RATE)
        return join(clips, pause_seconds=_SENTENCE_PAUSE_SECONDS / speed)

    async def speak(
        self, text: str, /, *, language: str, voice: str | None = None, speed: float = 1.0
    ) -> AsyncIterator[Pcm]:
        """Like `synthesize`, sentence by sentence as they are made; pauses are up to the caller."""
        for sentence in sentences_of(text):
            yield await self._spoken(Line(sentence, language, voice, speed), _SPEAK_NEXT)

    async def warm(self) -> None:
        """Load the models ahead of the first learner; raises like `transcribe`."""
        await self._ask(Frame({"op": "load"}), within=2 * _LOAD_SECONDS, priority=_HEAR_FIRST)

    async def prepare(self, lines: Iterable[Line], /) -> int:
        """Speak lines that will be needed again and keep them on disk; run it in the background.

        Everything else goes before it. Lines must be texts of ours: they are kept unencrypted, and
        so is what of them is asked for at other speeds and with other voices.

        Returns:
            How many sentences were not there yet.

        Raises:
            ServiceFailure: see `synthesize`.
        """
        sentences = [
            Line(sentence, line.language, line.voice, line.speed)
            for line in lines
            for sentence in sentences_of(line.text)
        ]
        self._fixed.update((sentence.text, sentence.language) for sentence in sentences)
        made = 0
        for sentence in dict.fromkeys(sentences):
            if await asyncio.to_thread(self._lines.find, sentence) is None:
                await self._quiet()
                await self._spoken(sentence, _PREPARE_LAST)
                made += 1
        return made

    def quality(self, language: str, /) -> VoiceQuality:
        """The kind of voice there is for a language."""
        if base_language(language) in NATURAL_LANGUAGES and self._has_natural_voices:
            return VoiceQuality.NATURAL
        if voice_name(language) in self._simple_voices:
            return VoiceQuality.SIMPLE
        return VoiceQuality.NONE

    async def check(self) -> Health:
        """Whether notes can be understood; loads and verifies the models."""
        if find_spec("faster_whisper") is None or not self._store.is_present(RECOGNISER):
            return Health(is_ok=False, detail=f"no speech recognition: {REMEDY}")
        try:
            await self.warm()
        except ServiceFailure as failure:
            return Health(is_ok=False, detail=failure.detail)
        if self._has_natural_voices:
            return Health(is_ok=True)
        return Health(is_ok=True, detail=f"no natural voices, replies may be text only: {REMEDY}")

    async def aclose(self) -> None:
        """End the child; may be called twice."""
        await self._child.aclose()

    @cached_property
    def _simple_voices(self) -> frozenset[str]:
        return spoken_languages()

    @cached_property
    def _has_natural_voices(self) -> bool:
        has_engine = find_spec("onnxruntime") is not None and bool(self._simple_voices)
        return has_engine and self._store.is_present(SYNTHESISER)

    async def _spoken(self, line: Line, priority: int) -> Pcm:
        if self.quality(line.language) is VoiceQuality.NONE:
            raise ServiceFailure("local", Cause.MISCONFIGURED, f"no voice: {REMEDY}")
        kept = await asyncio.to_thread(self._lines.find, line)
        if kept is not None:
            return kept
        reply = await self._ask(
            Frame(
                {
                    "op": "speak",
                    "text": line.text,
                    "language": line.language,
                    "voice": line.voice,
                    "speed": line.speed,
                }
            ),
            within=_LOAD_SECONDS + len(line.text) * _SECONDS_A_SPOKEN_LETTER,
            priority=priority,
        )
        pcm = Pcm(reply.body, reply.header["rate"])
        if (line.text, line.language) in self._fixed:
            await asyncio.to_thread(self._lines.put, line, pcm)
        return pcm

    async def _quiet(self) -> None:
        """Wait until nobody has been heard or spoken to for a while, looking now and then."""
        now = asyncio.get_running_loop().time
        while self._in_use or self._used_at + self._prepare_after > now():  # noqa: ASYNC110 - time passing rings no bell
            await asyncio.sleep(self._prepare_after)

    @contextmanager
    def _noticed(self, priority: int) -> Iterator[None]:
        is_for_somebody = priority < _PREPARE_LAST
        self._in_use += is_for_somebody
        try:
            yield
        finally:
            self._in_use -= is_for_somebody
            if is_for_somebody:
                self._used_at = asyncio.get_running_loop().time()

    async def _ask(self, request: Frame, *, within: float, priority: int) -> Frame:
        with self._noticed(priority):
            reply = await self._asked(request, within, priority)
        if reply.error is not None:
            cause = Cause.MISCONFIGURED if reply.error == "misconfigured" else Cause.REJECTED
            detail = f"{reply.error} {reply.header.get('detail', '')}".strip()
            raise ServiceFailure("local", cause, detail)
        return reply

    async def _asked(self, request: Frame, within: float, priority: int) -> Frame:
        try:
            return await self._child.ask(request, within=within, priority=priority)
        except ChildLost as lost:
            cause = Cause.BUSY if lost.reason == "overdue" else Cause.UNREACHABLE
            raise ServiceFailure("local", cause, f"speech process: {lost.reason}") from lost


def _command(models: Path | None, cache: Path) -> list[str]:
    command = [sys.executable, "-m", "bot.voice.adapters.local.worker", "--cache", str(cache)]
    return [*command, "--models", str(models)] if models is not None else command


def _recognition(reply: Frame) -> Recognition:
    header = reply.header
    return Recognition(
        text=header["text"],
        language=header["language"],
        language_probability=header["language_probability"],
        words=tuple(Word(**word) for word in header["words"]),
    )
