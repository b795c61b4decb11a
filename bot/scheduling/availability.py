"""From a teacher's hours and what is taken to the slots that can be booked; pure, in UTC."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, rrule  # type: ignore[import-untyped] # it has no stubs

from bot.core.timespan import Timespan, intersection, subtract, union
from bot.scheduling.schedule import Hours, Schedule

__all__ = ["QUARTER", "Schedule", "free_time", "open_time", "real_time", "slots"]

QUARTER = timedelta(minutes=15)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


def slots(
    schedule: Schedule,
    taken: Sequence[Timespan],
    *,
    length: timedelta,
    now: datetime,
    within: Timespan | None = None,
) -> list[Timespan]:
    """What can be booked, in order: every quarter hour at which `length` is free.

    Args:
        taken: the teacher's bookings; the schedule's buffer is kept before and after them.
        length: of the lesson, more than nothing.
        within: only slots that start in it (they may end after it).
    """
    bookable = Timespan.of(now + schedule.notice, max(schedule.horizon - schedule.notice, _MINUTE))
    starts = bookable if within is None else bookable.overlap(within)
    if starts is None:
        return []
    free = free_time(schedule, taken, Timespan(starts.start, starts.end + length))
    return [
        Timespan.of(start, length)
        for span in free
        for start in _quarters(span.start, min(span.end - length, starts.end - _MINUTE))
    ]


def free_time(
    schedule: Schedule, taken: Sequence[Timespan], within: Timespan
) -> Sequence[Timespan]:
    """The open time of `within` that neither bookings with their buffer nor the calendar take."""
    lessons = [span.widened(schedule.buffer, schedule.buffer) for span in taken]
    return subtract(open_time(schedule, within), [*lessons, *schedule.busy])


def open_time(schedule: Schedule, within: Timespan) -> Sequence[Timespan]:
    """The time of `within` the teacher's hours cover, in order."""
    zone = ZoneInfo(schedule.zone)
    days = rrule(
        DAILY,
        dtstart=_midnight(within.start, zone) - _DAY,  # where a zone skips its midnight or its day
        until=_midnight(within.end, zone) + _DAY,
    )
    spans = [
        span
        for midnight in days
        for hours in schedule.hours_on(midnight.date())
        for span in real_time(midnight, hours, zone)
    ]
    return intersection(union(spans), [within])


def real_time(midnight: datetime, hours: Hours, zone: ZoneInfo) -> Sequence[Timespan]:
    """The instants at which a clock in `zone` shows those hours of that day.

    A time the clock skips is no time. One it shows twice counts when it is shown first, so that
    three hours are never four, and "half past two" is one moment.

    Args:
        midnight: naive, begins the day.
    """
    opens, closes = midnight + hours.opens * _MINUTE, midnight + hours.closes * _MINUTE
    start, end = _instant(opens, zone), _instant(closes, zone)
    if end - start == closes - opens and _wall(end, zone) == closes:
        return [Timespan(start, end)]
    begin = min(start, _instant(opens.replace(fold=1), zone))
    minutes = (max(end, _instant(closes.replace(fold=1), zone)) - begin) // _MINUTE
    walls = (
        (at, at.astimezone(zone)) for at in (begin + number * _MINUTE for number in range(minutes))
    )
    shown = [
        Timespan.of(at, _MINUTE)
        for at, wall in walls
        if not wall.fold and opens <= wall.replace(tzinfo=None) < closes
    ]
    return union(shown)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def _midnight(at: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(_wall(at, zone).date(), time())


def _quarters(first: datetime, last: datetime) -> Iterator[datetime]:
    """Quarter hours from `first` to `last`, both included. Every zone's offset is made of them."""
    at = first + (datetime.min.replace(tzinfo=UTC) - first) % QUARTER
    while at <= last:
        yield at
        at += QUARTER
