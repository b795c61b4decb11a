"""Points at which a test may kill the process, to prove that nothing is lost or doubled.

`LINGUAFLEX_CRASH_AT=n` ends the process at the n-th point as `kill -9` would, a name instead of a
number at the first point of that name;
`LINGUAFLEX_CRASH_LOG=file` appends the name of every point passed, so that a sweep finds them all.
Without these variables a point costs one comparison.
"""

import os
from itertools import count
from pathlib import Path
from threading import Lock

_NOWHERE = "0"


class _Watch:
    """Counts the points of this process, whichever thread they are in."""

    def __init__(self, crash_at: str, log: str | None) -> None:
        self._crash_at = crash_at
        self._log = Path(log) if log else None
        self._numbers = count(1)
        self._lock = Lock()

    def passed(self, name: str) -> None:
        with self._lock:  # the log's last line is the point of the crash
            number = next(self._numbers)
            if self._log:
                with self._log.open("a") as log:
                    log.write(f"{number} {name}\n")
            if self._crash_at in {str(number), name}:
                os._exit(9)


_watch: _Watch | None = None


def arm() -> None:
    """Do what the environment says from here on, and count from one."""
    global _watch
    crash_at = os.environ.get("LINGUAFLEX_CRASH_AT", _NOWHERE)
    log = os.environ.get("LINGUAFLEX_CRASH_LOG")
    _watch = _Watch(crash_at, log) if crash_at != _NOWHERE or log else None


def crash_point(name: str) -> None:
    """Mark a point before or after a commit or an outside call."""
    if _watch is not None:
        _watch.passed(name)


arm()
