"""The zip files a person takes along."""

import io
import json
import zipfile
from datetime import UTC, datetime

from bot.accounts.archive import DOCUMENT, ArchiveFile, build_archives
from bot.accounts.model import User
from tests.message_builders import NOW


def test_records_are_readable_without_us() -> None:
    user = User(created_at=datetime(2026, 1, 1, tzinfo=UTC), name="Ana Ñ")
    (archive,) = build_archives({"person": user, "turns": [1]}, [])
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
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


def test_what_is_too_large_for_one_message_is_spread_and_nothing_is_lost() -> None:
    files = [ArchiveFile(f"audio/{n}", bytes([n]) * 1000) for n in range(10)]
    archives = build_archives({"at": NOW}, files, most_bytes=2500)
    names: list[str] = []
    for archive in archives:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            sizes = [info.file_size for info in opened.infolist()]
            assert sum(sizes) <= 2500
            names += opened.namelist()
    assert names == [DOCUMENT, *(f"audio/{n}.bin" for n in range(10))]
