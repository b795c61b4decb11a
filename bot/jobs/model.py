"""A promise that outlives the process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MOST_ATTEMPTS = 12
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row of work.

    Args:
        kind: which handler runs it, e.g. "voice.close".
        key: unique within its kind; putting the same key twice is one job.
        due_at: not before this instant of the app's clock.
        attempts: runs so far, this one included.
    """

    kind: str
    key: str
    due_at: datetime
    payload: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 0

    @property
    def id(self) -> str:
        return f"{self.kind}/{self.key}"


def backoff(attempts: int) -> timedelta:
    """How long to wait after the given number of failed runs: 5 s, 10 s, 20 s ... an hour."""
    doublings = min(max(attempts - 1, 0), 20)
    return min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)
