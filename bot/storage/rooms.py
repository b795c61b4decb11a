"""How far the rooms of a platform were heard, where the platform does not remember it for us."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, String, Table, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.types import metadata

heard_rooms = Table(
    "heard_rooms",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("room", String(40), primary_key=True),
    Column("newest", String(40), nullable=False),
    Column("guild", String(40)),
    Column("person", String(40)),
)


@dataclass(frozen=True, slots=True)
class HeardRoom:
    """A room, and the newest event from there that is stored.

    Args:
        guild: id of the server it belongs to, if any.
        person: id of whom it is a private chat with, if it is one.
    """

    room: str
    newest: str
    guild: str | None
    person: str | None


def _put(dialect_insert: Any) -> Any:
    wanted = dialect_insert(heard_rooms)
    changed = {name: wanted.excluded[name] for name in ("newest", "guild", "person")}
    return wanted.on_conflict_do_update(index_elements=["platform", "room"], set_=changed)


_PUT = {"sqlite": _put(sqlite.insert), "postgresql": _put(postgresql.insert)}
_ALL = select(
    heard_rooms.c.room, heard_rooms.c.newest, heard_rooms.c.guild, heard_rooms.c.person
).where(heard_rooms.c.platform == bindparam("platform"))
_ADVANCE = (
    update(heard_rooms)
    .where(heard_rooms.c.platform == bindparam("of"), heard_rooms.c.room == bindparam("which"))
    .values(newest=bindparam("newest"))
)
_REMOVE = delete(heard_rooms).where(
    heard_rooms.c.platform == bindparam("platform"), heard_rooms.c.room == bindparam("room")
)
_REMOVE_OF_PERSON = delete(heard_rooms).where(
    heard_rooms.c.platform == bindparam("platform"), heard_rooms.c.person == bindparam("person")
)


class SqlHeardRooms:
    """Marks by platform and room."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self, platform: str) -> Sequence[HeardRoom]:
        rows = self._connection.execute(_ALL, {"platform": platform})
        return [HeardRoom(row.room, row.newest, row.guild, row.person) for row in rows]

    def put(self, platform: str, *rooms: HeardRoom) -> None:
        for heard in rooms:
            values = {
                "room": heard.room,
                "newest": heard.newest,
                "guild": heard.guild,
                "person": heard.person,
            }
            statement = _PUT[self._connection.dialect.name]
            self._connection.execute(statement, {"platform": platform, **values})

    def advance(self, platform: str, *rooms: HeardRoom) -> Sequence[str]:
        """Move marks ahead; rooms that have none (any more) come back."""
        gone = []
        for heard in rooms:
            values = {"of": platform, "which": heard.room, "newest": heard.newest}
            if self._connection.execute(_ADVANCE, values).rowcount == 0:
                gone.append(heard.room)
        return gone

    def remove(self, platform: str, room: str) -> None:
        self._connection.execute(_REMOVE, {"platform": platform, "room": room})

    def remove_of_person(self, platform: str, person: str) -> None:
        """Forget the private chats with somebody."""
        self._connection.execute(_REMOVE_OF_PERSON, {"platform": platform, "person": person})
