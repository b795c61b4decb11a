"""What booking keeps of people: taken along, handed over, and what stays of a lesson that was.

Whoever leaves calls off what was to come. A lesson that took place stays, since its other side and
its bill remember it too: with an id that leads to nobody any more.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.core.clock import Clock
from bot.flows.lesson_news import LessonNews
from bot.flows.own_records import PersonRecords
from bot.flows.ports import FlowWork
from bot.flows.slot_waits import look_for_waiting
from bot.scheduling.booking_service import BookingService
from bot.scheduling.model import Booking, BookingStatus
from bot.scheduling.policy import LessonPolicy


def lesson_records(policy: LessonPolicy, news: LessonNews, clock: Clock) -> PersonRecords:
    """Bookings, their history, and waits for a free hour."""
    bookings = BookingService(policy)

    def collect(work: FlowWork, user_id: str) -> Mapping[str, object]:
        own = work.bookings.of_person(user_id)
        events = {each.id: work.booking_history.of_booking(each.id) for each in own}
        return {
            "lessons": own,
            "lesson_history": events,
            "waits_for_hours": work.slot_waits.of_user(user_id),
        }

    def move(work: FlowWork, from_id: str, to_id: str, at: datetime) -> None:
        for booking in work.bookings.of_person(from_id):
            if booking.has(to_id) and is_to_come(booking, at):
                bookings.cancel(work, booking, booking.teacher_id, at)  # nobody teaches themselves
        work.bookings.move_of_user(from_id, to_id)
        work.booking_history.move_of_user(from_id, to_id)
        work.slot_waits.move_of_user(from_id, to_id)

    def remove(work: FlowWork, user_id: str) -> None:
        now = clock.now()
        for booking in work.bookings.of_person(user_id):
            if is_to_come(booking, now):
                off = bookings.cancel(work, booking, user_id, now)
                look_for_waiting(work, off.teacher_id, now)
                if booking.status is BookingStatus.CONFIRMED:
                    partner = off.partner_of(user_id)
                    news.card(work, off, partner, "booking.news.cancelled", now)
        work.slot_waits.remove_of_user(user_id)

    return PersonRecords(
        tables=frozenset({"bookings", "booking_quarters", "booking_events", "slot_waits"}),
        collect=collect,
        move=move,
        remove=remove,
    )


def is_to_come(booking: Booking, now: datetime) -> bool:
    """Whether it can still be called off."""
    is_agreed = booking.status is BookingStatus.CONFIRMED and now < booking.starts_at
    return is_agreed or booking.status is BookingStatus.HELD
