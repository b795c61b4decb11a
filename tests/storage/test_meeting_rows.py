"""Meetings, links, sightings and hosts, on both engines."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

from bot.core.timespan import Timespan
from bot.meetings.model import Meeting, MeetingState, Registrant, Sighting, Source, What
from bot.storage.engine import SqlStorage
from bot.storage.work import Work

START = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
SPAN = Timespan.of(START, timedelta(minutes=50))


def a_meeting(**changes: object) -> Meeting:
    values: dict[str, object] = {
        "subject_id": "booking",
        "host_user_id": "ben",
        "starts_at": SPAN.start,
        "ends_at": SPAN.end,
    }
    return Meeting(**{**values, **changes})  # type: ignore[arg-type] # one dict, many types


def a_sighting(meeting: Meeting, minute: int = 0, user_id: str | None = "ana") -> Sighting:
    return Sighting(
        meeting_id=meeting.id,
        source=Source.ZOOM_WEBHOOK,
        what=What.JOINED,
        user_id=user_id,
        instance="/a//b==",
        seat="1",
        at=START + timedelta(minutes=minute),
    )


async def test_a_meeting_comes_back_by_its_subject_and_by_its_vendors_id(
    storage: SqlStorage,
) -> None:
    meeting = a_meeting(provider_id="931", host="h", host_id="x", join_url="https://zoom/j/931")
    await storage.write(lambda work: work.meetings.add(meeting))

    assert await storage.read(lambda work: work.meetings.of_subject("booking")) == meeting
    assert await storage.read(lambda work: work.meetings.at_provider("931")) == meeting
    assert await storage.write(lambda work: work.meetings.lock("booking")) == meeting
    assert await storage.read(lambda work: work.meetings.of_subject("other")) is None


async def test_a_guest_has_one_link_the_last_one(storage: SqlStorage) -> None:
    meeting = a_meeting()
    first = Registrant(meeting_id=meeting.id, user_id="ana", registrant_id="r1", join_url="u1")
    second = Registrant(meeting_id=meeting.id, user_id="ana", registrant_id="r2", join_url="u2")

    def unit(work: Work) -> None:
        work.registrants.put(first)
        work.registrants.put(second)

    await storage.write(unit)
    assert await storage.read(lambda work: work.registrants.of_meeting(meeting.id)) == [second]
    assert await storage.read(lambda work: work.registrants.known_as(meeting.id, "r2")) == "ana"
    assert await storage.read(lambda work: work.registrants.known_as(meeting.id, "r1")) is None


async def test_a_fact_is_kept_once_with_when_it_was_first_heard(storage: SqlStorage) -> None:
    meeting = a_meeting()
    early, late = a_sighting(meeting), a_sighting(meeting, 5, None)

    def unit(work: Work) -> list[int]:
        return [
            work.sightings.add(early, at=START),
            work.sightings.add(early, late, at=START + timedelta(minutes=10)),
        ]

    assert await storage.write(unit) == [1, 1]
    assert await storage.read(lambda work: work.sightings.of_meeting(meeting.id)) == [early, late]
    known = await storage.read(lambda w: w.sightings.of_meeting(meeting.id, known_by=START))
    assert known == [early]


async def test_a_host_is_not_taken_twice_for_overlapping_quarter_hours(
    storage: SqlStorage,
) -> None:
    def claim(meeting_id: str, minutes: int) -> bool:
        span = Timespan.of(START + timedelta(minutes=minutes), timedelta(minutes=30))
        return work_of.meeting_hosts.claim("h", meeting_id, span)

    def unit(work: Work) -> list[bool]:
        nonlocal work_of
        work_of = work
        taken = [claim("a", 0), claim("b", 15), claim("b", 30), claim("a", 0), claim("a", 15)]
        work.meeting_hosts.release("b")
        return [*taken, claim("a", 15), claim("c", 0), claim("c", -15)]

    work_of: Work
    # c may have the quarter hours that a gave back, but not those it moved to
    assert await storage.write(unit) == [True, False, True, True, False, True, False, True]


async def test_of_ten_who_want_a_host_at_once_one_gets_it(storage: SqlStorage) -> None:
    def claim(work: Work, meeting_id: str) -> bool:
        return work.meeting_hosts.claim("h", meeting_id, SPAN)

    taken = await asyncio.gather(
        *(storage.write(partial(claim, meeting_id=str(n))) for n in range(10))
    )
    assert taken.count(True) == 1


async def test_a_hosts_day_has_so_many_uses_and_no_more(storage: SqlStorage) -> None:
    today, tomorrow = date(2026, 12, 1), date(2026, 12, 2)

    def use(work: Work, on: date) -> bool:
        return work.meeting_hosts.use("h", on, 3)

    used = await asyncio.gather(*(storage.write(partial(use, on=today)) for _ in range(8)))
    assert used.count(True) == 3
    assert await storage.write(partial(use, on=tomorrow))


async def test_who_leaves_takes_their_links_and_leaves_what_proves_a_bill(
    storage: SqlStorage,
) -> None:
    meeting = a_meeting(join_url="https://meet.example/ben", state=MeetingState.READY)
    invited = Registrant(meeting_id=meeting.id, user_id="ana", registrant_id="r", join_url="u")

    def add(work: Work) -> None:
        work.meetings.add(meeting)
        work.registrants.add(invited)
        work.sightings.add(a_sighting(meeting), at=START)

    def forget(work: Work) -> None:
        work.meetings.wipe_links_of_host("ben")
        work.registrants.remove_of_user("ana")
        work.vault.destroy("ben")
        work.vault.destroy("ana")

    await storage.write(add)
    await storage.write(forget)
    kept = replace(meeting, join_url=None)
    assert await storage.read(lambda work: work.meetings.of_subject("booking")) == kept
    assert await storage.read(lambda work: work.registrants.of_user("ana")) == []
    assert len(await storage.read(lambda work: work.sightings.of_user("ana"))) == 1
