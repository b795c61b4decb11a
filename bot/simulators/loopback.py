"""Servers on loopback: what every simulated service is to whoever starts and stops it."""

from abc import ABC, abstractmethod
from typing import ClassVar, Self

from aiohttp import web


class Running(ABC):
    """Something that runs between `start` and `stop`, or inside `async with`."""

    @abstractmethod
    async def start(self, port: int = 0) -> None:
        """Serve on 127.0.0.1; port 0 takes a free one."""

    @abstractmethod
    async def stop(self) -> None:
        """May be called twice."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


class LoopbackServer(Running):
    """An HTTP server on loopback.

    `grace_seconds` is what open requests are given at the end; `cancels` ends a request's handler
    when its client hangs up.
    """

    grace_seconds: ClassVar[float] = 1.0
    cancels: ClassVar[bool] = False

    def __init__(self) -> None:
        self.port = 0
        self._runner: web.AppRunner | None = None

    @abstractmethod
    def application(self) -> web.Application:
        """What is served; asked for at every start."""

    async def start(self, port: int = 0) -> None:
        """See `Running.start`; `port` of this server is the one that was taken."""
        self._runner = web.AppRunner(
            self.application(),
            handler_cancellation=self.cancels,
            access_log=None,
            shutdown_timeout=self.grace_seconds,
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
