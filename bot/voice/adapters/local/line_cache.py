"""Lines that are always the same, spoken once and kept on disk.

Only texts of ours are kept here, never a reply with something personal in it: the files are
not encrypted.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bot.voice.adapters.local.models import write_atomically
from bot.voice.adapters.local.ports import Line
from bot.voice.model import Pcm

_RATE = struct.Struct("<I")
_SUFFIX = ".line"


class LineCache:
    """One compressed file a line; the least recently used go when there are too many bytes.

    Args:
        directory: made when the first line is kept; may be shared by several processes.
        max_bytes: of all files together.
    """

    def __init__(self, directory: Path, *, max_bytes: int) -> None:
        self._directory = directory
        self._max_bytes = max_bytes

    def find(self, line: Line) -> Pcm | None:
        """The kept sound, or None. A broken file is removed."""
        path = self._path(line)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        try:
            (rate,) = _RATE.unpack_from(data)
            pcm = Pcm(zlib.decompress(data[_RATE.size :]), rate)
        except (struct.error, zlib.error):
            path.unlink(missing_ok=True)
            return None
        with suppress(OSError):
            path.touch()
        return pcm

    def put(self, line: Line, pcm: Pcm) -> None:
        """Keep the sound of `line`."""
        write_atomically(self._path(line), [_RATE.pack(pcm.rate), zlib.compress(pcm.data)])
        self._forget_oldest()

    def _path(self, line: Line) -> Path:
        identity = json.dumps([line.text, line.language, line.voice, line.speed])
        return self._directory / (hashlib.sha256(identity.encode()).hexdigest() + _SUFFIX)

    def _forget_oldest(self) -> None:
        files = sorted(self._files(), reverse=True)
        total = 0
        for _, size, path in files:
            total += size
            if total > self._max_bytes:
                path.unlink(missing_ok=True)

    def _files(self) -> Sequence[tuple[float, int, Path]]:
        files = []
        for path in self._directory.glob(f"*{_SUFFIX}"):
            with suppress(OSError):
                state = path.stat()
                files.append((state.st_mtime, state.st_size, path))
        return files
