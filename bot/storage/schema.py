"""Bringing a database to the current schema, and telling whether it is there.

Alembic, a tenth of what the process would import, is so only where there is something to do.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

T = TypeVar("T")
_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x6C696E677561  # "lingua"
_WAIT_SECONDS = 30


def head() -> str:
    """The newest schema version this code knows: its file begins with it."""
    files = (_MIGRATIONS / "versions").glob("[0-9]*_*.py")
    versions = [file.name.partition("_")[0] for file in files]
    if not versions:
        raise RuntimeError("the package lacks its migrations")
    return max(versions)


async def current(url: str) -> str | None:
    """The schema version of a database; None when it is empty."""
    return await _with_connection(make_url(url), _current)


async def migrate(url: str, to: str = "head") -> None:
    """Bring a database to a schema version; "base" empties it."""

    def run(connection: Connection) -> None:
        _exclude_others(connection)
        now = _current(connection)
        if now != (head() if to == "head" else to):
            _move(connection, now, to)
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
        file = Path(url.database).expanduser()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)  # people's data: nobody else on the machine needs to read it
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        connect_args={"timeout": _WAIT_SECONDS, "isolation_level": None},
    )
    # The driver would commit before each CREATE TABLE: a migration is one transaction, or none.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.connect() as connection:
            return run(connection)
    finally:
        engine.dispose()


def _exclude_others(connection: Connection) -> None:
    """Make a second process that migrates wait; SQLite's BEGIN IMMEDIATE already does."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if version is None else str(version)


def _move(connection: Connection, now: str | None, to: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    if to == "base" or (to != "head" and now is not None and to < now):
        command.downgrade(config, to)
    else:
        command.upgrade(config, to)
