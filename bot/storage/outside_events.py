"""Table and repository of what vendors tell us by webhook: stored once, wiped when done."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Column, Connection, LargeBinary, String, Table, bindparam, delete, select
from sqlalchemy import update as update_rows
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.types import UtcDateTime, metadata
from bot.storage.vault import Keyring, Unreadable

_log = structlog.get_logger()

outside_events = Table(
    "outside_events",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("source", String(40), nullable=False),
    Column("body", LargeBinary),
    Column("received_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime, index=True),
)

_ADD = {
    "sqlite": sqlite.insert(outside_events).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(outside_events).on_conflict_do_nothing(),
}
_FIND = select(outside_events).where(
    outside_events.c.key == bindparam("wanted"), outside_events.c.done_at.is_(None)
)
_DONE = (
    update_rows(outside_events)
    .where(outside_events.c.key == bindparam("wanted"), outside_events.c.done_at.is_(None))
    .values(done_at=bindparam("at"), body=None)
)


@dataclass(frozen=True, slots=True)
class OutsideEvent:
    """One event that nobody has handled yet.

    Args:
        key: source and the vendor's own identity of the event.
        body: as it came, its signature proved.
    """

    key: str
    source: str
    body: bytes
    received_at: datetime


class SqlOutsideEvents:
    """Events of vendors. Implements `OutsideEvents`."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring

    def add(self, source: str, key: str, body: bytes, at: datetime) -> bool:
        """False when the event was known."""
        added = self._connection.execute(
            _ADD[self._connection.dialect.name],
            {"key": key, "source": source, "body": self._keyring.seal(body), "received_at": at},
        )
        return added.rowcount == 1

    def find(self, key: str) -> OutsideEvent | None:
        """None when it is done, or when no configured key opens it."""
        row = self._connection.execute(_FIND, {"wanted": key}).first()
        if row is None:
            return None
        try:
            body = self._keyring.open(row.body)
        except Unreadable:
            _log.error("outside_event.unreadable", key=key)
            return None
        return OutsideEvent(row.key, row.source, body, row.received_at)

    def done(self, key: str, at: datetime) -> bool:
        """Mark as handled and wipe the body. False when it already was: then roll back."""
        return self._connection.execute(_DONE, {"wanted": key, "at": at}).rowcount == 1

    def remove_done(self, before: datetime) -> None:
        self._connection.execute(delete(outside_events).where(outside_events.c.done_at < before))
