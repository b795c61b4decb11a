"""A lesson as an iCalendar file (RFC 5545, RFC 5546): one UID, a SEQUENCE that grows."""

from datetime import datetime

from icalendar import Calendar, Event

from bot.scheduling.model import Booking, BookingStatus

MIME = "text/calendar"
FILE_NAME = "lesson.ics"
_DOMAIN = "linguaflex.invalid"


def invite(booking: Booking, title: str, now: datetime, link: str | None = None) -> bytes:
    """The lesson as a calendar takes it: METHOD REQUEST, or CANCEL once it is called off.

    A calendar replaces the entry of the same UID where the SEQUENCE is higher.
    """
    is_off = booking.status is BookingStatus.CANCELLED
    event = Event()
    event.add("uid", f"{booking.id}@{_DOMAIN}")
    event.add("sequence", booking.version)
    event.add("dtstamp", now)
    event.add("dtstart", booking.starts_at)
    event.add("dtend", booking.open_until)
    event.add("summary", title)
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    if link is not None:
        event.add("url", link)
    calendar = Calendar()
    calendar.add("prodid", "-//LinguaFlex//lessons//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_off else "REQUEST")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
