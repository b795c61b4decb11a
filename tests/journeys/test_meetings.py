"""A booked lesson meets on Zoom, or behind the teacher's own link, and ends by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import pytest
from aiohttp import web

from bot.app import App
from bot.scheduling.model import Booking, BookingStatus
from bot.simulators.zoom import ZoomSimulator
from bot.storage.work import Work
from bot.web.hooks import hook_handler
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.journeys.test_booking import ADMINS, BOTH, book, later, lessons_of, opened, somebody
from tests.message_builders import HandClock
from tests.stage import PATIENCE_SECONDS
from tests.teaching_stage import become_verified, make_gig, publish
from tests.visitors import Anybody, Visitor, register, user_of


@dataclass
class School:
    """A teacher, a student, and a lesson between them."""

    app: App
    clock: HandClock
    zoom: ZoomSimulator
    ana: Visitor
    bob: Anybody

    async def lesson(self) -> Booking:
        (booking,) = await lessons_of(self.app, self.bob)
        return booking

    async def link(self, who: Anybody) -> str | None:
        user, booking = await user_of(self.app, who), await self.lesson()

        def find(work: Work) -> str | None:
            return self.app.meetings.desk.service.link_of(work, booking.id, user.id)

        return await self.app.storage.read(find)

    async def becomes(self, status: BookingStatus) -> None:
        """Wait until the lesson is so. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await self.lesson()).status is not status:  # noqa: ASYNC110 - rows ring nothing
                await asyncio.sleep(0.01)

    async def has_link(self, who: Anybody) -> str:
        """Their way in, once there is one. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (link := await self.link(who)) is None:  # noqa: ASYNC110 - rows ring nothing
                await asyncio.sleep(0.01)
        return link


def link_under(visitor: Visitor, label: str) -> str:
    """Where the newest button with this label leads."""
    shown = [each for m in visitor.person.chat.messages for row in m.buttons for each in row]
    return next(each.url for each in reversed(shown) if each.url and label in each.label)


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


async def a_school(
    stack: AsyncExitStack, stage: DiscordStage, url: str, *, has_zoom: bool, has_web: bool = True
) -> School:
    clock = HandClock()
    zoom = await stack.enter_async_context(ZoomSimulator("host@example.com", clock=clock.now))
    settings: dict[str, object] = {
        "account_id": zoom.account_id,
        "client_id": zoom.client_id,
        "client_secret": zoom.client_secret,
        "webhook_secret": "secret",
        "hosts": "host@example.com",
        "api_url": zoom.api_url,
        "oauth_url": zoom.oauth_url,
    }
    web_settings = {"public_url": "https://school.example" if has_web else None}
    changes = {"zoom": settings, "web": web_settings}
    app = await stack.enter_async_context(
        a_discord_app(
            stage, url, admins=ADMINS, parts=BOTH, clock=clock, **(changes if has_zoom else {})
        )
    )
    server = web.Application()
    for hook in app.hooks:
        server.router.add_post(hook.path, hook_handler(hook, app.storage, app.clock))
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    zoom.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/zoom", "secret")
    ana = Visitor(stage.telegram.person(user_id=1001, name="Ana", language="en"))
    bob = somebody(stage, "discord", 1002, "Bob")
    await become_verified(ana, somebody(stage, "telegram", 9001, "Olga"))
    await make_gig(ana)
    await publish(ana)
    await register(bob)
    await opened(app, ana, bob)
    await bob.say("/teachers", then="Spanish for travellers")
    await bob.press("1. Spanish for travellers", then="Conversation with a native")
    await book(bob)
    await app.worker.run_due()
    return School(app, clock, zoom, ana, bob)


async def test_a_lesson_meets_on_zoom_and_is_completed_by_what_zoom_tells(
    stage: DiscordStage, sqlite_url: str
) -> None:
    async with AsyncExitStack() as stack:
        school = await a_school(stack, stage, sqlite_url, has_zoom=True)
        lesson, clock, zoom = await school.lesson(), school.clock, school.zoom
        bobs = await school.has_link(school.bob)
        await later(
            school.app, clock, seconds=(lesson.starts_at - clock.now()).total_seconds() - 300
        )
        await school.ana.reads("You lead the room")
        await school.ana.press("Open the room", then="signs you in as the host")
        clock.move(minutes=5)
        host = zoom.enter(link_under(school.ana, "Enter as host"))
        guest = zoom.enter(bobs)
        await school.becomes(BookingStatus.IN_PROGRESS)
        clock.move(minutes=50)
        zoom.leave(guest)
        zoom.leave(host)
        await zoom.settle()
        await later(school.app, clock, minutes=15)
        await school.becomes(BookingStatus.COMPLETED)

        assert len(zoom.meetings) == 1
        fact = await school.app.storage.read(
            lambda work: school.app.meetings.facts.get(work, lesson.id)
        )
        assert {each.source for each in fact.presences} == {"zoom_webhook"}
        assert [each.left_at - each.joined_at for each in fact.presences if each.left_at] == [
            timedelta(minutes=50)
        ] * 2


async def test_without_zoom_the_teachers_link_and_two_taps_do(
    stage: DiscordStage, sqlite_url: str
) -> None:
    async with AsyncExitStack() as stack:
        school = await a_school(stack, stage, sqlite_url, has_zoom=False)
        lesson, clock, ana, bob = await school.lesson(), school.clock, school.ana, school.bob
        await ana.reads("Send me a link of your own")
        await ana.press("Send a link", then="What link shall you meet at?")
        await ana.say("http://insecure.example", then="no link I can pass on")
        await ana.say("https://meet.example/ana", then="has your link")
        await bob.reads("Ana meets you at this link")
        assert await school.has_link(bob) == "https://meet.example/ana"
        await bob.press("We started", then="too early")
        clock.move(seconds=(lesson.starts_at - clock.now()).total_seconds())
        await bob.press("We started", then="Noted: you started")
        await ana.press("We started", then="Noted: you started")
        await school.becomes(BookingStatus.IN_PROGRESS)
        clock.move(minutes=50)
        await bob.press("We finished", then="Noted: you finished")
        await ana.press("We finished", then="Noted: you finished")
        await later(school.app, clock, minutes=15)
        await school.becomes(BookingStatus.COMPLETED)


async def test_without_webhooks_a_lesson_that_runs_over_is_not_called_off(
    stage: DiscordStage, sqlite_url: str
) -> None:
    async with AsyncExitStack() as stack:
        school = await a_school(stack, stage, sqlite_url, has_zoom=True, has_web=False)
        lesson, clock, zoom = await school.lesson(), school.clock, school.zoom
        bobs, anas = await school.has_link(school.bob), await school.has_link(school.ana)
        clock.move(seconds=(lesson.starts_at - clock.now()).total_seconds())
        seats = [zoom.enter(bobs), zoom.enter(anas)]
        for _ in range(16):  # an hour was booked
            await later(school.app, clock, minutes=5)
        assert (await school.lesson()).status is BookingStatus.CONFIRMED
        for seat in seats:
            zoom.leave(seat)
        await later(school.app, clock, minutes=5)
        await later(school.app, clock, minutes=5)
        await school.becomes(BookingStatus.COMPLETED)
