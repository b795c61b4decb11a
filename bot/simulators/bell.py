"""Waiting for a simulated world to change, without polling."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Bell:
    """Wakes everyone who waits; whoever changes the world rings it."""

    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def until(
        self,
        find: Callable[[], T | None],
        timeout: float | None,  # noqa: ASYNC109 - how long to wait is the caller's
    ) -> T:
        """What `find` returns once it is not None; asked at once and after every ring.

        Raises:
            TimeoutError: nothing was found within `timeout` seconds (real time; None: for ever).
        """
        async with asyncio.timeout(timeout):
            while (found := find()) is None:
                await self._ring()
        return found

    async def _ring(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)
