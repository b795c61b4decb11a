"""Databases that are copied in a moment, and looked at from outside while a program uses them."""

import asyncio
import secrets
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Executable, Row, Select, func, select, update
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.flows.relay_files import TRANSCRIBE_JOB
from bot.storage.claims import instances
from bot.storage.jobs import jobs
from bot.storage.messaging import SendState, inbox, outbox
from tests.conftest import PostgresServer

_LOOK_SECONDS = 0.03
_OPEN = (SendState.WAITING, SendState.SENDING)
WAITING = select(
    select(func.count()).where(inbox.c.done_at.is_(None)).scalar_subquery().label("events"),
    select(func.count()).where(outbox.c.state.in_(_OPEN)).scalar_subquery().label("messages"),
    select(func.count())
    .where(jobs.c.kind == TRANSCRIBE_JOB, jobs.c.finished_at.is_(None))
    .scalar_subquery()
    .label("transcripts"),
)


class Databases(Protocol):
    """Makes databases on one engine."""

    def fresh(self) -> str:
        """The address of a new, migrated, empty one."""
        ...

    def copy_of(self, url: str, /) -> str:
        """The address of a copy of one that nobody uses."""
        ...


class SqliteDatabases:
    """Files in a folder."""

    def __init__(self, template: Path, folder: Path) -> None:
        self._template = template
        self._folder = folder

    def fresh(self) -> str:
        return self._copy(self._template)

    def copy_of(self, url: str, /) -> str:
        return self._copy(Path(url.partition("///")[2]))

    def _copy(self, source: Path) -> str:
        target = self._folder / f"{secrets.token_hex(6)}.db"
        with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
            old.backup(new)
        old.close()
        new.close()
        return f"sqlite+aiosqlite:///{target}"


class PostgresDatabases:
    """Databases of one server."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def fresh(self) -> str:
        return self._server.fresh_url()

    def copy_of(self, url: str, /) -> str:
        return self._server.copy_of(url)


async def fetch(url: str, wanted: Select[Any]) -> Sequence[Row[Any]]:
    """Rows of a database, whoever else uses it."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        found: Sequence[Row[Any]] = (await connection.execute(wanted)).all()
    return found


async def execute(url: str, statement: Executable) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(statement)


async def quiet(url: str, within: float) -> None:
    """Wait until nothing waits any more. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while any(await waiting(url)):  # noqa: ASYNC110 - another process works on it
            await asyncio.sleep(_LOOK_SECONDS)


async def waiting(url: str) -> tuple[int, int, int]:
    """How many events, messages and transcripts wait."""
    row = (await fetch(url, WAITING))[0]
    return row.events, row.messages, row.transcripts


async def let_leases_end(url: str) -> None:
    """Ten seconds pass for processes that died: whatever they held is free."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    await execute(url, update(instances).values(lease_until=past))
    await execute(
        url, update(jobs).where(jobs.c.leased_until.is_not(None)).values(leased_until=past)
    )
