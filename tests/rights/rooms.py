"""Rooms of live conversations: one that goes on, one whose door is open, one that is over, Zoom."""

from datetime import timedelta

from bot.accounts.model import User
from bot.app import App
from bot.core.clock import SystemClock
from bot.core.zone_data import wall_time, zone_data_version
from bot.jobs.model import Job
from bot.live.model import LiveConversation, RoomKind, Seat, SeatStatus
from bot.live.room_model import Member
from bot.meetings.service import CREATE_JOB
from bot.storage.work import Work

_SOON, _HOUR = timedelta(minutes=10), timedelta(hours=1)


def open_all(app: App, work: Work, people: dict[str, User]) -> dict[str, str]:
    """The ids by what is special about each.

    Args:
        people: "ben", "gus" and "fay" lead; "ana" and "olga" have seats.
    """
    ana, ben, fay, gus, olga = (people[name] for name in ("ana", "ben", "fay", "gus", "olga"))
    rooms = app.product.rooms
    _held(app, work, _plan(work, fay, _SOON, ana), ana)
    going = _plan(work, gus, _SOON, ana, fay)
    hall = _plan(work, ben, _SOON, olga)
    for each in (going, hall):
        rooms.course.open(work, each)
    zoom = _plan(work, ben, 4 * _HOUR, ana, room=RoomKind.ZOOM)
    return {"room": going.id, "hall": hall.id, "zoom": zoom.id}


def plan_beside(work: Work, fay: User) -> None:
    """At the time of the other one on Zoom, so that its host has to give a link."""
    _plan(work, fay, 4 * _HOUR, room=RoomKind.ZOOM)


def _held(app: App, work: Work, made: LiveConversation, guest: User) -> None:
    """It is over, and the guest was there."""
    course, now = app.product.live.course, SystemClock().now()
    course.start(work, made.id, made.host_id)
    came = Member(
        conversation_id=made.id, user_id=guest.id, place=0, joined_at=now, seen_at=now, in_since=now
    )
    work.live.rooms.members.add(came)
    course.complete(work, made.id, made.host_id)


def _plan(
    work: Work, host: User, ahead: timedelta, *guests: User, room: RoomKind = RoomKind.NOTES
) -> LiveConversation:
    """Stored as it is, so that nobody hears of it but by its room."""
    now = SystemClock().now()
    made = work.live.conversations.add(
        LiveConversation(
            host_id=host.id,
            title="A room",
            language="en",
            starts_at=now + ahead,
            ends_at=now + ahead + _HOUR,
            is_public=False,
            currency="EUR",
            room=room,
            wall_time=wall_time(now + ahead, "UTC"),
            zone="UTC",
            tz_version=zone_data_version(),
            created_at=now,
        )
    )
    for guest in guests:
        seat = Seat(
            conversation_id=made.id,
            user_id=guest.id,
            status=SeatStatus.CONFIRMED,
            currency="EUR",
            booked_at=now,
        )
        work.live.seats.add(seat)
    if room is RoomKind.ZOOM:
        payload = {"booking_id": made.id}
        work.jobs.put(Job(kind=CREATE_JOB, key=made.id, due_at=now, payload=payload))
    return made
