"""Telling a page that a simulated service is no longer what it was."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Json = dict[str, Any]


class Changes:
    """Says only that something may have changed; whoever hears of it looks for themselves.

    Args:
        source: which service, the `type` of what subscribers get.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._queues: set[asyncio.Queue[Json]] = set()

    def subscribe(self, queue: asyncio.Queue[Json]) -> None:
        self._queues.add(queue)

    def unsubscribe(self, queue: asyncio.Queue[Json]) -> None:
        self._queues.discard(queue)

    def tell(self) -> None:
        for queue in self._queues:
            queue.put_nowait({"type": self._source})

    @web.middleware
    async def watch(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """Tell after every request that is more than a look."""
        try:
            return await handler(request)
        finally:
            if request.method != "GET":
                self.tell()
