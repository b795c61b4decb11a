"""The database brought up to date, and a one-time link that makes its opener an admin."""

from bot.accounts.tokens import Tokens
from bot.cli.database_checks import keys_open, sqlite_file
from bot.core.clock import SystemClock
from bot.core.errors import Cause, ServiceFailure
from bot.messaging.instance import Instance
from bot.storage import schema
from bot.storage.engine import open_storage
from bot.storage.failures import SERVICE, as_ours
from bot.storage.lock import FileLock
from bot.storage.vault import Keyring, parse_keys


class BotIsRunning(Exception):
    """A running bot has this SQLite file for itself."""


async def is_sealed_otherwise(url: str, keys: str) -> bool:
    """Whether there is a database already that these keys do not open."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return False
    try:
        if await schema.current(url) is None:
            return False
        return await keys_open(url, Keyring(parse_keys(keys))) is False
    except Exception as error:
        raise _failure(error) from error


async def bring_up_to_date(url: str) -> None:
    """Migrate an SQLite file, and a server whose database is empty; others may have users.

    Raises:
        BotIsRunning: it has the file, which therefore is up to date already.
        ServiceFailure: the database cannot be used.
    """
    file = sqlite_file(url)
    lock = None
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(file)
        try:
            lock.acquire()
        except ServiceFailure as error:
            raise BotIsRunning from error
    try:
        if file is not None or await schema.current(url) is None:
            await schema.migrate(url)
    except Exception as error:
        raise _failure(error) from error
    finally:
        if lock is not None:
            lock.release()


async def admin_link(url: str, keys: str, bot_name: str) -> str:
    """A link that lives a day and works once.

    Args:
        keys: as in ENCRYPTION_KEYS.
        bot_name: on Telegram, without the @.

    Raises:
        ServiceFailure: the database cannot be used, or is older than this program.
    """
    storage = open_storage(url, Keyring(parse_keys(keys)), Instance())
    try:
        await storage.open()
        token = await storage.write(Tokens(SystemClock()).issue_claim)
    finally:
        await storage.aclose()
    return f"https://t.me/{bot_name}?start=admin_{token}"


def _failure(error: Exception) -> ServiceFailure:
    ours = as_ours(error)
    if isinstance(ours, ServiceFailure):
        return ours
    return ServiceFailure(SERVICE, Cause.UNREACHABLE, type(error).__name__)
