"""Many lessons through three copies of the program on one PostgreSQL, which die again and again."""

import logging
import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.billing.adapters.stripe_gateway import StripeGateway
from bot.billing.gateway import SavedCard
from bot.billing.model import InvoiceState
from bot.billing.parties import party_of
from bot.meetings.model import MeetingState
from bot.messaging.model import MessageKind
from bot.scheduling.model import BookingStatus
from bot.simulators.stripe import GOOD
from bot.simulators.telegram import Person
from bot.storage.bookings import booking_events
from bot.storage.messaging import SendState, outbox
from bot.storage.work import Work
from tests.booking_stage import SERVICE
from tests.conftest import PostgresServer
from tests.crash.crew import Crew
from tests.crash.databases import fetch
from tests.crash.gate import Gate
from tests.crash.instances import needs_fork, some_instances
from tests.crash.lesson_checks import job_problems, meeting_problems, money_problems
from tests.crash.school import School, Vendors, free_port, user_id_of
from tests.message_builders import NOW
from tests.stage import a_stage

pytestmark = needs_fork

_log = logging.getLogger(__name__)

_START = NOW + timedelta(days=1, hours=1)
_LENGTH, _TOGETHER = timedelta(minutes=30), timedelta(minutes=24)
_COPIES = 3
_PRICE = 800  # 24 minutes at 20 an hour


@pytest.fixture(
    params=[(4, 2, 0.8), pytest.param((20, 10, 0.8), marks=pytest.mark.soak)],
    ids=["8 lessons", "200 lessons"],
)
def size(request: pytest.FixtureRequest) -> tuple[int, int, float]:
    """Teachers, lessons of each, and seconds between two deaths."""
    found: tuple[int, int, float] = request.param
    return found


@pytest.mark.timeout(900)
async def test_three_copies_that_die_again_and_again_hold_and_charge_every_lesson_once(
    postgres: PostgresServer, tmp_path: Path, size: tuple[int, int, float]
) -> None:
    teachers, hours, pause = size
    url, ports = postgres.fresh_url(), [free_port() for _ in range(_COPIES)]
    async with (
        a_stage() as stage,
        some_instances(tmp_path) as instances,
        Gate(ports).open() as gate,
    ):
        school = School.on(stage, tmp_path)
        staff = [school.somebody(2000 + n, f"Teacher {n}") for n in range(teachers)]
        students = [school.somebody(4000 + n, f"Student {n}") for n in range(teachers * hours)]
        async with school.vendors(gate.url, hosts=teachers) as vendors:
            await school.settle_in(url, staff, students)
            lessons = await _booked(school, vendors, url, staff, students)
            crew = Crew(school, vendors, instances, url, ports, pause=pause)
            began = time.monotonic()
            async with crew.running():
                await _held(crew, lessons, hours)
                await crew.until(lambda work: all(_is_paid(work, each) for each in lessons))
                await crew.quiet()
            _log.info(
                "%d lessons, %d deaths, %.1f s",
                len(lessons),
                len(crew.kills),
                time.monotonic() - began,
            )
            problems = await money_problems(url, vendors, school)
            problems += await meeting_problems(url, vendors)
            problems += await job_problems(url)
            problems += await _told_problems(crew, [*staff, *students])
            charged = Counter(charge["amount"] for charge in vendors.stripe.all("charge"))
            assert problems == []
            assert charged == {_PRICE: len(lessons)}
            assert crew.kills


async def _booked(
    school: School, vendors: Vendors, url: str, staff: list[Person], students: list[Person]
) -> list[str]:
    """Each student has a card, and a confirmed lesson with one of the teachers."""
    gateway = StripeGateway(vendors.stripe.key, vendors.stripe.url)
    storage = school.storage(url)
    lessons = []
    for number, student in enumerate(students):
        name = str(student.account.user_id)
        customer = await gateway.customer(name, name=name, email=None)
        page = await gateway.card_page(
            customer,
            key=f"page:{name}",
            currency="EUR",
            return_url="https://school.example",
            expires_at=school.clock.now() + timedelta(minutes=31),
        )
        vendors.stripe.complete(page.id, GOOD)
        card = await gateway.saved_card(page.id)
        assert card is not None
        teacher = staff[number % len(staff)]
        start = _START + number // len(staff) * _LENGTH
        book = partial(_book, student=student, teacher=teacher, card=card, start=start)
        lessons.append(await storage.write(book))
    await gateway.aclose()
    await storage.aclose()
    return lessons


def _book(work: Work, student: Person, teacher: Person, card: SavedCard, start: datetime) -> str:
    user = work.users.get(user_id_of(work, student))
    party = party_of(work, user.id, NOW)
    work.billing.parties.save(
        replace(party, customer_id=card.customer_id, card_id=card.id, card_label=card.label)
    )
    (gig,) = work.gigs.ever_of_user(user_id_of(work, teacher))
    held = SERVICE.hold(work, user, gig.id, start, 30, NOW)
    return SERVICE.confirm(work, held, user.id, NOW).id


async def _held(crew: Crew, lessons: list[str], hours: int) -> None:
    """One half hour after another, all teachers at once."""
    zoom, clock, at_once = crew.vendors.zoom, crew.school.clock, len(lessons) // hours
    await crew.until(lambda work: all(_has_room(work, each) for each in lessons))
    links = await crew.look(lambda work: [_links(work, each) for each in lessons])
    for hour in range(hours):
        start = _START + hour * _LENGTH
        await crew.later(start)
        now = links[hour * at_once : (hour + 1) * at_once]
        seats = [zoom.enter(link) for pair in now for link in pair]
        await crew.later(clock.now() + _TOGETHER)
        for seat in seats:
            zoom.leave(seat)
        await crew.quiet()
    await crew.later(_START + hours * _LENGTH + timedelta(minutes=15))


def _has_room(work: Work, lesson: str) -> bool:
    meeting = work.meetings.of_subject(lesson)
    return meeting is not None and meeting.state is MeetingState.READY


def _links(work: Work, lesson: str) -> list[str]:
    meeting = work.meetings.of_subject(lesson)
    assert meeting is not None
    return [each.join_url for each in work.registrants.of_meeting(meeting.id)]


def _is_paid(work: Work, lesson: str) -> bool:
    invoice = work.billing.invoices.find_of_booking(lesson)
    is_over = work.bookings.get(lesson).status is BookingStatus.COMPLETED
    return is_over and invoice is not None and invoice.state is InvoiceState.PAID


async def _told_problems(crew: Crew, people: list[Person]) -> list[str]:
    """Every piece of news arrived once, but for what was under way at a death; history as well."""
    wanted = select(outbox.c.state).where(outbox.c.kind == MessageKind.NEWS)
    rows = Counter(row.state for row in await fetch(crew.url, wanted))
    problems = [
        f"{count} news are {state}" for state, count in rows.items() if state is not SendState.SENT
    ]
    arrived = sum(
        m.message_id > crew.school.greeted[person.account.user_id] and m.from_bot
        for person in people
        for m in person.chat.messages
    )
    twice = arrived - rows[SendState.SENT]
    if not 0 <= twice <= crew.excused.doubled:
        problems.append(f"{twice} news too many, {crew.excused} excused")
    _log.info("%d news, %d twice, %s", arrived, twice, crew.excused)
    history = select(booking_events.c.booking_id, booking_events.c.action)
    told = Counter((row.booking_id, row.action) for row in await fetch(crew.url, history))
    return problems + [
        f"history: {each} {count} times" for each, count in told.items() if count > 1
    ]
