"""Repository of events that came in."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Row, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.entity import new_id
from bot.messaging.ports import Received
from bot.storage.messaging import InboxRow, inbox
from bot.storage.prepared import Prepared
from bot.storage.vault import Keyring, Unreadable

_log = structlog.get_logger()

_ADD = {
    "sqlite": Prepared(sqlite.insert(inbox).on_conflict_do_nothing()),
    "postgresql": Prepared(postgresql.insert(inbox).on_conflict_do_nothing()),
}
_DONE = Prepared(
    update(inbox)
    .where(inbox.c.key == bindparam("wanted"), inbox.c.done_at.is_(None))
    .values(done_at=bindparam("at"), body=None, lane="")  # a lane names a person
)
_OVERTAKING = (
    select(inbox.c.key)
    .where(inbox.c.lane == bindparam("lane"), inbox.c.done_at.is_(None), inbox.c.overtakes)
    .limit(1)
)
_WAITING = (
    select(inbox)
    .where(inbox.c.lane == bindparam("lane"), inbox.c.done_at.is_(None))
    .order_by(inbox.c.overtakes.desc(), inbox.c.id)
    .limit(bindparam("most"))
)


class SqlInbox:
    """Events, stored before they are confirmed."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring

    def add(self, event: Received, at: datetime, *, overtakes: bool) -> bool:
        """False when the event was known."""
        incoming = event.incoming
        added = _ADD[self._connection.dialect.name].run(
            self._connection,
            {
                "key": incoming.key,
                "id": new_id(),
                "platform": incoming.sender.platform,
                "lane": incoming.lane,
                "overtakes": overtakes,
                "body": self._keyring.seal(json.dumps(event.body).encode()),
                "received_at": at,
            },
        )
        return added == 1

    def done(self, key: str, at: datetime) -> bool:
        """Mark as handled and wipe the body. False when it already was: then roll back."""
        return _DONE.run(self._connection, {"wanted": key, "at": at}) == 1

    def is_waiting(self, key: str) -> bool:
        return (
            self._connection.execute(
                select(inbox.c.key).where(inbox.c.key == key, inbox.c.done_at.is_(None))
            ).first()
            is not None
        )

    def has_overtaking(self, lane: str) -> bool:
        return self._connection.execute(_OVERTAKING, {"lane": lane}).first() is not None

    def waiting(self, lane: str, limit: int = 50) -> Sequence[InboxRow]:
        """The first rows of one lane: those that overtake, then the rest, in order of arrival."""
        rows = self._connection.execute(_WAITING, {"lane": lane, "most": limit}).all()
        return [loaded for loaded in map(self._load, rows) if loaded]

    def _load(self, row: Row[Any]) -> InboxRow | None:
        try:
            body = json.loads(self._keyring.open(row.body))
        except Unreadable:  # it stays, for the day its key is back; one row must not stop the rest
            _log.error("inbox.unreadable", key=row.key)
            return None
        return InboxRow(
            key=row.key,
            platform=row.platform,
            lane=row.lane,
            overtakes=row.overtakes,
            body=body,
            received_at=row.received_at,
        )

    def waiting_lanes(self, limit: int = 100_000) -> Sequence[str]:
        return list(
            self._connection.execute(
                select(inbox.c.lane)
                .where(inbox.c.done_at.is_(None))
                .group_by(inbox.c.lane)
                .order_by(func.min(inbox.c.id))
                .limit(limit)
            ).scalars()
        )

    def count_waiting(self) -> int:
        return int(
            self._connection.execute(
                select(func.count()).select_from(inbox).where(inbox.c.done_at.is_(None))
            ).scalar_one()
        )

    def remove_done(self, before: datetime) -> None:
        self._connection.execute(delete(inbox).where(inbox.c.done_at < before))
