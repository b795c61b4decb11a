"""Whether anybody reads what waits for an administrator."""

from collections.abc import Sequence

from sqlalchemy import String, func, select, type_coerce

from bot.accounts.model import Role
from bot.cli.database_checks import sqlite_file
from bot.cli.findings import Finding, Status
from bot.messaging.instance import Instance
from bot.storage.accounts import users
from bot.storage.chat_tables import chat_reports
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring, generate_key, parse_keys
from bot.storage.work import Work
from config.settings import Settings

_REMEDY = "set LINGUAFLEX_ADMINS, or open the link `linguaflex init` prints"


async def check_admins(settings: Settings) -> Sequence[Finding]:
    """Named in the settings, or made one by a link; with neither, reports have no reader."""
    if settings.admins:
        return [Finding("admins", Status.OK, f"{len(settings.admins)} named in the settings")]
    made, reports = await _counted(settings.database_url)
    if made:
        return [Finding("admins", Status.OK, f"{made} made by a link")]
    detail = "no administrator: reports and teachers who apply have no reader"
    if reports:
        detail += f"; reports that wait: {reports}"
    return [Finding("admins", Status.WARN, detail, _REMEDY)]


async def _counted(url: str) -> tuple[int, int]:
    """Administrators and reports; none in a database that is not there or not up to date."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return 0, 0
    storage = open_storage(url, Keyring(parse_keys(generate_key())), Instance())
    named = type_coerce(users.c.roles, String).contains(Role.ADMIN.value)

    def count(work: Work) -> tuple[int, int]:
        ask = work.users._connection.execute
        admins = ask(select(func.count()).select_from(users).where(named)).scalar_one()
        return admins, ask(select(func.count()).select_from(chat_reports)).scalar_one()

    try:
        return await storage.read(count)
    except Exception:  # `check_database` tells what is wrong with it
        return 0, 0
    finally:
        await storage.aclose()
