"""`linguaflex demo`: everything on this machine with no key, and a page to try it on.

The page comes first; the bot behind it is loaded while the visitor looks around, and what they
send meanwhile is answered as soon as it is there.
"""

import argparse
import asyncio
import secrets
import signal
import webbrowser
from contextlib import AsyncExitStack
from importlib import import_module
from typing import Any

from bot.cli.demo_time import DemoClock
from bot.cli.simulate import HOURS
from bot.core.errors import DomainError
from bot.simulators.calendly import CalendlySimulator
from bot.simulators.discord import EVERYONE, Channel, DiscordSimulator, Permission
from bot.simulators.discord import Person as Member
from bot.simulators.mailbox import Mailbox
from bot.simulators.page.server import DemoPage
from bot.simulators.stripe import StripeSimulator
from bot.simulators.telegram import TelegramSimulator
from bot.simulators.world import DemoWorld
from bot.simulators.zoom import ZoomSimulator
from bot.voice.adapters.codec import PyAvCodec
from config.logging import configure
from config.settings import WrongSettings

_STUDENT_ID, _NEWCOMER_ID = 1001, 1002
_TEACHER_ID, _ADMIN_ID = 2001, 2002
_GROUP_ID, _GROUP = 3001, ("Wei", "Mei", "Lin")
_ZOOM_HOST = "emma@flexschool.example"
_CALENDLY_TOKEN = "demo"  # noqa: S105 - shown on the page
_LONGEST_NOTE_SECONDS = 300.0
_NOTICE = (
    f"Hume, Zoom, Stripe and Calendly (token: {_CALENDLY_TOKEN}) are simulated on this machine: a"
    " practice partner with prepared scenes answers, and no money moves."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the page is served, and whether a browser opens it."""
    parser.add_argument("--port", type=int, default=8080, help="of the page (default 8080)")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--name", default="Alex", help="the newcomer's name")
    parser.add_argument("--language", default="en", help="language of the newcomer's Telegram")


def run(arguments: argparse.Namespace) -> int:
    """Serve the demo until Ctrl-C or SIGTERM."""
    configure("text", "WARNING")
    return asyncio.run(_demo(arguments))


async def _demo(arguments: argparse.Namespace) -> int:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    clock = DemoClock()
    async with AsyncExitStack() as stack:
        world = await _world(stack, clock, arguments)
        page = await _page(stack, clock, world, arguments.port)
        print(f"LinguaFlex demo: {page.url}\nCtrl-C ends it.", flush=True)
        if not arguments.no_browser:
            await asyncio.to_thread(webbrowser.open, page.url)
        await _product(world, clock, stop)
    return 0


async def _world(
    stack: AsyncExitStack, clock: DemoClock, arguments: argparse.Namespace
) -> DemoWorld:
    """The platforms and the mailbox, with the people in them; they end with `stack`."""
    telegram = TelegramSimulator(token=f"7000001:{secrets.token_urlsafe(26)}", clock=clock.now)
    await stack.enter_async_context(telegram)
    discord = DiscordSimulator(secrets.token_urlsafe(26), clock=clock.now)
    await stack.enter_async_context(discord)
    mailbox = await stack.enter_async_context(Mailbox(clock=clock.now))
    zoom = await stack.enter_async_context(ZoomSimulator(_ZOOM_HOST, clock=clock.now))
    stripe = await stack.enter_async_context(StripeSimulator(clock=clock.now))
    calendly = await stack.enter_async_context(CalendlySimulator(_CALENDLY_TOKEN, HOURS))
    teacher, admin = discord.person(_TEACHER_ID, "Emma"), discord.person(_ADMIN_ID, "Sam")
    world = DemoWorld(
        telegram=telegram,
        mailbox=mailbox,
        students={
            "student": telegram.person(_STUDENT_ID, "Ana", "en"),
            "newcomer": telegram.person(_NEWCOMER_ID, arguments.name, arguments.language),
        },
        group=[telegram.person(_GROUP_ID + n, name, "en") for n, name in enumerate(_GROUP)],
        discord=discord,
        members={"teacher": teacher, "admin": admin},
        hall=_found_school(discord, admin, teacher),
        zoom=zoom,
        stripe=stripe,
        calendly=calendly,
        host=teacher.account.name,
    )
    for part in ("engine", "speech", "bot"):
        world.report(part, "loading")
    return world


def _found_school(discord: DiscordSimulator, admin: Member, teacher: Member) -> Channel:
    """A school's server on Discord with the bot in it; where teachers receive their students."""
    rights = EVERYONE | Permission.MANAGE_THREADS
    rights |= Permission.CREATE_EVENTS | Permission.MANAGE_CHANNELS
    school = discord.guild("Flex School", admin, bot_rights=rights)
    school.add(teacher)
    school.add_channel("lobby")
    return school.add_channel("students")


async def _page(stack: AsyncExitStack, clock: DemoClock, world: DemoWorld, port: int) -> DemoPage:
    """The page, listening; it ends with `stack`.

    Raises:
        WrongSettings: the port is taken.
    """
    codec = PyAvCodec()
    stack.push_async_callback(codec.aclose)

    page = DemoPage(
        world=world,
        to_voice_note=lambda data: _voice_note(codec, data),
        time=clock,
        port=port,
        notices=[_NOTICE],
        is_ready=lambda: world.is_ready("bot"),
    )
    try:
        await page.start()
    except OSError as error:
        raise WrongSettings(f"port {port}: {error.strerror}; choose another by --port") from error
    stack.push_async_callback(page.aclose)
    return page


async def _product(world: DemoWorld, clock: DemoClock, stop: asyncio.Event) -> None:
    """Run the product until `stop`; loading its libraries, some seconds, holds nobody up."""
    product: Any = await asyncio.to_thread(import_module, "bot.cli.demo_product")
    if not stop.is_set():
        await product.serve(world, clock, stop)


async def _voice_note(codec: PyAvCodec, data: bytes) -> tuple[bytes, float]:
    """What a browser recorded, as the voice note a Telegram client would send."""
    try:
        voice = await codec.encode(await codec.decode(data, max_seconds=_LONGEST_NOTE_SECONDS))
    except DomainError as refusal:
        raise ValueError(refusal.key) from refusal
    return voice.ogg, voice.seconds
