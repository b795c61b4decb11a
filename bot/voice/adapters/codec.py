"""Voice notes in, voice notes out: `AudioCodec` by PyAV in a child process.

FFmpeg runs on strangers' bytes, so it never runs here: it would cost this process memory, and
a crash or an endless file costs one child instead (`codec_worker.py`).
"""

import sys
from collections.abc import Sequence

from bot.core.errors import Cause, ServiceFailure
from bot.core.turnstile import Turnstile
from bot.voice.adapters.children import ChildLost, ChildPool
from bot.voice.adapters.frames import Frame
from bot.voice.errors import AudioRefused
from bot.voice.model import EncodedVoice, Pcm, Spoken
from bot.voice.timing import timing_from_json

COMMAND = (sys.executable, "-m", "bot.voice.adapters.codec_worker")

_DECODED_RATE = 16_000
_MAX_BYTES = 25 * 1024 * 1024
_JOB_SECONDS = 20.0
_IDLE_SECONDS = 60.0
_REFUSALS = frozenset({"empty", "unreadable", "too_long", "not_audio"})
# Offset and bytes a container begins with, and FFmpeg's name of its demuxer. No playlist, no
# image sequence and nothing that refers to other files is among them.
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"OggS", "ogg"),
    (0, b"\x1aE\xdf\xa3", "matroska,webm"),
    (4, b"ftyp", "mov,mp4,m4a,3gp,3g2,mj2"),
    (8, b"WAVE", "wav"),
    (0, b"fLaC", "flac"),
    (0, b"ID3", "mp3"),
    (0, b"#!AMR", "amr"),
    (0, b"caff", "caf"),
    (8, b"AIFF", "aiff"),
)


def container_of(data: bytes) -> str | None:
    """FFmpeg's name of the container `data` begins like; None: none that we take."""
    for offset, magic, name in _MAGIC:
        if data.startswith(magic, offset):
            return name
    if len(data) > 1 and data[0] == 0xFF:  # MPEG audio frame sync; layer bits 00 mean ADTS
        if data[1] & 0xF6 == 0xF0:
            return "aac"
        if data[1] & 0xE0 == 0xE0:
            return "mp3"
    return None


class PyAvCodec:
    """Implements `AudioCodec`.

    Args:
        command: starts the child; tests hand in their own.
        max_bytes: larger recordings are refused unread.
        job_seconds: a child that takes longer over one recording is killed.
        idle_seconds: children without work are ended after so long.
    """

    def __init__(
        self,
        command: Sequence[str] = COMMAND,
        *,
        max_bytes: int = _MAX_BYTES,
        job_seconds: float = _JOB_SECONDS,
        idle_seconds: float = _IDLE_SECONDS,
    ) -> None:
        self._max_bytes = max_bytes
        self._job_seconds = job_seconds
        self._children = ChildPool(command, idle_seconds=idle_seconds)
        self._turnstile = Turnstile()

    async def decode(self, data: bytes, /, *, max_seconds: float) -> Pcm:
        """Sound of any common container as 16 kHz mono.

        Raises:
            AudioRefused: `voice.refused.` + empty, unreadable, too_long (`limit_seconds`) or
                not_audio.
            ServiceFailure: PyAV cannot be used on this machine.
        """
        reply = await self._read("decode", data, max_seconds)
        return Pcm(reply.body, _DECODED_RATE)

    async def hear(self, data: bytes, /, *, max_seconds: float) -> Spoken | None:
        """What is said in a note, without the silence around it; None when nothing is.

        The child looks for speech as well: thread after thread that does so here makes the event
        loop wait for the interpreter's lock.

        Raises:
            AudioRefused, ServiceFailure: as `decode`.
        """
        reply = await self._read("hear", data, max_seconds)
        if not reply.body:
            return None
        timing = reply.header["timing"]
        return Spoken(Pcm(reply.body, _DECODED_RATE), timing and timing_from_json(timing))

    async def _read(self, op: str, data: bytes, max_seconds: float) -> Frame:
        if not data:
            raise _refused("empty", max_seconds)
        if len(data) > self._max_bytes:
            raise _refused("too_long", max_seconds)
        container = container_of(data)
        if container is None:
            raise _refused("not_audio", max_seconds)
        request = Frame({"op": op, "container": container, "max_seconds": max_seconds}, data)
        try:
            async with self._turnstile.passing():
                reply = await self._children.ask(request, within=self._job_seconds)
        except ChildLost as lost:
            if lost.reason in {"overdue", "crashed"}:  # no honest recording does that
                raise _refused("unreadable", max_seconds) from lost
            raise _unusable(lost) from lost
        if reply.error is not None:
            raise _refused(reply.error, max_seconds)
        return reply

    async def encode(self, pcm: Pcm, /) -> EncodedVoice:
        """Ogg/Opus, mono, 48 kHz, with length and waveform.

        Raises:
            ServiceFailure: PyAV cannot be used on this machine.
        """
        request = Frame({"op": "encode", "rate": pcm.rate}, pcm.data)
        try:
            async with self._turnstile.passing():
                reply = await self._children.ask(request, within=self._job_seconds)
        except ChildLost as lost:
            raise _unusable(lost) from lost
        if reply.error is not None:
            raise ServiceFailure("codec", Cause.REJECTED, str(reply.header.get("detail", "")))
        return EncodedVoice(reply.body, pcm.seconds, bytes.fromhex(reply.header["waveform"]))

    async def aclose(self) -> None:
        """End the children; may be called twice."""
        await self._children.aclose()


def _refused(kind: str, max_seconds: float) -> AudioRefused:
    if kind not in _REFUSALS:
        kind = "unreadable"
    if kind == "too_long":
        return AudioRefused("voice.refused.too_long", limit_seconds=max_seconds)
    return AudioRefused(f"voice.refused.{kind}")


def _unusable(lost: ChildLost) -> ServiceFailure:
    cause = Cause.MISCONFIGURED if lost.reason == "start" else Cause.UNREACHABLE
    return ServiceFailure("codec", cause, f"worker {lost.reason}")
