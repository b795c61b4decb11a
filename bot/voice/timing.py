"""When somebody spoke in one note, and when they paused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SHORT_PAUSE_SECONDS = 0.2
LONG_PAUSE_SECONDS = 0.4
BREAK_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When somebody spoke in one note; everything that is kept of its sound.

    Args:
        seconds: of the whole note.
        speech_seconds: from the first sound to the last.
        voiced_seconds: of that, above the silence threshold.
        pauses: silences between sounds, in seconds, from 0.2 s on, in order.
    """

    seconds: float
    speech_seconds: float
    voiced_seconds: float
    pauses: tuple[float, ...]

    @property
    def pause_seconds(self) -> float:
        """All pauses from 0.2 s on together."""
        return sum(self.pauses)

    @property
    def long_pause_seconds(self) -> float:
        """All pauses from 0.4 s on together."""
        return sum(pause for pause in self.pauses if pause >= LONG_PAUSE_SECONDS)

    @property
    def active_seconds(self) -> float:
        """Time spent speaking: from first to last sound without pauses of a second or more."""
        return self.speech_seconds - sum(p for p in self.pauses if p >= BREAK_SECONDS)


def timing_from_json(data: Mapping[str, Any]) -> Timing:
    """The reverse of `dataclasses.asdict`, after a journey as JSON."""
    return Timing(**{**data, "pauses": tuple(data["pauses"])})
