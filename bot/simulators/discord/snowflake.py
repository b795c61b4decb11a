"""Ids that tell when they were made."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)


class Snowflakes:
    """Makes ids that grow, whatever the clock does."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._last = 0

    def __call__(self) -> int:
        milliseconds = (self._now() - _EPOCH) // timedelta(milliseconds=1)
        self._last = max(self._last + 1, milliseconds << 22)
        return self._last


def parse_id(text: object) -> int | None:
    """The id in a string or number of the wire; None for anything else."""
    if isinstance(text, bool) or not isinstance(text, str | int):
        return None
    if isinstance(text, str) and not (text.isascii() and text.isdigit()):
        return None
    number = int(text)
    return number if 0 <= number < 1 << 64 else None
