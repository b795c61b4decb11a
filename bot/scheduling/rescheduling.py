"""Another time for a lesson: proposed, accepted, declined, or found anew after a zone changed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.timespan import Timespan
from bot.core.zone_data import replanned, wall_time, zone_data_version
from bot.scheduling.changes import record
from bot.scheduling.free_time import is_free, nearest
from bot.scheduling.model import (
    Booking,
    BookingAction,
    BookingStatus,
    IllegalTransition,
    SlotTaken,
)
from bot.scheduling.policy import LessonPolicy
from bot.scheduling.ports import BookingWork
from bot.scheduling.reminders import MEETING_CHANGE, lesson_job, planned_jobs


class Rescheduling:
    """Every method writes the booking, its history and its promises in the caller's unit."""

    def __init__(self, policy: LessonPolicy) -> None:
        self._policy = policy

    def propose(
        self, work: BookingWork, booking: Booking, actor_id: str, start: datetime, now: datetime
    ) -> Booking:
        """Ask the other one to have the lesson at another time. Raises SlotTaken."""
        self.check_movable(booking, actor_id, now)
        self._check_move(work, booking, start, now)
        asked = work.bookings.save(replace(booking, proposed_by=actor_id, proposed_start=start))
        record(work, booking, asked, BookingAction.PROPOSED, actor_id, now)
        return asked

    def accept(self, work: BookingWork, booking: Booking, actor_id: str, now: datetime) -> Booking:
        """The other one agrees: the lesson moves. Raises SlotTaken, with nothing changed."""
        start = self._check_answer(booking, actor_id, now)
        self._check_move(work, booking, start, now)
        return self._move(work, booking, start, BookingAction.RESCHEDULED, actor_id, now)

    def decline(self, work: BookingWork, booking: Booking, actor_id: str, now: datetime) -> Booking:
        """The other one would rather not: everything stays as it was."""
        self._check_answer(booking, actor_id, now)
        kept = work.bookings.save(replace(booking, proposed_by=None, proposed_start=None))
        record(work, booking, kept, BookingAction.DECLINED, actor_id, now)
        return kept

    def outdated(self, work: BookingWork, now: datetime) -> Sequence[Booking]:
        """Future lessons whose instant was found with other zone data than today's."""
        return work.bookings.planned_with(now, zone_data_version())

    def replan(self, work: BookingWork, booking: Booking, now: datetime) -> Booking | None:
        """After a change of the zone data: the teacher's wall clock wins; None: nothing moved.

        A lesson that cannot move, because the other instant is taken, stays where it is.
        """
        start = replanned(booking.wall_time, booking.zone, booking.starts_at)
        current = replace(booking, tz_version=zone_data_version())
        if start is None or start <= now:
            work.bookings.save(current)
            return None
        try:
            return self._move(work, current, start, BookingAction.REPLANNED, None, now)
        except SlotTaken:
            work.bookings.save(
                replace(current, wall_time=wall_time(booking.starts_at, booking.zone))
            )
            return None

    def check_movable(self, booking: Booking, actor_id: str, now: datetime) -> None:
        """Raises IllegalTransition."""
        is_open = booking.status is BookingStatus.CONFIRMED and now < booking.starts_at
        if not booking.has(actor_id) or not is_open:
            raise IllegalTransition

    def _check_answer(self, booking: Booking, actor_id: str, now: datetime) -> datetime:
        """The proposed start, if it is this person who has to answer."""
        self.check_movable(booking, actor_id, now)
        if booking.proposed_start is None or booking.proposed_by == actor_id:
            raise IllegalTransition
        return booking.proposed_start

    def _check_move(
        self, work: BookingWork, booking: Booking, start: datetime, now: datetime
    ) -> None:
        schedule = work.schedules.find(booking.teacher_id)
        span = Timespan.of(start, booking.length)
        if schedule is None:
            raise SlotTaken
        if not is_free(work, schedule, span, now, booking):
            raise SlotTaken(nearest(work, schedule, span, now, besides=booking))

    def _move(
        self,
        work: BookingWork,
        booking: Booking,
        start: datetime,
        action: BookingAction,
        actor_id: str | None,
        now: datetime,
    ) -> Booking:
        moved = work.bookings.save(
            replace(
                booking,
                starts_at=start,
                ends_at=start + booking.length,
                wall_time=wall_time(start, booking.zone),
                tz_version=zone_data_version(),
                proposed_by=None,
                proposed_start=None,
                notices={},
            )
        )
        record(work, booking, moved, action, actor_id, now)
        work.jobs.put(lesson_job(moved, MEETING_CHANGE, now))
        work.jobs.put(*planned_jobs(moved, self._policy, now))
        return moved
