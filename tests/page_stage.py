"""The demo page on a stage: simulators, a clock moved by hand, and a browser to look at it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import ConsoleMessage, Error, Page, async_playwright, expect

from bot.simulators.calendly import CalendlySimulator
from bot.simulators.discord import DiscordSimulator, find_spec
from bot.simulators.mailbox import Mailbox
from bot.simulators.page.server import DemoPage
from bot.simulators.stripe import StripeSimulator
from bot.simulators.telegram import TelegramSimulator
from bot.simulators.world import DemoWorld
from bot.simulators.zoom import ZoomSimulator

TOKEN = "known-to-the-tests"
PATIENCE_MS = 30_000  # a busy machine is no failure; what never comes still is
CHROMIUM = Path("/usr/bin/chromium")
SAMPLES = Path(__file__).parent.parent / "bot/simulators/page/samples"
A_NOTE = (SAMPLES / "speechocean762-005630169.ogg").read_bytes()
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]

ZOOM_HOST = "emma@flexschool.example"
ToVoiceNote = Callable[[bytes], Awaitable[tuple[bytes, float]]]

needs_chromium = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"no browser: {CHROMIUM} is missing"
)


@dataclass
class HandTime:
    """The demo's time, moved by hand. Implements `Time`.

    Args:
        next_at: when something happens by itself; None: nothing is waiting.
    """

    at: datetime = datetime(2026, 5, 4, 12, tzinfo=UTC)
    next_at: datetime | None = None
    advances: list[timedelta] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    async def advance(self, by: timedelta) -> None:
        self.at += by
        self.advances.append(by)

    async def advance_to_next(self) -> bool:
        if self.next_at is not None:
            self.at, self.next_at = self.next_at, None
            return True
        return False


@dataclass
class Stage:
    """What a test of the page holds in its hands."""

    page: DemoPage
    world: DemoWorld
    time: HandTime
    http: aiohttp.ClientSession

    def __post_init__(self) -> None:
        world = self.world
        self.telegram, self.mailbox, self.discord = world.telegram, world.mailbox, world.discord
        self.zoom, self.stripe = world.zoom, world.stripe
        self.student, self.teacher = world.students["student"], world.members["teacher"]
        self.lobby = world.hall

    @property
    def origin(self) -> str:
        return self.page.url.partition("/?")[0]

    async def bot(self, method: str, **params: Any) -> Any:
        """The bot calls a method of the Bot API; the result."""
        address = f"{self.telegram.url}/bot{self.telegram.token}/{method}"
        async with self.http.post(address, json=params) as answer:
            envelope = await answer.json()
        assert envelope["ok"], envelope
        return envelope["result"]

    async def say(self, text: str, **params: Any) -> int:
        """The bot writes to the student; the message's id."""
        sent = await self.bot("sendMessage", chat_id=1001, text=text, **params)
        return int(sent["message_id"])

    def mail(self, subject: str, text: str) -> None:
        raw = f"Subject: {subject}\r\n\r\n{text}\r\n".encode()
        self.mailbox.accept("bot@demo.test", ("ana@demo.test",), raw)

    async def meeting(self, start: datetime, *guests: str) -> Sequence[str]:
        """The bot schedules a meeting of an hour and registers guests; their links."""
        body = {
            "topic": "English for job interviews",
            "type": 2,
            "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "timezone": "UTC",
            "duration": 60,
            "settings": {"approval_type": 0},
        }
        made = await self._zoom(f"/users/{ZOOM_HOST}/meetings", body)
        people = [{"first_name": name, "email": f"{name}@example.com".lower()} for name in guests]
        path = f"/meetings/{made['id']}/registrants"
        return [str((await self._zoom(path, person))["join_url"]) for person in people]

    async def _zoom(self, path: str, body: Mapping[str, Any]) -> Any:
        zoom = self.zoom
        login = aiohttp.encode_basic_auth(zoom.client_id, zoom.client_secret)
        form = {"grant_type": "account_credentials", "account_id": zoom.account_id}
        async with self.http.post(
            zoom.oauth_url, data=form, headers={"Authorization": login}
        ) as answer:
            token = (await answer.json())["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        async with self.http.post(zoom.api_url + path, json=body, headers=headers) as answer:
            return await answer.json()

    async def checkout(self, **asked: str) -> Any:
        """The bot opens a page of Stripe's for Ana; the session."""
        customer = await self._stripe("customers", {"name": "Ana"})
        fixed = {"success_url": f"{self.origin}/healthz", "customer": customer["id"]}
        return await self._stripe("checkout/sessions", {**fixed, **asked})

    async def _stripe(self, path: str, form: Mapping[str, str]) -> Any:
        address, key = f"{self.stripe.url}/v1/{path}", self.stripe.key
        headers = {"Authorization": f"Bearer {key}"}
        async with self.http.post(address, data=form, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def until(self, condition: Callable[[], bool]) -> None:
        await self.telegram.until(condition)


@asynccontextmanager
async def a_stage(
    *, to_voice_note: ToVoiceNote | None = None, port: int = 0
) -> AsyncIterator[Stage]:
    """A started page; its student has opened the chat, so the bot may write."""
    time = HandTime()
    now = time.now
    telegram = TelegramSimulator(clock=now, flood=False)
    discord = DiscordSimulator(clock=now, limits=False, spec=find_spec())
    zoom, stripe = ZoomSimulator(ZOOM_HOST, clock=now), StripeSimulator(clock=now)
    async with telegram, discord, zoom, stripe, aiohttp.ClientSession() as http:
        world = _a_world(telegram, discord, Mailbox(clock=now), zoom, stripe)
        page = DemoPage(
            world=world,
            port=port,
            token=TOKEN,
            to_voice_note=to_voice_note or _dictated,
            time=time,
            notices=["Mail is off."],
        )
        await page.start()
        try:
            yield Stage(page, world, time, http)
        finally:
            await page.aclose()


def _a_world(
    telegram: TelegramSimulator,
    discord: DiscordSimulator,
    mailbox: Mailbox,
    zoom: ZoomSimulator,
    stripe: StripeSimulator,
) -> DemoWorld:
    student = telegram.person(1001, "Ana", "en")
    student.chat.is_open = True
    teacher, admin = discord.person(2001, "Elena"), discord.person(2002, "Sam")
    school = discord.guild("School", owner=admin)
    school.add(teacher)
    return DemoWorld(
        telegram=telegram,
        mailbox=mailbox,
        students={"student": student, "newcomer": telegram.person(1002, "Alex", "en")},
        group=[],
        discord=discord,
        members={"teacher": teacher, "admin": admin},
        hall=school.add_channel("lobby"),
        zoom=zoom,
        stripe=stripe,
        calendly=CalendlySimulator("token"),
        host="Elena",
    )


async def _dictated(recording: bytes) -> tuple[bytes, float]:
    """Every recording becomes the same note, but for what is no recording."""
    if not recording or recording.startswith(b"not sound"):
        raise ValueError("not sound")
    return A_NOTE, 3.2


@asynccontextmanager
async def a_browser(
    stage: Stage,
    *,
    width: int = 1280,
    height: int = 800,
    locale: str = "en-US",
    microphone: Path | None = None,
) -> AsyncIterator[Page]:
    """The stage's page open in Chromium, see `a_browser_at`."""
    async with a_browser_at(
        stage.page.url, width=width, height=height, locale=locale, microphone=microphone
    ) as page:
        yield page


@asynccontextmanager
async def a_browser_at(
    address: str,
    *,
    width: int = 1280,
    height: int = 800,
    locale: str = "en-US",
    microphone: Path | None = None,
) -> AsyncIterator[Page]:
    """A demo page open in Chromium; at the end nothing may stand in its console.

    Args:
        microphone: a WAV file that plays, over and over, into the fake microphone.
    """
    flags = [*_FLAGS, f"--use-file-for-fake-audio-capture={microphone}"] if microphone else _FLAGS
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def note_error(error: Error) -> None:
        complaints.append(str(error))

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        context = await chromium.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            timezone_id="UTC",
            permissions=["microphone", "clipboard-read", "clipboard-write"],
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        page = await context.new_page()
        page.on("console", note)
        page.on("pageerror", note_error)
        await page.goto(address)
        await page.locator("body.is-ready").wait_for()
        yield page
        await chromium.close()
    assert complaints == []
