"""Lessons on a stage: both platforms, Zoom, Stripe, our web server, a clock moved by hand."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from bot.accounts.model import Role, UserStatus
from bot.app import App, build
from bot.billing.ledger import first_fault
from bot.billing.model import Invoice
from bot.scheduling.model import Booking, BookingStatus
from bot.scheduling.schedule import AvailabilityRule, Hours, Schedule
from bot.serving import Serving
from bot.simulators.stripe import GOOD, StripeSimulator, find_spec
from bot.simulators.zoom import ZoomSimulator
from bot.storage.work import Work
from tests.booking_stage import a_gig
from tests.discord_stage import DiscordStage
from tests.discord_visitors import DiscordVisitor, plain
from tests.message_builders import NOW, HandClock
from tests.relay_stage import a_profile
from tests.stage import PATIENCE_SECONDS
from tests.visitors import Anybody, Visitor, user_of

HOST = "host@school.example"
HOME = "https://school.example"
ZOOM_SECRET, STRIPE_SECRET = "zoom's secret", "whsec_of_the_school"
FIRST = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)  # two days and six hours after the clock's start
_HOURS = tuple(AvailabilityRule(day, Hours(18 * 60, 21 * 60)) for day in range(7))
_MACHINE = re.compile(r"\{|\bNone\b|\b(booking|billing|meet|dispute|receipt|hours)\.[a-z]")
_MOST_ENTRIES = 1_000
ADMINS = "telegram:9001,discord:9001"


@dataclass
class School:
    """A teacher, a student, an administrator, and everything lessons need of the world."""

    stage: DiscordStage
    app: App
    clock: HandClock
    zoom: ZoomSimulator
    stripe: StripeSimulator
    http: aiohttp.ClientSession
    teacher: Anybody
    student: Anybody
    admin: Anybody

    async def settle(self) -> None:
        """Until every webhook was taken, every due job done and every message sent."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self._is_busy():  # noqa: ASYNC110 - rows of another task ring nothing
                await asyncio.sleep(0.005)

    async def _is_busy(self) -> bool:
        """Do what is due; whether more is under way: begun here, by the worker, or on the wire."""
        await self.zoom.settle()
        await self.stripe.delivered()
        begun = await self.app.worker.run_due()
        for sender in self.app.senders.values():
            await sender.all_sent()
        due = await self._first_due()
        is_due = due is not None and due <= self.clock.at
        return bool(begun) or is_due or not self.zoom.webhooks.is_quiet

    async def _first_due(self) -> datetime | None:
        """Of every job that is not done, whoever works on it."""
        far = datetime(9999, 1, 1, tzinfo=UTC)
        return await self.app.storage.read(lambda work: work.jobs.next_due(far, None))

    async def later(self, **by: float) -> None:
        """Move the clock; what is due then is done."""
        self.clock.move(**by)
        await self.settle()

    async def until(self, at: datetime) -> None:
        """Move the clock to an instant, stopping where something is due, as a real clock does."""
        while (due := await self._first_due()) is not None and due < at:
            self.clock.at = max(self.clock.at, due)
            await self.settle()
        self.clock.at = at
        await self.settle()

    async def lesson(self) -> Booking:
        """The student's newest."""
        return (await self.lessons())[-1]

    async def lessons(self) -> list[Booking]:
        user = await user_of(self.app, self.student)
        return list(await self.app.storage.read(lambda work: work.bookings.of_person(user.id)))

    async def becomes(self, status: BookingStatus) -> None:
        """Everything that is under way ends with the newest lesson so."""
        await self.settle()
        assert (await self.lesson()).status is status

    async def invoice(self) -> Invoice:
        lesson = await self.lesson()
        found = await self.app.storage.read(
            lambda work: work.billing.invoices.find_of_booking(lesson.id)
        )
        assert found is not None
        return found

    async def balances(self) -> dict[str, int]:
        """What stands in each account of the ledger, in minor units; the chain was verified."""
        return await self.app.storage.read(_balances)

    async def change(self, who: Anybody, **values: Any) -> None:
        """Change a person's record."""
        user = await user_of(self.app, who)

        def unit(work: Work) -> None:
            work.users.save(replace(work.users.get(user.id), **values))

        await self.app.storage.write(unit)

    async def type_card(self, url: str, number: str, proof: str | None = None) -> int:
        """Open a page of Stripe's, type a number, send it; the answer's status."""
        form = {"number": number} if proof is None else {"number": number, "proof": proof}
        async with self.http.post(url, data=form, allow_redirects=False) as answer:
            return answer.status

    async def save_card(self, number: str, proof: str | None = None) -> None:
        """The student opens the newest page in their chat, and saves a card or pays there."""
        status = await self.type_card(link_under(self.student), number, proof)
        assert status == 303
        await self.settle()

    async def move_in(self, language: str, *, opens: bool) -> None:
        """The teacher is verified and has an offer; both are registered and have told a zone."""
        teacher, student = (
            await user_of(self.app, self.teacher),
            await user_of(self.app, self.student),
        )

        def unit(work: Work) -> None:
            work.users.save(
                replace(
                    teacher,
                    status=UserStatus.ACTIVE,
                    name="Emma Stone",
                    roles=frozenset({Role.TEACHER}),
                    time_zone="Europe/London" if opens else None,
                )
            )
            work.users.save(
                replace(
                    student,
                    status=UserStatus.ACTIVE,
                    name="Ana Ruiz",
                    roles=frozenset({Role.STUDENT}),
                    time_zone="America/Mexico_City",
                    ui_language=language,
                )
            )
            work.teachers.add(a_profile(teacher.id))
            work.gigs.add(a_gig(teacher.id))
            self.app.product.relay.relay.open(work, student.id, teacher.id, self.clock.now())
            if opens:
                work.schedules.add(
                    Schedule(teacher_id=teacher.id, zone="Europe/London", rules=_HOURS)
                )

        await self.app.storage.write(unit)

    async def give_card(self, number: str = GOOD, proof: str | None = None) -> None:
        """The student saves a card before anything else."""
        await self.student.say("/card", then="Save a card")
        await self.save_card(number, proof)
        await self.student.reads("Your card is saved")

    async def choose(self, minutes: int = 60, day: str = "Tue, Nov 24", at: str = "12:00") -> None:
        """From /book up to the question whether it is right; times as Mexico's clocks show them."""
        count = {30: 11, 60: 9}[minutes]
        await self.student.say("/book", then="What would you like to book?")
        await self.student.press("Spanish", then="How long")
        await self.student.press(f"{minutes} minutes", then="On which day?")
        await self.student.press(f"{day} ({count})", then="At what time?")
        await self.student.press(at, then="Is this right?")

    async def book(self, minutes: int = 60, **when: str) -> None:
        """Choose, and say yes; a card is there."""
        await self.choose(minutes, **when)
        await self.student.press("Book", then="is booked.")
        await self.settle()

    async def meet(self, minutes: int, *, late: int = 0) -> None:
        """Both are in the room for so long, and the lesson is over and billed."""
        await self.until((await self.lesson()).starts_at + timedelta(minutes=late))
        seats = [self.zoom.enter(await self.link_of(who)) for who in (self.student, self.teacher)]
        await self.settle()
        await self.until(self.clock.at + timedelta(minutes=minutes))
        for seat in seats:
            self.zoom.leave(seat)
        await self.settle()
        await self.until(self.clock.at + timedelta(minutes=15))

    @property
    def charged(self) -> list[int]:
        """What was really taken, payment by payment, in cents."""
        intents = self.stripe.all("payment_intent")
        return [each["amount_received"] for each in intents if each["status"] == "succeeded"]

    async def link_of(self, who: Anybody) -> str:
        """Somebody's own way into the newest lesson."""
        user, lesson = await user_of(self.app, who), await self.lesson()
        service = self.app.meetings.desk.service
        link = await self.app.storage.read(lambda work: service.link_of(work, lesson.id, user.id))
        assert link is not None
        return link


def link_under(visitor: Anybody, label: str = "") -> str:
    """Where the newest button that leads out (with this in its label) leads."""
    for _, _, buttons in reversed(chat_of(visitor)):
        for name, url in reversed(buttons):
            if url and label in name:
                return url
    raise AssertionError(f"no link {label!r}")


Said = tuple[bool, str, list[tuple[str, str | None]]]


def chat_of(visitor: Anybody) -> list[Said]:
    """Every message: whether the bot's, its words, its buttons with where they lead."""
    if isinstance(visitor, DiscordVisitor):
        me = visitor.person.user_id
        return [
            (m.author_id != me, plain(m), [(b.label, b.url) for b in m.buttons])
            for m in visitor.pane.messages
        ]
    return [
        (m.from_bot, m.text, [(b.label, b.url) for row in m.buttons for b in row])
        for m in visitor.person.chat.messages
    ]


def files_of(stage: DiscordStage, visitor: Anybody) -> list[tuple[str, bytes]]:
    """Every file the bot sent: its name and what is in it, the oldest first."""
    if isinstance(visitor, DiscordVisitor):
        sent = [each for m in visitor.pane.messages for each in m.attachments]
        return [(each.filename, stage.discord.file(each)) for each in sent]
    kept = [m.file for m in visitor.person.chat.messages if m.from_bot and m.file is not None]
    return [(each.filename or "", each.data) for each in kept]


def transcript(visitor: Anybody) -> str:
    """The whole chat as the person reads it."""
    return "\n".join(
        f"{'bot' if is_bot else 'me'}: {words}"
        + (f"\n     {[f'{name} ->' if url else name for name, url in buttons]}" if buttons else "")
        for is_bot, words, buttons in chat_of(visitor)
    )


def assert_readable(visitor: Anybody) -> None:
    """Nothing a program would say: no key of a catalog, no name in braces, no None."""
    for is_bot, words, _ in chat_of(visitor):
        assert not (is_bot and _MACHINE.search(words)), transcript(visitor)


def _balances(work: Work) -> dict[str, int]:
    entries = work.billing.ledger.entries(0, _MOST_ENTRIES)
    assert first_fault(work.billing.ledger.head(), [entries]) is None
    sums: dict[str, int] = {}
    for entry in entries:
        for posting in entry.postings:
            name = posting.account.partition(":")[0]
            sums[name] = sums.get(name, 0) + posting.amount.minor
    return sums


@asynccontextmanager
async def a_school(
    stage: DiscordStage,
    url: str,
    *,
    teaches_on: str = "telegram",
    language: str = "en",
    has_zoom: bool = True,
    has_stripe: bool = True,
    has_web: bool = True,
    opens: bool = True,
    at: datetime = NOW,
    **changes: Any,
) -> AsyncIterator[School]:
    """The whole program with a teacher in London and a student in Mexico, on the other platform.

    Args:
        language: the student's; the teacher reads English.
        opens: the teacher is open every evening from 18 to 21; otherwise no hours are told.
    """
    clock = HandClock(at)
    zoom = ZoomSimulator(HOST, clock=clock.now)
    stripe = StripeSimulator(clock=clock.now, spec=find_spec(), pause=0.05)
    async with zoom, stripe, aiohttp.ClientSession() as http, AsyncExitStack() as stack:
        options: dict[str, Any] = {
            "admins": ADMINS,
            "web": {"port": 0, "public_url": HOME if has_web else None},
            **({"zoom": _zoom_settings(zoom)} if has_zoom else {}),
            **({"stripe": _stripe_settings(stripe)} if has_stripe else {}),
            **changes,
        }
        app = await stack.enter_async_context(build(stage.settings(url, **options), clock=clock))
        port = await stack.enter_async_context(_served(app, stage))
        if has_web:
            zoom.deliver_to(f"http://127.0.0.1:{port}/webhooks/zoom", ZOOM_SECRET)
            stripe.send_webhooks_to(f"http://127.0.0.1:{port}/webhooks/stripe", STRIPE_SECRET)
        learns_on = "discord" if teaches_on == "telegram" else "telegram"
        emma = await _met(stage, teaches_on, 1001, "Emma Stone")
        ana = await _met(stage, learns_on, 1002, "Ana Ruiz")
        olga = await _met(stage, teaches_on, 9001, "Olga Admin")
        school = School(stage, app, clock, zoom, stripe, http, emma, ana, olga)
        await school.move_in(language, opens=opens)
        yield school
        for visitor in (school.teacher, school.student, school.admin):
            assert_readable(visitor)


@asynccontextmanager
async def _served(app: App, stage: DiscordStage) -> AsyncIterator[int]:
    """The port of our web server, while everything runs."""
    stop, serving = asyncio.Event(), Serving(app)
    running = asyncio.create_task(serving.run(stop))
    try:
        await stage.discord.until(
            lambda: stage.discord.is_connected and bool(stage.discord.commands), PATIENCE_SECONDS
        )
        assert serving.web is not None
        yield serving.web.port
    finally:
        stop.set()
        await running


async def _met(stage: DiscordStage, platform: str, number: int, name: str) -> Anybody:
    visitor: Anybody
    if platform == "discord":
        visitor = DiscordVisitor(stage.discord.person(number, name, locale="en-US"))
    else:
        visitor = Visitor(stage.telegram.person(user_id=number, name=name, language="en"))
    await visitor.say("/start", then="You can try talking right now")
    return visitor


def _zoom_settings(zoom: ZoomSimulator) -> dict[str, str]:
    return {
        "account_id": zoom.account_id,
        "client_id": zoom.client_id,
        "client_secret": zoom.client_secret,
        "webhook_secret": ZOOM_SECRET,
        "hosts": HOST,
        "api_url": zoom.api_url,
        "oauth_url": zoom.oauth_url,
    }


def _stripe_settings(stripe: StripeSimulator) -> dict[str, str]:
    return {"api_key": stripe.key, "webhook_secret": STRIPE_SECRET, "api_url": stripe.url}
