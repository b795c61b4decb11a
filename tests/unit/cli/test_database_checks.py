"""What the doctor says about the database and the keys to it."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bot.cli.database_checks import check_database
from bot.cli.findings import Finding, Status
from bot.messaging.instance import Instance
from bot.storage import schema
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring, generate_key, parse_keys
from config.settings import load_settings

KEYS, OTHER_KEYS = generate_key(), generate_key()


async def look(url: str, keys: str | None = KEYS) -> dict[str, Finding]:
    settings = load_settings(None, database_url=url, encryption_keys=keys)
    return {finding.check: finding for finding in await check_database(settings)}


async def seal(url: str, keys: str = KEYS) -> None:
    """A bot ran on this database."""
    storage = open_storage(url, Keyring(parse_keys(keys)), Instance())
    await storage.open()
    await storage.aclose()


async def test_a_database_that_was_used_is_fine(database_url):
    await seal(database_url)

    found = await look(database_url)

    assert {finding.status for finding in found.values()} == {Status.OK}
    assert found["database"].detail == f"version {schema.head()}, can be written to"
    assert found["encryption"].detail == "the keys open what is stored"


async def test_nothing_is_left_behind_in_the_database(storage):
    url = storage.url.render_as_string(hide_password=False)

    await look(url)

    assert await storage.read(lambda work: work.notes.get("doctor")) is None


async def test_a_database_a_bot_is_using_can_be_looked_at(database_url):
    storage = open_storage(database_url, Keyring(parse_keys(KEYS)), Instance())
    await storage.open()
    try:
        assert (await look(database_url))["encryption"].status is Status.OK
    finally:
        await storage.aclose()


async def test_other_keys_than_those_it_was_sealed_with_are_found(database_url):
    await seal(database_url, OTHER_KEYS)

    found = (await look(database_url))["encryption"]

    assert found.status is Status.FAIL
    assert "none of LINGUAFLEX_ENCRYPTION_KEYS opens this database" in found.detail


async def test_an_older_key_behind_a_new_one_still_opens_it(database_url):
    await seal(database_url, OTHER_KEYS)

    found = (await look(database_url, f"{KEYS},{OTHER_KEYS}"))["encryption"]

    assert found.detail == "the keys open what is stored"


@pytest.mark.parametrize(
    ("keys", "named"),
    [(None, "is not set"), ("c2hvcnQ=", "key 1 has 5 bytes"), (f"{KEYS},!", "key 2")],
    ids=["none", "short", "second"],
)
async def test_keys_that_cannot_be_used_are_named(sqlite_url, keys, named):
    found = (await look(sqlite_url, keys))["encryption"]

    assert found.status is Status.FAIL
    assert "LINGUAFLEX_ENCRYPTION_KEYS" in found.detail
    assert named in found.detail


async def test_a_file_that_is_not_there_yet_is_not_made(folder):
    found = await look("sqlite+aiosqlite:///new.db")

    assert found["database"].status is Status.WARN
    assert "new.db does not exist yet" in found["database"].detail
    assert list(folder.iterdir()) == []


async def test_a_folder_that_cannot_be_is_found(folder):
    (folder / "a-file").touch()

    found = (await look("sqlite+aiosqlite:///a-file/data/new.db"))["database"]

    assert (found.status, found.remedy) == (Status.FAIL, "see LINGUAFLEX_DATABASE_URL")
    assert "cannot be made" in found.detail


async def test_a_file_that_is_no_database_is_found(folder):
    (folder / "song.db").write_bytes(b"not a database at all" * 100)

    found = (await look("sqlite+aiosqlite:///song.db"))["database"]

    assert (found.status, found.detail) == (
        Status.FAIL,
        "database: misconfigured SQLITE_NOTADB",
    )


async def test_an_empty_file_waits_for_run(folder):
    (folder / "empty.db").touch()

    found = (await look("sqlite+aiosqlite:///empty.db"))["database"]

    assert (found.status, found.remedy) == (
        Status.WARN,
        "`linguaflex run` brings it up to date",
    )


async def test_an_empty_server_names_the_command(postgres):
    found = (await look(postgres.empty_url()))["database"]

    assert (found.status, found.remedy) == (Status.FAIL, "linguaflex migrate")


async def test_a_server_that_is_not_there_is_found():
    url = "postgresql+asyncpg://user:canary-password@127.0.0.1:9/linguaflex"

    found = await look(url)

    assert found["database"].status is Status.FAIL
    assert "unreachable" in found["database"].detail
    assert "canary-password" not in repr(found)


async def test_a_server_that_takes_no_writes_is_found(postgres):
    url = make_url(postgres.fresh_url())
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        read_only = f"ALTER DATABASE {url.database} SET default_transaction_read_only = on"
        await connection.execute(text(read_only))
    await engine.dispose()

    found = (await look(url.render_as_string(hide_password=False)))["database"]

    assert (found.status, found.detail) == (Status.FAIL, "database: unreachable 25006")


async def test_a_database_of_a_newer_program_is_found(sqlite_url):
    file = Path(sqlite_url.removeprefix("sqlite+aiosqlite:///"))
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    found = (await look(sqlite_url))["database"]

    assert (found.status, found.remedy) == (Status.FAIL, "update this program")
