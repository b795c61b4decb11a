"""Whatever people do in whatever order: seats, money and news are what the oracle says."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from bot.core.errors import DomainError
from bot.live.model import LiveConversation, Stay
from bot.live.seating import EXPIRE_JOB
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.seats_floor import TOMORROW, Floor, a_conversation
from tests.seats_oracle import Oracle

NAMES = tuple("abcdefgh")
STEPS = 45
LEASE = timedelta(minutes=1)
HISTORIES = 20  # on each engine


@pytest.fixture(params=[HISTORIES, pytest.param(500, marks=pytest.mark.soak)])
def histories(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.mark.timeout(3600)
async def test_random_histories_end_as_the_oracle_says(storage: SqlStorage, histories: int) -> None:
    floor = Floor(storage)
    await floor.people("host", *NAMES)
    for seed in range(histories):
        await History(floor, seed).run()


class History:
    """One conversation's life, chosen by a seed."""

    def __init__(self, floor: Floor, seed: int) -> None:
        self.floor = floor
        self.chance = random.Random(seed)
        self.seed = seed
        self.steps: list[str] = []
        self.refunds: defaultdict[str, list[int]] = defaultdict(list)

    async def run(self) -> None:
        await self._plan()
        for _ in range(STEPS):
            if self.oracle.state in {"completed", "cancelled"}:
                break
            await self._step()
            await self._compare()

    async def _plan(self) -> None:
        chance, clock = self.chance, self.floor.clock
        clock.move(days=3)  # what the history before this one promised is over
        await self.floor.do(partial(run_due, self.floor))
        self.floor.changes.clear()
        start = clock.at + chance.choice((timedelta(hours=2), timedelta(hours=30)))
        seats, price = chance.choice((1, 2, 3)), chance.choice((0, 999, 1500))
        self.floor.plans.covered = set(chance.sample(NAMES, 2))
        self.floor.plans.used.clear()
        self.floor.stays.clear()
        self.id = (
            await self.floor.add(a_conversation(starts_at=start, seats=seats, price_minor=price))
        ).id
        covered = frozenset(self.floor.plans.covered)
        self.oracle = Oracle(clock.at, start, seats, price, covered)

    async def _step(self) -> None:
        common = (self._book, self._book, self._book, self._leave, self._accept, self._pay)
        rare = (self._fail, self._remove, self._wait, self._wait, self._widen, self._move)
        last = (self._begin, self._end, self._call_off)
        pool = self.chance.choices((common, rare, last), (70, 26, 4))[0]
        step = self.chance.choice(pool)
        name = self.chance.choice(NAMES)
        self.steps.append(f"{step.__name__} {name}")
        await step(name)

    async def _book(self, name: str) -> None:
        seats = self.floor.seats
        await self._same(lambda work: seats.book(work, self.id, name), self.oracle.book(name))

    async def _leave(self, name: str) -> None:
        seats = self.floor.seats
        await self._same(lambda work: seats.leave(work, self.id, name), self.oracle.leave(name))

    async def _accept(self, name: str) -> None:
        seats = self.floor.seats
        done = self.oracle.accept(name)
        await self._same(lambda work: seats.confirm_offer(work, self.id, name), done)

    async def _remove(self, name: str) -> None:
        seats = self.floor.seats
        done = self.oracle.remove(name)
        await self._same(lambda work: seats.remove(work, self.id, name, "host"), done)

    async def _pay(self, name: str) -> None:
        """Twice, as vendors tell it."""
        self.oracle.pay(name)
        for _ in range(2):
            await self._of_seat(name, self.floor.seats.paid)

    async def _fail(self, name: str) -> None:
        self.oracle.fail(name)
        await self._of_seat(name, self.floor.seats.payment_failed)

    async def _wait(self, _: str) -> None:
        by = timedelta(minutes=self.chance.choice((7, 31, 90, 400)))
        self.floor.clock.at += by
        self.oracle.wait(by)
        await self.floor.do(partial(run_due, self.floor))

    async def _widen(self, _: str) -> None:
        if self.oracle.is_open:
            seats = self.oracle.seats + 1
            self.oracle.widen(seats)
            planning = self.floor.planning
            await self.floor.do(lambda work: planning.revise(work, self.id, "host", seats=seats))

    async def _move(self, _: str) -> None:
        if not self.oracle.is_open:
            return
        start = self.floor.clock.at + timedelta(minutes=self.chance.choice((20, 300, 2000)))
        end = start + timedelta(hours=1)
        self.oracle.move(start)
        planning = self.floor.planning
        await self.floor.do(lambda work: planning.move(work, self.id, "host", start, end))

    async def _begin(self, _: str) -> None:
        is_time = self.oracle.start - timedelta(minutes=15) <= self.floor.clock.at
        if self.oracle.state != "scheduled" or not is_time:
            return
        if self.floor.clock.at >= self.oracle.start + timedelta(hours=1):
            return
        self.oracle.begin()
        await self.floor.do(lambda work: self.floor.course.start(work, self.id, "host"))

    async def _end(self, _: str) -> None:
        if self.oracle.state != "live":
            return
        present = set(self.chance.sample(NAMES, 4))
        stay = Stay(TOMORROW, TOMORROW + timedelta(minutes=50), 3000.0)
        self.floor.stays.update(dict.fromkeys(present, stay))
        self.oracle.end(present)
        await self.floor.do(lambda work: self.floor.course.complete(work, self.id, "host"))

    async def _call_off(self, _: str) -> None:
        if self.oracle.is_open:
            self.oracle.call_off()
            await self.floor.do(lambda work: self.floor.planning.cancel(work, self.id, "host"))

    async def _of_seat(self, name: str, act: Callable[[Work, str], object]) -> None:
        def unit(work: Work) -> None:
            seat = work.live.seats.find_of(self.id, name)
            act(work, "gone" if seat is None else seat.id)

        await self.floor.do(unit)

    async def _same(self, unit: Callable[[Work], object], is_done: bool) -> None:
        """It works where the oracle says so, and is refused by a rule where not."""
        try:
            await self.floor.do(unit)
        except DomainError:
            assert not is_done, self._story()
        else:
            assert is_done, self._story()

    async def _compare(self) -> None:
        def query(work: Work) -> tuple[LiveConversation, dict[str, tuple[object, ...]]]:
            seats = work.live.seats.of_conversation(self.id)
            stories = {
                seat.user_id: (
                    seat.status,
                    seat.payment,
                    seat.until,
                    work.live.seats.place_in_line(seat),
                    seat.refunded_minor,
                    self.floor.plans.used[seat.id],
                )
                for seat in seats
            }
            return work.live.conversations.get(self.id), stories

        conversation, stories = await self.floor.storage.read(query)
        line = self.oracle.line
        wanted = {
            name: (
                guest.state,
                guest.payment,
                guest.until,
                line.index(name) + 1 if name in line else 0,
                guest.returned,
                guest.plan_used,
            )
            for name, guest in self.oracle.guests.items()
            if guest.state != "none"
        }
        assert stories == wanted, self._story()
        assert conversation.taken == self.oracle.taken <= conversation.seats, self._story()
        for change in self.floor.changes:
            if change.refund is not None:
                refunds = self.refunds[change.seat.user_id]
                refunds.append(change.refund.minor)
        returned = {name: sum(minors) for name, minors in self.refunds.items()}
        assert returned == self.oracle.returned, self._story()
        assert Counter(self.floor.told()) == self.oracle.told, self._story()
        self.oracle.told.clear()

    def _story(self) -> str:
        return f"seed {self.seed}: {', '.join(self.steps)}"


def run_due(floor: Floor, work: Work) -> None:
    """Everything that was promised for until now."""
    now = floor.clock.at
    for job in work.jobs.claim(now, now, LEASE, 100, (EXPIRE_JOB,)):
        floor.course.jobs()[job.kind](work, job)
        work.jobs.finish(job.id, now)
