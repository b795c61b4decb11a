"""The way in: every event exactly once and in order, over crashes and among processes."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from bot.messaging import lanes as lanes_module
from bot.messaging.inbox import Inbox
from bot.messaging.instance import Instance
from bot.messaging.model import Incoming
from bot.storage.engine import PostgresStorage, SqlStorage, open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Signal, Work
from tests.message_builders import HandClock, an_event, translate


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stuck handler is cancelled at once when a lane closes."""
    monkeypatch.setattr(lanes_module, "_GRACE_SECONDS", 0.0)


class AlreadyDone(Exception):
    """Somebody else has handled this event."""


class Process:
    """One running bot: its storage, its inbox, and a handler that marks rows as done."""

    def __init__(self, storage: SqlStorage, *, is_stuck: bool = False) -> None:
        self.storage = storage
        self.done: list[str] = []
        self.is_stuck = is_stuck
        self._told: list[asyncio.Task[None]] = []
        self.inbox = Inbox(
            storage,
            HandClock(),
            self._handle,
            translators={"test": self._translate},
            overtakes=lambda event: event.text == "/end",
            is_shared=storage.is_shared,
        )

    async def beat(self, seconds: float = 60.0) -> None:
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        await self.storage.write(lambda work: work.claims.beat(until))

    def hear(self, lane: str) -> None:
        """What a notice does in the app."""
        self._told.append(asyncio.create_task(self.inbox.refresh(lane)))

    async def aclose(self) -> None:
        await asyncio.gather(*self._told)
        await self.inbox.lanes.aclose()

    async def _handle(self, event: Incoming, _: asyncio.Event) -> None:
        if self.is_stuck:
            await asyncio.Event().wait()

        def unit(work: Work) -> None:
            if not work.inbox.done(event.key, HandClock().now()):
                raise AlreadyDone

        await self.storage.write(unit)
        self.done.append(event.key.removeprefix("test:"))

    @staticmethod
    def _translate(body: Mapping[str, object]) -> Incoming | None:
        return None if body["text"] == "from a newer version" else translate(body)


async def until_empty(storage: SqlStorage) -> None:
    async with asyncio.timeout(60):
        while await storage.read(lambda work: work.inbox.count_waiting()):  # noqa: ASYNC110 - rows
            await asyncio.sleep(0.01)


@pytest.fixture
async def process(storage: SqlStorage) -> AsyncIterator[Process]:
    running = Process(storage)
    await running.beat()
    yield running
    await running.aclose()


async def test_an_event_is_stored_before_it_is_confirmed_and_handled_after(
    process: Process,
) -> None:
    process.is_stuck = True
    await process.inbox.receive([an_event(1)])
    assert await process.storage.read(lambda work: work.inbox.count_waiting()) == 1


async def test_events_are_handled_once_however_often_they_come(process: Process) -> None:
    for _ in range(3):
        await process.inbox.receive([an_event(1), an_event(2), an_event(1)])
    await process.inbox.settle(["test:1", "test:2"])
    await process.inbox.receive([an_event(1), an_event(2)])
    await process.inbox.settle(["test:1", "test:2"])
    assert process.done == ["1", "2"]


async def test_each_lane_keeps_its_order(process: Process) -> None:
    events = [an_event(f"{person}-{n}", str(person)) for n in range(10) for person in range(5)]
    for start in range(0, len(events), 7):
        await process.inbox.receive(events[start : start + 7])
    await process.inbox.settle([event.incoming.key for event in events])
    for person in range(5):
        mine = [key for key in process.done if key.startswith(f"{person}-")]
        assert mine == [f"{person}-{n}" for n in range(10)]


async def test_an_end_that_waits_is_a_durable_mark_on_its_lane(process: Process) -> None:
    process.is_stuck = True
    await process.inbox.receive([an_event(1)])
    assert not await process.inbox.is_overtaken("test:7")
    await process.inbox.receive([an_event(2, text="/end")])
    assert await process.inbox.is_overtaken("test:7")


async def test_after_a_crash_everything_that_waited_is_handled_ends_first(
    database_url: str, keyring: Keyring
) -> None:
    dead_storage = open_storage(database_url, keyring, Instance())
    await dead_storage.open()
    dead = Process(dead_storage, is_stuck=True)
    await dead.beat(seconds=-1)
    await dead.inbox.receive([an_event(n) for n in range(3)])
    await dead.inbox.receive([an_event("end", text="/end"), an_event("ben", "8")])
    await dead_storage.aclose()

    storage = open_storage(database_url, keyring, Instance())
    await storage.open()
    fresh = Process(storage)
    await fresh.beat()
    assert await fresh.inbox.recover() == 5
    await until_empty(storage)
    assert [key for key in fresh.done if key != "ben"] == ["end", "0", "1", "2"]
    assert await fresh.inbox.recover() == 0
    await fresh.aclose()
    await storage.aclose()
    await dead.aclose()


async def test_an_event_nobody_here_can_read_is_left_and_stops_no_other(process: Process) -> None:
    dead = [an_event(1, text="from a newer version"), an_event(2)]
    add = process.storage.write
    await add(lambda work: [work.inbox.add(e, HandClock().now(), overtakes=False) for e in dead])
    await process.inbox.recover()
    await process.inbox.settle(["test:2"])
    assert process.done == ["2"]
    assert await process.storage.read(lambda work: work.inbox.is_waiting("test:1"))
    await process.inbox.receive([an_event(3)])
    await process.inbox.settle(["test:3"])
    assert process.done == ["2", "3"]


@pytest.fixture
async def pair(postgres, keyring: Keyring) -> AsyncIterator[list[Process]]:  # type: ignore[no-untyped-def] # its values say it
    """Two processes on one PostgreSQL; what one commits for the other's lanes is told to it."""
    url = postgres.fresh_url()
    both = [Process(PostgresStorage(url, keyring, Instance())) for _ in range(2)]

    def tell_all(signals: list[Signal]) -> None:
        for signal in signals:
            for process in both:
                process.hear(str(signal.lane))

    for process in both:
        await process.storage.open()
        process.storage.on_commit(tell_all)
        await process.beat()
    yield both
    for process in both:
        await process.aclose()
    for process in both:
        await process.storage.aclose()


async def test_two_processes_handle_every_event_once_and_each_lane_in_order(
    pair: list[Process],
) -> None:
    order: dict[str, list[str]] = defaultdict(list)
    for process in pair:
        process.done = _Shared(order)  # type: ignore[assignment] # a double for one method

    async def person(name: str) -> None:
        for n in range(12):  # each event of a person comes in at the other process
            await pair[n % 2].inbox.receive([an_event(f"{name}-{n}", name)])

    await asyncio.gather(*(person(str(n)) for n in range(8)))
    await until_empty(pair[0].storage)
    assert order == {str(p): [f"{p}-{n}" for n in range(12)] for p in range(8)}


class _Shared(list[str]):
    """Collects what both processes did, by person, in the order it was committed."""

    def __init__(self, order: dict[str, list[str]]) -> None:
        self._order = order

    def append(self, key: str) -> None:
        self._order[key.split("-")[0]].append(key)


async def test_the_same_update_at_two_processes_at_once_is_one_event(pair: list[Process]) -> None:
    batch = [an_event(n, str(n % 4)) for n in range(20)]
    await asyncio.gather(*(process.inbox.receive(batch) for process in pair))
    await until_empty(pair[0].storage)
    assert sorted(pair[0].done + pair[1].done) == sorted(str(n) for n in range(20))


async def test_a_living_process_keeps_its_lane_and_a_dead_one_loses_it(
    pair: list[Process],
) -> None:
    holder, other = pair
    holder.is_stuck = True
    await holder.inbox.receive([an_event(1)])
    assert await other.inbox.recover() == 0
    await holder.beat(seconds=-1)
    assert await other.inbox.recover() == 1
    await until_empty(other.storage)
    assert other.done == ["1"]
    holder.is_stuck = False


async def test_an_older_event_of_a_dead_process_comes_before_a_new_one(
    pair: list[Process],
) -> None:
    dead, other = pair
    dead.is_stuck = True
    await dead.inbox.receive([an_event(1)])
    await dead.beat(seconds=-1)
    await other.inbox.receive([an_event(2)])
    await until_empty(other.storage)
    assert other.done == ["1", "2"]


async def test_an_idle_lane_belongs_to_nobody(pair: list[Process]) -> None:
    first, second = pair
    await first.inbox.receive([an_event(1)])
    await first.inbox.settle(["test:1"])
    while first.inbox.lanes.is_running("test:7"):  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.005)
    await second.inbox.receive([an_event(2)])
    await second.inbox.settle(["test:2"])
    assert second.done == ["2"]


async def test_looking_for_what_waits_claims_no_lane_that_is_done(pair: list[Process]) -> None:
    first, second = pair
    await first.inbox.receive([an_event(1, text="from a newer version")])
    await first.inbox.recover()
    await first.inbox.recover()
    await second.beat()
    claimed = await second.storage.write(lambda work: work.claims.take("test:7", datetime.now(UTC)))
    assert claimed


async def test_a_flood_of_one_person_does_not_hold_up_another(process: Process) -> None:
    flood = [an_event(f"flood {n}", "ana") for n in range(300)]
    await process.inbox.receive(flood)
    await process.inbox.receive([an_event("ben", "ben")])
    await process.inbox.settle(["test:ben"])
    assert len(process.done) < 100
    await until_empty(process.storage)
    assert len(process.done) == 301


async def test_a_lane_of_more_events_than_one_look_takes_is_handled_to_its_end(
    pair: list[Process],
) -> None:
    events = [an_event(n) for n in range(130)]
    await pair[0].inbox.receive(events)
    await until_empty(pair[0].storage)
    assert pair[0].done == [str(n) for n in range(130)]
