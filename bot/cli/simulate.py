"""`linguaflex simulate`: only the simulators, and the settings that point a bot at them."""

import argparse
import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bot.cli.env_file import merged, quoted, read_text, write_private
from bot.simulators.brain import Brain
from config.logging import configure

TOKEN = "7000001:simulated-token-that-opens-nothing-anywhere"  # noqa: S105 - known to us alone
DISCORD_TOKEN = "simulated-discord-token-that-opens-nothing"  # noqa: S105 - known to us alone
MAIL_FROM = "tutor@linguaflex.example"
_PARTS = ("telegram", "discord", "hume", "openai", "mail")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where they listen (a free port each), and what answers."""
    for part in _PARTS:
        parser.add_argument(f"--{part}-port", type=int, default=0, metavar="PORT")
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
    print("# `linguaflex init --yes` adds a key and a database. Ctrl-C ends this.", flush=True)


@asynccontextmanager
async def simulated(arguments: argparse.Namespace) -> AsyncIterator[Mapping[str, str]]:
    """Simulators on loopback, and the settings that lead to them."""
    async with AsyncExitStack() as stack:
        yield await _start(stack, arguments)


async def _start(stack: AsyncExitStack, arguments: argparse.Namespace) -> Mapping[str, str]:
    from bot.simulators.discord import DiscordSimulator
    from bot.simulators.hume.server import HumeSimulator
    from bot.simulators.mailbox import Mailbox
    from bot.simulators.openai import CascadeSimulator
    from bot.simulators.scripted_brain import ScriptedBrain, ScriptedModels
    from bot.simulators.telegram import TelegramSimulator

    telegram = TelegramSimulator(TOKEN)
    discord = DiscordSimulator(DISCORD_TOKEN)
    hume = HumeSimulator(ScriptedBrain() if arguments.scripted else _local_brain(stack))
    openai = CascadeSimulator(ScriptedModels())
    mailbox = Mailbox()
    simulators: dict[
        str, TelegramSimulator | DiscordSimulator | HumeSimulator | CascadeSimulator | Mailbox
    ] = {
        "telegram": telegram,
        "discord": discord,
        "hume": hume,
        "openai": openai,
        "mail": mailbox,
    }
    for part, simulator in simulators.items():
        await simulator.start(getattr(arguments, f"{part}_port"))
        stack.push_async_exit(simulator)
    return {
        "LINGUAFLEX_TELEGRAM__TOKEN": TOKEN,
        "LINGUAFLEX_TELEGRAM__API_URL": telegram.url,
        "LINGUAFLEX_DISCORD__TOKEN": DISCORD_TOKEN,
        "LINGUAFLEX_DISCORD__API_URL": discord.api_url,
        "LINGUAFLEX_DISCORD__IDENTIFY_SECONDS": "0",
        "LINGUAFLEX_HUME__API_URL": hume.url,
        "LINGUAFLEX_HUME__PACE": "0",
        "LINGUAFLEX_OPENAI__STT_URL": openai.url,
        "LINGUAFLEX_OPENAI__CHAT_URL": openai.url,
        "LINGUAFLEX_OPENAI__TTS_URL": openai.url,
        "LINGUAFLEX_MAIL__SMTP_URL": mailbox.url,
        "LINGUAFLEX_MAIL__FROM": MAIL_FROM,
    }


def _local_brain(stack: AsyncExitStack) -> Brain:
    """The voice of this machine, to be put into the simulated Hume."""
    from bot.cli.demo_brain import EngineBrain
    from bot.voice.adapters.local.engine import LocalEngine
    from bot.voice.adapters.local.speech import SpeechProcess

    engine = LocalEngine(SpeechProcess())
    stack.push_async_callback(engine.aclose)
    return EngineBrain(engine)
