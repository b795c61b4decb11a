"""One process per SQLite file."""

import asyncio
import sys
from pathlib import Path

import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.messaging.instance import Instance
from bot.storage.engine import SqliteStorage
from bot.storage.lock import FileLock
from bot.storage.vault import Keyring

HOLDER = """
import sys
from pathlib import Path
from bot.storage.lock import FileLock
FileLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.read()
"""


async def test_a_file_another_process_has_is_refused_by_name_until_that_process_dies(
    tmp_path: Path,
) -> None:
    file = tmp_path / "school.db"
    holder = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        HOLDER,
        str(file),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    lock = FileLock(file)
    with pytest.raises(ServiceFailure, match=r"school\.db\.lock") as caught:
        lock.acquire()
    assert caught.value.cause is Cause.MISCONFIGURED
    holder.kill()
    await holder.wait()
    lock.acquire()
    lock.release()


async def test_a_storage_holds_its_file_from_open_to_close(
    sqlite_url: str, keyring: Keyring
) -> None:
    first = SqliteStorage(sqlite_url, keyring, Instance())
    second = SqliteStorage(sqlite_url, keyring, Instance())
    await first.open()
    with pytest.raises(ServiceFailure):
        await second.open()
    await first.aclose()
    await second.open()
    await second.aclose()


async def test_a_storage_that_could_not_open_holds_nothing(
    tmp_path: Path, keyring: Keyring
) -> None:
    storage = SqliteStorage(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}", keyring, Instance())
    with pytest.raises(ServiceFailure):
        await storage.open()
    lock = FileLock(tmp_path / "a.db")
    lock.acquire()
    lock.release()
