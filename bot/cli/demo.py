"""`linguaflex demo`: everything on this machine with no key, and a page to try it on."""

import argparse
import asyncio
import secrets
import signal
import tempfile
import webbrowser
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from bot.cli.demo_brain import EngineBrain
from bot.core.errors import DomainError, ServiceFailure
from bot.simulators.hume.server import HumeSimulator
from bot.simulators.mailbox import Mailbox
from bot.simulators.page.server import DemoPage
from bot.simulators.telegram import TelegramSimulator
from bot.simulators.world import DemoWorld
from bot.voice.adapters.codec import PyAvCodec
from bot.voice.adapters.local.engine import LocalEngine
from bot.voice.adapters.local.speech import SpeechProcess
from config.logging import configure
from config.settings import Settings, load_settings

_log = structlog.get_logger()

_STUDENT_ID = 1001
_LONGEST_NOTE_SECONDS = 300.0


class DemoClock:
    """The machine's time plus what the visitor moved it by."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def move(self, by: timedelta) -> None:
        self._ahead += by


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the page is served, and whether a browser opens it."""
    parser.add_argument("--port", type=int, default=8080, help="of the page (default 8080)")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--name", default="Alex", help="the student's name")
    parser.add_argument("--language", default="en", help="language of the student's Telegram")


def run(arguments: argparse.Namespace) -> int:
    """Serve the demo until Ctrl-C."""
    configure("text", "WARNING")
    return asyncio.run(_demo(arguments))


async def _demo(arguments: argparse.Namespace) -> int:
    from bot.app import build
    from bot.serving import Serving

    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    clock = DemoClock()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="linguaflex-demo-"))
        telegram = TelegramSimulator(token=f"7000001:{secrets.token_urlsafe(26)}", clock=clock.now)
        await stack.enter_async_context(telegram)
        mailbox = Mailbox(clock=clock.now)
        await mailbox.start()
        stack.push_async_callback(mailbox.aclose)
        speech = SpeechProcess()
        engine = LocalEngine(speech)
        stack.push_async_callback(engine.aclose)
        hume = HumeSimulator(EngineBrain(engine))
        await hume.start()
        stack.push_async_callback(hume.stop)
        settings = _settings(Path(folder), telegram, hume.url, mailbox.url)
        app = await stack.enter_async_context(build(settings, clock=clock))
        student = telegram.person(
            user_id=_STUDENT_ID, name=arguments.name, language=arguments.language
        )
        world = DemoWorld(telegram=telegram, mailbox=mailbox, student=student)
        serving = asyncio.create_task(Serving(app, frozenset({"telegram"})).run(stop))
        stack.push_async_callback(_finished, serving, stop)
        warming = asyncio.create_task(_warm(world, speech))
        stack.push_async_callback(_cancelled, warming)

        async def advance(by: timedelta) -> None:
            clock.move(by)
            app.worker.ring()

        codec = PyAvCodec()
        stack.push_async_callback(codec.aclose)
        page = DemoPage(
            world=world,
            to_voice_note=lambda data: _voice_note(codec, data),
            advance=advance,
            now=clock.now,
            port=arguments.port,
        )
        await page.start()
        stack.push_async_callback(page.aclose)
        world.report("bot", "ready")
        print(f"LinguaFlex demo: {page.url}\nCtrl-C ends it.", flush=True)
        if not arguments.no_browser:
            await asyncio.to_thread(webbrowser.open, page.url)
        await stop.wait()
    return 0


def _settings(folder: Path, telegram: TelegramSimulator, hume: str, mail: str) -> Settings:
    """Settings that point the ordinary bot at the simulators; nothing of `.env` is read."""
    from bot.storage.vault import generate_key

    return load_settings(
        None,
        database_url=f"sqlite+aiosqlite:///{folder / 'demo.db'}",
        encryption_keys=generate_key(),
        telegram={"token": telegram.token, "api_url": telegram.url},
        hume={"api_url": hume, "pace": 0, "languages": "en,es"},
        mail={"smtp_url": mail, "from": "tutor@linguaflex.example"},
    )


async def _warm(world: DemoWorld, speech: SpeechProcess) -> None:
    """Load the speech models while the visitor looks around, and say how it goes."""
    world.report("engine", "ready", detail="Hume EVI (simulated), local voice inside")
    world.report("speech", "loading")
    try:
        await speech.warm()
    except ServiceFailure as failure:
        world.report("speech", "failed", detail=failure.detail)
        print(f"The local voice is not available: {failure.detail}", flush=True)
        return
    world.report("speech", "ready")


async def _voice_note(codec: PyAvCodec, data: bytes) -> tuple[bytes, float]:
    """What a browser recorded, as the voice note a Telegram client would send."""
    try:
        voice = await codec.encode(await codec.decode(data, max_seconds=_LONGEST_NOTE_SECONDS))
    except DomainError as refusal:
        raise ValueError(refusal.key) from refusal
    return voice.ogg, voice.seconds


async def _finished(task: asyncio.Task[None], stop: asyncio.Event) -> None:
    stop.set()
    await asyncio.gather(task, return_exceptions=True)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
