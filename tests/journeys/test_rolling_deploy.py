"""A deploy while people talk, book and pay: the version before and this one on one PostgreSQL."""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.entity import short_id
from bot.flows.book_slots import slot_number
from bot.flows.gig_card import BOOK_PREFIX
from bot.simulators.stripe import GOOD
from bot.storage import schema
from bot.storage.work import Work
from tests.booking_stage import FIRST
from tests.conftest import PostgresServer
from tests.crash.databases import quiet
from tests.crash.gate import Gate
from tests.crash.instances import Instance, Instances, needs_fork, some_instances
from tests.crash.lesson_checks import job_problems, meeting_problems, money_problems
from tests.crash.scenarios import RELAY
from tests.crash.school import PARTS, School, Vendors, free_port, gig_of
from tests.crash.versions import program_before, schema_before
from tests.lesson_stage import link_under
from tests.message_builders import NOW
from tests.relay_stage import acquaint
from tests.stage import a_stage, said
from tests.visitors import Visitor

pytestmark = needs_fork

_PAIRS, _MOST_TEXTS, _PAUSE_SECONDS, _SOME = 16, 25, 0.25, 5
_PATIENCE_SECONDS = 60.0
_TROUBLE = re.compile(r"\[(?:error|critical)|Traceback")
SECOND = FIRST + timedelta(hours=2)
_PRICES = [1833, 1833]  # 55 minutes of each lesson, at 20 an hour


class Relays:
    """Students who write to their teachers all the time, a number in each message."""

    def __init__(self, school: School) -> None:
        self.staff = [school.somebody(2000 + n, f"Teacher {n}") for n in range(_PAIRS)]
        self.pupils = [school.somebody(3000 + n, f"Student {n}") for n in range(_PAIRS)]
        self.count = 0
        self._stop = asyncio.Event()

    async def talk(self) -> None:
        """One text of one student after another; fewer of each than are too many in a minute."""
        for pupil in self.pupils * _MOST_TEXTS:
            if self._stop.is_set():
                return
            await pupil.send_text(f"text {self.count}.")
            self.count += 1
            await asyncio.sleep(_PAUSE_SECONDS)

    async def go_on(self) -> None:
        """Some more texts are sent."""
        count = self.count
        while self.count < count + _SOME:  # noqa: ASYNC110 - counting rings no bell
            await asyncio.sleep(_PAUSE_SECONDS)

    def end(self) -> None:
        self._stop.set()

    def problems(self) -> list[str]:
        """What a teacher did not read, read twice, or read too late."""
        found = []
        for place, teacher in enumerate(self.staff):
            read = [int(number) for number in re.findall(r"text (\d+)\.", "\n".join(said(teacher)))]
            counts = Counter(read)
            sent = range(place, self.count, _PAIRS)
            wrong = {number: counts[number] for number in sent if counts[number] != 1}
            if wrong or read != sorted(read):
                found.append(f"{teacher.account.name}: {wrong or read}")
        return found


class Lessons:
    """What Bob and Ana do in their chats; nobody looks into the database."""

    def __init__(self, school: School, vendors: Vendors, gig: str) -> None:
        self._clock, self._vendors, self._gig = school.clock, vendors, gig
        self._ana, self._bob = Visitor(school.ana), Visitor(school.bob)

    @property
    def charged(self) -> list[int]:
        """What was taken, in cents."""
        return [charge["amount"] for charge in self._vendors.stripe.all("charge")]

    async def save_card(self) -> None:
        await self._bob.say("/card", then="Save a card")
        (page,) = self._vendors.stripe.all("checkout.session")
        self._vendors.stripe.complete(page["id"], GOOD)
        await self._bob.reads("Your card is saved")

    async def book(self, start: datetime) -> None:
        data = f"{BOOK_PREFIX}:slot:{self._gig}:60:{slot_number(start)}"
        first = next(m for m in self._bob.person.chat.messages if m.from_bot)
        await self._bob.person.press(first.message_id, data=data, is_forged=True)
        await self._bob.reads("Is this right?")
        await self._bob.press("Book", then="is booked.")

    async def meet(self, start: datetime, number: int) -> None:
        """From the reminder to the receipt."""
        zoom, clock = self._vendors.zoom, self._clock
        clock.set(start - timedelta(minutes=10))
        await self._bob.reads("In ten minutes")
        await self._ana.reads("In ten minutes")
        await self._bob.press("Join", then="Your own link")
        await self._ana.press("Open the room", then="signs you in as the host")
        clock.set(start)
        links = link_under(self._bob, "Open the meeting"), link_under(self._ana, "Enter as host")
        seats = [zoom.enter(link) for link in links]
        await zoom.settle(_PATIENCE_SECONDS)
        clock.set(start + timedelta(minutes=55))
        for seat in seats:
            zoom.leave(seat)
        await zoom.settle(_PATIENCE_SECONDS)
        clock.set(start + timedelta(minutes=75))
        await self._bob.reads(f"Receipt {number}")


@dataclass
class Deploy:
    """Starts copies of the program, each on a port of its own."""

    school: School
    vendors: Vendors
    url: str
    gate: Gate

    async def start(self, version: Instances, port: int) -> Instance:
        environment = self.school.environment(self.url, self.vendors, port=port) | {
            "LINGUAFLEX_TELEGRAM__WEBHOOK_URL": f"{self.gate.url}/webhooks/telegram",
            "LINGUAFLEX_TELEGRAM__WEBHOOK_SECRET": "a-secret-of-nobody",
        }
        clock = self.school.clock.file
        begun = await version.start(environment, only=PARTS, clock=clock)
        await begun.port()
        return begun

    async def both_serve(self) -> None:
        """Some more deliveries are taken by each."""
        seen = len(self.gate.seen)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while min(self._taken(seen)) < _SOME:  # noqa: ASYNC110 - the gate rings no bell
                await asyncio.sleep(_PAUSE_SECONDS)

    def _taken(self, since: int) -> list[int]:
        """How many deliveries each port answered, as `seen` grew from there."""
        counts = Counter(each.port for each in self.gate.seen[since:])
        return [counts[port] for port in self.gate.ports]

    async def settled(self) -> None:
        """Everything is delivered, done and told."""
        telegram = self.school.stage.telegram
        await telegram.until(lambda: not telegram.updates_pending, _PATIENCE_SECONDS)
        await self.vendors.quiet(_PATIENCE_SECONDS)
        await quiet(self.url, _PATIENCE_SECONDS)

    async def problems(self) -> list[str]:
        return [
            *await money_problems(self.url, self.vendors, self.school),
            *await meeting_problems(self.url, self.vendors),
            *await job_problems(self.url),
        ]


@pytest.mark.timeout(300)
async def test_a_version_and_the_one_before_it_serve_together_through_the_migration(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    before = program_before(tmp_path / "before")
    url, ports = postgres.fresh_url(), [free_port() for _ in range(2)]
    async with (
        a_stage() as stage,
        some_instances(_folder(tmp_path, "past"), before) as past,
        some_instances(_folder(tmp_path, "present")) as present,
        Gate(ports).open() as gate,
    ):
        school = School.on(stage, tmp_path)
        relays = Relays(school)
        gig = await _settled_in(school, relays, url)
        await schema.migrate(url, schema_before())
        async with school.vendors(gate.url) as vendors:
            deploy = Deploy(school, vendors, url, gate)
            lessons = Lessons(school, vendors, gig)
            old = await deploy.start(past, ports[0])
            talking = asyncio.create_task(relays.talk())
            await lessons.save_card()
            await lessons.book(FIRST)
            await schema.migrate(url)
            await lessons.book(SECOND)
            unlucky = await deploy.start(present, ports[1])
            await lessons.meet(FIRST, 1)
            await deploy.both_serve()
            assert await unlucky.terminate() == 0
            await schema.migrate(url, schema_before())
            await relays.go_on()
            await schema.migrate(url)
            new = await deploy.start(present, ports[1])
            await deploy.both_serve()
            told = _trouble(old)
            assert await old.terminate() == 0
            await lessons.meet(SECOND, 2)
            relays.end()
            await talking
            await deploy.settled()
            assert await new.terminate() == 0

            assert await deploy.problems() == []
            assert lessons.charged == _PRICES
        assert relays.problems() == []
        assert [*told, *_trouble(unlucky), *_trouble(new)] == []


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


async def _settled_in(school: School, relays: Relays, url: str) -> str:
    """Everybody is known, and each student writes to a teacher; the number of Ana's gig."""
    await school.settle_in(url, relays.staff, relays.pupils)
    storage = school.storage(url)
    await storage.open()

    def unit(work: Work) -> str:
        for teacher, pupil in zip(relays.staff, relays.pupils, strict=True):
            ids = [("telegram", str(who.account.user_id)) for who in (pupil, teacher)]
            acquaint(work, RELAY, ids[0], ids[1], NOW)
        return short_id(gig_of(work, school.ana).id)

    gig = await storage.write(unit)
    await storage.aclose()
    return gig


def _trouble(instance: Instance) -> list[str]:
    """Lines of its log that tell of an error."""
    return [line for line in instance.log.read_text().splitlines() if _TROUBLE.search(line)]
