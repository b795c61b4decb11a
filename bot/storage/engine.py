"""Units of work on SQLite and PostgreSQL: the storage a database address names.

DESIGN: a unit is one plain function of a transaction, so no outside call can hide in it.
"""

from sqlalchemy.engine import make_url

from bot.messaging.instance import Instance
from bot.storage.base import CommitListener
from bot.storage.postgres import PostgresStorage
from bot.storage.sqlite import SqliteStorage
from bot.storage.vault import Keyring

__all__ = ["CommitListener", "PostgresStorage", "SqlStorage", "SqliteStorage", "open_storage"]

SqlStorage = SqliteStorage | PostgresStorage


def open_storage(url: str, keyring: Keyring, instance: Instance) -> SqlStorage:
    """The storage an address names. Raises ValueError for an engine we do not know."""
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        return SqliteStorage(url, keyring, instance)
    if backend == "postgresql":
        return PostgresStorage(url, keyring, instance)
    raise ValueError(f"DATABASE_URL names {backend}; sqlite+aiosqlite and postgresql+asyncpg work")
