"""Updates kept for the bot until it confirms them."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.simulators.bell import Bell
from bot.simulators.faults import Faults
from bot.simulators.telegram.errors import ApiError, conflict

Json = dict[str, Any]

_RETENTION = timedelta(hours=24)
_REMEMBERED = 1_000
_NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
_NEVER_ACKED_PAUSE = 0.02  # seconds; a bot that is never heard must not spin a core
_OTHER_POLLER = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """An update on its way; with `again` a copy, handed out once whatever the offset."""

    body: Json
    at: datetime
    again: bool = False

    @property
    def update_id(self) -> int:
        return int(self.body["update_id"])

    @property
    def lane(self) -> int:
        """Updates with the same lane reach a webhook one after the other: chat, or person."""
        content = next(value for key, value in self.body.items() if key != "update_id")
        source = content.get("chat") or content.get("message", {}).get("chat") or content["from"]
        return int(source["id"])


class UpdateQueue:
    """The queue behind getUpdates and the webhook.

    Args:
        never_acks: an attribute; while True nothing the bot confirms is forgotten.
        confirmed: how many updates were confirmed, by offset or by a webhook's 2xx.
    """

    def __init__(self, bell: Bell, faults: Faults, now: Callable[[], datetime]) -> None:
        self.never_acks = False
        self.confirmed = 0
        self.conflicts = 0
        self._bell = bell
        self._faults = faults
        self._now = now
        self._pending: deque[Pending] = deque()
        self._delivered: deque[Pending] = deque(maxlen=_REMEMBERED)
        self._held: list[tuple[str, Json]] = []
        self._allowed: frozenset[str] | None = None
        self._next_id = 100_000_001
        self._poller: object | None = None
        self._end_of_poll = conflict(_OTHER_POLLER)

    def allow(self, kinds: Iterable[str] | None) -> None:
        """Which kinds are kept from here on; None changes nothing, none named means the usual."""
        if kinds is not None:
            self._allowed = frozenset(kinds) or None

    @property
    def allowed(self) -> frozenset[str] | None:
        return self._allowed

    @property
    def is_polled(self) -> bool:
        return self._poller is not None

    def put(self, kind: str, content: Json) -> None:
        """Queue an update of this kind ("message", "callback_query", ...), unless not wanted."""
        if kind not in self._allowed if self._allowed else kind in _NOT_BY_DEFAULT:
            return
        operation = f"update:{kind}"
        if delay := self._faults.take(operation, "delay"):
            asyncio.get_running_loop().call_later(delay.seconds, self._release, kind, content)
        elif self._faults.take(operation, "reorder"):
            self._held.append((kind, content))
        else:
            self._release(kind, content)

    def redeliver(self, count: int) -> None:
        """Hand out the last `count` delivered updates once more, confirmed or not."""
        for item in list(self._delivered)[-count:]:
            self._pending.append(Pending(item.body, self._now(), again=True))
        self._bell.ring()

    def waiting(self) -> list[Pending]:
        """What the bot has still to take, oldest first; a day later it is gone."""
        oldest = self._now() - _RETENTION
        while self._pending and self._pending[0].at < oldest:
            self._pending.popleft()
        return list(self._pending)

    def settle(self, item: Pending) -> None:
        """A webhook took it."""
        if item in self._pending:
            self._pending.remove(item)
            if not item.again:
                self._remember(item)

    def drop_all(self) -> None:
        """`drop_pending_updates`."""
        self._pending.clear()

    def interrupt(self, error: ApiError) -> None:
        """End a waiting getUpdates with this answer."""
        self._end_of_poll = error
        self._poller = None
        self._bell.ring()

    async def poll(self, offset: int, limit: int, seconds: float) -> list[Json]:
        """What getUpdates answers.

        Args:
            offset: confirms all updates below it; negative: only the last `-offset` are kept.
            limit: at most so many, 1 to 100.
            seconds: how long to wait for the first one (real time).

        Raises:
            ApiError: 409, another getUpdates or setWebhook came meanwhile.
        """
        if self._poller is not None:
            self.interrupt(conflict(_OTHER_POLLER))
        token = self._poller = object()
        self._bell.ring()
        try:
            return await self._long_poll(token, offset, limit, seconds)
        finally:
            if self._poller is token:
                self._poller = None

    async def _long_poll(self, token: object, offset: int, limit: int, wait: float) -> list[Json]:
        self._confirm(offset)

        def ready() -> list[Json] | None:
            if self._poller is not token:
                self.conflicts += self._end_of_poll.code == 409
                raise self._end_of_poll
            return self._hand_out(offset, limit) or None

        if self.never_acks:
            await asyncio.sleep(_NEVER_ACKED_PAUSE)
        try:
            return await self._bell.until(ready, wait)
        except TimeoutError:
            return []

    def _hand_out(self, offset: int, limit: int) -> list[Json]:
        batch = [
            item
            for item in self.waiting()
            if item.again or self.never_acks or item.update_id >= offset
        ][:limit]
        for item in batch:
            if item.again:
                self._pending.remove(item)
        return [item.body for item in batch]

    def _confirm(self, offset: int) -> None:
        if self.never_acks or offset == 0:
            return
        if offset < 0:
            kept = [item for item in self._pending if not item.again][offset:]
            offset = kept[0].update_id if kept else 0
        for item in [item for item in self._pending if not item.again]:
            if item.update_id < offset:
                self._pending.remove(item)
                self._remember(item)

    def _remember(self, item: Pending) -> None:
        self.confirmed += 1
        self._delivered.append(item)

    def _release(self, kind: str, content: Json) -> None:
        self._append(kind, content)
        held, self._held = self._held, []
        for earlier_kind, earlier in held:
            self._append(earlier_kind, earlier)
        self._bell.ring()

    def _append(self, kind: str, content: Json) -> None:
        item = Pending({"update_id": self._next_id, kind: content}, self._now())
        self._next_id += 1
        self._pending.append(item)
        if self._faults.take(f"update:{kind}", "duplicate"):
            self._pending.append(Pending(item.body, item.at, again=True))
