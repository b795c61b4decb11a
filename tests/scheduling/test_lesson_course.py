"""A lesson around its hour: who came, what it comes to, more time, and its end."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from bot.flows.lesson_news import LessonNews
from bot.flows.lesson_ports import Needed
from bot.flows.lessons import REPLAN_JOB, Lessons
from bot.flows.ports import FlowWork
from bot.flows.runner import Runner
from bot.flows.slot_waits import LOOK_JOB, SlotWaits
from bot.flows.zone_asking import ZoneAsking
from bot.jobs.model import Job
from bot.messaging.model import Outgoing
from bot.scheduling.lesson_service import LessonService
from bot.scheduling.model import Booking, BookingStatus, IllegalTransition, SlotTaken
from bot.scheduling.policy import LessonPolicy, share_owed
from bot.scheduling.reminders import BILL_JOB, CLOSED, LATE_JOB, METER_JOB, MISSED, lesson_job
from bot.scheduling.rescheduling import Rescheduling
from bot.storage.engine import SqlStorage
from bot.storage.jobs import jobs
from bot.storage.work import Work
from tests.booking_stage import FIRST, SERVICE, booked, find, gig_of, hold, settle_in
from tests.message_builders import NOW, HandClock

POLICY = LessonPolicy()
COURSE = LessonService(POLICY)
BOTH = frozenset({"tea", "sam"})


@dataclass
class Room:
    """Implements `Meetings` and `Payments`: whoever is said to be there, and a card or none."""

    people: frozenset[str] | None = None
    met: int = 0
    needed: Needed = Needed.NOTHING
    said: list[str] = field(default_factory=list)

    def came(self, _: FlowWork, __: Booking, /) -> frozenset[str] | None:
        return self.people

    def inside(self, _: FlowWork, __: Booking, /) -> frozenset[str]:
        return self.people or frozenset()

    def tells_end(self, _: FlowWork, __: Booking, /) -> bool:
        return False

    def minutes(self, _: FlowWork, __: Booking, ___: datetime, /) -> int:
        return self.met

    def join_link(self, _: FlowWork, __: Booking, ___: str, /) -> str | None:
        return None

    def may_book(self, *_: object) -> Needed:
        return self.needed


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def lessons(clock: HandClock, room: Room) -> Lessons:
    zones = ZoneAsking(Runner())
    return Lessons(zones, POLICY, clock, sends_mail=True, payments=room, meetings=room)


@pytest.fixture
async def lesson(storage: SqlStorage) -> Booking:
    def unit(work: Work) -> Booking:
        settle_in(work, "sam", "sue")
        return booked(work, "sam")

    return await storage.write(unit)


def keep(work: Work, held: Booking) -> Booking:
    """Said yes to, while a card has to be saved."""
    kept = SERVICE.keep(work, held, NOW + timedelta(hours=1))
    assert kept.held_until == NOW + timedelta(minutes=30)
    return kept


async def run(
    storage: SqlStorage, lessons: Lessons, lesson: Booking, kind: str, stage: str
) -> Sequence[Outgoing]:
    """Run one promise of a lesson; what is said then."""
    job = lesson_job(lesson, kind, NOW, stage)

    def unit(work: Work) -> Sequence[Outgoing]:
        lessons.jobs()[kind](work, job)
        return list(work.outbox.fresh)

    return await storage.write(unit)


async def state(storage: SqlStorage, lesson: Booking) -> Booking:
    return await storage.read(lambda work: work.bookings.get(lesson.id))


async def bills(storage: SqlStorage) -> list[str]:
    def look(work: Work) -> list[str]:
        rows = work.jobs._connection.execute(jobs.select().where(jobs.c.kind == BILL_JOB))
        return [row.key for row in rows]

    return await storage.read(look)


async def test_a_confirmed_lesson_promises_its_meeting_reminders_and_looks(
    storage: SqlStorage, lesson: Booking
) -> None:
    def look(work: Work) -> dict[str, int]:
        kinds: dict[str, int] = {}
        for row in work.jobs._connection.execute(jobs.select()):
            kinds[row.kind] = kinds.get(row.kind, 0) + 1
        return kinds

    assert await storage.read(look) == {
        "lesson.expire_hold": 1,
        "meeting.create": 1,
        "lesson.remind": 3,
        "lesson.meter": 1,
        "lesson.late": 2,
    }


async def test_reminders_of_an_earlier_plan_say_nothing(
    storage: SqlStorage, lessons: Lessons, lesson: Booking
) -> None:
    moves = Rescheduling(POLICY)
    later = FIRST + timedelta(hours=2)

    def move(work: Work) -> None:
        asked = moves.propose(work, work.bookings.get(lesson.id), "sam", later, NOW)
        moves.accept(work, asked, "tea", NOW)

    await storage.write(move)
    assert await run(storage, lessons, lesson, "lesson.remind", "hour") == []


@pytest.mark.parametrize(
    ("came", "status", "owed", "is_billed"),
    [
        (BOTH, BookingStatus.COMPLETED, None, True),
        ({"tea"}, BookingStatus.NO_SHOW_STUDENT, 100, True),
        ({"sam"}, BookingStatus.NO_SHOW_TEACHER, 0, True),
        (set(), BookingStatus.CANCELLED, 0, False),
    ],
)
async def test_the_end_follows_from_who_came(
    storage: SqlStorage,
    lessons: Lessons,
    lesson: Booking,
    room: Room,
    came: set[str],
    status: BookingStatus,
    owed: int | None,
    is_billed: bool,
) -> None:
    room.people = frozenset(came)
    for _ in range(2):  # an end is told more than once
        await run(storage, lessons, lesson, LATE_JOB, CLOSED)
    over = await state(storage, lesson)
    assert (over.status, share_owed(over)) == (status, owed)
    assert len(await bills(storage)) == is_billed
    assert not over.claims()


async def test_who_is_missing_is_written_to_and_the_other_one_knows(
    storage: SqlStorage, lessons: Lessons, lesson: Booking, room: Room
) -> None:
    room.people = frozenset({"tea"})
    said = await run(storage, lessons, lesson, LATE_JOB, MISSED)
    assert {message.user_id: message.text for message in said} == {
        "sam": "tea is waiting for you in the meeting. Are you coming?",
        "tea": "sam is not there yet. I have written to them.",
    }


async def test_the_meter_tells_both_and_offers_more_where_the_teacher_is_free(
    storage: SqlStorage, lessons: Lessons, lesson: Booking, room: Room
) -> None:
    room.people, room.met = BOTH, 46
    said = await run(storage, lessons, lesson, METER_JOB, "end")
    assert {message.user_id for message in said} == BOTH
    assert "46 minutes: €15.33" in said[0].text
    assert "would cost €5.00" in said[0].text
    assert all(message.buttons for message in said)
    await storage.write(lambda work: booked(work, "sue", FIRST + timedelta(hours=1)))
    room.met = 47
    other = replace(lesson, version=lesson.version + 1)
    again = await run(storage, lessons, other, METER_JOB, "end")
    assert all(not message.buttons for message in again)


@pytest.mark.parametrize(("there", "told"), [(BOTH, BOTH), (None, frozenset())])
async def test_where_nothing_is_paid_both_hear_how_long_they_met(
    storage: SqlStorage,
    lessons: Lessons,
    lesson: Booking,
    room: Room,
    there: frozenset[str] | None,
    told: frozenset[str],
) -> None:
    room.people, room.met = there, 47
    ended = FIRST + timedelta(hours=1)
    await storage.write(lambda work: lessons.course.ended(work, lesson.id, BOTH, ended))
    said = await run(storage, lessons, await state(storage, lesson), BILL_JOB, "")
    assert {message.user_id for message in said} == told
    assert all("47 minutes. It costs nothing" in message.text for message in said)


async def test_an_extension_takes_both_and_claims_the_time(
    storage: SqlStorage, lesson: Booking
) -> None:
    during = FIRST + timedelta(minutes=50)

    def tap(person: str):  # type: ignore[no-untyped-def] # its values say it
        def unit(work: Work) -> Booking:
            return COURSE.extend(work, work.bookings.get(lesson.id), person, during)

        return unit

    assert (await storage.write(tap("sam"))).extension_minutes == 0
    assert (await storage.write(tap("sam"))).extension_minutes == 0  # once more is no yes
    longer = await storage.write(tap("tea"))
    assert longer.extension_minutes == 15
    with pytest.raises(SlotTaken):
        await storage.write(lambda work: hold(work, "sue", FIRST + timedelta(hours=1)))
    await storage.write(lambda work: hold(work, "sue", FIRST + timedelta(hours=1, minutes=15)))
    with pytest.raises(SlotTaken):
        await storage.write(tap("sam"))


async def test_a_hold_ends_and_what_waited_for_a_card_is_held_again(
    storage: SqlStorage, lessons: Lessons, clock: HandClock, lesson: Booking
) -> None:
    start = FIRST + timedelta(hours=3)
    held = await storage.write(lambda work: keep(work, hold(work, "sue", start)))
    clock.move(minutes=31)
    await run(storage, lessons, held, "lesson.expire_hold", "")
    assert (await state(storage, held)).status is BookingStatus.CANCELLED

    def save_card(work: Work) -> Sequence[Outgoing]:
        lessons.book.card_saved(work, "sue", clock.now())
        return list(work.outbox.fresh)

    said = await storage.write(save_card)
    assert {message.user_id for message in said} == {"sue", "tea"}
    (again,) = await storage.read(lambda work: work.bookings.upcoming("sue", clock.now()))
    assert (again.starts_at, again.status) == (start, BookingStatus.CONFIRMED)


async def test_what_waited_for_a_card_costs_what_was_said_yes_to(
    storage: SqlStorage, lessons: Lessons, clock: HandClock, lesson: Booking
) -> None:
    held = await storage.write(
        lambda work: keep(work, hold(work, "sue", FIRST + timedelta(hours=3)))
    )
    clock.move(minutes=31)
    await run(storage, lessons, held, "lesson.expire_hold", "")

    def dearer(work: Work) -> None:
        work.gigs.save(replace(work.gigs.get(held.gig_id), price_minor=9000, fee_minor=500))
        lessons.book.card_saved(work, "sue", clock.now())

    await storage.write(dearer)
    (again,) = await storage.read(lambda work: work.bookings.upcoming("sue", clock.now()))
    assert (again.rate_minor, again.fee_minor) == (2000, 0)


@pytest.mark.parametrize("is_let_go", [True, False])
async def test_a_card_is_no_yes_to_an_hour_nobody_said_yes_to(
    storage: SqlStorage, lessons: Lessons, lesson: Booking, is_let_go: bool
) -> None:
    def unit(work: Work) -> Sequence[Outgoing]:
        held = hold(work, "sue", FIRST + timedelta(hours=3))
        if is_let_go:
            SERVICE.cancel(work, keep(work, held), "sue", NOW)
        lessons.book.card_saved(work, "sue", NOW)
        return list(work.outbox.fresh)

    assert await storage.write(unit) == []


async def test_a_card_saved_too_late_finds_the_hour_taken(
    storage: SqlStorage, lessons: Lessons, clock: HandClock, lesson: Booking
) -> None:
    start = FIRST + timedelta(hours=3)
    held = await storage.write(lambda work: keep(work, hold(work, "sue", start)))
    clock.move(minutes=31)
    await run(storage, lessons, held, "lesson.expire_hold", "")
    await storage.write(lambda work: booked(work, "sam", start, now=clock.now()))

    def save_card(work: Work) -> Sequence[Outgoing]:
        lessons.book.card_saved(work, "sue", clock.now())
        return list(work.outbox.fresh)

    (said,) = await storage.write(save_card)
    assert said.user_id == "sue"
    assert "was taken meanwhile" in said.text


async def test_a_change_of_the_clocks_moves_the_lesson_with_the_teacher(
    storage: SqlStorage, lessons: Lessons, lesson: Booking
) -> None:
    def age(work: Work) -> None:
        old = replace(
            work.bookings.get(lesson.id), wall_time="2026-11-24T13:00", tz_version="1999a"
        )
        work.bookings.save(old)

    def unit(work: Work) -> Sequence[Outgoing]:
        lessons.jobs()[REPLAN_JOB](work, Job(kind=REPLAN_JOB, key="x", due_at=NOW))
        return list(work.outbox.fresh)

    await storage.write(age)
    said = await storage.write(unit)
    assert {message.user_id for message in said} == BOTH
    assert (await state(storage, lesson)).starts_at == FIRST + timedelta(hours=1)
    assert await storage.write(unit) == []


async def test_whoever_waits_is_told_once_when_an_hour_comes_free(
    storage: SqlStorage, lessons: Lessons, lesson: Booking, clock: HandClock
) -> None:
    waits = SlotWaits(LessonNews(Room(), sends_mail=False), clock)

    def look(work: Work) -> Sequence[Outgoing]:
        job = Job(kind=LOOK_JOB, key="x", due_at=NOW, payload={"teacher_id": "tea"})
        lessons.jobs()[LOOK_JOB](work, job)
        return list(work.outbox.fresh)

    await storage.write(lambda work: waits.add(work, "sue", work.gigs.get(gig_of("tea")), 60, NOW))
    (said,) = await storage.write(look)
    assert said.user_id == "sue"
    assert await storage.write(look) == []


async def test_nothing_is_moved_or_called_off_once_it_has_begun(
    storage: SqlStorage, lesson: Booking
) -> None:
    begun = FIRST + timedelta(minutes=1)
    with pytest.raises(IllegalTransition):
        await storage.write(
            lambda work: SERVICE.cancel(work, work.bookings.get(lesson.id), "sam", begun)
        )


async def test_who_leaves_calls_off_what_was_to_come(
    storage: SqlStorage, lessons: Lessons, lesson: Booking
) -> None:
    def leave(work: Work) -> Sequence[Outgoing]:
        lessons.records.remove(work, "sam")
        return list(work.outbox.fresh)

    (said,) = await storage.write(leave)
    assert said.user_id == "tea"
    assert (await state(storage, lesson)).status is BookingStatus.CANCELLED
    assert await storage.read(lambda work: find(work, "sue")) is not None
