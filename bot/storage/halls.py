"""Tables and repositories of boards, of what stands on them, and of rooms made for people."""

from collections.abc import Sequence
from functools import cached_property

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    select,
    update,
)

from bot.live.hall_model import Board, HallRoom, Posting
from bot.live.model import RoomKind
from bot.storage.prepared import Prepared
from bot.storage.table_repo import TableRepo
from bot.storage.types import EnumText, UtcDateTime, metadata
from bot.storage.vault import Vault

_ID = String(36)
_PLACE = String(200)

live_boards = Table(
    "live_boards",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, index=True),
    Column("platform", String(20), nullable=False),
    Column("server", String(80), nullable=False),
    Column("place", _PLACE, nullable=False, unique=True),
    Column("since", UtcDateTime, nullable=False),
    Column("troubles", Text, nullable=False),
    UniqueConstraint("platform", "server"),
)
live_postings = Table(
    "live_postings",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("conversation_id", _ID, nullable=False),
    Column("board_id", _ID, nullable=False, index=True),
    Column("is_posted", Boolean, nullable=False),
    Column("message_id", String(80)),
    Column("event_id", String(80)),
    Column("shown", String(64), nullable=False),
    Column("noted", String(64), nullable=False),
    Column("under_way", String(120)),
    Column("is_stale", Boolean, nullable=False),
    UniqueConstraint("conversation_id", "board_id"),
)
live_hall_rooms = Table(
    "live_hall_rooms",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("conversation_id", _ID, nullable=False, index=True),
    Column("server", String(80), nullable=False),
    Column("place", _PLACE, nullable=False, unique=True),
    Column("kind", EnumText(RoomKind), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime, index=True),
    Column("admitted", String(64), nullable=False),
)


class SqlBoards(TableRepo[Board]):
    """Implements `BoardRepo`."""

    table, record = live_boards, Board
    documents = frozenset({"troubles"})

    _at_place = Prepared(select(live_boards).where(live_boards.c.place == bindparam("place")))
    _of_server = Prepared(
        select(live_boards).where(
            live_boards.c.platform == bindparam("platform"),
            live_boards.c.server == bindparam("server"),
        )
    )

    def of_server(self, platform: str, server: str, /) -> Board | None:
        return self._one(self._of_server, platform=platform, server=server)

    def at_place(self, place: str, /) -> Board | None:
        return self._one(self._at_place, place=place)

    def all(self) -> Sequence[Board]:
        return self._all(select(live_boards).order_by(live_boards.c.since, live_boards.c.id))

    def of_user(self, user_id: str, /) -> Sequence[Board]:
        return self._all(select(live_boards).where(live_boards.c.user_id == user_id))

    def remove_of_user(self, user_id: str, /) -> None:
        self._connection.execute(
            update(live_boards).where(live_boards.c.user_id == user_id).values(user_id=None)
        )


class SqlPostings(TableRepo[Posting]):
    """Implements `PostingRepo`."""

    table, record = live_postings, Posting
    owner = "conversation_id"  # nothing is sealed

    def lock(self, posting_id: str, /) -> Posting | None:
        """The posting, nobody else's until this transaction ends."""
        self._connection.execute(
            select(live_postings.c.id).where(live_postings.c.id == posting_id).with_for_update()
        )
        return self.find(posting_id)

    def of_conversation(self, conversation_id: str, /) -> Sequence[Posting]:
        wanted = live_postings.c.conversation_id == conversation_id
        return self._all(select(live_postings).where(wanted).order_by(live_postings.c.id))

    def remove_of_board(self, board_id: str, /) -> None:
        self._connection.execute(delete(live_postings).where(live_postings.c.board_id == board_id))


class SqlHallRooms(TableRepo[HallRoom]):
    """Implements `HallRoomRepo`."""

    table, record = live_hall_rooms, HallRoom
    owner = "conversation_id"  # nothing is sealed

    _open = select(live_hall_rooms).where(live_hall_rooms.c.closed_at.is_(None))
    _open_for = Prepared(_open.where(live_hall_rooms.c.conversation_id == bindparam("wanted")))
    _open_at = Prepared(_open.where(live_hall_rooms.c.place == bindparam("wanted")))

    def open_for(self, conversation_id: str, /) -> HallRoom | None:
        return self._one(self._open_for, wanted=conversation_id)

    def open_at(self, place: str, /) -> HallRoom | None:
        return self._one(self._open_at, wanted=place)

    def open_on(self, platform: str, /) -> Sequence[HallRoom]:
        here = live_hall_rooms.c.place.startswith(f"{platform}:", autoescape=True)
        return self._all(self._open.where(here))


class SqlHalls:
    """Implements `HallBook`."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    @cached_property
    def boards(self) -> SqlBoards:
        return SqlBoards(self._connection, self._vault)

    @cached_property
    def postings(self) -> SqlPostings:
        return SqlPostings(self._connection, self._vault)

    @cached_property
    def rooms(self) -> SqlHallRooms:
        return SqlHallRooms(self._connection, self._vault)
