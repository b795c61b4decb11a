"""Tables and repositories of messages in and out."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import structlog
from pydantic import TypeAdapter
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.entity import new_id
from bot.messaging.instance import Instance
from bot.messaging.model import Address, MessageKind, Outgoing
from bot.messaging.ports import Received
from bot.storage.types import EnumText, UtcDateTime, metadata
from bot.storage.vault import Keyring, Unreadable

_log = structlog.get_logger()

inbox = Table(
    "inbox",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("id", String(36), nullable=False),
    Column("platform", String(20), nullable=False),
    Column("lane", String(120), nullable=False),
    Column("overtakes", Boolean, nullable=False),
    Column("body", LargeBinary),
    Column("received_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Index("ix_inbox_waiting", "done_at", "lane", "id"),
)


class SendState(StrEnum):
    """Life of an outbox row."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


outbox = Table(
    "outbox",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("id", String(36), nullable=False),
    Column("user_id", String(36), index=True),
    Column("platform", String(20), nullable=False),
    Column("room_hash", String(64), nullable=False),  # a mail's room is an address
    Column("kind", EnumText(MessageKind), nullable=False),
    Column("state", EnumText(SendState), nullable=False),
    Column("owner", String(36)),
    Column("body", LargeBinary),
    Column("attempts", Integer, nullable=False),
    Column("message_id", String(200)),
    Column("error", String(200)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Index("ix_outbox_open", "state", "platform", "id"),
)

_OUTGOING: TypeAdapter[Outgoing] = TypeAdapter(Outgoing)
_OPEN = (SendState.WAITING, SendState.SENDING)


def _insert(table: Table) -> dict[str, Any]:
    return {
        "sqlite": sqlite.insert(table).on_conflict_do_nothing(),
        "postgresql": postgresql.insert(table).on_conflict_do_nothing(),
    }


_ADD_IN, _ADD_OUT = _insert(inbox), _insert(outbox)
_DONE = (
    update(inbox)
    .where(inbox.c.key == bindparam("wanted"), inbox.c.done_at.is_(None))
    .values(done_at=bindparam("at"), body=None)
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
_RELEASE = (
    update(outbox)
    .where(
        outbox.c.key == bindparam("wanted"),
        outbox.c.owner == bindparam("me"),
        outbox.c.state == SendState.SENDING,
    )
    .values(state=bindparam("free"), owner=None)
)
_NOT_RESENT = [kind for kind in MessageKind if not kind.is_resent]
_SENT = (
    update(outbox)
    .where(outbox.c.key == bindparam("wanted"))
    .values(
        state=bindparam("new_state"),
        message_id=bindparam("sent_as"),
        error=bindparam("why"),
        sent_at=bindparam("at"),
        body=None,
    )
)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A stored event that waits for its work."""

    key: str
    platform: str
    lane: str
    overtakes: bool
    body: Mapping[str, object]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an outbox row."""

    key: str
    state: SendState
    message_id: str | None = None
    error: str | None = None


class SqlInbox:
    """Events, stored before they are confirmed."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring

    def add(self, event: Received, at: datetime, *, overtakes: bool) -> bool:
        """False when the event was known."""
        incoming = event.incoming
        done = self._connection.execute(
            _ADD_IN[self._connection.dialect.name],
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
        return done.rowcount == 1

    def done(self, key: str, at: datetime) -> bool:
        """Mark as handled and wipe the body. False when it already was: then roll back."""
        return self._connection.execute(_DONE, {"wanted": key, "at": at}).rowcount == 1

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


class SqlOutbox:
    """Messages, written in the unit that causes them."""

    def __init__(self, connection: Connection, keyring: Keyring, instance: Instance) -> None:
        self._connection = connection
        self._keyring = keyring
        self._instance = instance
        self.fresh: list[Outgoing] = []

    def put(self, *messages: Outgoing, at: datetime) -> None:
        """Promise to send; a key that was already put is the same message and stays as it is.

        Where this process does the platform's sending the row starts as being sent, since it goes
        out right after the commit.
        """
        for message in messages:
            is_ours = message.to.platform in self._instance.senders
            done = self._connection.execute(
                _ADD_OUT[self._connection.dialect.name],
                {
                    "key": message.key,
                    "id": new_id(),
                    "user_id": message.user_id,
                    "platform": message.to.platform,
                    "room_hash": self._room_hash(message.to.platform, message.to.room),
                    "kind": message.kind,
                    "state": SendState.SENDING if is_ours else SendState.WAITING,
                    "owner": self._instance.id if is_ours else None,
                    "body": self._keyring.seal(_OUTGOING.dump_json(message)),
                    "attempts": 0,
                    "created_at": at,
                },
            )
            if done.rowcount == 1:
                self.fresh.append(message)

    def settle(self, key: str, at: datetime, *, message_id: str | None, error: str | None) -> None:
        """Write down that a message was sent, or, with `error`, never will be; wipe its body."""
        self._connection.execute(
            _SENT,
            {
                "wanted": key,
                "new_state": SendState.FAILED if error else SendState.SENT,
                "sent_as": message_id,
                "why": error and error[:200],
                "at": at,
            },
        )

    def adopt(
        self, platform: str, living: Sequence[str], at: datetime, mine: Collection[str] = ()
    ) -> Sequence[Outgoing]:
        """Take over a platform's open rows that no living process is sending, oldest first.

        A row found half-sent goes out again only if its kind says that losing it is worse than a
        double; otherwise it is dropped.

        Args:
            living: ids of living processes, this one included or not.
            mine: keys this process knows; an own row beside them was never begun.
        """
        others = [name for name in living if name != self._instance.id]
        half_sent = and_(
            outbox.c.platform == platform,
            outbox.c.state == SendState.SENDING,
            outbox.c.owner.not_in([*others, self._instance.id]),
        )
        self._connection.execute(
            update(outbox)
            .where(half_sent, outbox.c.kind.in_(_NOT_RESENT))
            .values(state=SendState.DROPPED, error="half-sent at a crash", sent_at=at, body=None)
        )
        waiting = and_(outbox.c.platform == platform, outbox.c.state == SendState.WAITING)
        taken = self._connection.execute(
            update(outbox)
            .where(or_(waiting, half_sent))
            .values(state=SendState.SENDING, owner=self._instance.id)
            .returning(outbox.c.id, outbox.c.key, outbox.c.body)
        ).all()
        rows = sorted([*taken, *self._unknown(platform, {*mine, *(row.key for row in taken)})])
        return [message for message in map(self._load, rows) if message]

    def _unknown(self, platform: str, known: Collection[str]) -> Sequence[Row[Any, Any, Any]]:
        """Own rows whose commit this process never heard of: the connection was lost meanwhile."""
        own = and_(
            outbox.c.platform == platform,
            outbox.c.state == SendState.SENDING,
            outbox.c.owner == self._instance.id,
        )
        keys = self._connection.execute(select(outbox.c.key).where(own)).scalars()
        wanted = [key for key in keys if key not in known]
        columns = select(outbox.c.id, outbox.c.key, outbox.c.body)
        return [
            row
            for key in wanted
            for row in self._connection.execute(columns.where(outbox.c.key == key))
        ]

    def _load(self, row: Row[Any, Any, Any]) -> Outgoing | None:
        try:
            return _OUTGOING.validate_json(self._keyring.open(row.body))
        except Unreadable:  # it stays, for the day its key is back; one row must not stop the rest
            _log.error("outbox.unreadable", key=row.key)
            return None

    def _room_hash(self, platform: str, room: str) -> str:
        return self._keyring.fingerprint(f"{platform}:{room}")

    def release(self, keys: Collection[str]) -> None:
        """Give back rows that this process was to send and has not begun."""
        for key in keys:
            self._connection.execute(
                _RELEASE, {"wanted": key, "me": self._instance.id, "free": SendState.WAITING}
            )

    def count_attempt(self, key: str, error: str) -> None:
        self._connection.execute(
            update(outbox)
            .where(outbox.c.key == key)
            .values(attempts=outbox.c.attempts + 1, error=error[:200])
        )

    def move_room(self, platform: str, old: str, new: str) -> None:
        """A room has a new id: open rows for the old one go there."""
        rows = self._connection.execute(
            select(outbox.c.id, outbox.c.key, outbox.c.body).where(
                outbox.c.room_hash == self._room_hash(platform, old), outbox.c.state.in_(_OPEN)
            )
        ).all()
        for message in filter(None, map(self._load, rows)):
            moved = replace(message, to=Address(platform, new, message.to.thread))
            self._connection.execute(
                update(outbox)
                .where(outbox.c.key == message.key)
                .values(
                    room_hash=self._room_hash(platform, new),
                    body=self._keyring.seal(_OUTGOING.dump_json(moved)),
                )
            )

    def find_receipt(self, key: str) -> Receipt | None:
        row = self._connection.execute(
            select(outbox.c.key, outbox.c.state, outbox.c.message_id, outbox.c.error).where(
                outbox.c.key == key
            )
        ).first()
        return None if row is None else Receipt(*row)

    def count_open(self) -> int:
        return int(
            self._connection.execute(
                select(func.count()).select_from(outbox).where(outbox.c.state.in_(_OPEN))
            ).scalar_one()
        )

    def remove_of_user(self, user_id: str) -> None:
        self._connection.execute(
            delete(outbox).where(outbox.c.user_id == user_id, outbox.c.state.not_in(_OPEN))
        )

    def remove_done(self, before: datetime) -> None:
        self._connection.execute(delete(outbox).where(outbox.c.sent_at < before))
