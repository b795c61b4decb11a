"""Lanes: one person's events one at a time and in order, different people's side by side."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from bot.core.errors import ServiceFailure
from bot.messaging.model import Incoming

_log = structlog.get_logger()

_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 15.0
_TRIES_OF_A_BUG = 3


@dataclass(slots=True)
class Lane:
    """What waits for one person.

    Args:
        interrupted: set while an event that overtakes (cancel, end, stop) waits; the running turn
            watches it. The durable mark is that event's own row.
    """

    name: str
    waiting: deque[Incoming] = field(default_factory=deque)
    running: str | None = None
    interrupted: asyncio.Event = field(default_factory=asyncio.Event)


Handler = Callable[[Incoming, asyncio.Event], Awaitable[None]]


class Lanes:
    """Runs events through `handle`.

    Args:
        handle: does the work of one event and marks its row as done. ServiceFailure (the database
            is away) makes the lane wait and try the same event again.
        overtakes: whether an event goes before those that wait, and interrupts the running one.
        on_idle: told when a lane has nothing left; may hand in what arrived elsewhere meanwhile.
    """

    def __init__(
        self,
        handle: Handler,
        *,
        overtakes: Callable[[Incoming], bool],
        on_idle: Callable[[str], Awaitable[Sequence[Incoming]]],
    ) -> None:
        self._handle = handle
        self._overtakes = overtakes
        self._on_idle = on_idle
        self._lanes: dict[str, Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._watchers: dict[str, asyncio.Future[None]] = {}
        self._is_closing = False

    def put(self, events: Sequence[Incoming]) -> None:
        """Queue events of lanes that are ours; one already queued or running is left alone."""
        for incoming in events:
            lane = self._lanes.get(incoming.lane)
            if lane is None:
                lane = self._lanes[incoming.lane] = Lane(incoming.lane)
                self._start(lane)
            if incoming.key == lane.running or any(w.key == incoming.key for w in lane.waiting):
                continue
            if self._overtakes(incoming):
                lane.waiting.appendleft(incoming)
                lane.interrupted.set()
            else:
                lane.waiting.append(incoming)

    def is_running(self, name: str) -> bool:
        return name in self._lanes

    @property
    def names(self) -> Sequence[str]:
        return list(self._lanes)

    async def finished(self, key: str) -> None:
        """Return once the event with this key is no longer queued or running here."""
        if any(
            key == lane.running or any(w.key == key for w in lane.waiting)
            for lane in self._lanes.values()
        ):
            loop = asyncio.get_running_loop()
            await asyncio.shield(self._watchers.setdefault(key, loop.create_future()))

    async def aclose(self) -> None:
        """Stop; what was not finished is still in the inbox."""
        self._is_closing = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, lane: Lane) -> None:
        task = asyncio.create_task(self._run(lane), name=f"lane {lane.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, lane: Lane) -> None:
        while True:
            while lane.waiting:
                incoming = lane.waiting.popleft()
                lane.running = incoming.key
                lane.interrupted.clear()
                await self._settle(incoming, lane)
                lane.running = None
                self._tell(incoming.key)
            more = await self._leave(lane)
            if not more and not lane.waiting:
                del self._lanes[lane.name]
                return
            self.put(more)

    async def _leave(self, lane: Lane) -> Sequence[Incoming]:
        try:
            return await self._on_idle(lane.name)
        except ServiceFailure as failure:
            _log.warning("lane.leave_failed", lane=lane.name, cause=str(failure))
            return ()

    async def _settle(self, incoming: Incoming, lane: Lane) -> None:
        wait, bugs = _FIRST_WAIT_SECONDS, 0
        while True:
            try:
                await self._handle(incoming, lane.interrupted)
            except ServiceFailure as failure:
                _log.warning("lane.waits", key=incoming.key, cause=str(failure))
            except Exception:
                bugs += 1
                _log.exception("lane.failed", key=incoming.key, attempt=bugs)
                if bugs >= _TRIES_OF_A_BUG:
                    return
            else:
                return
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    def _tell(self, key: str) -> None:
        watcher = self._watchers.pop(key, None)
        if watcher is not None and not watcher.done():
            watcher.set_result(None)
