"""`linguaflex simulate`: only the simulators, and the settings that point a bot at them."""

import argparse
import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from bot.cli.env_file import merged, quoted, read_text, write_private
from bot.simulators.brain import Brain
from bot.simulators.loopback import Running
from config.logging import configure

TOKEN = "7000001:simulated-token-that-opens-nothing-anywhere"  # noqa: S105 - known to us alone
DISCORD_TOKEN = "simulated-discord-token-that-opens-nothing"  # noqa: S105 - known to us alone
MAIL_FROM = "tutor@linguaflex.example"
CALENDLY_TOKEN = "simulated-calendly-token"  # noqa: S105 - known to us alone
ZOOM_HOST = "host@linguaflex.example"
_SECRET = "simulated-secret-of-webhooks"  # noqa: S105 - known to us alone
_PARTS = ("telegram", "discord", "hume", "openai", "mail", "zoom", "stripe", "calendly")
R = TypeVar("R", bound=Running)
HOURS = {
    "name": "Working hours",
    "timezone": "Europe/Madrid",
    "rules": [
        {"type": "wday", "wday": day, "intervals": [{"from": "18:00", "to": "21:00"}]}
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
    ],
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where they listen (a free port each), and what answers."""
    for part in _PARTS:
        parser.add_argument(f"--{part}-port", type=int, default=0, metavar="PORT")
    parser.add_argument(
        "--bot-port",
        type=int,
        default=8080,
        metavar="PORT",
        help="where the bot will listen for what Zoom and Stripe tell (default 8080)",
    )
    parser.add_argument(
        "--scripted", action="store_true", help="voices answer by rule, without speech models"
    )
    parser.add_argument("--env", type=Path, metavar="FILE", help="write the settings there too")


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM; 1 when a port is taken."""
    configure("text", "WARNING")
    try:
        return asyncio.run(simulate(arguments))
    except OSError as error:
        print(f"linguaflex simulate: {error.strerror or error}", file=sys.stderr)
        return 1


async def simulate(arguments: argparse.Namespace) -> int:
    """Start everything, say where, and wait."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with simulated(arguments) as settings:
        publish(settings, arguments.env)
        await stop.wait()
    return 0


def publish(settings: Mapping[str, str], file: Path | None) -> None:
    """Print the settings as lines of an env file; in `file`, others stay."""
    if file is not None:
        write_private(file, merged(read_text(file), settings))
    for name, value in settings.items():
        print(f"{name}={quoted(value)}")
    print(f"# Calendly takes the token {CALENDLY_TOKEN}")
    print("# `linguaflex init --yes` adds a key and a database. Ctrl-C ends this.", flush=True)


@asynccontextmanager
async def simulated(arguments: argparse.Namespace) -> AsyncIterator[Mapping[str, str]]:
    """Simulators on loopback, and the settings that lead to them."""
    async with AsyncExitStack() as stack:
        world = World(stack, arguments)
        groups = [await world.platforms(), await world.voices(), await world.lessons()]
        yield {f"LINGUAFLEX_{name}": text for group in groups for name, text in group.items()}


class World:
    """Starts simulators; each group returns the settings that lead to it, without their prefix."""

    def __init__(self, stack: AsyncExitStack, arguments: argparse.Namespace) -> None:
        self._stack = stack
        self._arguments = arguments

    async def platforms(self) -> Mapping[str, str]:
        """Where people write, and their mail."""
        from bot.simulators.discord import DiscordSimulator
        from bot.simulators.mailbox import Mailbox
        from bot.simulators.telegram import TelegramSimulator

        telegram = await self._started("telegram", TelegramSimulator(TOKEN))
        discord = await self._started("discord", DiscordSimulator(DISCORD_TOKEN))
        mailbox = await self._started("mail", Mailbox())
        return {
            "TELEGRAM__TOKEN": TOKEN,
            "TELEGRAM__API_URL": telegram.url,
            "DISCORD__TOKEN": DISCORD_TOKEN,
            "DISCORD__API_URL": discord.api_url,
            "DISCORD__IDENTIFY_SECONDS": "0",
            "MAIL__SMTP_URL": mailbox.url,
            "MAIL__FROM": MAIL_FROM,
        }

    async def voices(self) -> Mapping[str, str]:
        """What hears and speaks."""
        from bot.simulators.hume.server import HumeSimulator
        from bot.simulators.openai import CascadeSimulator
        from bot.simulators.scripted_brain import ScriptedBrain, ScriptedModels

        brain = ScriptedBrain() if self._arguments.scripted else _local_brain(self._stack)
        hume = await self._started("hume", HumeSimulator(brain))
        openai = await self._started("openai", CascadeSimulator(ScriptedModels()))
        return {
            "HUME__API_URL": hume.url,
            "HUME__PACE": "0",
            "OPENAI__STT_URL": openai.url,
            "OPENAI__CHAT_URL": openai.url,
            "OPENAI__TTS_URL": openai.url,
        }

    async def lessons(self) -> Mapping[str, str]:
        """Hours, meetings and payments; the last two tell the bot what happens there."""
        from bot.simulators.calendly import CalendlySimulator
        from bot.simulators.stripe import StripeSimulator
        from bot.simulators.zoom import ZoomSimulator

        zoom = await self._started("zoom", ZoomSimulator(ZOOM_HOST))
        stripe = await self._started("stripe", StripeSimulator())
        calendly = await self._started("calendly", CalendlySimulator(CALENDLY_TOKEN, HOURS))
        bot = f"http://127.0.0.1:{self._arguments.bot_port}"
        zoom.deliver_to(f"{bot}/webhooks/zoom", _SECRET)
        stripe.send_webhooks_to(f"{bot}/webhooks/stripe", _SECRET)
        return {
            "ZOOM__ACCOUNT_ID": zoom.account_id,
            "ZOOM__CLIENT_ID": zoom.client_id,
            "ZOOM__CLIENT_SECRET": zoom.client_secret,
            "ZOOM__WEBHOOK_SECRET": _SECRET,
            "ZOOM__HOSTS": ZOOM_HOST,
            "ZOOM__API_URL": zoom.api_url,
            "ZOOM__OAUTH_URL": zoom.oauth_url,
            "STRIPE__API_KEY": stripe.key,
            "STRIPE__WEBHOOK_SECRET": _SECRET,
            "STRIPE__API_URL": stripe.url,
            "CALENDLY__API_URL": calendly.url,
            "WEB__PORT": str(self._arguments.bot_port),
            "WEB__PUBLIC_URL": bot,
        }

    async def _started(self, part: str, simulator: R) -> R:
        await simulator.start(getattr(self._arguments, f"{part}_port"))
        self._stack.push_async_exit(simulator)
        return simulator


def _local_brain(stack: AsyncExitStack) -> Brain:
    """The voice of this machine, to be put into the simulated Hume."""
    from bot.cli.demo_brain import EngineBrain
    from bot.voice.adapters.local.engine import LocalEngine
    from bot.voice.adapters.local.speech import SpeechProcess

    engine = LocalEngine(SpeechProcess())
    stack.push_async_callback(engine.aclose)
    return EngineBrain(engine)
