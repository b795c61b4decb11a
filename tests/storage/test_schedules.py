"""Teachers' hours on both engines."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.core.errors import NotFound
from bot.core.timespan import Timespan
from bot.scheduling.schedule import AvailabilityRule, DateException, Feed, Hours, Schedule
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.storage.test_teacher_rows import a_user

_NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def a_full_schedule(teacher_id: str) -> Schedule:
    day = date(2026, 12, 24)
    return Schedule(
        teacher_id=teacher_id,
        zone="America/Bogota",
        rules=(AvailabilityRule(0, Hours(540, 720)), AvailabilityRule(6, Hours(0, 1440))),
        exceptions=(
            DateException(day, day + timedelta(days=9)),
            DateException(day, day, (Hours(600, 660),), is_extra=True),
        ),
        busy=(Timespan.of(_NOON, timedelta(hours=1)),),
        feed=Feed(
            url="https://calendar.test/CANARY.ics", due_at=_NOON, read_at=_NOON, trouble="gone"
        ),
        notice=timedelta(hours=1),
        horizon=timedelta(days=14),
        buffer=timedelta(minutes=10),
    )


async def test_a_schedule_comes_back_as_it_was_stored(storage: SqlStorage) -> None:
    ana = a_user()
    schedule = a_full_schedule(ana.id)

    def add(work: Work) -> None:
        work.users.add(ana)
        work.schedules.add(schedule)

    await storage.write(add)
    assert await storage.read(lambda work: work.schedules.find(ana.id)) == schedule
    assert await storage.read(lambda work: work.schedules.get(ana.id)) == schedule
    assert await storage.read(lambda work: work.schedules.find(schedule.id)) is None
    with pytest.raises(NotFound):
        await storage.read(lambda work: work.schedules.get(schedule.id))


async def test_the_calendar_of_a_teacher_is_not_readable_in_the_database(
    storage: SqlStorage,
) -> None:
    ana = a_user()

    def add(work: Work) -> str:
        work.users.add(ana)
        work.schedules.add(a_full_schedule(ana.id))
        row = work._connection.execute(text("SELECT * FROM schedules")).one()
        return repr(tuple(row))

    stored = await storage.write(add)
    assert "CANARY" not in stored
    assert "2026-06-01" not in stored


@pytest.mark.parametrize("has_own", [False, True])
async def test_of_two_people_who_are_one_the_hours_that_stay_are_open(
    storage: SqlStorage, has_own: bool
) -> None:
    ana, spare = a_user(), a_user("Ana too")

    def unit(work: Work) -> Schedule | None:
        work.users.add(ana)
        work.users.add(spare)
        work.schedules.add(a_full_schedule(spare.id))
        own = Schedule(teacher_id=ana.id, zone="Asia/Tokyo")
        if has_own:
            own = work.schedules.add(a_full_schedule(ana.id))
        else:
            work.schedules.add(own)
        work.schedules.move_of_user(spare.id, ana.id)
        assert work.schedules.find(spare.id) is None
        kept = work.schedules.get(ana.id)
        assert (kept.id == own.id) is has_own
        return kept

    kept = await storage.write(unit)
    assert kept is not None
    assert kept.rules == a_full_schedule(ana.id).rules
    assert kept.feed == a_full_schedule(ana.id).feed


async def test_hours_leave_with_their_teacher(storage: SqlStorage) -> None:
    ana = a_user()

    def unit(work: Work) -> None:
        work.users.add(ana)
        work.schedules.add(a_full_schedule(ana.id))
        work.schedules.remove_of_user(ana.id)
        assert work.schedules.find(ana.id) is None

    await storage.write(unit)
