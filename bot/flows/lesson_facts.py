"""What happened in a booked lesson, for its bill: the booking and who was in its meeting."""

from datetime import datetime

from bot.billing.model import LessonFact, LessonOutcome, Presence, Rounding, Side, Source
from bot.billing.pricing import bill_for
from bot.core.clock import Clock
from bot.core.money import Money
from bot.core.timespan import Timespan
from bot.flows.ports import FlowWork
from bot.meetings.attendance import Attendance
from bot.meetings.service import MeetingService
from bot.scheduling.model import Booking, BookingStatus
from bot.scheduling.policy import share_owed, was_cancelled_late

_MINUTE_SECONDS = 60


class StoredLessonFacts:
    """Implements billing's `LessonFacts`."""

    def __init__(self, service: MeetingService[FlowWork], clock: Clock, rounding: Rounding) -> None:
        self._service = service
        self._clock = clock
        self._rounding = rounding

    def get(self, work: FlowWork, booking_id: str, /) -> LessonFact:
        """Raises NotFound."""
        booking = work.bookings.get(booking_id)
        seen = self._service.seen(work, booking_id) or Attendance()
        return fact_of(booking, seen, self._clock.now())

    def minutes_so_far(self, work: FlowWork, booking: Booking, now: datetime) -> int:
        """What a lesson that goes on would be billed for if it ended at once."""
        seen = self._service.seen(work, booking.id) or Attendance()
        billed = bill_for(fact_of(booking, seen, now), self._rounding).evidence.billed
        return int(billed.total_seconds()) // _MINUTE_SECONDS


def fact_of(booking: Booking, seen: Attendance, now: datetime) -> LessonFact:
    """A lesson as bills want it; who is still in is so until `now`."""
    sides = {booking.student_id: Side.STUDENT, booking.teacher_id: Side.TEACHER}
    presences = tuple(
        Presence(
            side=sides[interval.user_id],
            source=Source(interval.source),
            joined_at=interval.joined_at,
            left_at=interval.left_at or max(now, interval.joined_at),
        )
        for interval in seen.intervals
        if interval.user_id in sides
    )
    return LessonFact(
        booking_id=booking.id,
        student_id=booking.student_id,
        teacher_id=booking.teacher_id,
        booked=Timespan(booking.starts_at, booking.ends_at),
        extension=booking.open_until - booking.ends_at,
        presences=presences,
        rate=Money(booking.rate_minor, booking.currency),
        fee=Money(booking.fee_minor, booking.currency) if booking.fee_minor else None,
        outcome=_outcome(booking, {presence.side for presence in presences}),
        share_percent=share_owed(booking) or 0,
    )


def _outcome(booking: Booking, there: set[Side]) -> LessonOutcome:
    match booking.status:
        case BookingStatus.CANCELLED:
            return _cancelled(booking)
        case BookingStatus.NO_SHOW_STUDENT:
            return LessonOutcome.STUDENT_NO_SHOW
        case BookingStatus.NO_SHOW_TEACHER:
            return LessonOutcome.TEACHER_NO_SHOW
        case BookingStatus.DISPUTED:
            return _before_the_dispute(booking, there)
    return LessonOutcome.MET


def _before_the_dispute(booking: Booking, there: set[Side]) -> LessonOutcome:
    if booking.cancelled_at is not None:
        return _cancelled(booking)
    if there == {Side.TEACHER}:
        return LessonOutcome.STUDENT_NO_SHOW
    return LessonOutcome.TEACHER_NO_SHOW if there == {Side.STUDENT} else LessonOutcome.MET


def _cancelled(booking: Booking) -> LessonOutcome:
    is_late = was_cancelled_late(booking)
    return LessonOutcome.LATE_CANCELLATION if is_late else LessonOutcome.CANCELLED
