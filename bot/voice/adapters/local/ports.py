"""What the local engine needs from its speech process."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.voice.model import Health, Pcm, VoiceQuality, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What the recogniser heard.

    Args:
        text: empty when there was no speech.
        language: base language the speech was taken for.
        words: in order, times in seconds from the start of the note.
    """

    text: str
    language: str
    language_probability: float
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Words to be spoken, and how.

    Args:
        language: BCP 47 tag.
        voice: None for the language's default.
        speed: 1.0 is natural.
    """

    text: str
    language: str
    voice: str | None = None
    speed: float = 1.0


class Speech(Protocol):
    """Recognition and synthesis on this machine."""

    async def transcribe(
        self, pcm: Pcm, /, *, languages: Sequence[str], hints: Sequence[str] = ()
    ) -> Recognition:
        """Understand a note; `languages` are the only ones considered, the likeliest first.

        Raises:
            ServiceFailure: the speech process is not available.
        """
        ...

    async def synthesize(
        self, text: str, /, *, language: str, voice: str | None = None, speed: float = 1.0
    ) -> Pcm:
        """Speak `text`; 24 kHz or the voice's own rate.

        Raises:
            ServiceFailure: there is no voice for this language, or the process is not available.
        """
        ...

    async def prepare(self, lines: Iterable[Line], /) -> int:
        """Speak lines that will be needed again and keep them; everything else goes before it.

        Lines must be texts of ours, with nothing personal in them.

        Returns:
            How many sentences were not there yet.

        Raises:
            ServiceFailure: see `synthesize`.
        """
        ...

    def quality(self, language: str, /) -> VoiceQuality:
        """The kind of voice there is for a language."""
        ...

    async def check(self) -> Health: ...

    async def aclose(self) -> None: ...
