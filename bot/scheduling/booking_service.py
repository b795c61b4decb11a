"""From a wish to a lesson: held, confirmed, called off, held again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.accounts.gigs import Gig
from bot.accounts.model import User
from bot.core.errors import DomainError
from bot.core.timespan import Timespan
from bot.core.zone_data import wall_time, zone_data_version
from bot.scheduling.changes import record
from bot.scheduling.free_time import MINUTE, free_slots, is_free, nearest
from bot.scheduling.model import (
    Booking,
    BookingAction,
    BookingStatus,
    IllegalTransition,
    SlotTaken,
)
from bot.scheduling.policy import LessonPolicy, was_cancelled_late
from bot.scheduling.ports import BookingWork
from bot.scheduling.reminders import (
    BILL_JOB,
    EXPIRE_JOB,
    MEETING_CREATE,
    MEETING_REMOVE,
    lesson_job,
    planned_jobs,
)
from bot.scheduling.schedule import Schedule


class CannotBook(DomainError):
    """These two, or this offer, are not for booking; the key says why."""


class BookingService:
    """Every method writes the booking, its history and its promises in the caller's unit."""

    def __init__(self, policy: LessonPolicy) -> None:
        self.policy = policy

    def bookable(self, work: BookingWork, student: User, gig_id: str) -> Gig:
        """The gig, if this person may book it.

        Raises:
            CannotBook: naming what stands in the way.
        """
        if not student.is_registered:
            raise CannotBook("booking.refused.register")
        if student.is_minor:
            raise CannotBook("booking.refused.minor")
        gig = work.gigs.find_listed(gig_id)
        if gig is None:
            raise CannotBook("booking.refused.gig")
        if gig.user_id == student.id:
            raise CannotBook("booking.refused.own")
        return gig

    def free_slots(
        self,
        work: BookingWork,
        teacher_id: str,
        length: timedelta,
        now: datetime,
        within: Timespan | None = None,
        *,
        besides: Booking | None = None,
    ) -> Sequence[Timespan]:
        """What can be booked, in order; `besides`: as if this booking took no time."""
        schedule = work.schedules.find(teacher_id)
        if schedule is None:
            return []
        return free_slots(work, schedule, length, now, within, besides)

    def hold(
        self,
        work: BookingWork,
        student: User,
        gig_id: str,
        start: datetime,
        minutes: int,
        now: datetime,
    ) -> Booking:
        """Keep a slot for a student until they say yes; what they held before is free again.

        Raises:
            CannotBook: they may not book this.
            SlotTaken: it is not free (any more).
        """
        gig = self.bookable(work, student, gig_id)
        schedule = work.schedules.find(gig.user_id)
        span = Timespan.of(start, timedelta(minutes=minutes))
        if schedule is None or minutes not in gig.lesson_minutes:
            raise SlotTaken
        for held in work.bookings.held_by(student.id):
            if (held.gig_id, held.booked) == (gig.id, span):
                return held
            self.cancel(work, held, student.id, now)
        self._check_free(work, schedule, span, now)
        booking = self._held(student, gig, schedule, span, now)
        try:
            work.bookings.add(booking)
        except SlotTaken as taken:
            raise SlotTaken(nearest(work, schedule, span, now)) from taken
        record(work, None, booking, BookingAction.HELD, student.id, now)
        self._promise_expiry(work, booking)
        return booking

    def keep(self, work: BookingWork, booking: Booking, until: datetime) -> Booking:
        """Hold on while a card is being saved, up to `longest_hold` after it was begun."""
        if booking.status is not BookingStatus.HELD:
            raise IllegalTransition
        latest = min(until, booking.created_at + self.policy.longest_hold)
        kept = work.bookings.save(replace(booking, held_until=latest))
        self._promise_expiry(work, kept)
        return kept

    def confirm(self, work: BookingWork, booking: Booking, actor_id: str, now: datetime) -> Booking:
        """The student says yes. Raises IllegalTransition where the hold is over."""
        confirmed = work.bookings.save(
            replace(booking.moved_to(BookingStatus.CONFIRMED), held_until=None)
        )
        record(work, booking, confirmed, BookingAction.CONFIRMED, actor_id, now)
        work.jobs.put(lesson_job(confirmed, MEETING_CREATE, now))
        work.jobs.put(*planned_jobs(confirmed, self.policy, now))
        return confirmed

    def expire(self, work: BookingWork, booking: Booking, now: datetime) -> Booking:
        """Nobody said yes in time."""
        expired = replace(booking.moved_to(BookingStatus.CANCELLED), cancelled_at=now)
        saved = work.bookings.save(expired)
        record(work, booking, saved, BookingAction.EXPIRED, None, now)
        return saved

    def cancel(self, work: BookingWork, booking: Booking, actor_id: str, now: datetime) -> Booking:
        """One of the two calls it off; a late student owes the share they were told of."""
        is_held = booking.status is BookingStatus.HELD
        if not booking.has(actor_id) or (now >= booking.starts_at and not is_held):
            raise IllegalTransition
        cancelled = work.bookings.save(
            replace(
                booking.moved_to(BookingStatus.CANCELLED),
                cancelled_by=actor_id,
                cancelled_at=now,
                proposed_by=None,
                proposed_start=None,
            )
        )
        record(work, booking, cancelled, BookingAction.CANCELLED, actor_id, now)
        if is_held:
            return cancelled
        work.jobs.put(lesson_job(cancelled, MEETING_REMOVE, now))
        if was_cancelled_late(cancelled):
            work.jobs.put(lesson_job(cancelled, BILL_JOB, now))
        return cancelled

    def _held(
        self, student: User, gig: Gig, schedule: Schedule, span: Timespan, now: datetime
    ) -> Booking:
        return Booking(
            student_id=student.id,
            teacher_id=gig.user_id,
            gig_id=gig.id,
            starts_at=span.start,
            ends_at=span.end,
            rate_minor=gig.price_minor,
            fee_minor=gig.fee_minor or 0,
            currency=gig.currency,
            free_hours=self.policy.free_hours,
            late_percent=self.policy.late_percent,
            no_show_percent=self.policy.no_show_percent,
            buffer_minutes=schedule.buffer // MINUTE,
            wall_time=wall_time(span.start, schedule.zone),
            zone=schedule.zone,
            tz_version=zone_data_version(),
            created_at=now,
            held_until=now + self.policy.hold,
        )

    def _promise_expiry(self, work: BookingWork, booking: Booking) -> None:
        if booking.held_until is not None:
            work.jobs.put(lesson_job(booking, EXPIRE_JOB, booking.held_until))

    def _check_free(
        self, work: BookingWork, schedule: Schedule, span: Timespan, now: datetime
    ) -> None:
        if not is_free(work, schedule, span, now):
            raise SlotTaken(nearest(work, schedule, span, now))
