"""The zip files a person takes along."""

import io
import json
import zipfile
from contextlib import closing
from datetime import UTC, datetime

from bot.accounts.archive import DOCUMENT, Archive, ArchiveFile, as_document
from bot.accounts.model import User


def test_records_are_readable_without_us() -> None:
    user = User(created_at=datetime(2026, 1, 1, tzinfo=UTC), name="Ana Ñ")
    archive = Archive(most_bytes=1)
    archive.add(DOCUMENT, as_document({"person": user, "turns": [1]}))
    with zipfile.ZipFile(io.BytesIO(archive.finish())) as opened:
        document = json.loads(opened.read(DOCUMENT))
    assert document["person"]["name"] == "Ana Ñ"
    assert document["person"]["created_at"].startswith("2026-01-01T00:00:00")
    assert document["turns"] == [1]


def test_files_are_named_by_what_they_are() -> None:
    files = {
        b"OggS...": "a.ogg",
        b"ID3...": "a.mp3",
        b"\xff\xd8\xff..": "a.jpg",
        b"....ftypisom": "a.mp4",
        b"?": "a.bin",
    }
    assert [ArchiveFile("a", data).full_name for data in files] == list(files.values())


def test_an_archive_says_when_it_is_full_and_takes_whatever_comes_first() -> None:
    with closing(Archive(most_bytes=2500)) as archive:
        assert archive.has_room(bytes(9000))
        archive.add("a", bytes(1500))
        assert (archive.has_room(bytes(1000)), archive.has_room(bytes(1001))) == (True, False)
