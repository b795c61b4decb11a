"""From hours, exceptions, bookings and a calendar to what can be booked."""

from datetime import UTC, date, datetime, timedelta

from bot.core.timespan import Timespan
from bot.scheduling.availability import Schedule, slots
from bot.scheduling.schedule import AvailabilityRule, DateException, Hours

_HOUR = timedelta(hours=1)
_NOW = datetime(2026, 6, 1, tzinfo=UTC)  # a Monday


def a_schedule(**changes: object) -> Schedule:
    """Mondays and Tuesdays from 9 to 11 in Madrid, two hours ahead of UTC in June."""
    values: dict[str, object] = {
        "teacher_id": "ana",
        "zone": "Europe/Madrid",
        "rules": tuple(AvailabilityRule(day, Hours(9 * 60, 11 * 60)) for day in (0, 1)),
        "notice": timedelta(0),
        "horizon": timedelta(days=7),
    }
    return Schedule(**{**values, **changes})  # type: ignore[arg-type] # one dict, many types


def _starts(schedule: Schedule, *taken: Timespan, **changes: object) -> list[str]:
    """As a clock in UTC shows them: "1 07:15"."""
    wish: dict[str, object] = {"length": _HOUR, "now": _NOW, **changes}
    found = slots(schedule, taken, **wish)  # type: ignore[arg-type] # one dict, many types
    return [f"{slot.start.day} {slot.start:%H:%M}" for slot in found]


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


_MONDAY = ["1 07:00", "1 07:15", "1 07:30", "1 07:45", "1 08:00"]
_TUESDAY = ["2 07:00", "2 07:15", "2 07:30", "2 07:45", "2 08:00"]


def test_lessons_start_on_every_quarter_hour_of_the_weekly_hours() -> None:
    assert _starts(a_schedule()) == _MONDAY + _TUESDAY


def test_a_lesson_longer_than_the_hours_has_no_slot() -> None:
    assert _starts(a_schedule(), length=timedelta(hours=3)) == []


def test_hours_that_touch_are_one_even_over_midnight() -> None:
    rules = (AvailabilityRule(0, Hours(23 * 60, 24 * 60)), AvailabilityRule(1, Hours(0, 60)))
    found = _starts(a_schedule(rules=rules), length=timedelta(hours=2))
    assert found == ["1 21:00"]


def test_hours_off_the_quarter_start_at_the_next_one() -> None:
    rules = (AvailabilityRule(0, Hours(9 * 60 + 10, 10 * 60 + 20)),)
    assert _starts(a_schedule(rules=rules)) == ["1 07:15"]


def test_what_is_booked_is_gone_with_the_buffer_around_it() -> None:
    booked = Timespan(_at(1, 8), _at(1, 9))
    assert _starts(a_schedule(), booked) == ["1 07:00", *_TUESDAY]
    assert _starts(a_schedule(buffer=timedelta(minutes=15)), booked) == _TUESDAY
    later = Timespan(_at(1, 9), _at(1, 10))  # after the hours; the break before it is not
    assert _starts(a_schedule(buffer=timedelta(minutes=15)), later) == _MONDAY[:-1] + _TUESDAY


def test_what_stands_in_the_calendar_is_gone() -> None:
    busy = (Timespan(_at(1, 0), _at(2, 7, 20)),)
    assert _starts(a_schedule(busy=busy)) == _TUESDAY[2:]


def test_notice_and_horizon_count_from_this_moment() -> None:
    at_eight = _at(1, 6, 20)
    assert _starts(a_schedule(notice=_HOUR), now=at_eight)[0] == "1 07:30"
    assert _starts(a_schedule(horizon=timedelta(days=1)), now=at_eight) == _MONDAY
    assert _starts(a_schedule(horizon=_HOUR, notice=_HOUR * 2), now=at_eight) == []


def test_only_slots_that_start_in_the_asked_time_are_found() -> None:
    within = Timespan(_at(1, 7, 30), _at(1, 8))
    assert _starts(a_schedule(), within=within) == ["1 07:30", "1 07:45"]
    assert _starts(a_schedule(), within=Timespan(_at(20, 0), _at(21, 0))) == []


def test_a_teacher_is_away_on_both_ends_and_between() -> None:
    away = DateException(date(2026, 5, 30), date(2026, 6, 1))
    assert _starts(a_schedule(exceptions=(away,))) == _TUESDAY


def test_other_hours_replace_and_more_hours_add() -> None:
    monday, wednesday = date(2026, 6, 1), date(2026, 6, 3)
    only = DateException(monday, monday, (Hours(9 * 60, 10 * 60),))
    extra = DateException(wednesday, wednesday, (Hours(12 * 60, 13 * 60),), is_extra=True)
    assert _starts(a_schedule(exceptions=(only, extra))) == ["1 07:00", *_TUESDAY, "3 10:00"]


def test_what_was_said_last_counts() -> None:
    monday = date(2026, 6, 1)
    away = DateException(monday, monday)
    only = DateException(monday, monday, (Hours(9 * 60, 10 * 60),))
    assert _starts(a_schedule(exceptions=(only, away))) == _TUESDAY
    assert _starts(a_schedule(exceptions=(away, only))) == ["1 07:00", *_TUESDAY]


def test_nothing_said_is_nothing_to_book() -> None:
    schedule = a_schedule(rules=())
    assert not schedule.is_open
    assert _starts(schedule) == []
