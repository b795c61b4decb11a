"""Two people who turn out to be one, in all that lessons and money keep of them."""

from datetime import timedelta

import pytest
from sqlalchemy import String, select

from bot.billing.model import Party
from bot.core.entity import new_id
from bot.core.timespan import Timespan
from bot.flows.own_data import collect
from bot.meetings.attendance import attendance
from bot.meetings.model import Meeting, Provider, Registrant, Sighting, Source, What
from bot.scheduling.changes import record
from bot.scheduling.model import Booking, BookingAction, BookingStatus
from bot.scheduling.schedule import AvailabilityRule, Feed, Hours, Schedule
from bot.scheduling.waits import SlotWait
from bot.storage.engine import SqlStorage
from bot.storage.types import metadata
from bot.storage.work import Work
from tests.message_builders import NOW
from tests.storage.test_merged_rows import ANA, DC, PRODUCT, a_person, joined, move_in

TEACHER = a_person("tea", "telegram")
RULES = (AvailabilityRule(0, Hours(9 * 60, 17 * 60)),)
FEED = Feed(url="https://calendar.example/mine.ics", due_at=NOW)


def a_booking(student: str, teacher: str, hours: int, **changes: object) -> Booking:
    start = NOW + timedelta(hours=hours)
    values: dict[str, object] = {
        "student_id": student,
        "teacher_id": teacher,
        "gig_id": new_id(),
        "starts_at": start,
        "ends_at": start + timedelta(hours=1),
        "status": BookingStatus.CONFIRMED,
        "rate_minor": 2000,
        "currency": "EUR",
        "wall_time": "2026-11-24T09:00",
        "zone": "UTC",
        "tz_version": "2026a",
        "created_at": NOW,
    }
    return Booking(**{**values, **changes})  # type: ignore[arg-type] # one dict, many types


def take_part(work: Work, user_id: str, hours: int) -> None:
    """A lesson at which somebody is already, a card, and a wish for another hour."""
    booking = a_booking(
        user_id,
        TEACHER[0].id,
        hours,
        extension_asked_by=user_id,
        proposed_by=user_id,
        notices={user_id: "late"},
    )
    work.bookings.add(booking)
    record(work, None, booking, BookingAction.CONFIRMED, user_id, NOW)
    meeting = work.meetings.add(
        Meeting(
            subject_id=booking.id,
            host_user_id=TEACHER[0].id,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            provider=Provider.OWN,
        )
    )
    work.registrants.add(
        Registrant(
            meeting_id=meeting.id, user_id=user_id, registrant_id=user_id[:8], join_url="https://z"
        )
    )
    work.sightings.add(tap(meeting.id, user_id, What.JOINED, 0), at=NOW)
    work.billing.parties.add(
        Party(user_id=user_id, created_at=NOW, card_id=f"pm_{hours}", card_label="Visa 4242")
    )
    work.slot_waits.add(
        SlotWait(user_id=user_id, teacher_id=TEACHER[0].id, gig_id="g", minutes=60, since=NOW)
    )


def tap(meeting_id: str, user_id: str, what: What, minutes: int) -> Sighting:
    return Sighting(
        meeting_id=meeting_id,
        source=Source.TAP,
        what=what,
        user_id=user_id,
        seat=user_id,
        at=NOW + timedelta(minutes=minutes),
    )


def teach(work: Work, user_id: str) -> None:
    """Hours, busy times, and a lesson led."""
    busy = (Timespan.of(NOW, timedelta(hours=1)),)
    work.schedules.add(Schedule(teacher_id=user_id, zone="UTC", rules=RULES, feed=FEED, busy=busy))
    booking = work.bookings.add(a_booking(TEACHER[0].id, user_id, 48))
    work.meetings.add(
        Meeting(
            subject_id=booking.id,
            host_user_id=user_id,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            join_url="https://meet.example/mine",
        )
    )


@pytest.fixture
async def both(storage: SqlStorage) -> SqlStorage:
    """The one who goes teaches as well; both learn."""

    def unit(work: Work) -> None:
        take_part(work, ANA[0].id, 2)
        take_part(work, DC[0].id, 24)
        teach(work, DC[0].id)

    await move_in(storage, ANA, DC, TEACHER)
    await storage.write(unit)
    return storage


async def test_lessons_hours_money_and_links_of_both_are_one_persons(both: SqlStorage) -> None:
    user = await joined(both, ANA[0], DC[0])
    found = await both.read(lambda work: collect(work, PRODUCT.records, user.id))
    told: dict[str, list] = dict(found.records)  # type: ignore[type-arg, arg-type] # by the names of tables
    lessons = {each.starts_at: each for each in told["lessons"]}
    assert [each.notices for each in lessons.values()].count({user.id: "late"}) == 2
    assert {each.extension_asked_by for each in lessons.values()} == {user.id, None}
    assert len(lessons) == len(told["lesson_history"]) == 3
    hours = told["availability"]
    assert isinstance(hours, Schedule)
    assert (hours.rules, hours.feed, len(hours.busy)) == (RULES, FEED, 1)
    assert {each.card_id for each in told["billing_parties"]} == {"pm_2", "pm_24"}
    assert [each.join_url for each in told["meeting_links"]] == ["https://z"] * 2
    assert [each.join_url for each in told["meetings_hosted"]] == ["https://meet.example/mine"]
    assert len(told["attendance"]) == len(told["waits_for_hours"]) == 2


async def test_no_field_of_any_row_names_the_one_who_is_gone(both: SqlStorage) -> None:
    await joined(both, ANA[0], DC[0])

    def naming(work: Work) -> list[str]:
        return [
            f"{table.name}.{column.name}"
            for table in metadata.sorted_tables
            for column in table.c
            if isinstance(column.type, String)
            and work.users._connection.execute(
                select(column).where(column.contains(DC[0].id)).limit(1)
            ).first()
        ]

    assert await both.read(naming) == []


async def test_who_was_there_before_the_joining_leaves_afterwards(both: SqlStorage) -> None:
    user = await joined(both, ANA[0], DC[0])

    def leave(work: Work) -> list[bool]:
        seen = []
        for booking in work.bookings.of_person(user.id):
            meeting = work.meetings.of_subject(booking.id)
            assert meeting is not None
            if booking.student_id == user.id:
                work.sightings.add(tap(meeting.id, user.id, What.LEFT, 30), at=NOW)
                seen.append(attendance(work.sightings.of_meeting(meeting.id)).is_open)
        return seen

    assert await both.write(leave) == [False, False]


async def test_a_lesson_of_somebody_with_themselves_does_not_take_place(
    both: SqlStorage,
) -> None:
    alone = a_booking(ANA[0].id, DC[0].id, 72)
    await both.write(lambda work: work.bookings.add(alone))
    await joined(both, ANA[0], DC[0])
    left = await both.read(lambda work: work.bookings.get(alone.id))
    assert left.status is BookingStatus.CANCELLED
