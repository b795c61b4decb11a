"""The demo's clock: what becomes due on its way is done at its time."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.cli.demo_time import DemoClock

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
A_MOMENT = timedelta(seconds=30)  # what a slow machine may add


@dataclass
class Diary:
    """Implements `Promises`: what is due, and when it was kept, in minutes after the start."""

    clock: DemoClock
    start: datetime
    due: list[int]
    stuck: bool = False
    kept: list[int] = field(default_factory=list)

    async def next_due(self) -> datetime | None:
        return self.start + self.due[0] * MINUTE if self.due else None

    async def next_news(self) -> datetime | None:
        return await self.next_due()

    async def keep(self) -> None:
        passed = round((self.clock.now() - self.start) / MINUTE)
        if not self.stuck:
            self.kept += [passed for each in self.due if each <= passed]
            self.due = [each for each in self.due if each > passed]


def a_diary(*due: int, stuck: bool = False) -> Diary:
    clock = DemoClock()
    diary = Diary(clock, clock.now(), list(due), stuck)
    clock.follow(diary)
    return diary


def passed(diary: Diary) -> timedelta:
    return diary.clock.now() - diary.start


async def test_a_days_jump_stops_at_everything_that_becomes_due():
    diary = a_diary(-5, 10, 60, 1430, 1500)
    await diary.clock.advance(DAY)
    assert (diary.kept, diary.due) == ([0, 10, 60, 1430], [1500])
    assert DAY <= passed(diary) < DAY + A_MOMENT


async def test_it_goes_to_what_happens_next():
    diary = a_diary(90, 600)
    assert await diary.clock.advance_to_next()
    assert (diary.kept, diary.due) == ([90], [600])
    assert 90 * MINUTE <= passed(diary) < 90 * MINUTE + A_MOMENT


async def test_where_nothing_is_waiting_it_stays():
    diary = a_diary()
    assert not await diary.clock.advance_to_next()
    assert passed(diary) < A_MOMENT


@pytest.mark.parametrize("due", [-5, 10])
async def test_what_cannot_be_done_holds_nobody_up(due: int):
    diary = a_diary(due, stuck=True)
    await diary.clock.advance(DAY)
    assert passed(diary) >= DAY


async def test_it_can_be_moved_before_there_is_anything_to_keep():
    clock = DemoClock()
    before = clock.now()
    await clock.advance(DAY)
    assert not await clock.advance_to_next()
    assert clock.now() - before >= DAY
