"""Each migration leaves the version before it something to read and to write: deploys may roll."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    insert,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bot.storage import schema

T = TypeVar("T")
Row = Mapping[str, Any]
Rows = dict[str, list[Row]]  # by table

_FILES = sorted((Path(schema.__file__).parent / "migrations" / "versions").glob("[0-9]*_*.py"))
_STEPS = list(pairwise(file.name[:4] for file in _FILES))


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("postgres").empty_url())


@pytest.mark.parametrize(("old", "new"), _STEPS)
async def test_the_version_before_reads_and_writes_as_it_did(
    empty_url: str, old: str, new: str
) -> None:
    await schema.migrate(empty_url, old)
    known = await _on(empty_url, _tables)
    first = await _on(empty_url, lambda raw: _fill(raw, known, 1))
    await schema.migrate(empty_url, new)
    assert await _on(empty_url, lambda raw: _read(raw, known)) == _together(first)
    second = await _on(empty_url, lambda raw: _fill(raw, known, 2))
    assert await _on(empty_url, lambda raw: _read(raw, known)) == _together(first, second)


@pytest.mark.parametrize(("old", "new"), _STEPS[-1:])
async def test_a_deploy_that_is_taken_back_keeps_what_the_version_before_knows(
    empty_url: str, old: str, new: str
) -> None:
    await schema.migrate(empty_url, old)
    known = await _on(empty_url, _tables)
    first = await _on(empty_url, lambda raw: _fill(raw, known, 1))
    await schema.migrate(empty_url, new)
    second = await _on(empty_url, lambda raw: _fill(raw, known, 2))
    await schema.migrate(empty_url, old)
    assert await schema.current(empty_url) == old
    assert await _on(empty_url, lambda raw: _read(raw, known)) == _together(first, second)


def _tables(connection: Connection) -> Sequence[Table]:
    """All of them, those that others lean on first."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def _fill(connection: Connection, known: Sequence[Table], number: int) -> dict[str, Row]:
    """One row in every table, as a program writes it that knows these columns alone."""
    rows: dict[str, Row] = {}
    for table in known:
        row = {column.name: _value(column, number) for column in table.columns}
        connection.execute(insert(table).values(row))
        rows[table.name] = row
    return rows


def _value(column: Column[Any], number: int) -> object:
    for key in column.foreign_keys:
        return _value(key.column, number)  # a row has the same number in every table
    match column.type:
        case Boolean():
            return False
        case LargeBinary():
            return bytes([number])
        case Integer():
            return number
        case String():
            return f"{number}{column.name}"[: column.type.length]
        case Date():
            return date(2026, 1, number)
        case other:
            return other.python_type(number)


def _read(connection: Connection, known: Sequence[Table]) -> Rows:
    found: Rows = {}
    for table in known:
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
        found[table.name] = sorted(rows, key=repr)
    return found


def _together(*several: Mapping[str, Row]) -> Rows:
    names = several[0]
    return {name: sorted((dict(rows[name]) for rows in several), key=repr) for name in names}


async def _on(url: str, run: Callable[[Connection], T]) -> T:
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(make_url(url).set(drivername="sqlite+pysqlite"))
        with engine.begin() as connection:
            answer = run(connection)
        engine.dispose()
        return answer
    shared = create_async_engine(url)
    async with shared.begin() as connection:
        answer = await connection.run_sync(run)
    await shared.dispose()
    return answer
