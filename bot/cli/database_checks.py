"""What the doctor looks at in the database: schema, room on the disk, and the keys to it."""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.cli.findings import Finding, Status
from bot.core.errors import ServiceFailure
from bot.messaging.instance import Instance
from bot.storage import schema
from bot.storage.base import keys_fit
from bot.storage.engine import SqlStorage, open_storage
from bot.storage.failures import as_ours
from bot.storage.vault import Keyring, generate_key, parse_keys
from bot.storage.work import Work
from config.settings import Settings

_LITTLE_SPACE, _NO_SPACE = 1 << 30, 100 << 20  # bytes


async def check_database(settings: Settings) -> Sequence[Finding]:
    """Reachable, current, writable, with room; and whether the keys open it."""
    keyring = _keyring(settings)
    file = sqlite_file(settings.database_url)
    room = [] if file is None else [_room(file)]
    if file is not None and not file.exists():
        return [_unborn(file), *room, _keys(keyring, None)]
    try:
        now = await schema.current(settings.database_url)
        fit = None if now is None else await _fit(settings.database_url, keyring)
    except Exception as error:  # drivers raise whatever they like for a server that is not there
        return [_unusable(error), *room, _keys(keyring, None)]
    return [_version(now, is_file=file is not None), *room, _keys(keyring, fit)]


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite address; None for a server, or a database in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
        return None
    return Path(str(parsed.database))


async def keys_open(url: str, keyring: Keyring) -> bool | None:
    """Whether the keys open a database that was migrated; None while nothing is sealed in it.

    A server is also written to, and the write taken back; SQLite's `schema.current` proves that
    already. No lock is taken: the bot may be running.

    Raises:
        ServiceFailure: the database cannot be read, or a server not written to.
    """
    storage = open_storage(url, keyring, Instance())
    try:
        if storage.is_shared:
            await _write_nothing(storage)
        return await storage.read(keys_fit)
    finally:
        await storage.aclose()


async def _fit(url: str, keyring: Keyring | Finding) -> bool | None:
    any_key = Keyring(parse_keys(generate_key()))  # to look with where ours cannot be used
    return await keys_open(url, any_key if isinstance(keyring, Finding) else keyring)


async def _write_nothing(storage: SqlStorage) -> None:
    class TakenBack(Exception):
        pass

    def unit(work: Work) -> None:
        work.notes.put("doctor", "was here")
        raise TakenBack

    with suppress(TakenBack):
        await storage.write(unit)


def _unborn(file: Path) -> Finding:
    folder = _existing(file.parent)
    if folder.is_dir() and os.access(folder, os.W_OK):
        detail = f"{file} does not exist yet"
        return Finding("database", Status.WARN, detail, "`linguaflex init` or `run` makes it")
    detail = f"{file} cannot be made: {folder} cannot be written to"
    return Finding("database", Status.FAIL, detail, "see LINGUAFLEX_DATABASE_URL")


def _existing(path: Path) -> Path:
    """The path, or the nearest above it that is there."""
    return next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())


def _room(file: Path) -> Finding:
    free = shutil.disk_usage(_existing(file.parent)).free
    detail = f"{free / (1 << 30):.1f} GiB free for the database"
    if free >= _LITTLE_SPACE:
        return Finding("disk", Status.OK, detail)
    return Finding("disk", Status.FAIL if free < _NO_SPACE else Status.WARN, detail, "make room")


def _unusable(error: Exception) -> Finding:
    if isinstance(error, ModuleNotFoundError):
        detail = f"the driver {error.name} is not installed"
        return Finding("database", Status.FAIL, detail, 'pip install "linguaflex[postgres]"')
    ours = as_ours(error)
    detail = str(ours) if isinstance(ours, ServiceFailure) else type(error).__name__
    return Finding("database", Status.FAIL, detail, "see LINGUAFLEX_DATABASE_URL")


def _version(now: str | None, *, is_file: bool) -> Finding:
    newest = schema.head()
    if now == newest:
        return Finding("database", Status.OK, f"version {now}, can be written to")
    if now is not None and now > newest:
        detail = f"version {now} was made by a newer program, this one knows {newest}"
        return Finding("database", Status.FAIL, detail, "update this program")
    detail = f"version {now or 'none'}, this program needs {newest}"
    if is_file:
        return Finding("database", Status.WARN, detail, "`linguaflex run` brings it up to date")
    return Finding("database", Status.FAIL, detail, "linguaflex migrate")


def _keyring(settings: Settings) -> Keyring | Finding:
    if settings.encryption_keys is None:
        detail = "LINGUAFLEX_ENCRYPTION_KEYS is not set"
        return Finding("encryption", Status.FAIL, detail, "`linguaflex init` makes a key")
    try:
        return Keyring(parse_keys(settings.encryption_keys.get_secret_value()))
    except ValueError as error:
        detail = f"LINGUAFLEX_ENCRYPTION_KEYS: {error}"
        return Finding("encryption", Status.FAIL, detail, "32 bytes each in base64url, by commas")


def _keys(keyring: Keyring | Finding, fit: bool | None) -> Finding:
    if isinstance(keyring, Finding):
        return keyring
    if fit is None:
        return Finding("encryption", Status.OK, "the keys can be used; nothing is sealed yet")
    if fit:
        return Finding("encryption", Status.OK, "the keys open what is stored")
    detail = "none of LINGUAFLEX_ENCRYPTION_KEYS opens this database"
    return Finding("encryption", Status.FAIL, detail, "put the former key back behind the others")
