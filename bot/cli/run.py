"""`linguaflex run`: the bot. SIGTERM ends it cleanly within ten seconds."""

import argparse
import asyncio
import gc
import signal
import sys

import structlog

from bot.core.errors import ServiceFailure
from config.logging import configure
from config.settings import Settings, WrongSettings, load_settings

_log = structlog.get_logger()
_SWITCH_SECONDS = 0.0005
_PARTS = ("telegram", "discord", "web", "worker")
_OBJECTS_BETWEEN_COLLECTIONS = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which parts; all of them without `--only`."""
    parser.add_argument(
        "--only", default=",".join(_PARTS), help=f"comma-separated: {', '.join(_PARTS)}"
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    parts = frozenset(part.strip() for part in str(arguments.only).split(",") if part.strip())
    if unknown := parts - set(_PARTS):
        raise WrongSettings(f"--only knows {', '.join(_PARTS)}, not {', '.join(sorted(unknown))}")
    settings = load_settings()
    configure(settings.log_format, settings.log_level)
    try:
        asyncio.run(serve(settings, parts))
    except ServiceFailure as failure:
        print(f"linguaflex: {failure}", file=sys.stderr)
        return 1
    return 0


async def serve(settings: Settings, parts: frozenset[str]) -> None:
    """Build the product and serve it until SIGTERM or SIGINT."""
    gc.disable()  # through the imports it would look again and again at what is there to stay
    from bot.app import build
    from bot.serving import Serving
    from bot.wiring.voice import chosen_engine

    # A calculating thread lets the event loop go on sooner (Python waits 5 ms by default).
    sys.setswitchinterval(_SWITCH_SECONDS)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with build(settings) as app:
        _log.info("run.started", engine=chosen_engine(settings), fallback=settings.voice.fallback)
        for line in what_is_off(settings):
            _log.warning("run.part_off", part=line)
        _leave_start_to_itself()
        await Serving(app, parts).run(stop)
        _log.info("run.stopping")


def _leave_start_to_itself() -> None:
    """Keep the garbage collector from walking through modules and wiring again and again.

    They last as long as the process; going through them was an eighth of the CPU per message.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    gc.enable()


def what_is_off(settings: Settings) -> list[str]:
    """One line for each part a missing setting switches off, with the remedy."""
    lines = []
    if settings.telegram.token is None:
        lines.append("Telegram is off: LINGUAFLEX_TELEGRAM__TOKEN is not set (linguaflex init)")
    if settings.discord.token is None:
        lines.append("Discord is off: LINGUAFLEX_DISCORD__TOKEN is not set (linguaflex init)")
    if settings.mail.smtp_url is None:
        lines.append("mail is off: LINGUAFLEX_MAIL__SMTP_URL is not set, addresses stay unproved")
    return lines
