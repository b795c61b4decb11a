"""A lesson around its hour: answers to reminders, extension, beginning and end."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.timespan import Timespan
from bot.scheduling.changes import record
from bot.scheduling.free_time import MINUTE
from bot.scheduling.model import (
    MOST_EXTENSION_MINUTES,
    QUARTER,
    Booking,
    BookingAction,
    BookingStatus,
    IllegalTransition,
    SlotTaken,
)
from bot.scheduling.policy import LessonPolicy
from bot.scheduling.ports import BookingWork
from bot.scheduling.reminders import BILL_JOB, MEETING_CHANGE, lesson_job, planned_jobs

EXTENSION_MINUTES = QUARTER // MINUTE
_AROUND = timedelta(hours=3)  # longer than any lesson with its rest


class LessonService:
    """Every method writes the booking, its history and its promises in the caller's unit."""

    def __init__(self, policy: LessonPolicy) -> None:
        self._policy = policy

    def answer(
        self, work: BookingWork, booking: Booking, actor_id: str, notice: str, now: datetime
    ) -> Booking:
        """Coming, or late; the other one is told by the caller."""
        if not booking.has(actor_id) or not booking.is_upcoming:
            raise IllegalTransition
        told = work.bookings.save(replace(booking, notices={**booking.notices, actor_id: notice}))
        record(work, booking, told, BookingAction.ANSWERED, actor_id, now)
        return told

    def extend(self, work: BookingWork, booking: Booking, actor_id: str, now: datetime) -> Booking:
        """One tap asks for a quarter hour, the other one's agrees. Raises SlotTaken.

        The caller sees from `extension_minutes` whether it was agreed.
        """
        if not _may_extend(booking, now):
            raise IllegalTransition
        most = booking.extension_minutes + EXTENSION_MINUTES
        if booking.extension_asked_by in {None, actor_id}:
            _check_claims(work, booking)
            return work.bookings.save(replace(booking, extension_asked_by=actor_id))
        agreed = work.bookings.save(
            replace(booking, extension_minutes=most, extension_asked_by=None)
        )
        record(work, booking, agreed, BookingAction.EXTENDED, actor_id, now)
        work.jobs.put(*planned_jobs(agreed, self._policy, now))
        work.jobs.put(lesson_job(agreed, MEETING_CHANGE, now))
        return agreed

    def can_extend(self, work: BookingWork, booking: Booking, now: datetime) -> bool:
        """Whether a quarter hour more can be offered."""
        try:
            _check_claims(work, booking)
        except SlotTaken:
            return False
        return _may_extend(booking, now)

    def begin(self, work: BookingWork, booking: Booking, now: datetime) -> Booking:
        """Both are there; a second time changes nothing."""
        if booking.status is BookingStatus.IN_PROGRESS:
            return booking
        begun = work.bookings.save(booking.moved_to(BookingStatus.IN_PROGRESS))
        record(work, booking, begun, BookingAction.BEGUN, None, now)
        return begun

    def finish(
        self, work: BookingWork, booking: Booking, came: frozenset[str], now: datetime
    ) -> Booking:
        """The meeting is over, or its time is; a second time changes nothing.

        Args:
            came: who of the two was seen. Nobody: it is called off, and nobody owes anything.
        """
        if not booking.is_upcoming:
            return booking
        status, action = _outcome(booking, came)
        ended = replace(booking, status=booking.moved_to(status).status, proposed_start=None)
        if status is BookingStatus.CANCELLED:
            ended = replace(ended, cancelled_at=now)
        saved = work.bookings.save(ended)
        record(work, booking, saved, action, None, now)
        if status is not BookingStatus.CANCELLED:
            work.jobs.put(lesson_job(saved, BILL_JOB, now))
        return saved


def _may_extend(booking: Booking, now: datetime) -> bool:
    most = booking.extension_minutes + EXTENSION_MINUTES
    is_running = booking.is_upcoming and now < booking.open_until
    return is_running and most <= MOST_EXTENSION_MINUTES


def _check_claims(work: BookingWork, booking: Booking) -> None:
    """Whether both are free for a quarter hour more. Raises SlotTaken."""
    more = booking.extension_minutes + EXTENSION_MINUTES
    wanted = replace(booking, extension_minutes=more).claims() - booking.claims()
    around = Timespan.of(booking.open_until, QUARTER).widened(_AROUND, _AROUND)
    for person in (booking.teacher_id, booking.student_id):
        for other in work.bookings.claiming(person, around):
            if other.id != booking.id and other.claims() & wanted:
                raise SlotTaken


def _outcome(booking: Booking, came: frozenset[str]) -> tuple[BookingStatus, BookingAction]:
    if booking.status is BookingStatus.IN_PROGRESS or came >= {
        booking.student_id,
        booking.teacher_id,
    }:
        return BookingStatus.COMPLETED, BookingAction.COMPLETED
    if booking.teacher_id in came:
        return BookingStatus.NO_SHOW_STUDENT, BookingAction.NO_SHOW
    if booking.student_id in came:
        return BookingStatus.NO_SHOW_TEACHER, BookingAction.NO_SHOW
    return BookingStatus.CANCELLED, BookingAction.CANCELLED
