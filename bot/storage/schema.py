"""Bringing a database to the current schema, and telling whether it is there."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

T = TypeVar("T")
_MIGRATIONS = Path(__file__).parent / "migrations"


def head() -> str:
    """The newest schema version this code knows."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    if newest is None:
        raise RuntimeError("the package lacks its migrations")
    return newest


async def current(url: str) -> str | None:
    """The schema version of a database; None when it is empty."""
    return await _with_connection(make_url(url), _current)


async def migrate(url: str, to: str = "head") -> None:
    """Bring a database to a schema version; "base" empties it."""

    def run(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        now = _current(connection)
        if to == "base" or (to != "head" and now is not None and to < now):
            command.downgrade(config, to)
        else:
            command.upgrade(config, to)
        connection.commit()

    await _with_connection(make_url(url), run)


async def _with_connection(url: URL, run: Callable[[Connection], T]) -> T:
    if url.get_backend_name() == "sqlite":
        return await asyncio.to_thread(_with_file, url, run)
    shared = create_async_engine(url)
    try:
        async with shared.connect() as connection:
            return await connection.run_sync(run)
    finally:
        await shared.dispose()


def _with_file(url: URL, run: Callable[[Connection], T]) -> T:
    if url.database:
        Path(url.database).expanduser().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url.set(drivername="sqlite+pysqlite"))
    try:
        with engine.connect() as connection:
            return run(connection)
    finally:
        engine.dispose()


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
