"""`linguaflex doctor`: looks at everything the bot needs, and says what to do next."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.cli.findings import Finding, Scrubber, Status, render_json, render_table
from config.logging import configure
from config.settings import Settings, WrongSettings, load_settings

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Check:
    """One look, by itself and within its own time."""

    name: str
    look: Callable[[Settings], Awaitable[Sequence[Finding]]]
    seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How the findings are shown."""
    parser.add_argument("--json", action="store_true", help="a list of objects, for programs")
    parser.add_argument(
        "--probe", action="store_true", help="make and remove a meeting to prove Zoom's plan"
    )


def run(arguments: argparse.Namespace) -> int:
    """Look at everything; 1 when something that is switched on does not work."""
    configure("text", "ERROR")
    findings = asyncio.run(examine(probes=arguments.probe))
    print(render_json(findings) if arguments.json else render_table(findings))
    return 1 if any(finding.status is Status.FAIL for finding in findings) else 0


async def examine(*, probes: bool = False) -> list[Finding]:
    """Everything there is to say about this installation; no finding holds a secret."""
    from bot.cli import checks

    try:
        settings = load_settings()
    except WrongSettings as error:
        scrubber = Scrubber(None)
        return [scrubber.clean(finding) for finding in checks.wrong_settings(error)]
    scrubber = Scrubber(settings)
    groups = await asyncio.gather(*(bounded(check, settings) for check in all_checks(probes)))
    found = [checks.check_names(os.environ), *groups]
    return [scrubber.clean(finding) for group in found for finding in group]


def all_checks(probes: bool = False) -> Sequence[Check]:
    """What is looked at, in the order it is shown; the local engine loads its models.

    Args:
        probes: things are made at vendors' and removed again.
    """
    from bot.cli import checks
    from bot.cli.admin_checks import check_admins
    from bot.cli.database_checks import check_database
    from bot.cli.discord_checks import check_discord
    from bot.cli.stripe_checks import check_stripe
    from bot.cli.supabase_checks import check_supabase
    from bot.cli.telegram_checks import check_telegram
    from bot.cli.web_checks import check_web
    from bot.cli.zoom_checks import check_zoom, probe_zoom

    return (
        Check("database", check_database, 40),
        Check("admins", check_admins, 25),
        Check("telegram", check_telegram, 25),
        Check("discord", check_discord, 35),
        Check("voice", checks.check_engines, 150),
        Check("sound", checks.check_sound, 30),
        Check("mail", checks.check_mail, 25),
        Check("supabase", check_supabase, 20),
        Check("stripe", check_stripe, 30),
        Check("zoom", check_zoom, 40),
        *([Check("zoom.probe", probe_zoom, 60)] if probes else []),
        Check("web", check_web, 15),
    )


async def bounded(check: Check, settings: Settings) -> Sequence[Finding]:
    """What the check found; a check that hangs or breaks is a finding of its own."""
    try:
        async with asyncio.timeout(check.seconds):
            return await check.look(settings)
    except TimeoutError:
        detail = f"no answer within {check.seconds:g} s"
        return [Finding(check.name, Status.FAIL, detail, "is it reachable from here?")]
    except Exception as error:  # the doctor tells of every other part all the same
        _log.exception("doctor.check_broke", check=check.name)
        detail = f"could not be looked at: {type(error).__name__}"
        return [Finding(check.name, Status.FAIL, detail, "the log above says where")]
