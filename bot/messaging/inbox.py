"""The way in: stored first, then worked on at once, and again after a crash."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import structlog

from bot.core.clock import Clock
from bot.messaging.lanes import Handler, Lanes
from bot.messaging.model import Incoming
from bot.messaging.ports import InboxStorage, InboxWork, Received, StoredEvent

_log = structlog.get_logger()

Translator = Callable[[Mapping[str, object]], Incoming | None]


class Inbox:
    """Implements `Receiver`.

    Args:
        translators: platform to what turns a stored body into our terms again.
        is_shared: several processes work on this database, so a lane is claimed before use.
        wait_until_sent: returns when everything for a room has gone out.
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
        self.lanes = Lanes(handle, overtakes=overtakes, on_idle=self._leave)

    async def receive(self, events: Sequence[Received], /) -> None:
        if not events:
            return

        def unit(work: InboxWork) -> list[Incoming]:
            fresh = []
            for event in events:
                incoming = event.incoming
                if not work.inbox.add(event, now, overtakes=self._overtakes(incoming)):
                    continue
                if self._claim(work, incoming.lane):
                    fresh.append(incoming)
                else:
                    work.wake_lane(incoming.lane)
            return fresh

        now = self._clock.now()
        self.lanes.put(await self._storage.write(unit))

    async def settle(self, keys: Sequence[str], /) -> None:
        """Wait until these events were handled (here; another process may have them)."""
        await asyncio.gather(*(self.lanes.finished(key) for key in keys))

    async def recover(self) -> int:
        """Work on whatever waits in lanes that nobody has: after a start, and now and then."""

        def unit(work: InboxWork) -> list[StoredEvent]:
            found: list[StoredEvent] = []
            for lane in work.inbox.waiting_lanes():
                if not self.lanes.is_running(lane) and self._claim(work, lane):
                    found.extend(work.inbox.waiting(lane))
            return found

        events = self._translate(await self._storage.write(unit))
        self.lanes.put(events)
        return len(events)

    async def refresh(self, lane: str) -> None:
        """Another process stored something for a lane that may be running here."""
        if self.lanes.is_running(lane):
            rows = await self._storage.read(lambda work: work.inbox.waiting(lane))
            self.lanes.put(self._translate(rows))

    async def is_overtaken(self, lane: str) -> bool:
        """The durable mark that the running turn looks at."""
        return await self._storage.read(lambda work: work.inbox.has_overtaking(lane))

    def _claim(self, work: InboxWork, lane: str) -> bool:
        return not self._is_shared or work.claims.take(lane, _real_now())

    async def _leave(self, lane: str) -> Sequence[Incoming]:
        if not self._is_shared:
            return ()

        def unit(work: InboxWork) -> Sequence[StoredEvent]:
            work.claims.release(lane)
            rows = work.inbox.waiting(lane)
            return rows if rows and work.claims.take(lane, _real_now()) else ()

        return self._translate(await self._storage.write(unit))

    def _translate(self, rows: Sequence[StoredEvent]) -> list[Incoming]:
        events = []
        for row in rows:
            incoming = self._translators[row.platform](row.body)
            if incoming is None:
                _log.error("inbox.untranslatable", key=row.key)
            else:
                events.append(incoming)
        return events


def _real_now() -> datetime:
    return datetime.now(UTC)
