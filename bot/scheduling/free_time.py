"""What of a teacher's time is free, with the bookings there are."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core.timespan import Timespan
from bot.scheduling.availability import slots
from bot.scheduling.model import Booking
from bot.scheduling.ports import BookingWork
from bot.scheduling.schedule import Schedule

MINUTE = timedelta(minutes=1)
_NEAREST = 3
_LOOKED_AT = (timedelta(days=1), timedelta(days=7))


def free_slots(
    work: BookingWork,
    schedule: Schedule,
    length: timedelta,
    now: datetime,
    within: Timespan | None = None,
    besides: Booking | None = None,
) -> Sequence[Timespan]:
    """What can be booked, in order; `besides`: as if this booking took no time."""
    window = within or Timespan.of(now, max(schedule.horizon, MINUTE))
    around = window.widened(schedule.buffer, length + schedule.buffer)
    taken = [
        Timespan(each.starts_at, each.open_until)
        for each in work.bookings.claiming(schedule.teacher_id, around)
        if besides is None or each.id != besides.id
    ]
    taken += work.engagements.conversations(schedule.teacher_id, around)
    return slots(schedule, taken, length=length, now=now, within=within)


def is_free(
    work: BookingWork,
    schedule: Schedule,
    span: Timespan,
    now: datetime,
    besides: Booking | None = None,
) -> bool:
    """Whether exactly this span can be booked."""
    within = Timespan.of(span.start, MINUTE)
    return span in free_slots(work, schedule, span.length, now, within, besides)


def nearest(
    work: BookingWork,
    schedule: Schedule,
    wanted: Timespan,
    now: datetime,
    besides: Booking | None = None,
) -> tuple[Timespan, ...]:
    """The free slots closest to a span that is taken, in order; few or none where all is full."""
    for reach in _LOOKED_AT:
        within = wanted.widened(reach, reach)
        found = free_slots(work, schedule, wanted.length, now, within, besides)
        if len(found) >= _NEAREST:
            break
    closest = sorted(found, key=lambda span: abs(span.start - wanted.start))[:_NEAREST]
    return tuple(sorted(closest))


def next_free(
    work: BookingWork, schedule: Schedule, length: timedelta, now: datetime
) -> datetime | None:
    """When the first slot of this length starts; None: nothing is free."""
    for reach in (*_LOOKED_AT, schedule.horizon):
        within = Timespan.of(now + schedule.notice, max(reach, MINUTE))
        found = free_slots(work, schedule, length, now, within)
        if found:
            return found[0].start
    return None
