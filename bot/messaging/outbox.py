"""The way out: one paced sender per bot token, order kept per room, nothing forgotten."""

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

import structlog

from bot.core.clock import Clock
from bot.core.crash import crash_point
from bot.core.errors import Cause, NotFound, ServiceFailure
from bot.messaging.model import Address, Change, Outgoing, SendLane
from bot.messaging.ports import (
    OutboxStorage,
    OutboxWork,
    Pace,
    PacedMessenger,
    Undeliverable,
)

_log = structlog.get_logger()

_RANK = {lane: rank for rank, lane in enumerate(SendLane)}
_AT_ONCE = 32
_MARKS_AGAIN_SECONDS = 1.0
_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 300.0
_MOST_ATTEMPTS = 60


class Bucket:
    """A token bucket in real time."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._tokens = float(pace.burst)
        self._at = time.monotonic()

    def take(self) -> float:
        """Take a token; returns the seconds to wait until it may be used (0: now)."""
        if self._pace.per_second <= 0:
            return 0.0
        now = time.monotonic()
        grown = self._tokens + (now - self._at) * self._pace.per_second
        self._tokens = min(float(self._pace.burst), grown) - 1
        self._at = now
        return max(0.0, -self._tokens / self._pace.per_second)


@dataclass(slots=True)
class _Room:
    """Messages for one room, in order."""

    bucket: Bucket
    waiting: deque[Outgoing] = field(default_factory=deque)
    is_busy: bool = False
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class _Mark:
    """What became of a message, to be written down; `written` is done when it was."""

    message: Outgoing
    message_id: str | None
    error: str | None
    written: asyncio.Future[None]


class Sender:
    """Sends one platform's outbox rows.

    Args:
        on_trouble: told once for a message whose first attempt failed, so that the person can be
            told another way (a mail server that is down, say).
    """

    def __init__(
        self,
        storage: OutboxStorage,
        clock: Clock,
        messenger: PacedMessenger,
        *,
        on_trouble: Callable[[Outgoing], Awaitable[None]] | None = None,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._messenger = messenger
        self._on_trouble = on_trouble
        self._rooms: dict[str, _Room] = {}
        self._ready: list[tuple[int, int, str]] = []
        self._numbers = count()
        self._known: set[str] = set()
        self._marks: list[_Mark] = []
        self._pace = Bucket(messenger.pace)
        self._wake = asyncio.Event()
        self._marked = asyncio.Event()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: dict[str, asyncio.Event] = {}

    @property
    def platform(self) -> str:
        return self._messenger.platform

    def start(self) -> None:
        self._spawn(self._pump())
        self._spawn(self._write_marks())

    async def aclose(self) -> None:
        """Stop sending; marks of what was sent are written down first."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._flush()

    def put(self, messages: Sequence[Outgoing]) -> None:
        """Queue stored messages that this process is to send."""
        for message in messages:
            if message.key in self._known:
                continue
            self._known.add(message.key)
            name = message.to.room
            room = self._rooms.get(name)
            if room is None:
                bucket = Bucket(self._messenger.room_pace(message.to))
                room = self._rooms[name] = _Room(bucket)
            room.waiting.append(message)
            if not room.is_busy and len(room.waiting) == 1:
                self._push(name, room)
        self._wake.set()

    async def adopt(self) -> int:
        """Take over open rows of this platform that no living process sends."""

        def unit(work: OutboxWork) -> Sequence[Outgoing]:
            real_now = datetime.now(UTC)
            return work.outbox.adopt(self.platform, work.claims.living(real_now), self._clock.now())

        messages = await self._storage.write(unit)
        self.put(messages)
        return len(messages)

    async def drained(self, room: str) -> None:
        """Wait until everything queued for a room has gone out."""
        while room in self._rooms:
            await self._idle.setdefault(room, asyncio.Event()).wait()

    def _push(self, name: str, room: _Room) -> None:
        rank = _RANK[room.waiting[0].kind.lane]
        heapq.heappush(self._ready, (rank, next(self._numbers), name))
        self._wake.set()

    async def _pump(self) -> None:
        while True:
            while not self._ready:
                self._wake.clear()
                await self._wake.wait()
            await self._slots.acquire()
            _, _, name = heapq.heappop(self._ready)
            room = self._rooms[name]
            room.is_busy = True
            if room.waiting[0].change is Change.SEND:
                wait = self._pace.take()
                if wait:
                    await asyncio.sleep(wait)
            self._spawn(self._serve(name, room))

    async def _serve(self, name: str, room: _Room) -> None:
        message = room.waiting[0]
        wait = 0.0
        try:
            if message.change is Change.SEND:
                own = room.bucket.take()
                if own:
                    await self._rest(own)
            wait = await self._attempt(message, room)
        finally:
            self._slots.release()
        if wait:
            await asyncio.sleep(wait)
        else:
            room.waiting.popleft()
            room.attempts = 0
            self._known.discard(message.key)
        room.is_busy = False
        if room.waiting:
            self._push(name, room)
        else:
            del self._rooms[name]
            if name in self._idle:
                self._idle.pop(name).set()

    async def _rest(self, seconds: float) -> None:
        """Wait for a room's own pace without holding one of the slots."""
        self._slots.release()
        await asyncio.sleep(seconds)
        await self._slots.acquire()

    async def _attempt(self, message: Outgoing, room: _Room) -> float:
        """Send one message; returns the seconds until it is to be tried again, 0 for settled."""
        try:
            attachment = await self._bytes(message)
            crash_point(f"before send {message.kind.value}")
            message_id = await self._messenger.send(message, attachment)
            crash_point(f"after send {message.kind.value}")
        except ServiceFailure as failure:
            return await self._failed(message, room, failure)
        except Undeliverable as refusal:
            return await self._refused(message, room, refusal)
        except Exception as error:  # a message that cannot be rendered must not stop the room
            _log.exception("outbox.broken", key=message.key)
            return await self._mark(message, error=type(error).__name__)
        return await self._mark(message, message_id)

    async def _bytes(self, message: Outgoing) -> bytes | None:
        if message.attachment is None:
            return None
        blob_id = message.attachment.blob_id
        try:
            return await self._storage.read(lambda work: work.blobs.get(blob_id))
        except NotFound as error:
            raise Undeliverable("its attachment was removed") from error

    async def _failed(self, message: Outgoing, room: _Room, failure: ServiceFailure) -> float:
        room.attempts += 1
        _log.warning("outbox.failed", key=message.key, cause=str(failure), attempt=room.attempts)
        if failure.cause is Cause.REJECTED or room.attempts >= _MOST_ATTEMPTS:
            return await self._mark(message, error=str(failure))
        if room.attempts == 1 and self._on_trouble is not None:
            await self._on_trouble(message)
        wait = _FIRST_WAIT_SECONDS * (1 << min(room.attempts - 1, 9))
        return max(failure.retry_after or 0.0, min(wait, _LONGEST_WAIT_SECONDS), 0.05)

    async def _refused(self, message: Outgoing, room: _Room, refusal: Undeliverable) -> float:
        _log.info("outbox.undeliverable", key=message.key, reason=refusal.reason)
        address = message.to
        if refusal.moved_to is not None:
            await self._move(address, refusal.moved_to, room)
            return 0.05
        if refusal.is_blocked:
            await self._storage.write(
                lambda work: work.identities.set_blocked(
                    address.platform, address.room, self._clock.now()
                )
            )
        return await self._mark(message, error=refusal.reason)

    async def _move(self, address: Address, new: str, room: _Room) -> None:
        def unit(work: OutboxWork) -> None:
            work.outbox.move_room(address.platform, address.room, new)
            work.identities.move_room(address.platform, address.room, new)

        await self._storage.write(unit)
        room.waiting = deque(
            replace(message, to=replace(message.to, room=new)) for message in room.waiting
        )

    async def _mark(
        self, message: Outgoing, message_id: str | None = None, error: str | None = None
    ) -> float:
        """Have it written down before the room goes on, so that a crash doubles one at most."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._marks.append(_Mark(message, message_id, error, written))
        self._marked.set()
        await written
        return 0.0

    async def _write_marks(self) -> None:
        while True:
            await self._marked.wait()
            self._marked.clear()
            await self._flush()

    async def _flush(self) -> None:
        """Write all marks that wait in one unit; those that come meanwhile share the next."""
        marks, self._marks = self._marks, []
        if not marks:
            return

        def unit(work: OutboxWork) -> None:
            at = self._clock.now()
            for mark in marks:
                work.outbox.settle(
                    mark.message.key, at, message_id=mark.message_id, error=mark.error
                )
                attachment = mark.message.attachment
                if attachment is not None and not attachment.is_kept:
                    work.blobs.remove(attachment.blob_id)

        try:
            await self._storage.write(unit)
        except ServiceFailure as failure:
            _log.warning("outbox.marks_wait", count=len(marks), cause=str(failure))
            self._marks = marks + self._marks
            await asyncio.sleep(_MARKS_AGAIN_SECONDS)
            self._marked.set()
            return
        for mark in marks:
            if not mark.written.done():
                mark.written.set_result(None)

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
