"""Units of work: all or nothing, many at once, and trouble of one is no trouble of another."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.errors import Cause, DomainError, ServiceFailure, Stale
from bot.jobs.model import Job
from bot.messaging.instance import Instance
from bot.storage.engine import SqliteStorage, SqlStorage, open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Signal, Work
from tests.message_builders import NOW, a_message, an_event


@pytest.fixture
async def sqlite(sqlite_url: str, keyring: Keyring) -> AsyncIterator[SqliteStorage]:
    opened = SqliteStorage(sqlite_url, keyring, Instance())
    await opened.open()
    yield opened
    await opened.aclose()


class Gate:
    """Holds the writer thread inside a unit, so that others queue up behind it."""

    def __init__(self) -> None:
        self.is_in = threading.Event()
        self.may_go = threading.Event()

    def unit(self, _: Work) -> None:
        self.is_in.set()
        assert self.may_go.wait(10)


def put_note(name: str, value: str = "x"):  # type: ignore[no-untyped-def] # its values say it
    return lambda work: work.notes.put(name, value)


async def notes_of(storage: SqlStorage, *names: str) -> list[str | None]:
    return await storage.read(lambda work: [work.notes.get(name) for name in names])


async def test_a_unit_returns_its_result_and_what_it_wrote_is_read(storage: SqlStorage) -> None:
    def unit(work: Work) -> int:
        work.notes.put("a", "1")
        work.notes.put("a", "2")
        return 7

    assert await storage.write(unit) == 7
    assert await notes_of(storage, "a") == ["2"]


async def test_what_a_failing_unit_wrote_before_is_gone(storage: SqlStorage) -> None:
    def unit(work: Work) -> None:
        work.notes.put("a", "1")
        work.outbox.put(a_message("m"), at=NOW)
        raise DomainError("error.no")

    with pytest.raises(DomainError):
        await storage.write(unit)
    assert await notes_of(storage, "a") == [None]
    assert await storage.read(lambda work: work.outbox.count_open()) == 0


async def test_a_failed_unit_announces_nothing(storage: SqlStorage) -> None:
    heard: list[Signal] = []
    storage.on_commit(heard.extend)

    def unit(work: Work) -> None:
        work.outbox.put(a_message("m"), at=NOW)
        raise DomainError

    with pytest.raises(DomainError):
        await storage.write(unit)
    assert heard == []


async def test_a_commit_announces_fresh_messages_and_jobs_once(storage: SqlStorage) -> None:
    heard: list[Signal] = []
    storage.on_commit(heard.extend)
    message, job = a_message("m"), Job(kind="k", key="1", due_at=NOW)

    def unit(work: Work) -> None:
        work.outbox.put(message, at=NOW)
        work.jobs.put(job)

    await storage.write(unit)
    await storage.write(unit)
    assert heard == [Signal("outbox", message=message), Signal("jobs")]


async def test_a_worker_that_claims_and_finishes_wakes_nobody(storage: SqlStorage) -> None:
    await storage.write(lambda work: work.jobs.put(Job(kind="k", key="1", due_at=NOW)))
    heard: list[Signal] = []
    storage.on_commit(heard.extend)
    lease = timedelta(seconds=60)
    claimed = await storage.write(lambda work: work.jobs.claim(NOW, NOW, lease, 10))
    await storage.write(lambda work: work.jobs.finish(claimed[0].id, NOW))
    assert heard == []


async def test_a_broken_listener_fails_no_unit_and_no_other_listener(storage: SqlStorage) -> None:
    heard: list[Signal] = []

    def broken(_: object) -> None:
        raise RuntimeError("broken ear")

    storage.on_commit(broken)
    storage.on_commit(heard.extend)
    await storage.write(lambda work: work.outbox.put(a_message("m"), at=NOW))
    assert len(heard) == 1


async def test_a_lost_race_for_a_unique_row_is_stale(storage: SqlStorage) -> None:
    def unit(work: Work) -> None:
        run = work._connection.exec_driver_sql
        run("INSERT INTO notes (name, value) VALUES ('twice', 'a')")
        run("INSERT INTO notes (name, value) VALUES ('twice', 'b')")

    with pytest.raises(Stale):
        await storage.write(unit)
    assert await notes_of(storage, "twice") == [None]


async def test_two_hundred_writers_at_once_lose_nothing(storage: SqlStorage) -> None:
    def add(number: int):  # type: ignore[no-untyped-def] # its values say it
        def unit(work: Work) -> None:
            seen = int(work.notes.get(f"count {number % 10}") or 0)
            work.notes.put(f"writer {number}", str(seen))
            work.inbox.add(an_event(number), NOW, overtakes=False)

        return unit

    await asyncio.gather(*(storage.write(add(number)) for number in range(200)))
    assert await storage.read(lambda work: work.inbox.count_waiting()) == 200


async def test_a_query_cannot_write_on_sqlite(sqlite: SqliteStorage) -> None:
    with pytest.raises(ServiceFailure) as caught:
        await sqlite.read(put_note("a"))
    assert caught.value.cause is Cause.MISCONFIGURED


async def test_units_that_wait_share_one_commit(sqlite: SqliteStorage) -> None:
    gate, before = Gate(), sqlite.commits
    first = asyncio.create_task(sqlite.write(gate.unit))
    await asyncio.to_thread(gate.is_in.wait)
    rest = [asyncio.create_task(sqlite.write(put_note(f"n{n}"))) for n in range(50)]
    await asyncio.sleep(0)
    gate.may_go.set()
    await asyncio.gather(first, *rest)
    assert sqlite.commits - before == 2


@pytest.mark.parametrize("error", [DomainError(), StopIteration(), ValueError("no"), SystemExit()])
async def test_a_failing_unit_does_not_hurt_those_it_shares_a_commit_with(
    sqlite: SqliteStorage, error: BaseException
) -> None:
    def broken(work: Work) -> None:
        work.notes.put("broken", "x")
        raise error

    gate = Gate()
    first = asyncio.create_task(sqlite.write(gate.unit))
    await asyncio.to_thread(gate.is_in.wait)
    units = [put_note("before"), broken, put_note("after")]
    tasks = [asyncio.ensure_future(_outcome(sqlite, unit)) for unit in units]
    await asyncio.sleep(0)
    gate.may_go.set()
    await first
    outcomes = await asyncio.gather(*tasks)
    assert [outcome is None for outcome in outcomes] == [True, False, True]
    assert await notes_of(sqlite, "before", "broken", "after") == ["x", None, "x"]


async def _outcome(storage: SqlStorage, unit) -> BaseException | None:  # type: ignore[no-untyped-def] # its values say it
    try:
        await storage.write(unit)
    except BaseException as error:
        return error
    return None


async def test_a_failed_commit_fails_all_who_shared_it_and_the_writer_lives_on(
    sqlite: SqliteStorage,
) -> None:
    def breaks_the_commit(work: Work) -> None:
        run = work._connection.exec_driver_sql
        run("PRAGMA defer_foreign_keys=ON")
        run(
            "INSERT INTO identities (platform, external_id, user_id, room)"
            " VALUES ('test', '1', 'nobody', '1')"
        )

    gate = Gate()
    first = asyncio.create_task(sqlite.write(gate.unit))
    await asyncio.to_thread(gate.is_in.wait)
    units = [put_note("a"), breaks_the_commit, put_note("b")]
    tasks = [asyncio.ensure_future(_outcome(sqlite, unit)) for unit in units]
    await asyncio.sleep(0)
    gate.may_go.set()
    await first
    outcomes = await asyncio.gather(*tasks)
    assert [type(outcome) for outcome in outcomes] == [ServiceFailure] * 3
    await sqlite.write(put_note("c"))
    assert await notes_of(sqlite, "a", "b", "c") == [None, None, "x"]


async def test_a_unit_whose_waiter_was_cancelled_is_still_kept_and_announced(
    storage: SqlStorage,
) -> None:
    heard = asyncio.Event()
    storage.on_commit(lambda signals: heard.set())
    waiter = asyncio.create_task(
        storage.write(lambda work: work.outbox.put(a_message("m"), at=NOW))
    )
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    await asyncio.wait_for(heard.wait(), 10)
    assert await storage.read(lambda work: work.outbox.count_open()) == 1


async def test_closing_finishes_the_units_that_wait_and_refuses_later_ones(
    database_url: str, keyring: Keyring
) -> None:
    storage = open_storage(database_url, keyring, Instance())
    await storage.open()
    tasks = [asyncio.create_task(storage.write(put_note(f"n{n}"))) for n in range(30)]
    await asyncio.sleep(0)
    await storage.aclose()
    await asyncio.gather(*tasks)
    with pytest.raises(ServiceFailure):
        await storage.write(put_note("late"))


async def test_a_database_without_tables_is_refused_with_the_command_to_run(
    tmp_path: Path, keyring: Keyring
) -> None:
    storage = open_storage(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}", keyring, Instance())
    with pytest.raises(ServiceFailure, match="linguaflex migrate"):
        await storage.open()


async def test_an_empty_postgres_is_refused_with_the_command_to_run(
    postgres,
    keyring: Keyring,  # type: ignore[no-untyped-def] # its values say it
) -> None:
    storage = open_storage(postgres.empty_url(), keyring, Instance())
    with pytest.raises(ServiceFailure, match="linguaflex migrate"):
        await storage.open()
    await storage.aclose()
