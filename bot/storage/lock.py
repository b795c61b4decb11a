"""One process per SQLite file: an operating system lock that ends with its holder."""

import os
import sys
from pathlib import Path

from bot.core.errors import Cause, ServiceFailure


class FileLock:
    """An exclusive lock on `<database>.lock`, held until `release` or the process's death.

    The file itself stays: removing it would let a third process lock another file of that name.
    """

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises ServiceFailure (MISCONFIGURED), naming the file, when somebody else has it."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor)
        except OSError as error:
            os.close(descriptor)
            detail = f"{self.path} is locked: another process uses this database"
            raise ServiceFailure("database", Cause.MISCONFIGURED, detail) from error
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)  # closing unlocks, on POSIX and on Windows
            self._descriptor = None


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
