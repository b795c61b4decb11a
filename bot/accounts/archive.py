"""A person's data as zip files: one JSON document and the files that belong to it."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile

from pydantic_core import to_jsonable_python

DOCUMENT = "linguaflex.json"
_MOST_IN_MEMORY = 8_000_000
_KINDS = (
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"RIFF", "wav"),
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG", "png"),
    (b"%PDF-", "pdf"),
)
_MP4_MARK = slice(4, 8)


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """A file with its name without extension, which its content tells."""

    name: str
    data: bytes

    @property
    def full_name(self) -> str:
        is_mp4 = self.data[_MP4_MARK] == b"ftyp"
        known = (kind for mark, kind in _KINDS if self.data.startswith(mark))
        return f"{self.name}.{'mp4' if is_mp4 else next(known, 'bin')}"


class Archive:
    """A zip file that grows entry by entry, in memory while it is small.

    Args:
        most_bytes: about how large it may become.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._size = 0
        self._file = SpooledTemporaryFile(max_size=_MOST_IN_MEMORY)  # noqa: SIM115 - closed below
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)

    def has_room(self, data: bytes) -> bool:
        """Whether an entry fits; the first one always does."""
        return not self._size or self._size + len(data) <= self._most_bytes

    def add(self, name: str, data: bytes) -> None:
        self._zip.writestr(name, data)
        self._size += len(data)

    def finish(self) -> bytes:
        """The whole file; nothing can be added any more, and nothing stays on disk."""
        self._zip.close()
        self._file.seek(0)
        content = self._file.read()
        self.close()
        return content

    def close(self) -> None:
        """Give up what was packed, if it was not finished; may be called twice."""
        self._zip.close()
        self._file.close()


def as_document(records: Mapping[str, object]) -> bytes:
    """Sections by name, dataclasses or plain values, as JSON."""
    return json.dumps(to_jsonable_python(records), ensure_ascii=False, indent=2).encode()
