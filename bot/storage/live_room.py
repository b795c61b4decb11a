"""Tables and repositories of rooms: who is in, whose turn it is, what was said."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    case,
    delete,
    func,
    select,
    update,
)

from bot.live.room_model import (
    LiveRoom,
    Member,
    Presence,
    RoomMessage,
    RoomMessageKind,
    RoomStatus,
)
from bot.storage.prepared import Prepared
from bot.storage.table_repo import TableRepo
from bot.storage.types import EnumText, UtcDateTime, metadata
from bot.storage.vault import Vault

_ID = String(36)

live_rooms = Table(
    "live_rooms",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("leader_id", _ID, nullable=False, index=True),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("status", EnumText(RoomStatus), nullable=False),
    Column("began_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("prompt_index", Integer, nullable=False),
    Column("turn_number", Integer, nullable=False),
    Column("turn_of", _ID),
    Column("turn_since", UtcDateTime),
)
live_members = Table(
    "live_members",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("conversation_id", _ID, nullable=False),
    Column("user_id", _ID, nullable=False),
    Column("place", Integer, nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("presence", EnumText(Presence), nullable=False),
    Column("in_since", UtcDateTime),
    Column("left_at", UtcDateTime),
    Column("present_seconds", Float, nullable=False),
    Column("speaking_seconds", Float, nullable=False),
    Column("message_count", Integer, nullable=False),
    Column("dealt", Integer, nullable=False),
    Column("missed", Integer, nullable=False),
    Column("is_muted", Boolean, nullable=False),
    Column("wants_corrections", Boolean, nullable=False),
    Column("may_keep", Boolean, nullable=False),
    Index("uq_live_members_person", "conversation_id", "user_id", unique=True),
    Index("ix_live_members_user", "user_id", "presence"),
)
live_messages = Table(
    "live_messages",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("conversation_id", _ID, nullable=False),
    Column("sender_id", _ID, nullable=False),
    Column("kind", EnumText(RoomMessageKind), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("recipient_id", _ID),
    Column("text", LargeBinary, nullable=False),
    Column("transcript", LargeBinary),
    Column("language", String(20)),
    Column("slips", LargeBinary, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("prompt_index", Integer, nullable=False),
    Column("is_turn", Boolean, nullable=False),
    Column("is_translation", Boolean, nullable=False),
    Column("original_id", _ID, index=True),
    Column("source_place", String(200)),
    Column("source_id", String(200)),
    Column("blob_id", _ID),
    Index("ix_live_messages_room", "conversation_id", "id"),
    Index("ix_live_messages_sender", "sender_id", "at"),
)
live_files = Table(
    "live_files",
    metadata,
    Column("message_id", _ID, primary_key=True),
    Column("blob_id", _ID, nullable=False),
    Column("waiting", Integer, nullable=False),
)

_IN = Prepared(
    select(live_members)
    .where(live_members.c.user_id == bindparam("wanted"))
    .where(live_members.c.presence == Presence.IN),
    is_kept=True,
)
_OF_ROOM = Prepared(
    select(live_members)
    .where(live_members.c.conversation_id == bindparam("wanted"))
    .order_by(live_members.c.place)
)
_COUNTS = Prepared(
    select(
        func.count().label("in_day"),
        func.coalesce(
            func.sum(case((live_messages.c.at > bindparam("minute"), 1), else_=0)), 0
        ).label("in_minute"),
    )
    .where(live_messages.c.sender_id == bindparam("sender_id"))
    .where(live_messages.c.at > bindparam("day"))
    .where(live_messages.c.is_translation.is_(False))
)
_ARRIVED = (
    update(live_files)
    .where(live_files.c.message_id == bindparam("wanted"))
    .values(waiting=live_files.c.waiting - 1)
    .returning(live_files.c.waiting, live_files.c.blob_id)
)


class SqlLiveRooms(TableRepo[LiveRoom]):
    """Implements `RoomRepo`."""

    table, record = live_rooms, LiveRoom
    owner = "leader_id"

    def lock(self, conversation_id: str) -> LiveRoom | None:
        """The room, nobody else's until this transaction ends (a SQLite file has one writer)."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(
                select(live_rooms.c.id).where(live_rooms.c.id == conversation_id).with_for_update()
            )
        return self.find(conversation_id)

    def hand_over(self, from_user_id: str, to_user_id: str) -> None:
        """What one person leads or has the turn in is another's."""
        for column in (live_rooms.c.leader_id, live_rooms.c.turn_of):
            self._connection.execute(
                update(live_rooms)
                .where(column == from_user_id)
                .values({column.name: to_user_id, "version": live_rooms.c.version + 1})
            )


class SqlMembers(TableRepo[Member]):
    """Implements `MemberRepo`; a second row of one person in one room is refused."""

    table, record = live_members, Member

    def find_in(self, user_id: str) -> Member | None:
        return self._one(_IN, wanted=user_id)

    def find_of(self, conversation_id: str, user_id: str) -> Member | None:
        found = (each for each in self.of_room(conversation_id) if each.user_id == user_id)
        return next(found, None)

    def of_room(self, conversation_id: str) -> Sequence[Member]:
        rows = _OF_ROOM.all(self._connection, {"wanted": conversation_id})
        return [self._load(row) for row in rows]

    def of_user(self, user_id: str) -> Sequence[Member]:
        t = live_members.c
        return self._all(select(live_members).where(t.user_id == user_id).order_by(t.id))

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        """Where both were in one room, the one who spoke more is kept."""
        for mine in self.of_user(from_user_id):
            theirs = self.find_of(mine.conversation_id, to_user_id)
            if theirs is not None:
                less = min(mine, theirs, key=lambda each: each.speaking_seconds)
                self.remove(less.id)
        super().move_of_user(from_user_id, to_user_id)

    def remove_of_user(self, user_id: str) -> None:
        self._connection.execute(delete(live_members).where(live_members.c.user_id == user_id))


class SqlRoomMessages(TableRepo[RoomMessage]):
    """Implements `RoomMessageRepo`; words are sealed for whoever said them."""

    table, record = live_messages, RoomMessage
    owner = "sender_id"
    sealed = frozenset({"text", "transcript", "slips"})

    def of_room(self, conversation_id: str) -> Sequence[RoomMessage]:
        t = live_messages.c
        return self._all(
            select(live_messages)
            .where(t.conversation_id == conversation_id, t.is_translation.is_(False))
            .order_by(t.id)
        )

    def of_sender(self, conversation_id: str, user_id: str) -> Sequence[RoomMessage]:
        t = live_messages.c
        return self._all(
            select(live_messages)
            .where(
                t.conversation_id == conversation_id,
                t.sender_id == user_id,
                t.is_translation.is_(False),
            )
            .order_by(t.id)
        )

    def of_user(self, user_id: str) -> Sequence[RoomMessage]:
        t = live_messages.c
        return self._all(select(live_messages).where(t.sender_id == user_id).order_by(t.id))

    def translation_of(self, original_id: str, language: str) -> RoomMessage | None:
        t = live_messages.c
        found = self._all(
            select(live_messages).where(t.original_id == original_id, t.language == language)
        )
        return next(iter(found), None)

    def count_since(self, sender_id: str, minute: datetime, day: datetime) -> tuple[int, int]:
        params = {"sender_id": sender_id, "minute": minute, "day": day}
        (row,) = _COUNTS.all(self._connection, params)
        return int(row["in_minute"]), int(row["in_day"])

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        self._ask_for(from_user_id, to_user_id)
        super().move_of_user(from_user_id, to_user_id)

    def remove_of_user(self, user_id: str) -> None:
        self._ask_for(user_id, None)
        self._connection.execute(delete(live_messages).where(live_messages.c.sender_id == user_id))

    def _ask_for(self, user_id: str, instead: str | None) -> None:
        """Translations that a person asked for were asked for by another, or by nobody."""
        self._connection.execute(
            update(live_messages)
            .where(live_messages.c.recipient_id == user_id)
            .values(recipient_id=instead, version=live_messages.c.version + 1)
        )


class SqlRoomFiles:
    """Implements `RoomFiles`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self, message_id: str, blob_id: str, waiting: int) -> None:
        self._connection.execute(
            live_files.insert(),
            {"message_id": message_id, "blob_id": blob_id, "waiting": waiting},
        )

    def arrived(self, message_id: str) -> str | None:
        row = self._connection.execute(_ARRIVED, {"wanted": message_id}).first()
        if row is None or row.waiting > 0:
            return None
        self._connection.execute(delete(live_files).where(live_files.c.message_id == message_id))
        return str(row.blob_id)


class SqlRooms:
    """Implements `RoomBook`."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    @cached_property
    def rooms(self) -> SqlLiveRooms:
        return SqlLiveRooms(self._connection, self._vault)

    @cached_property
    def members(self) -> SqlMembers:
        return SqlMembers(self._connection, self._vault)

    @cached_property
    def messages(self) -> SqlRoomMessages:
        return SqlRoomMessages(self._connection, self._vault)

    @cached_property
    def files(self) -> SqlRoomFiles:
        return SqlRoomFiles(self._connection)
