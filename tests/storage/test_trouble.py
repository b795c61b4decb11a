"""The database in trouble: what was acknowledged is kept, and no restart is needed."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bot.core.errors import Cause, ServiceFailure
from bot.messaging.instance import Instance
from bot.storage.engine import PostgresStorage, SqliteStorage, SqlStorage, open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Work


@pytest.fixture
async def hasty_sqlite(sqlite_url: str, keyring: Keyring) -> AsyncIterator[SqliteStorage]:
    """Waits for a lock a moment only."""
    opened = SqliteStorage(f"{sqlite_url}?timeout=0.05", keyring, Instance())
    await opened.open()
    yield opened
    await opened.aclose()


@pytest.fixture
async def server(postgres, keyring: Keyring) -> AsyncIterator[PostgresStorage]:  # type: ignore[no-untyped-def] # its values say it
    opened = PostgresStorage(postgres.fresh_url(), keyring, Instance())
    await opened.open()
    yield opened
    await opened.aclose()


async def put(storage: SqlStorage, name: str) -> None:
    await storage.write(lambda work: work.notes.put(name, "x"))


async def has(storage: SqlStorage, name: str) -> bool:
    return await storage.read(lambda work: work.notes.get(name)) is not None


async def test_a_file_locked_by_another_program_is_busy_until_it_lets_go(
    hasty_sqlite: SqliteStorage,
) -> None:
    other = sqlite3.connect(str(hasty_sqlite.url.database), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for name in ("one", "two"):
        with pytest.raises(ServiceFailure) as caught:
            await put(hasty_sqlite, name)
        assert caught.value.cause is Cause.BUSY
    other.execute("ROLLBACK")
    other.close()
    await put(hasty_sqlite, "three")
    assert [await has(hasty_sqlite, name) for name in ("one", "two", "three")] == [
        False,
        False,
        True,
    ]


async def test_a_full_disk_fails_the_unit_and_is_over_when_there_is_room(
    hasty_sqlite: SqliteStorage,
) -> None:
    def limit(pages: int):  # type: ignore[no-untyped-def] # its values say it
        def unit(work: Work) -> None:
            work._connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

        return unit

    def big(work: Work) -> None:
        for number in range(200):
            work.notes.put(f"big {number}", "x" * 4096)

    await hasty_sqlite.write(limit(1))  # no more pages than there are
    outcomes = await asyncio.gather(
        hasty_sqlite.write(big), hasty_sqlite.write(big), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [ServiceFailure] * 2
    await hasty_sqlite.write(limit(100_000))
    await hasty_sqlite.write(big)
    assert await has(hasty_sqlite, "big 199")


async def test_a_lost_connection_before_the_commit_is_retried_unseen(
    server: PostgresStorage,
) -> None:
    runs = []

    def unit(work: Work) -> None:
        runs.append(1)
        work.notes.put("kept", str(len(runs)))
        if len(runs) == 1:
            work._connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
            work.notes.get("kept")

    await server.write(unit)
    assert await server.read(lambda work: work.notes.get("kept")) == "2"


async def test_a_connection_lost_again_and_again_is_a_failure_and_nothing_is_half_done(
    server: PostgresStorage,
) -> None:
    def unit(work: Work) -> None:
        work.notes.put("half", "x")
        work._connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        work.notes.get("half")

    with pytest.raises(ServiceFailure) as caught:
        await server.write(unit)
    assert caught.value.retryable
    assert not await has(server, "half")
    await put(server, "next")
    assert await has(server, "next")


async def test_a_connection_lost_while_committing_is_never_run_again(
    server: PostgresStorage,
) -> None:
    def prepare(work: Work) -> None:
        run = work._connection.exec_driver_sql
        run(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
        )
        run(
            "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW WHEN (NEW.name = 'deadly') EXECUTE FUNCTION die()"
        )

    await server.write(prepare)
    runs = []

    def unit(work: Work) -> None:
        runs.append(1)
        work.notes.put("deadly", "x")

    with pytest.raises(ServiceFailure, match="COMMIT"):
        await server.write(unit)
    assert len(runs) == 1
    await put(server, "next")


async def test_under_a_rain_of_lost_connections_every_acknowledged_unit_is_there_once(
    server: PostgresStorage,
) -> None:
    def add(number: int):  # type: ignore[no-untyped-def] # its values say it
        def unit(work: Work) -> int:
            work.notes.put(f"a {number}", "x")
            work.notes.put(f"b {number}", "x")
            return number

        return unit

    is_over = asyncio.Event()
    reaper = asyncio.create_task(_terminate_all(server, is_over))
    outcomes = await asyncio.gather(
        *(server.write(add(number)) for number in range(300)), return_exceptions=True
    )
    is_over.set()
    kills = await reaper
    kept = {outcome for outcome in outcomes if isinstance(outcome, int)}
    assert kills > 0
    assert all(isinstance(o, int | ServiceFailure) for o in outcomes)
    pairs = await server.read(
        lambda work: [(work.notes.get(f"a {n}"), work.notes.get(f"b {n}")) for n in range(300)]
    )
    assert all((a is None) == (b is None) for a, b in pairs)
    assert kept <= {number for number, (a, _) in enumerate(pairs) if a}


async def _terminate_all(server: PostgresStorage, is_over: asyncio.Event) -> int:
    """Kills all connections of the storage under test over and over, by one of its own."""
    engine, kills = create_async_engine(server.url), 0
    async with engine.connect() as connection:
        while not is_over.is_set():
            gone = await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            kills += len(gone.all())
            await connection.commit()
            await asyncio.sleep(0.02)
    await engine.dispose()
    return kills


async def test_a_server_that_is_not_there_is_unreachable_and_found_again(
    postgres,
    keyring: Keyring,  # type: ignore[no-untyped-def] # its values say it
) -> None:
    right = make_url(postgres.fresh_url())
    wrong = right.set(query={"host": "/nonexistent"})
    storage = open_storage(wrong.render_as_string(False), keyring, Instance())
    with pytest.raises(ServiceFailure) as caught:
        await storage.open()
    assert caught.value.cause is Cause.UNREACHABLE
    await storage.aclose()


async def test_a_database_that_does_not_exist_is_a_wrong_setting(
    postgres,
    keyring: Keyring,  # type: ignore[no-untyped-def] # its values say it
) -> None:
    url = make_url(postgres.fresh_url()).set(database="no_such_database")
    storage = open_storage(url.render_as_string(False), keyring, Instance())
    with pytest.raises(ServiceFailure) as caught:
        await storage.open()
    assert caught.value.cause is Cause.MISCONFIGURED
    await storage.aclose()
