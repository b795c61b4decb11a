"""When a speaker has finished: speech, then silence long enough."""

from array import array
from dataclasses import dataclass

_AUDIBLE = 48  # peak of a 16-bit sample; below is silence


@dataclass(frozen=True, slots=True)
class Heard:
    """Speech with the silence around it; times in milliseconds of the chat."""

    samples: bytes
    rate: int
    begin: int
    end: int


class Ear:
    """Listens to 16-bit mono samples.

    Args:
        end_of_turn: seconds of silence that close a turn.
    """

    def __init__(self, rate: int, end_of_turn: float) -> None:
        self._rate = rate
        self._limit = end_of_turn
        self._samples = bytearray()
        self._quiet_bytes = 0
        self._has_speech = False
        self._passed = 0

    def hear(self, chunk: bytes) -> bool:
        """Take a piece of sound; whether it can be heard."""
        self._samples += chunk
        samples = array("h", chunk[: len(chunk) & ~1])
        is_audible = bool(samples) and max(max(samples), -min(samples)) >= _AUDIBLE
        self._has_speech = self._has_speech or is_audible
        self._quiet_bytes = 0 if is_audible else self._quiet_bytes + len(chunk)
        if not self._has_speech:
            self._forget()
        return is_audible

    def _forget(self) -> None:
        """Of silence before speech, keep the last second."""
        surplus = len(self._samples) - 2 * self._rate
        if surplus > 0:
            del self._samples[:surplus]
            self._passed += surplus

    @property
    def is_turn_over(self) -> bool:
        return self._has_speech and self._quiet_bytes >= self._limit * 2 * self._rate

    def take(self) -> Heard:
        """What was heard since the last time."""
        samples = bytes(self._samples)
        begin = self._milliseconds(self._passed)
        self._passed += len(samples)
        end = self._milliseconds(self._passed - self._quiet_bytes)
        self._samples.clear()
        self._has_speech, self._quiet_bytes = False, 0
        return Heard(samples, self._rate, begin, end)

    def _milliseconds(self, size: int) -> int:
        return size * 1000 // (2 * self._rate)
