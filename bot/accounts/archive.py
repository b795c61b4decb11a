"""A person's data as zip files: one JSON document and the files that belong to it."""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic_core import to_jsonable_python

DOCUMENT = "linguaflex.json"
MOST_BYTES = 45_000_000  # bots may send 50 MB on Telegram
_KINDS = (
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"RIFF", "wav"),
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG", "png"),
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


def build_archives(
    records: Mapping[str, object], files: Sequence[ArchiveFile], most_bytes: int = MOST_BYTES
) -> list[bytes]:
    """Zip files of at most about `most_bytes`; the first one holds the document.

    Args:
        records: name to dataclasses or plain values, written as JSON.
    """
    document = json.dumps(to_jsonable_python(records), ensure_ascii=False, indent=2)
    first = [(DOCUMENT, document.encode())]
    rest = ((file.full_name, file.data) for file in files)
    return [_zipped(batch) for batch in _batches(first, rest, most_bytes)]


def _batches(
    first: list[tuple[str, bytes]], rest: Iterable[tuple[str, bytes]], most_bytes: int
) -> Iterator[list[tuple[str, bytes]]]:
    batch, size = first, sum(len(data) for _, data in first)
    for name, data in rest:
        if batch and size + len(data) > most_bytes:
            yield batch
            batch, size = [], 0
        batch.append((name, data))
        size += len(data)
    yield batch


def _zipped(entries: Sequence[tuple[str, bytes]]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return content.getvalue()
