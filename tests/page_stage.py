"""The demo page on a stage: simulators, a clock moved by hand, and a browser to look at it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import ConsoleMessage, Error, Page, async_playwright, expect

from bot.simulators.discord import Channel, DiscordSimulator, find_spec
from bot.simulators.discord import Person as Member
from bot.simulators.mailbox import Mailbox
from bot.simulators.page.server import DemoPage
from bot.simulators.telegram import Person, TelegramSimulator
from bot.simulators.world import DemoWorld

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

ToVoiceNote = Callable[[bytes], Awaitable[tuple[bytes, float]]]

needs_chromium = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"no browser: {CHROMIUM} is missing"
)


@dataclass
class Stage:
    """What a test of the page holds in its hands."""

    page: DemoPage
    world: DemoWorld
    telegram: TelegramSimulator
    mailbox: Mailbox
    student: Person
    discord: DiscordSimulator
    teacher: Member
    lobby: Channel
    http: aiohttp.ClientSession
    advances: list[timedelta] = field(default_factory=list)

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

    async def until(self, condition: Callable[[], bool]) -> None:
        await self.telegram.until(condition)


@asynccontextmanager
async def a_stage(
    *, to_voice_note: ToVoiceNote | None = None, port: int = 0
) -> AsyncIterator[Stage]:
    """A started page; its student has opened the chat, so the bot may write."""
    moved = timedelta()

    def now() -> datetime:
        return datetime(2026, 5, 4, 12, tzinfo=UTC) + moved

    async def advance(by: timedelta) -> None:
        nonlocal moved
        moved += by
        stage.advances.append(by)

    telegram = TelegramSimulator(clock=now, flood=False)
    mailbox = Mailbox(clock=now)
    discord = DiscordSimulator(clock=now, limits=False, spec=find_spec())
    async with telegram, discord, aiohttp.ClientSession() as http:
        student = telegram.person(1001, "Ana", "en")
        student.chat.is_open = True
        teacher, admin = discord.person(2001, "Elena"), discord.person(2002, "Sam")
        school = discord.guild("School", owner=admin)
        school.add(teacher)
        lobby = school.add_channel("lobby")
        world = DemoWorld(
            telegram=telegram,
            mailbox=mailbox,
            students={"student": student, "newcomer": telegram.person(1002, "Alex", "en")},
            discord=discord,
            members={"teacher": teacher, "admin": admin},
            hall=lobby,
        )
        page = DemoPage(
            world=world,
            port=port,
            token=TOKEN,
            to_voice_note=to_voice_note or _dictated,
            advance=advance,
            now=now,
            notices=["Zoom is off."],
        )
        await page.start()
        stage = Stage(page, world, telegram, mailbox, student, discord, teacher, lobby, http)
        try:
            yield stage
        finally:
            await page.aclose()


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
