"""A lesson as an iCalendar file (RFC 5545, RFC 5546): one UID, a SEQUENCE that grows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from icalendar import Calendar, Event, vCalAddress, vText

from bot.scheduling.model import Booking, BookingStatus

MIME = "text/calendar"
FILE_NAME = "lesson.ics"
_DOMAIN = "linguaflex.invalid"  # nobody's, ever (RFC 2606)


@dataclass(frozen=True, slots=True)
class Guest:
    """One of the two of a lesson, as a calendar names them.

    Args:
        name: shown.
        address: of e-mail, where whoever gets the file may know it: in a mail to themselves.
    """

    user_id: str
    name: str
    address: str | None = None


def method_of(booking: Booking) -> str:
    """What the file asks of a calendar (RFC 5546, 1.4); a mail says it in its headers too."""
    return "CANCEL" if booking.status is BookingStatus.CANCELLED else "REQUEST"


def invite(
    booking: Booking,
    title: str,
    now: datetime,
    guests: Sequence[Guest],
    link: str | None = None,
) -> bytes:
    """The lesson as a calendar takes it: METHOD REQUEST, or CANCEL once it is called off.

    A calendar replaces the entry of the same UID where the SEQUENCE is higher. The teacher
    organizes; both have said yes already, so no calendar is to send an answer.
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
    for guest in guests:
        if guest.user_id == booking.teacher_id:
            event.add("organizer", _party(guest.name, _stand_in(booking, guest)))
        event.add("attendee", _attendee(booking, guest), encode=False)
    calendar = Calendar()
    calendar.add("prodid", "-//LinguaFlex//lessons//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method_of(booking))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _attendee(booking: Booking, guest: Guest) -> vCalAddress:
    is_teacher = guest.user_id == booking.teacher_id
    party = _party(guest.name, guest.address or _stand_in(booking, guest))
    party.params["ROLE"] = vText("CHAIR" if is_teacher else "REQ-PARTICIPANT")
    party.params["PARTSTAT"] = vText("ACCEPTED")
    party.params["RSVP"] = vText("FALSE")
    return party


def _stand_in(booking: Booking, guest: Guest) -> str:
    """An address that leads nowhere, the same in every version of this lesson's file."""
    side = "teacher" if guest.user_id == booking.teacher_id else "student"
    return f"{side}-{booking.id}@{_DOMAIN}"


def _party(name: str, address: str) -> vCalAddress:
    party = vCalAddress(f"mailto:{address}")
    party.params["CN"] = vText(name)
    return party
