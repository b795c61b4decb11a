"""Storage on a PostgreSQL server that several processes share."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.core.crash import crash_point
from bot.core.errors import Cause, ServiceFailure
from bot.messaging.instance import Instance
from bot.storage.base import BaseStorage, check_keys
from bot.storage.failures import SERVICE, as_ours, may_retry, was_rolled_back
from bot.storage.vault import Keyring
from bot.storage.work import Work

R = TypeVar("R")

_CONNECTIONS = 20
_POOL_TIMEOUT_SECONDS = 60
_CONNECT_TIMEOUT_SECONDS = 10
_STATEMENT_TIMEOUT_SECONDS = 60
_CLOSE_SECONDS = 4
_TRIES = 3
_FIRST_WAIT_SECONDS = 0.05


class PostgresStorage(BaseStorage):
    """READ COMMITTED; constraints decide races, and a unit that lost its connection is retried."""

    def __init__(self, url: str, keyring: Keyring, instance: Instance) -> None:
        super().__init__(keyring, instance)
        self.url = make_url(url)
        self.is_shared = True
        self._engine = create_async_engine(
            self.url,
            pool_size=_CONNECTIONS,
            max_overflow=0,
            pool_timeout=_POOL_TIMEOUT_SECONDS,
            connect_args={
                "timeout": _CONNECT_TIMEOUT_SECONDS,
                "command_timeout": _STATEMENT_TIMEOUT_SECONDS,
            },
        )
        self._running: set[asyncio.Task[Any]] = set()
        self._is_closed = False

    async def open(self) -> None:
        """Look at the database once.

        Raises:
            ServiceFailure: it cannot be reached, its schema is missing or old, or the keys do not
                open it.
        """
        await self.write(check_keys)

    async def aclose(self) -> None:
        """Finish the units that run; later ones are refused."""
        self._is_closed = True
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=_CLOSE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._engine.dispose()

    async def write(self, unit: Callable[[Work], R], /) -> R:
        """Whoever waits may be cancelled; the unit runs to its end, and its commit is announced."""
        if self._is_closed:
            raise ServiceFailure(SERVICE, Cause.UNREACHABLE, "the storage is closed")
        task = asyncio.ensure_future(self._write(unit))
        self._running.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    async def read(self, query: Callable[[Work], R], /) -> R:
        def run(connection: Connection) -> R:
            work = self._work(connection)
            result = query(work)
            work.committed()
            return result

        async def attempt() -> R:
            async with self._engine.connect() as connection:
                return await connection.run_sync(run)

        return await _persistently(attempt)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # its waiter may be gone, and then nobody else asks

    async def _write(self, unit: Callable[[Work], R]) -> R:
        def run(connection: Connection) -> tuple[R, Work]:
            work = self._work(connection)
            result = unit(work)
            work.notify_others()
            return result, work

        async def attempt() -> tuple[R, Work]:
            async with self._engine.connect() as connection:
                crash_point("before commit")
                done = await connection.run_sync(run)
                await _commit(connection)
                crash_point("after commit")
                return done

        result, work = await _persistently(attempt)
        work.committed()
        self._announce(work.signals)
        return result


async def _commit(connection: AsyncConnection) -> None:
    try:
        await connection.commit()
    except Exception as error:
        if was_rolled_back(error):
            raise
        # The server may have kept it: to run the unit again could double it.
        detail = "the connection was lost during COMMIT"
        raise ServiceFailure(SERVICE, Cause.UNREACHABLE, detail) from error


async def _persistently(attempt: Callable[[], Awaitable[R]]) -> R:
    """Run `attempt` again while the server took nothing of it; at last raise in our terms."""
    for number in range(1, _TRIES + 1):
        try:
            return await attempt()
        except Exception as error:
            if number == _TRIES or not may_retry(error):
                ours = as_ours(error)
                if ours is error:
                    raise
                raise ours from error
            await asyncio.sleep(_FIRST_WAIT_SECONDS * number)
    raise AssertionError("unreachable")
