"""A prepared statement does what SQLAlchemy does with it, on its short way to the driver."""

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    insert,
    select,
    update,
)

from bot.core.errors import Stale
from bot.storage.failures import as_ours
from bot.storage.prepared import Prepared
from bot.storage.types import EnumSet, EnumText, UtcDateTime


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


things = Table(
    "things",
    MetaData(),
    Column("id", String(10), primary_key=True),
    Column("at", UtcDateTime),
    Column("is_old", Boolean, nullable=False),
    Column("colour", EnumText(Colour), nullable=False),
    Column("colours", EnumSet(Colour), nullable=False),
    Column("weight", Float),
    Column("data", LargeBinary),
    Column("note", String(10)),
)
BLUE = {
    "id": "b",
    "at": datetime(2026, 11, 22, 10, 0, 0, 250, tzinfo=UTC),
    "is_old": False,
    "colour": Colour.BLUE,
    "colours": frozenset({Colour.RED, Colour.BLUE}),
    "weight": 1.5,
    "data": b"\x00\xff",
}
FIND_BLUE = (
    select(things)
    .where(things.c.id == bindparam("wanted"), things.c.colour == Colour.BLUE)
    .limit(1)
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite+pysqlite://")
    things.metadata.create_all(engine)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def test_what_it_writes_and_finds_is_what_sqlalchemy_does(connection: Connection) -> None:
    assert Prepared(insert(things)).run(connection, BLUE) == 1

    row = dict(connection.execute(FIND_BLUE, {"wanted": "b"}).mappings().one())
    assert row == BLUE | {"note": None}
    assert Prepared(FIND_BLUE).first(connection, {"wanted": "b"}) == row


def test_nothing_found_is_none(connection: Connection) -> None:
    find = Prepared(FIND_BLUE)
    Prepared(insert(things)).run(connection, BLUE | {"colour": Colour.RED})

    assert find.first(connection, {"wanted": "b"}) is None


def test_it_counts_what_it_changed(connection: Connection) -> None:
    Prepared(insert(things)).run(connection, BLUE)
    paint = Prepared(
        update(things)
        .where(things.c.id == bindparam("wanted"))
        .values(colour=bindparam("new"), note=None)
    )

    assert paint.run(connection, {"wanted": "b", "new": Colour.RED}) == 1
    assert paint.run(connection, {"wanted": "x", "new": Colour.RED}) == 0


def test_it_refuses_a_time_without_a_zone(connection: Connection) -> None:
    with pytest.raises(ValueError, match="without zone"):
        Prepared(insert(things)).run(connection, BLUE | {"at": datetime(2026, 1, 1)})  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize("times", [1, 2])
def test_a_second_row_with_the_same_key_is_a_lost_race(connection: Connection, times: int) -> None:
    add = Prepared(insert(things))
    for n in range(times):
        add.run(connection, BLUE | {"id": str(n)})

    with pytest.raises(Exception, match="UNIQUE") as refused:
        add.run(connection, BLUE | {"id": "0"})

    assert isinstance(as_ours(refused.value), Stale)


def test_other_connections_execute_it_as_usual(connection: Connection) -> None:
    usual: Any = connection
    usual.dialect.driver = "another"
    Prepared(insert(things)).run(connection, BLUE)

    assert Prepared(FIND_BLUE).first(connection, {"wanted": "b"}) == BLUE | {"note": None}
