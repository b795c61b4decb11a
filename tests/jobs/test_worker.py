"""Promises kept: once, in time, over failures and crashes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.core.errors import Cause, DomainError, ServiceFailure, Stale
from bot.jobs.model import MOST_ATTEMPTS, Job, backoff
from bot.jobs.worker import Worker
from bot.messaging.instance import Instance
from bot.storage.engine import PostgresStorage, SqlStorage, open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Signal, Work
from tests.message_builders import NOW, HandClock


def a_job(key: object, kind: str = "light", **changes: object) -> Job:
    return Job(**{"kind": kind, "key": str(key), "due_at": NOW, **changes})  # type: ignore[arg-type] # one dict, many types


@dataclass
class Office:
    """Handlers of two kinds that write a note, and fail as told: the first troubles first."""

    storage: SqlStorage
    clock: HandClock = field(default_factory=HandClock)
    ran: list[str] = field(default_factory=list)
    troubles: dict[str, list[Exception]] = field(default_factory=dict)
    gate: asyncio.Event | None = None
    called: asyncio.Event = field(default_factory=asyncio.Event)

    def light(self, work: Work, job: Job) -> None:
        work.notes.put(f"done {job.key}", str(job.attempts))
        self._fail(job)

    async def slow(self, job: Job):  # type: ignore[no-untyped-def] # its values say it
        self.ran.append(job.key)
        self.called.set()
        if self.gate is not None:
            await self.gate.wait()
        self._fail(job)
        return lambda work: work.notes.put(f"done {job.key}", str(job.attempts))

    async def nothing(self, job: Job) -> None:
        self.ran.append(job.key)

    def worker(self) -> Worker[Work]:
        handlers = {"light": self.light, "slow": self.slow, "nothing": self.nothing}
        return Worker(self.storage, self.clock, handlers, is_shared=self.storage.is_shared)

    async def put(self, *jobs: Job) -> None:
        await self.storage.write(lambda work: work.jobs.put(*jobs))

    async def done(self, *keys: str) -> list[str | None]:
        """In which attempt the job's note was written."""
        return await self.storage.read(lambda work: [work.notes.get(f"done {k}") for k in keys])

    async def waiting(self) -> int:
        return await self.storage.read(lambda work: work.jobs.count_waiting())

    async def error(self, job_id: str) -> str | None:
        query = text("SELECT error FROM jobs WHERE id = :id")
        return await self.storage.read(
            lambda work: work._connection.execute(query, {"id": job_id}).scalar()
        )

    def _fail(self, job: Job) -> None:
        troubles = self.troubles.get(job.key, [])
        if job.attempts <= len(troubles):
            raise troubles[job.attempts - 1]


@pytest.fixture
def office(storage: SqlStorage) -> Office:
    return Office(storage)


@pytest.fixture
async def pair(postgres, keyring: Keyring) -> AsyncIterator[list[Office]]:  # type: ignore[no-untyped-def] # its values say it
    """Two processes on one PostgreSQL."""
    url = postgres.fresh_url()
    storages = [PostgresStorage(url, keyring, Instance()) for _ in range(2)]
    for storage in storages:
        await storage.open()
    yield [Office(storage) for storage in storages]
    for storage in storages:
        await storage.aclose()


KINDS = pytest.mark.parametrize("kind", ["light", "slow"])


@KINDS
async def test_a_due_job_runs_once_and_one_that_is_not_due_waits(office: Office, kind: str) -> None:
    await office.put(a_job(1, kind), a_job(2, kind, due_at=NOW + timedelta(hours=1)))
    worker = office.worker()
    assert await worker.run_due() == 1
    assert await worker.run_due() == 0
    assert await office.done("1", "2") == ["1", None]
    office.clock.move(hours=1)
    assert await worker.run_due() == 1
    assert await office.done("2") == ["1"]


async def test_a_job_put_twice_is_one_even_after_it_was_done(office: Office) -> None:
    for _ in range(2):
        await office.put(a_job(1), a_job(1))
        await office.worker().run_due()
    assert await office.done("1") == ["1"]
    assert await office.waiting() == 0


@KINDS
async def test_a_failed_run_keeps_nothing_and_is_tried_again_later(
    office: Office, kind: str
) -> None:
    office.troubles["1"] = [RuntimeError("bug"), ServiceFailure("zoom", Cause.BUSY)]
    await office.put(a_job(1, kind), a_job(2, kind))
    worker = office.worker()
    await worker.run_due()
    assert await office.done("1", "2") == [None, "1"]
    office.clock.move(seconds=backoff(1).total_seconds())
    await worker.run_due()
    assert await office.done("1") == [None]
    office.clock.move(seconds=backoff(2).total_seconds())
    await worker.run_due()
    assert await office.done("1") == ["3"]


@KINDS
async def test_who_lost_a_race_tries_again(office: Office, kind: str) -> None:
    office.troubles["1"] = [Stale()]
    await office.put(a_job(1, kind))
    worker = office.worker()
    await worker.run_due()
    office.clock.move(seconds=backoff(1).total_seconds())
    await worker.run_due()
    assert await office.done("1") == ["2"]


async def test_the_pause_a_vendor_asks_for_is_kept(office: Office) -> None:
    office.troubles["1"] = [ServiceFailure("zoom", Cause.BUSY, retry_after=600)]
    await office.put(a_job(1, "slow"))
    worker = office.worker()
    await worker.run_due()
    office.clock.move(seconds=599)
    assert await worker.run_due() == 0
    office.clock.move(seconds=1)
    assert await worker.run_due() == 1


@KINDS
async def test_a_job_that_always_fails_is_given_up_with_its_error(
    office: Office, kind: str
) -> None:
    office.troubles["1"] = [RuntimeError("secret words") for _ in range(99)]
    await office.put(a_job(1, kind))
    worker = office.worker()
    runs = 0
    while await office.waiting():
        runs += await worker.run_due()
        office.clock.move(hours=1)
    assert runs == MOST_ATTEMPTS
    assert await office.error(f"{kind}/1") == "RuntimeError"


@pytest.mark.parametrize("error", [ServiceFailure("zoom", Cause.REJECTED), DomainError("no")])
async def test_a_no_for_good_is_not_tried_again(office: Office, error: Exception) -> None:
    office.troubles["1"] = [error]
    await office.put(a_job(1, "slow"))
    assert await office.worker().run_due() == 1
    assert await office.waiting() == 0


async def test_a_broken_job_does_not_hold_up_the_hundred_beside_it(office: Office) -> None:
    office.troubles["50"] = [RuntimeError("bug")]
    await office.put(*(a_job(n) for n in range(100)))
    await office.worker().run_due()
    assert await office.waiting() == 1
    assert await office.done("49", "50", "51") == ["1", None, "1"]


async def test_a_job_of_a_kind_nobody_here_knows_is_left(office: Office) -> None:
    await office.put(a_job(1, "from a newer version"))
    assert await office.worker().run_due() == 0
    assert await office.waiting() == 1


async def test_a_handler_may_have_nothing_to_write(office: Office) -> None:
    await office.put(a_job(1, "nothing"))
    await office.worker().run_due()
    assert office.ran == ["1"]
    assert await office.waiting() == 0


async def test_a_job_being_run_is_nobody_elses_until_its_lease_ends(pair: list[Office]) -> None:
    holder, other = pair
    holder.gate = asyncio.Event()
    await holder.put(a_job(1, "slow"))
    running = asyncio.create_task(holder.worker().run_due())
    await holder.called.wait()
    assert await other.worker().run_due() == 0
    past = datetime.now(UTC) - timedelta(seconds=1)
    await holder.storage.write(lambda work: work.jobs.extend(["slow/1"], past))
    assert await other.worker().run_due() == 1
    holder.gate.set()
    await running
    assert await holder.done("1") == ["2"]


async def test_two_workers_run_each_of_many_jobs_once(pair: list[Office]) -> None:
    await pair[0].put(*(a_job(n, "slow") for n in range(60)))
    await asyncio.gather(*(office.worker().run_due() for office in pair))
    assert sorted(int(key) for office in pair for key in office.ran) == list(range(60))


async def test_a_moved_clock_ends_no_lease(pair: list[Office]) -> None:
    holder, other = pair
    holder.gate = asyncio.Event()
    await holder.put(a_job(1, "slow"))
    running = asyncio.create_task(holder.worker().run_due())
    await holder.called.wait()
    other.clock.move(days=7)
    assert await other.worker().run_due() == 0
    holder.gate.set()
    await running


async def test_after_a_crash_in_the_middle_the_job_runs_again(
    database_url: str, keyring: Keyring
) -> None:
    dead = open_storage(database_url, keyring, Instance())
    await dead.open()
    crashed = Office(dead)
    await crashed.put(a_job(1, "slow"))
    lease = timedelta(seconds=-1 if dead.is_shared else 60)
    real_now = datetime.now(UTC)
    await dead.write(lambda work: work.jobs.claim(NOW, real_now, lease, 10))
    await dead.aclose()

    storage = open_storage(database_url, keyring, Instance())
    await storage.open()
    office, stop = Office(storage), asyncio.Event()
    running = asyncio.create_task(office.worker().run(stop))
    await asyncio.wait_for(office.called.wait(), 10)
    stop.set()
    await running
    assert await office.done("1") == ["2"]
    await storage.aclose()


async def test_a_ring_is_heard_and_the_clock_may_jump(office: Office) -> None:
    worker, stop = office.worker(), asyncio.Event()

    def ring(signals: list[Signal]) -> None:
        if any(signal.topic == "jobs" for signal in signals):
            worker.ring()

    office.storage.on_commit(ring)
    running = asyncio.create_task(worker.run(stop))
    await office.put(a_job(1, "slow"), a_job(2, "slow", due_at=NOW + timedelta(days=1)))
    await asyncio.wait_for(office.called.wait(), 10)
    office.called.clear()
    office.clock.move(days=1)
    worker.ring()
    await asyncio.wait_for(office.called.wait(), 10)
    stop.set()
    await running
    assert office.ran == ["1", "2"]


async def test_slow_jobs_do_not_hold_up_light_ones(office: Office) -> None:
    office.gate = asyncio.Event()
    worker, stop = office.worker(), asyncio.Event()
    seen = asyncio.Event()

    def listen(signals: list[Signal]) -> None:
        worker.ring()

    def handled(work: Work, job: Job) -> None:
        seen.set()

    worker._light["light"] = handled
    office.storage.on_commit(listen)
    running = asyncio.create_task(worker.run(stop))
    await office.put(*(a_job(n, "slow") for n in range(20)))
    await office.called.wait()
    await office.put(a_job("quick"))
    await asyncio.wait_for(seen.wait(), 10)
    office.gate.set()
    stop.set()
    await running


async def test_ending_gives_back_what_takes_too_long(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.jobs.worker._GRACE_SECONDS", 0.01)
    office.gate = asyncio.Event()
    await office.put(a_job(1, "slow"))
    worker, stop = office.worker(), asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await office.called.wait()
    stop.set()
    await running
    office.gate = None
    assert await office.worker().run_due() == 1
    assert await office.done("1") == ["2"]


async def test_a_database_that_is_away_for_a_while_ends_no_worker(office: Office) -> None:
    storage = office.storage
    failures = [ServiceFailure("database", Cause.UNREACHABLE)] * 2

    class Flaky:
        async def write(self, unit):  # type: ignore[no-untyped-def] # its values say it
            if failures:
                raise failures.pop()
            return await storage.write(unit)

        async def read(self, query):  # type: ignore[no-untyped-def] # its values say it
            return await storage.read(query)

    await office.put(a_job(1, "slow"))
    worker = Worker(Flaky(), office.clock, {"slow": office.slow}, is_shared=True)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    while failures:
        worker.ring()
        await asyncio.sleep(0)
    worker.ring()
    await asyncio.wait_for(office.called.wait(), 10)
    stop.set()
    await running
    assert await office.done("1") == ["1"]


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_many_jobs_due_at_once_are_all_done(office: Office, count: int) -> None:
    for start in range(0, count, 1000):
        await office.put(*(a_job(n) for n in range(start, start + 1000)))
    assert await office.worker().run_due() == count
    assert await office.waiting() == 0
