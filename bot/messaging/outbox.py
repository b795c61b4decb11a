"""The way out: one paced sender per bot token, order kept per room, nothing forgotten."""

import asyncio
import heapq
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

import structlog

from bot.core.clock import Clock
from bot.core.crash import crash_point
from bot.core.errors import Cause, ServiceFailure
from bot.messaging.marks import Marks
from bot.messaging.model import Change, MessageKind, Outgoing, SendLane
from bot.messaging.pace import Bucket, RoomBuckets
from bot.messaging.ports import (
    Closed,
    OutboxStorage,
    OutboxWork,
    PacedMessenger,
    Settled,
    Undeliverable,
)
from bot.messaging.resolving import content_of, resolved

_log = structlog.get_logger()

_RANK = {lane: rank for rank, lane in enumerate(SendLane)}
_PACED = {Change.SEND, Change.EDIT}
# A person who wrote to another hears of an outage, not of every hiccup.
_TOLD_AFTER = {MessageKind.RELAY: 3, MessageKind.SIGN: 3}
_AT_ONCE = 32
_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 300.0
_MOST_ATTEMPTS = 2_000  # a week of an outage, one every five minutes
_MOST_MOVES = 5
_MOST_STUMBLES = 5
_SHORTEST_WAIT_SECONDS = 0.05
_SETTLED_IN_MEMORY = 10_000
_GRACE_SECONDS = 3.0


@dataclass(slots=True)
class _Room:
    """Messages for one room, in order; `is_scheduled` from the first one put until it is empty.

    `was_stuck`: something failed since it was empty, so what stands here may have waited long.
    """

    name: str
    bucket: Bucket
    waiting: deque[Outgoing] = field(default_factory=deque)
    is_scheduled: bool = False
    was_stuck: bool = False
    attempts: int = 0


class Sender:
    """Sends one platform's outbox rows.

    Args:
        on_trouble: told once for a message that could not be sent at once, so that somebody can
            be told another way (a mail server that is down, say).
        on_settled: told in the unit that marks a row; see `Settled`.
    """

    def __init__(
        self,
        storage: OutboxStorage,
        clock: Clock,
        messenger: PacedMessenger,
        *,
        on_trouble: Callable[[Outgoing], Awaitable[None]] | None = None,
        on_settled: Settled | None = None,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._messenger = messenger
        self._on_trouble = on_trouble
        self._marks = Marks(storage, clock, on_settled)
        self._pace = Bucket(messenger.pace)
        self._rooms: dict[str, _Room] = {}
        self._buckets = RoomBuckets()
        self._ready: list[tuple[int, int, _Room]] = []
        self._numbers = count()
        self._known: set[str] = set()
        self._begun: set[str] = set()
        self._settled: OrderedDict[str, None] = OrderedDict()
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._loops: set[asyncio.Task[None]] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._idle: dict[str, asyncio.Event] = {}
        self._adopting = asyncio.Lock()
        self._held: list[Outgoing] | None = None
        self._is_closing = False

    @property
    def platform(self) -> str:
        return self._messenger.platform

    def start(self) -> None:
        _spawn(self._pump(), self._loops)
        _spawn(self._marks.run(), self._loops)

    async def aclose(self) -> None:
        """Let what is under way arrive, write it down, and give back what was not begun."""
        self._is_closing = True
        self._wake.set()
        if self._serving:
            await asyncio.wait(self._serving, timeout=_GRACE_SECONDS)
        tasks = [*self._loops, *self._serving]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._marks.flush()
        await self._give_back(self._not_begun())

    def put(self, messages: Sequence[Outgoing]) -> None:
        """Queue stored messages that this process is to send, after older ones being adopted."""
        if self._held is not None:
            self._held += messages
            return
        for message in messages:
            if message.key in self._known or message.key in self._settled:
                continue
            self._known.add(message.key)
            room = self._rooms.get(message.to.room)
            if room is None:
                bucket = self._buckets.of(message.to.room, self._messenger.room_pace(message.to))
                room = self._rooms[message.to.room] = _Room(message.to.room, bucket)
            room.waiting.append(message)
            if not room.is_scheduled:
                self._schedule(room)

    async def adopt(self) -> int:
        """Take over open rows of this platform that no living process sends.

        Where the database is away, what was put meanwhile waits for the next try.
        """

        def unit(work: OutboxWork) -> Sequence[Outgoing]:
            living = work.claims.living(datetime.now(UTC))
            return work.outbox.adopt(self.platform, living, self._clock.now(), mine)

        async with self._adopting:
            self._held = self._held or []
            mine = {*self._known, *self._settled}
            messages = await self._storage.write(unit)
            held, self._held = self._held, None
            self.put([*messages, *held])
        return len(messages)

    async def drained(self, room: str) -> None:
        """Wait until everything queued for a room has gone out."""
        while room in self._rooms:
            await self._idle.setdefault(room, asyncio.Event()).wait()

    async def all_sent(self) -> None:
        """Wait until nothing is queued for any room."""
        while self._rooms:
            await self.drained(next(iter(self._rooms)))

    def halt(self) -> None:
        """Somebody else has the claim: give back what waits here, for them to adopt."""
        left = [*self._not_begun(), *(self._held or [])]
        for room in list(self._rooms.values()):
            under_way = [message for message in room.waiting if message.key in self._begun]
            room.waiting = deque(under_way)
            if not under_way:
                self._leave(room)
        self._ready = [entry for entry in self._ready if entry[2].waiting]
        heapq.heapify(self._ready)
        self._known &= self._begun
        if self._held is not None:
            self._held.clear()
        _spawn(self._give_back(left), self._loops)

    def _not_begun(self) -> Sequence[Outgoing]:
        """What waits, and signs that may be under way: twice is no different from once."""
        rooms = self._rooms.values()
        waiting = [message for room in rooms for message in room.waiting]
        return [each for each in waiting if each.key not in self._begun or not each.kind.has_row]

    async def _give_back(self, messages: Sequence[Outgoing]) -> None:
        if not messages:
            return
        keys = [message.key for message in messages if message.kind.has_row]
        signs = [message for message in messages if not message.kind.has_row]
        at = self._clock.now()

        def unit(work: OutboxWork) -> None:
            work.outbox.release(keys)
            work.outbox.store(*signs, at=at)

        try:
            await self._storage.write(unit)
        except ServiceFailure as failure:
            _log.warning("outbox.not_released", count=len(messages), cause=str(failure))

    def _schedule(self, room: _Room) -> None:
        """Have the room's first message go as soon as the room's own pace allows."""
        room.is_scheduled = True
        wait = room.bucket.take() if room.waiting[0].change in _PACED else 0.0
        self._push_after(wait, room)

    def _push_after(self, seconds: float, room: _Room) -> None:
        if self._is_closing or not room.waiting:
            return
        if seconds:
            _spawn(self._push_later(seconds, room), self._loops)
        else:
            rank = _RANK[room.waiting[0].kind.lane]
            heapq.heappush(self._ready, (rank, next(self._numbers), room))
            self._wake.set()

    async def _push_later(self, seconds: float, room: _Room) -> None:
        await asyncio.sleep(seconds)
        self._push_after(0.0, room)

    async def _pump(self) -> None:
        """Start the room that comes first, by lane and then by time, at the token's pace."""
        while not self._is_closing:
            if not self._ready:
                self._wake.clear()
                await self._wake.wait()
                continue
            wait = self._pace.wait() if self._first().change in _PACED else 0.0
            if wait:
                await asyncio.sleep(wait)  # one of a better lane may come meanwhile
                continue
            await self._slots.acquire()
            if not self._ready:  # halted meanwhile
                self._slots.release()
                continue
            if self._first().change in _PACED:
                self._pace.take()
            _, _, room = heapq.heappop(self._ready)
            self._begun.add(room.waiting[0].key)
            _spawn(self._serve(room), self._serving)

    def _first(self) -> Outgoing:
        return self._ready[0][2].waiting[0]

    async def _serve(self, room: _Room) -> None:
        message = room.waiting[0]
        try:
            wait = await self._attempt(message, room)
        except Exception as error:  # the database is away, or a bug: the room goes on all the same
            wait = await self._stumbled(message, room, error)
        finally:
            self._slots.release()
        if wait:
            self._begun.discard(message.key)
            self._push_after(wait, room)
        else:
            self._settle(room)

    async def _stumbled(self, message: Outgoing, room: _Room, error: Exception) -> float:
        """Trouble of our own; a message that always causes it is given up in the end."""
        room.attempts += 1
        if isinstance(error, ServiceFailure):
            _log.warning("outbox.waits", key=message.key, cause=str(error))
        else:
            _log.error("outbox.stumbled", key=message.key, exc_info=error)
            if room.attempts >= _MOST_STUMBLES:
                await self._marks.put(message, error=type(error).__name__)
                return 0.0
        return _doubled(room.attempts)

    def _settle(self, room: _Room) -> None:
        """The room's first message is dealt with; on to the next."""
        key = room.waiting.popleft().key
        room.attempts = 0
        self._known.discard(key)
        self._begun.discard(key)
        self._settled[key] = None
        if len(self._settled) > _SETTLED_IN_MEMORY:
            self._settled.popitem(last=False)
        if room.waiting:
            self._schedule(room)
            return
        self._leave(room)

    def _leave(self, room: _Room) -> None:
        """Nothing is left for a room."""
        del self._rooms[room.name]
        if room.name in self._idle:
            self._idle.pop(room.name).set()

    async def _attempt(self, message: Outgoing, room: _Room) -> float:
        """Send one message; returns the seconds until it is to be tried again, 0 for settled.

        That a message goes out is written down first where a crash must not double it.
        """
        if room.was_stuck and await self._is_off(message):
            await self._marks.put(message, error="its reader left this chat")
            return 0.0
        if message.change is Change.SEND and not message.kind.is_resent:
            await self._storage.write(lambda work: work.outbox.begin(message.key))
        try:
            message = await resolved(self._storage, message)
            if message.target_key is not None and message.target is None:
                await self._marks.put(message)  # what it is about never arrived
                return 0.0
            attachment = await content_of(self._storage, message)
            crash_point(f"before send {message.kind.value}")
            message_id = await self._messenger.send(message, attachment)
            crash_point(f"after send {message.kind.value}")
        except ServiceFailure as failure:
            return await self._failed(message, room, failure)
        except Undeliverable as refusal:
            return await self._refused(message, room, refusal)
        except Exception as error:  # a message that cannot be rendered must not stop the room
            _log.exception("outbox.broken", key=message.key)
            await self._marks.put(message, error=type(error).__name__)
        else:
            await self._marks.put(message, message_id)
        return 0.0

    async def _is_off(self, message: Outgoing) -> bool:
        """Its reader left the chat while it waited there."""
        key = message.key
        return message.kind.has_row and not await self._storage.read(
            lambda work: work.outbox.is_open(key)
        )

    async def _failed(self, message: Outgoing, room: _Room, failure: ServiceFailure) -> float:
        room.attempts += 1
        room.was_stuck = True
        _log.warning("outbox.failed", key=message.key, cause=str(failure), attempt=room.attempts)
        if room.attempts == _TOLD_AFTER.get(message.kind, 1) and self._on_trouble is not None:
            await self._tell(self._on_trouble, message)
        if failure.cause is Cause.REJECTED or room.attempts >= _MOST_ATTEMPTS:
            await self._marks.put(message, error=str(failure))
            return 0.0
        if message.kind.has_row:
            await self._storage.write(lambda work: work.outbox.not_sent(message.key, str(failure)))
        if failure.retry_after is not None:
            return max(failure.retry_after, _SHORTEST_WAIT_SECONDS)
        return _doubled(room.attempts)

    async def _tell(
        self, on_trouble: Callable[[Outgoing], Awaitable[None]], message: Outgoing
    ) -> None:
        try:
            await on_trouble(message)
        except Exception:
            _log.exception("outbox.trouble_untold", key=message.key)

    async def _refused(self, message: Outgoing, room: _Room, refusal: Undeliverable) -> float:
        _log.info("outbox.undeliverable", key=message.key, reason=refusal.reason)
        address = message.to
        if refusal.moved_to is not None and room.attempts < _MOST_MOVES:
            room.attempts += 1
            await self._move(message, refusal.moved_to, room)
            return _SHORTEST_WAIT_SECONDS
        if refusal.is_blocked:
            at = self._clock.now()
            await self._storage.write(
                lambda work: work.identities.set_blocked(address.platform, address.room, at)
            )
        is_told = message.kind in _TOLD_AFTER  # by `on_settled`, with what became of it
        if not room.attempts and not is_told and self._on_trouble is not None:
            await self._tell(self._on_trouble, message)
        why = Closed(refusal.reason) if refusal.is_blocked else refusal.reason
        await self._marks.put(message, error=why)
        return 0.0

    async def _move(self, message: Outgoing, new: str, room: _Room) -> None:
        address = message.to

        def unit(work: OutboxWork) -> None:
            work.outbox.not_sent(message.key, "the room moved")
            work.outbox.move_room(address.platform, address.room, new)
            work.identities.move_room(address.platform, address.room, new)

        await self._storage.write(unit)
        room.waiting = deque(
            replace(message, to=replace(message.to, room=new)) for message in room.waiting
        )


def _doubled(attempts: int) -> float:
    return min(_FIRST_WAIT_SECONDS * (1 << min(attempts - 1, 9)), _LONGEST_WAIT_SECONDS)


def _spawn(work: Coroutine[None, None, None], tasks: set[asyncio.Task[None]]) -> None:
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
