"""What a lesson costs and until when it can be called off; the rules students see beforehand."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.money import Money
from bot.scheduling.model import Booking, BookingStatus

_HOUR_MINUTES = 60
_ALL_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonPolicy:
    """Values from the settings; all have the defaults of the product.

    Args:
        free_hours: a student may cancel up to so many hours before the start for nothing.
        late_percent: of the price, for a later cancellation.
        no_show_percent: of the price, where the student does not come.
        hold: how long a slot waits for a yes.
        longest_hold: how long it waits at most, while a card is being saved.
        late_after: who has not come so long after the start is missed.
        closed_after: a lesson whose meeting told no end is over so long after its own.
    """

    free_hours: int = 12
    late_percent: int = 50
    no_show_percent: int = 100
    hold: timedelta = timedelta(minutes=5)
    longest_hold: timedelta = timedelta(minutes=30)
    late_after: timedelta = timedelta(minutes=10)
    closed_after: timedelta = timedelta(hours=2)


def lesson_price(booking: Booking, minutes: int | None = None) -> Money:
    """Of the booked length, or of so many minutes of it; without the gig's fee."""
    length = booking.length // timedelta(minutes=1) if minutes is None else minutes
    return Money(booking.rate_minor, booking.currency).share(length, _HOUR_MINUTES)


def most_owed(booking: Booking) -> Money:
    """What the lesson costs if it lasts as long as it was booked: the price and the gig's fee."""
    return lesson_price(booking) + Money(booking.fee_minor, booking.currency)


def missed_price(booking: Booking) -> Money:
    """What a student owes who does not come."""
    return lesson_price(booking).share(booking.no_show_percent, _ALL_PERCENT)


def free_until(booking: Booking) -> datetime:
    """From here on a cancellation by the student costs something."""
    return booking.starts_at - timedelta(hours=booking.free_hours)


def share_owed(booking: Booking) -> int | None:
    """Percent of the booked price that is owed without a meeting; None: the minutes decide."""
    match booking.status:
        case BookingStatus.CANCELLED:
            return booking.late_percent if was_cancelled_late(booking) else 0
        case BookingStatus.NO_SHOW_STUDENT:
            return booking.no_show_percent
        case BookingStatus.NO_SHOW_TEACHER:
            return 0
    return None


def was_cancelled_late(booking: Booking) -> bool:
    """Whether the student called it off when that was no longer free."""
    at = booking.cancelled_at
    is_theirs = booking.cancelled_by == booking.student_id and booking.held_until is None
    return is_theirs and at is not None and at > free_until(booking)


def cost_of_cancelling(booking: Booking, by: str, now: datetime) -> Money:
    """What it would cost the student if `by` cancelled now."""
    if by != booking.student_id or now <= free_until(booking):
        return Money(0, booking.currency)
    return lesson_price(booking).share(booking.late_percent, _ALL_PERCENT)
