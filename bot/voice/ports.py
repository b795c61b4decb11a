"""What voice needs from outside: engines, a codec, an expression meter."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from bot.voice.model import (
    AudioClip,
    EncodedVoice,
    EngineCaps,
    Health,
    Pcm,
    ResumeToken,
    SessionSpec,
    Spoken,
    TurnEvent,
    Utterance,
)


class EngineSession(Protocol):
    """A leased conversation with an engine, not the stored voice session. One turn at a time."""

    def turn(self, said: Utterance, /) -> AsyncIterator[TurnEvent]:
        """Events of one turn, ending with one `TurnEnd`; faults are events, not exceptions."""
        ...

    async def cancel(self) -> None:
        """Stop the running turn: it ends with status CANCELLED."""
        ...

    @property
    def resume(self) -> ResumeToken | None: ...

    async def aclose(self) -> None:
        """Give the connection back; may be called twice."""
        ...


class VoiceEngine(Protocol):
    """Something that hears a learner and answers."""

    @property
    def name(self) -> str: ...

    @property
    def caps(self) -> EngineCaps: ...

    async def check(self) -> Health:
        """Whether it can be reached and used; for `doctor` and start-up."""
        ...

    async def open(self, spec: SessionSpec, /, resume: ResumeToken | None = None) -> EngineSession:
        """Begin or resume a conversation.

        Raises:
            ServiceFailure: the engine cannot be reached or refuses us.
        """
        ...

    async def aclose(self) -> None:
        """Free what the engine holds (processes, clients); may be called twice."""
        ...


class AudioCodec(Protocol):
    """Decodes what people send and encodes what they hear; never on the event loop."""

    async def decode(self, data: bytes, /, *, max_seconds: float) -> Pcm:
        """Sound of any common container as 16 kHz mono.

        Raises:
            AudioRefused: empty, broken, too long, not audio, or asking to open other files.
        """
        ...

    async def hear(self, data: bytes, /, *, max_seconds: float) -> Spoken | None:
        """What is said in a note, without the silence around it.

        Returns:
            None: there is no speech in it (silence, a click, less than half a second).

        Raises:
            AudioRefused: as `decode`.
        """
        ...

    async def encode(self, pcm: Pcm, /) -> EncodedVoice:
        """Ogg/Opus, mono, 48 kHz, with length and waveform."""
        ...


class ExpressionMeter(Protocol):
    """Measures how a speaker sounds, beside an engine that cannot."""

    async def measure(self, clip: AudioClip, /) -> dict[str, float]: ...


class Sound(Protocol):
    """Joins decoded sound."""

    def comparison(self, said: Pcm, better: Pcm, /) -> Pcm:
        """The learner's clip, a short pause, the better version, equally loud."""
        ...

    def join(self, clips: Sequence[Pcm], /) -> Pcm:
        """One clip after the other."""
        ...
