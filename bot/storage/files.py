"""Small files kept in the database, sealed, and notes of single values."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    LargeBinary,
    String,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.entity import new_id
from bot.core.errors import NotFound
from bot.storage.types import UtcDateTime, metadata
from bot.storage.vault import Vault

blobs = Table(
    "blobs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("user_id", String(36), nullable=False, index=True),
    Column("mime", String(80), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, index=True),
)
notes = Table(
    "notes",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("value", Text, nullable=False),
)

_FIND = select(blobs.c.user_id, blobs.c.data).where(blobs.c.id == bindparam("id"))
_ADD_BLOB = insert(blobs)


def _put_note(dialect_insert: Any) -> Any:
    wanted = dialect_insert(notes)
    return wanted.on_conflict_do_update(
        index_elements=[notes.c.name], set_={"value": wanted.excluded.value}
    )


_PUT_NOTE = {"sqlite": _put_note(sqlite.insert), "postgresql": _put_note(postgresql.insert)}


class SqlBlobs:
    """A person's audio and pictures, sealed with their key."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def add(
        self, user_id: str, mime: str, data: bytes, at: datetime, *, expires_at: datetime | None
    ) -> str:
        """Keep `data`; with `expires_at` it is removed then. Returns its id."""
        blob_id = new_id()
        self._connection.execute(
            _ADD_BLOB,
            {
                "id": blob_id,
                "user_id": user_id,
                "mime": mime,
                "data": self._vault.seal(user_id, data),
                "created_at": at,
                "expires_at": expires_at,
            },
        )
        return blob_id

    def get(self, blob_id: str) -> bytes:
        """Raises NotFound when it was removed."""
        row = self._connection.execute(_FIND, {"id": blob_id}).first()
        if row is None:
            raise NotFound
        return self._vault.open(row.user_id, row.data)

    def remove(self, *blob_ids: str) -> None:
        self._connection.execute(delete(blobs).where(blobs.c.id.in_(blob_ids)))

    def remove_expired(self, at: datetime) -> None:
        self._connection.execute(delete(blobs).where(blobs.c.expires_at < at))

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        """Hand them all to another person, one by one, sealed anew with their key."""
        ids = self._connection.execute(select(blobs.c.id).where(blobs.c.user_id == from_user_id))
        for blob_id in ids.scalars().all():
            data = self._vault.seal(to_user_id, self.get(blob_id))
            self._connection.execute(
                update(blobs).where(blobs.c.id == blob_id).values(user_id=to_user_id, data=data)
            )

    def remove_of_user(self, user_id: str) -> None:
        self._connection.execute(delete(blobs).where(blobs.c.user_id == user_id))


class SqlNotes:
    """Single values by name: what was last published, what was told."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> str | None:
        return self._connection.execute(select(notes.c.value).where(notes.c.name == name)).scalar()

    def put(self, name: str, value: str) -> None:
        self._connection.execute(
            _PUT_NOTE[self._connection.dialect.name], {"name": name, "value": value}
        )

    def remove(self, name: str) -> None:
        self._connection.execute(delete(notes).where(notes.c.name == name))
