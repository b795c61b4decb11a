"""Repository of messages that go out."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.entity import new_id
from bot.messaging.instance import Instance
from bot.messaging.model import Address, MessageKind, MessageRef, Outgoing
from bot.storage.messaging import Receipt, SendState, outbox
from bot.storage.prepared import Prepared
from bot.storage.vault import Keyring, Unreadable

_log = structlog.get_logger()

_OUTGOING: TypeAdapter[Outgoing] = TypeAdapter(Outgoing)
_OPEN = (SendState.WAITING, SendState.SENDING)

_ADD = {
    "sqlite": Prepared(sqlite.insert(outbox).on_conflict_do_nothing()),
    "postgresql": Prepared(postgresql.insert(outbox).on_conflict_do_nothing()),
}
_RELEASE = (
    update(outbox)
    .where(
        outbox.c.key == bindparam("wanted"),
        outbox.c.owner == bindparam("me"),
        outbox.c.state == SendState.SENDING,
    )
    .values(state=bindparam("free"), owner=None)
)
_BEGIN = Prepared(update(outbox).where(outbox.c.key == bindparam("wanted")).values(attempts=1))
_NOT_SENT = (
    update(outbox)
    .where(outbox.c.key == bindparam("wanted"))
    .values(attempts=0, error=bindparam("why"))
)
_TAKE_ROOM = (
    update(outbox)
    .where(
        outbox.c.state == SendState.WAITING,
        outbox.c.platform == bindparam("its_platform"),
        outbox.c.room_hash == bindparam("its_room"),
    )
    .values(state=SendState.SENDING, owner=bindparam("me"))
    .returning(outbox.c.id, outbox.c.key, outbox.c.body)
)
_NOT_RESENT = [kind for kind in MessageKind if not kind.is_resent]
_SENT = Prepared(
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
_MESSAGE_ID = Prepared(select(outbox.c.message_id).where(outbox.c.key == bindparam("wanted")))


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
        out right after the commit, with whatever another process put for the same room before.
        What needs no row (a sign) is only handed over then.
        """
        for message in messages:
            is_ours = message.to.platform in self._instance.senders
            if is_ours and self._connection.dialect.name == "postgresql":
                self.fresh += self._taken_of_room(message.to)
            if (is_ours and not message.kind.has_row) or self._add(message, at, is_ours=is_ours):
                self.fresh.append(message)

    def store(self, *signs: Outgoing, at: datetime) -> None:
        """Write down what had no row: whoever sends for its platform next is to send it."""
        for sign in signs:
            self._add(sign, at, is_ours=False)

    def _add(self, message: Outgoing, at: datetime, *, is_ours: bool) -> bool:
        """False when the key was known."""
        stored = message if message.kind.has_row else replace(message, kind=MessageKind.RELAY)
        added = _ADD[self._connection.dialect.name].run(
            self._connection,
            {
                "key": stored.key,
                "id": new_id(),
                "user_id": stored.user_id,
                "platform": stored.to.platform,
                "room_hash": self._room_hash(stored.to.platform, stored.to.room),
                "kind": stored.kind,
                "state": SendState.SENDING if is_ours else SendState.WAITING,
                "owner": self._instance.id if is_ours else None,
                "body": self._keyring.seal(_OUTGOING.dump_json(stored)),
                "attempts": 0,
                "created_at": at,
            },
        )
        return added == 1

    def _taken_of_room(self, to: Address) -> Sequence[Outgoing]:
        """Older messages for a room that nobody sends yet: this process does, from now on."""
        wanted = {
            "its_platform": to.platform,
            "its_room": self._room_hash(to.platform, to.room),
            "me": self._instance.id,
        }
        rows = self._connection.execute(_TAKE_ROOM, wanted).all()
        return [message for message in map(self._load, sorted(rows)) if message]

    def settle(self, key: str, at: datetime, *, message_id: str | None, error: str | None) -> None:
        """Write down that a message was sent, or, with `error`, never will be; wipe its body."""
        _SENT.run(
            self._connection,
            {
                "wanted": key,
                "new_state": SendState.FAILED if error else SendState.SENT,
                "sent_as": message_id,
                "why": error and error[:200],
                "at": at,
            },
        )

    def find_message_id(self, key: str) -> str | None:
        """What the platform calls the message of a row; None: it was not sent, or long ago."""
        row = _MESSAGE_ID.first(self._connection, {"wanted": key})
        return None if row is None else row["message_id"]

    def adopt(
        self, platform: str, living: Sequence[str], at: datetime, mine: Collection[str] = ()
    ) -> Sequence[Outgoing]:
        """Take over a platform's open rows that no living process is sending, oldest first.

        A row found half-sent goes out again if its kind says that losing it is worse than a
        double, or if its sending was never begun; otherwise it is dropped.

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
            .where(half_sent, outbox.c.kind.in_(_NOT_RESENT), outbox.c.attempts > 0)
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

    def begin(self, key: str) -> None:
        """From here on a crash leaves open whether this message arrived."""
        _BEGIN.run(self._connection, {"wanted": key})

    def not_sent(self, key: str, error: str) -> None:
        """What was begun failed and waits to be tried again, by whoever sends then."""
        self._connection.execute(_NOT_SENT, {"wanted": key, "why": error[:200]})

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

    def is_open(self, key: str) -> bool:
        """Whether a message is still to be sent."""
        wanted = select(outbox.c.key).where(outbox.c.key == key, outbox.c.state.in_(_OPEN))
        return self._connection.execute(wanted).first() is not None

    def drop(self, user_id: str, to: Address, at: datetime) -> None:
        """The person left this chat: nothing of theirs goes there any more."""
        theirs = and_(
            outbox.c.user_id == user_id,
            outbox.c.room_hash == self._room_hash(to.platform, to.room),
            outbox.c.state.in_(_OPEN),
        )
        self._connection.execute(
            update(outbox)
            .where(theirs)
            .values(state=SendState.DROPPED, error="left", sent_at=at, body=None)
        )

    def was_for(self, user_id: str, shown: MessageRef) -> bool:
        """Whether a message was written for this person, as far back as rows are kept."""
        platform, room = shown.address.platform, shown.address.room
        wanted = select(outbox.c.key).where(
            outbox.c.user_id == user_id,
            outbox.c.platform == platform,
            outbox.c.room_hash == self._room_hash(platform, room),
            outbox.c.message_id == shown.message_id,
        )
        return self._connection.execute(wanted.limit(1)).first() is not None

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

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        self._connection.execute(
            update(outbox).where(outbox.c.user_id == from_user_id).values(user_id=to_user_id)
        )

    def remove_of_user(self, user_id: str) -> None:
        self._connection.execute(
            delete(outbox).where(outbox.c.user_id == user_id, outbox.c.state.not_in(_OPEN))
        )

    def remove_done(self, before: datetime) -> None:
        self._connection.execute(delete(outbox).where(outbox.c.sent_at < before))
