"""Packing everything of a person into files that a platform takes."""

import io
import secrets
import zipfile
from dataclasses import replace
from functools import partial

from bot.accounts.model import User
from bot.flows.own_data import Export, most_bytes
from bot.flows.own_records import PEOPLE_RECORDS
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.message_builders import NOW
from tests.people_at_a_desk import a_desk

SIZES = [4_000, 4_000, 4_000, 12_000]


def read_blob(blob_id: str, work: Work) -> bytes:
    return work.blobs.get(blob_id)


async def test_files_are_spread_over_archives_and_those_too_large_are_counted(
    storage: SqlStorage,
) -> None:
    ana = User(created_at=NOW, name="Ana")
    parts, _, _ = a_desk()

    def move_in(work: Work) -> list[tuple[str, str]]:
        work.users.add(ana)
        blobs = [
            work.blobs.add(ana.id, "x/y", secrets.token_bytes(size), NOW, expires_at=None)
            for size in SIZES
        ]
        return [(f"audio/{number}", blob_id) for number, blob_id in enumerate(blobs)]

    files = await storage.write(move_in)
    records = [replace(PEOPLE_RECORDS, files=lambda work, user_id: [*files, ("gone", "nothing")])]
    done = await Export(replace(parts, storage=storage), records, ana.id).packed(10_000)

    names: list[list[str]] = []
    for blob_id in done.archives:
        content = await storage.read(partial(read_blob, blob_id))
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            names.append(opened.namelist())
    assert names == [["linguaflex.json", "audio/0.bin", "audio/1.bin"], ["audio/2.bin"]]
    assert done.left_out == 1


def test_an_archive_is_smaller_than_what_a_platform_takes() -> None:
    assert most_bytes("discord") < 10 * 1024 * 1024 < most_bytes("telegram") < 50_000_000
