"""Who works on what: instances with a lease, and the names they have claimed.

A name is a lane, or "poller:telegram", or "sender:telegram". One heartbeat a process keeps all
its claims; a process that stopped loses them when its lease ends. Leases use real time.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    String,
    Table,
    bindparam,
    delete,
    exists,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.types import UtcDateTime, metadata

instances = Table(
    "instances",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("lease_until", UtcDateTime, nullable=False),
)
claims = Table(
    "claims",
    metadata,
    Column("name", String(160), primary_key=True),
    Column("owner", String(36), nullable=False),
)


_DIALECTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _take(insert: Any) -> Any:
    wanted = insert(claims)
    is_dead = ~exists(
        select(instances.c.id)
        .where(instances.c.id == literal_column("claims.owner"))  # of this claim, not of any
        .where(instances.c.lease_until > bindparam("now", type_=UtcDateTime))
    )
    return wanted.on_conflict_do_update(
        index_elements=[claims.c.name],
        set_={"owner": wanted.excluded.owner},
        where=or_(claims.c.owner == wanted.excluded.owner, is_dead),
    ).returning(claims.c.owner)


def _beat(insert: Any) -> Any:
    wanted = insert(instances)
    return wanted.on_conflict_do_update(
        index_elements=[instances.c.id], set_={"lease_until": wanted.excluded.lease_until}
    )


_TAKE = {name: _take(insert) for name, insert in _DIALECTS.items()}
_BEAT = {name: _beat(insert) for name, insert in _DIALECTS.items()}
_RELEASE = delete(claims).where(
    claims.c.name == bindparam("name"), claims.c.owner == bindparam("owner")
)


class SqlClaims:
    """Claims of one instance."""

    def __init__(self, connection: Connection, instance: str) -> None:
        self._connection = connection
        self._instance = instance

    def beat(self, lease_until: datetime) -> None:
        self._connection.execute(
            _BEAT[self._connection.dialect.name],
            {"id": self._instance, "lease_until": lease_until},
        )

    def take(self, name: str, now: datetime) -> bool:
        """Claim `name`; True when it is ours, False while a living instance has it."""
        taken = self._connection.execute(
            _TAKE[self._connection.dialect.name],
            {"name": name, "owner": self._instance, "now": now},
        )
        return taken.first() is not None

    def release(self, name: str) -> None:
        self._connection.execute(_RELEASE, {"name": name, "owner": self._instance})

    def leave(self) -> None:
        """Give everything back at once, at a clean end."""
        self._connection.execute(delete(claims).where(claims.c.owner == self._instance))
        self._connection.execute(delete(instances).where(instances.c.id == self._instance))

    def forget_others(self) -> None:
        """Nobody else can be alive (a SQLite file has one process): free what the dead held."""
        self._connection.execute(delete(claims).where(claims.c.owner != self._instance))
        self._connection.execute(delete(instances).where(instances.c.id != self._instance))

    def living(self, now: datetime) -> Sequence[str]:
        return list(
            self._connection.execute(
                select(instances.c.id).where(instances.c.lease_until > now)
            ).scalars()
        )
