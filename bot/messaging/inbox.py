"""The way in: stored first, then worked on at once, and again after a crash."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import structlog

from bot.core.clock import Clock
from bot.messaging.lanes import Handler, Lanes
from bot.messaging.model import Incoming
from bot.messaging.ports import InboxStorage, InboxWork, Received, StoredEvent

_log = structlog.get_logger()

_ROWS_AT_ONCE = 50
_LANES_AT_ONCE = 100
_NO_LIMIT = 1_000_000

Translator = Callable[[Mapping[str, object]], Incoming | None]


class Inbox:
    """Implements `Receiver`.

    On a database of one process (SQLite) `recover` runs before the first `receive`; from then on
    memory knows everything that waits. On a shared one the rows themselves tell what is next, so
    that a lane keeps its order wherever its events came in.

    Args:
        translators: platform to what turns a stored body into our terms again.
        is_shared: several processes work on this database, so a lane is claimed before use.
    """

    def __init__(
        self,
        storage: InboxStorage,
        clock: Clock,
        handle: Handler,
        *,
        translators: Mapping[str, Translator],
        overtakes: Callable[[Incoming], bool],
        is_shared: bool,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._translators = translators
        self._overtakes = overtakes
        self._is_shared = is_shared
        self._most_rows = _ROWS_AT_ONCE if is_shared else _NO_LIMIT
        self.lanes = Lanes(handle, overtakes=overtakes, on_idle=self._leave)

    async def receive(self, events: Sequence[Received], /) -> None:
        if not events:
            return
        now = self._clock.now()

        def unit(work: InboxWork) -> tuple[list[Incoming], Sequence[StoredEvent]]:
            fresh = [
                event.incoming
                for event in events
                if work.inbox.add(event, now, overtakes=self._overtakes(event.incoming))
            ]
            if not self._is_shared:
                return fresh, ()
            lanes = {incoming.lane for incoming in fresh}
            return [], self._take(work, lanes, otherwise=work.wake_lane)

        fresh, rows = await self._storage.write(unit)
        self.lanes.put(fresh or self._translate(rows))

    async def settle(self, keys: Sequence[str], /) -> None:
        """Wait until these events were handled (here; another process may have them)."""
        await asyncio.gather(*(self.lanes.finished(key) for key in keys))

    async def recover(self) -> int:
        """Work on whatever waits in lanes that nobody has: after a start, and now and then."""
        names = await self._storage.read(lambda work: work.inbox.waiting_lanes())
        count = 0
        for start in range(0, len(names), _LANES_AT_ONCE):
            some = names[start : start + _LANES_AT_ONCE]
            count += await self._recover(some)
        return count

    async def refresh(self, lane: str) -> None:
        """Another process stored something for a lane that may be running here."""
        if self.lanes.is_running(lane):
            rows = await self._storage.read(lambda work: self._rows(work, lane))
            self.lanes.put(self._translate(rows))

    async def is_overtaken(self, lane: str) -> bool:
        """The durable mark that the running turn looks at."""
        return await self._storage.read(lambda work: work.inbox.has_overtaking(lane))

    async def _recover(self, names: Sequence[str]) -> int:
        idle = [name for name in names if not self.lanes.is_running(name)]
        if not idle:
            return 0
        rows = await self._storage.write(lambda work: self._take(work, idle))
        return self.lanes.put(self._translate(rows))

    def _take(
        self,
        work: InboxWork,
        names: Iterable[str],
        otherwise: Callable[[str], None] | None = None,
    ) -> Sequence[StoredEvent]:
        """Claim lanes, always in one order so that no two processes wait for each other.

        `otherwise` is called for those that another living process has.
        """
        rows: list[StoredEvent] = []
        for name in sorted(names):
            if self._is_shared and not work.claims.take(name, _real_now()):
                if otherwise is not None:
                    otherwise(name)
                continue
            found = self._rows(work, name)
            if self._is_shared and not found:
                work.claims.release(name)  # its last event was handled meanwhile
            rows += found
        return rows

    def _rows(self, work: InboxWork, lane: str) -> Sequence[StoredEvent]:
        rows = work.inbox.waiting(lane, self._most_rows)
        return [row for row in rows if not self.lanes.is_settled(row.key)]

    async def _leave(self, lane: str) -> Sequence[Incoming]:
        if not self._is_shared:
            return ()

        def unit(work: InboxWork) -> Sequence[StoredEvent]:
            work.claims.release(lane)
            rows = self._rows(work, lane)
            return rows if rows and work.claims.take(lane, _real_now()) else ()

        while True:
            rows = await self._storage.write(unit)
            events = self._translate(rows)
            if events or not rows:  # rows that nobody here can read are given up: look once more
                return events

    def _translate(self, rows: Sequence[StoredEvent]) -> list[Incoming]:
        return [incoming for incoming in map(self._incoming, rows) if incoming]

    def _incoming(self, row: StoredEvent) -> Incoming | None:
        """None, and left alone, when this version cannot read the row: others are not stopped."""
        try:
            incoming = self._translators[row.platform](row.body)
        except Exception:
            _log.exception("inbox.untranslatable", key=row.key)
            incoming = None
        if incoming is None:
            _log.error("inbox.left_alone", key=row.key)
            self.lanes.give_up(row.key)
        return incoming


def _real_now() -> datetime:
    return datetime.now(UTC)
