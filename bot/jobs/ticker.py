"""When we look: periodic checks in one process. What is owed is in the database, not here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.core.errors import ServiceFailure

_log = structlog.get_logger()

Tick = Callable[[], Awaitable[object]]

_scheduling = logging.getLogger("apscheduler.scheduler")
_scheduling.setLevel(logging.ERROR)  # it warns of a tick left out because the one before still runs


class Ticker:
    """Calls what is registered every so many seconds of real time, never twice at once."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def every(self, seconds: float, tick: Tick, name: str) -> None:
        """Call `tick` after `seconds`, and again and again; what it raises is logged."""

        async def run() -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - a coroutine runs in a task
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            try:
                await tick()
            except asyncio.CancelledError:
                return  # `aclose`; the scheduler would log it as an error
            except ServiceFailure as failure:
                _log.warning("tick.failed", tick=name, cause=str(failure))
            except Exception:
                _log.exception("tick.failed", tick=name)

        self._scheduler.add_job(run, "interval", seconds=seconds, id=name, name=name)

    def start(self) -> None:
        self._scheduler.start()

    async def aclose(self) -> None:
        """Stop; ticks under way are cancelled."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        await asyncio.sleep(0)  # shutdown runs in the loop's next round
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
