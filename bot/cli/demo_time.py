"""The demo's clock: the machine's time plus what the visitor moved it by."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol

_MOMENT = timedelta(seconds=1)
_TRIES = 3


class Promises(Protocol):
    """What is to happen by itself, once the product is there."""

    async def next_due(self) -> datetime | None:
        """When the next one is due, be it ever so small."""
        ...

    async def next_news(self) -> datetime | None:
        """When people will notice something next: a reminder, a lesson that begins."""
        ...

    async def keep(self) -> None:
        """Do what is due, and send what came of it."""
        ...


class DemoClock:
    """Goes on by itself, and is moved forward: what becomes due on the way is done at its time."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._promises: Promises | None = None
        self._turn = asyncio.Lock()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def follow(self, promises: Promises) -> None:
        """From here on there is something to be kept."""
        self._promises = promises

    async def advance(self, by: timedelta) -> None:
        async with self._turn:
            await self._move_to(self.now() + by)

    async def advance_to_next(self) -> bool:
        """Go to the next reminder, lesson or the like; False where nothing is waiting."""
        async with self._turn:
            news = await self._promises.next_news() if self._promises else None
            if news is not None:
                await self._move_to(news + _MOMENT)
            return news is not None

    async def _move_to(self, at: datetime) -> None:
        tries = 0
        while tries < _TRIES and (due := await self._next_due()) is not None and due < at:
            tries = 0 if due > self.now() else tries + 1  # what cannot be done holds nobody up
            self._set(due)
            await self._keep()
        self._set(at)
        await self._keep()

    async def _next_due(self) -> datetime | None:
        return await self._promises.next_due() if self._promises else None

    async def _keep(self) -> None:
        if self._promises is not None:
            await self._promises.keep()

    def _set(self, at: datetime) -> None:
        self._ahead += max(at - self.now(), timedelta())
