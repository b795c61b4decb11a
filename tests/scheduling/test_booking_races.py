"""Many want one hour: the constraints decide, one gets it, and nobody hears of a database."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest

from bot.core.errors import Stale
from bot.core.timespan import Timespan
from bot.scheduling.lesson_service import LessonService
from bot.scheduling.model import QUARTER, Booking, SlotTaken
from bot.scheduling.policy import LessonPolicy
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.booking_stage import FIRST, SERVICE, hold, settle_in
from tests.message_builders import NOW

COURSE = LessonService(LessonPolicy())
CALLERS = 200
TRIALS = 15  # for one slot and for overlapping spans, on each engine


@pytest.fixture(params=[TRIALS, pytest.param(500, marks=pytest.mark.soak)])
def trials(request: pytest.FixtureRequest) -> int:
    return int(request.param)


async def test_of_two_hundred_who_want_one_slot_one_gets_it(
    storage: SqlStorage, trials: int
) -> None:
    students = await settled(storage)
    for trial in range(trials):
        start = NOW.replace(hour=8) + timedelta(days=1 + trial % 28, hours=1)
        outcomes = await everybody(storage, [(name, start, 60) for name in students])
        taken = refusals(outcomes)
        assert technical_errors(outcomes) == []
        assert len(winners(outcomes)) == 1
        assert len(taken) == CALLERS - 1
        assert all(each.nearest for each in taken)
        await storage.write(partial(release, names=students))


async def test_overlapping_spans_never_share_a_quarter_hour(
    storage: SqlStorage, trials: int
) -> None:
    students = await settled(storage)
    chance = random.Random(7)
    for _ in range(trials):
        wanted = [
            (name, FIRST + chance.randrange(8) * QUARTER, chance.choice((30, 60)))
            for name in students
        ]
        outcomes = await everybody(storage, wanted)
        spans = sorted(each.booked for each in winners(outcomes))
        assert technical_errors(outcomes) == []
        assert spans
        assert not any(a.overlaps(b) for a, b in pairwise(spans))
        await storage.write(partial(release, names=students))


async def test_two_teachers_who_book_each_other_at_one_time_do_not_block_each_other(
    storage: SqlStorage, trials: int
) -> None:
    def two(work: Work) -> None:
        settle_in(work, teacher="ana")
        settle_in(work, teacher="ben")

    await storage.write(two)
    for trial in range(trials):
        start = FIRST + (trial % 20) * QUARTER
        outcomes = await asyncio.gather(
            *(
                storage.write(partial(hold, student=me, start=start, teacher=other))
                for me, other in (("ana", "ben"), ("ben", "ana")) * 5
            ),
            return_exceptions=True,
        )
        assert winners(outcomes)
        assert technical_errors(outcomes) == []
        await storage.write(partial(release, names=("ana", "ben")))


async def settled(storage: SqlStorage) -> Sequence[str]:
    names = [f"s{number:03d}" for number in range(CALLERS)]
    await storage.write(lambda work: settle_in(work, *names))
    return names


async def everybody(
    storage: SqlStorage, wanted: Sequence[tuple[str, datetime, int]]
) -> Sequence[Booking | BaseException]:
    return await asyncio.gather(
        *(
            storage.write(partial(hold, student=name, start=start, minutes=minutes))
            for name, start, minutes in wanted
        ),
        return_exceptions=True,
    )


def winners(outcomes: Sequence[object]) -> list[Booking]:
    return [each for each in outcomes if isinstance(each, Booking)]


def refusals(outcomes: Sequence[object]) -> list[SlotTaken]:
    return [each for each in outcomes if isinstance(each, SlotTaken)]


def technical_errors(outcomes: Sequence[object]) -> list[object]:
    return [each for each in outcomes if not isinstance(each, Booking | SlotTaken)]


def release(work: Work, names: Sequence[str]) -> None:
    for name in names:
        for held in work.bookings.held_by(name):
            SERVICE.expire(work, held, NOW)
    assert not work.bookings.claiming("tea", Timespan(NOW, NOW + timedelta(days=40)))


async def test_two_lessons_at_one_time_of_what_became_one_person_both_go_on(
    storage: SqlStorage,
) -> None:
    def unit(work: Work) -> tuple[Booking, Booking]:
        settle_in(work, "ana", "ann")
        settle_in(work, teacher="tom")
        first = SERVICE.confirm(work, hold(work, "ana"), "ana", NOW)
        second = SERVICE.confirm(work, hold(work, "ann", teacher="tom"), "ann", NOW)
        work.bookings.move_of_user("ann", "ana")
        return first, second

    read_before = await storage.write(unit)

    def begin(work: Work) -> list[Booking]:
        fresh = [work.bookings.get(each.id) for each in read_before]
        return [COURSE.begin(work, each, NOW) for each in fresh]

    begun = await storage.write(begin)
    assert {each.student_id for each in begun} == {"ana"}
    with pytest.raises(Stale):
        await storage.write(lambda work: COURSE.begin(work, read_before[1], NOW))
