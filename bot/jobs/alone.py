"""Doing something outside that nobody else does at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

from bot.core.errors import Cause, ServiceFailure
from bot.core.storage import Storage


class Claims(Protocol):
    """What only one process does at a time."""

    def take(self, name: str, now: datetime, /) -> bool: ...
    def release(self, name: str, /) -> None: ...


class ClaimWork(Protocol):
    """What being alone needs of a transaction."""

    @property
    def claims(self) -> Claims: ...


W = TypeVar("W", bound=ClaimWork)


class Alone(Generic[W]):
    """By name: one at a time in this process, and no other process meanwhile."""

    def __init__(self, storage: Storage[W], service: str) -> None:
        self._storage = storage
        self._service = service
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def at(self, name: str) -> AsyncIterator[None]:
        """Raises ServiceFailure: BUSY, another process is at it."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        async with lock:
            if not await self._storage.write(
                lambda work: work.claims.take(name, datetime.now(UTC))
            ):
                raise ServiceFailure(self._service, Cause.BUSY, "another process is at it")
            try:
                yield
            finally:
                await self._storage.write(lambda work: work.claims.release(name))
