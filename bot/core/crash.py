"""Points at which a test may kill the process, to prove that nothing is lost or doubled.

`LINGUAFLEX_CRASH_AT=n` ends the process at the n-th point as `kill -9` would;
`LINGUAFLEX_CRASH_LOG=file` appends the name of every point passed, so that a sweep finds them all.
Without these variables a point costs one comparison.
"""

import os
from itertools import count
from pathlib import Path

_AT = int(os.environ.get("LINGUAFLEX_CRASH_AT", "0"))
_LOG = os.environ.get("LINGUAFLEX_CRASH_LOG")
_IS_WATCHED = bool(_AT or _LOG)
_numbers = count(1)


def crash_point(name: str) -> None:
    """Mark a point before or after a commit or an outside call."""
    if not _IS_WATCHED:
        return
    number = next(_numbers)
    if _LOG:
        with Path(_LOG).open("a") as log:
            log.write(f"{number} {name}\n")
    if number == _AT:
        os._exit(9)
