"""Lanes: one person's events one at a time and in order, different people's side by side."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from bot.core.errors import ServiceFailure
from bot.messaging.model import Incoming

_log = structlog.get_logger()

_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 15.0
_TRIES_OF_A_BUG = 3
_SETTLED_IN_MEMORY = 10_000
_GRACE_SECONDS = 2.0


@dataclass(slots=True)
class Lane:
    """What waits for one person.

    Args:
        interrupted: of the running event alone; set when one that overtakes (cancel, end, stop)
            comes in. The durable mark is that event's own row.
    """

    name: str
    waiting: deque[Incoming] = field(default_factory=deque)
    interrupted: asyncio.Event = field(default_factory=asyncio.Event)


Handler = Callable[[Incoming, asyncio.Event], Awaitable[None]]


class Lanes:
    """Runs events through `handle`.

    Args:
        handle: does the work of one event and marks its row as done. ServiceFailure (the database
            is away) makes the lane wait and try the same event again; after three bugs the event
            is left alone until this process starts anew.
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
        self._unsettled: set[str] = set()
        self._settled: OrderedDict[str, None] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watchers: dict[str, asyncio.Future[None]] = {}
        self._is_closing = False

    def put(self, events: Sequence[Incoming]) -> int:
        """Queue events of lanes that are ours; returns how many of them were not known here."""
        count = 0
        for incoming in events:
            if self._is_closing or incoming.key in self._unsettled or self.is_settled(incoming.key):
                continue
            count += 1
            self._unsettled.add(incoming.key)
            lane = self._lanes.get(incoming.lane)
            if lane is None:
                lane = self._lanes[incoming.lane] = Lane(incoming.lane)
                self._start(lane)
            self._place(lane, incoming)
        return count

    def is_running(self, name: str) -> bool:
        return name in self._lanes

    def is_settled(self, key: str) -> bool:
        """Whether an event was handled here lately, or given up: a late look finds it no more."""
        return key in self._settled

    def give_up(self, key: str) -> None:
        """Leave an event alone until this process starts anew."""
        self._settle(key)

    @property
    def names(self) -> Sequence[str]:
        return list(self._lanes)

    async def finished(self, key: str) -> None:
        """Return once the event with this key is no longer queued or running here."""
        if key in self._unsettled:
            loop = asyncio.get_running_loop()
            await asyncio.shield(self._watchers.setdefault(key, loop.create_future()))

    async def aclose(self) -> None:
        """Let what runs end, shortly; what was not finished is still in the inbox."""
        self._is_closing = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_GRACE_SECONDS)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for key in list(self._watchers):
            self._tell(key)

    def _place(self, lane: Lane, incoming: Incoming) -> None:
        if not self._overtakes(incoming):
            lane.waiting.append(incoming)
            return
        before = sum(1 for other in lane.waiting if self._overtakes(other))
        lane.waiting.insert(before, incoming)
        lane.interrupted.set()

    def _start(self, lane: Lane) -> None:
        task = asyncio.create_task(self._run(lane), name=f"lane {lane.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, lane: Lane) -> None:
        while not self._is_closing:
            while lane.waiting and not self._is_closing:
                incoming = lane.waiting.popleft()
                lane.interrupted = asyncio.Event()
                await self._work(incoming, lane.interrupted)
                self._settle(incoming.key)
            more = await self._leave(lane)
            if not self.put(more) and not lane.waiting:
                break
        del self._lanes[lane.name]

    async def _leave(self, lane: Lane) -> Sequence[Incoming]:
        try:
            return await self._on_idle(lane.name)
        except ServiceFailure as failure:
            _log.warning("lane.leave_failed", lane=lane.name, cause=str(failure))
        except Exception:
            _log.exception("lane.leave_failed", lane=lane.name)
        return ()

    async def _work(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        wait, bugs = _FIRST_WAIT_SECONDS, 0
        while True:
            try:
                await self._handle(incoming, interrupted)
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

    def _settle(self, key: str) -> None:
        self._unsettled.discard(key)
        self._settled[key] = None
        if len(self._settled) > _SETTLED_IN_MEMORY:
            self._settled.popitem(last=False)
        self._tell(key)

    def _tell(self, key: str) -> None:
        watcher = self._watchers.pop(key, None)
        if watcher is not None and not watcher.done():
            watcher.set_result(None)
