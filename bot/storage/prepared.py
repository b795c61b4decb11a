"""Statements of the hot path, turned into text once.

On its way to the driver a statement takes SQLAlchemy three times as long as it takes SQLite to
run it. The writer of an SQLite file hands prepared ones to the driver itself; every other
connection executes them as usual. What the driver raises then arrives bare (`failures.as_ours`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Select

Convert = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement as SQLite's driver takes it.

    Args:
        values: of each `?`: the parameter's name, or None with a constant, and its conversion.
        columns: name and conversion of each column that comes back.
    """

    sql: str
    values: Sequence[tuple[str | None, Any, Convert]]
    columns: Sequence[tuple[str, Convert]]

    def execute(self, connection: Connection, params: Mapping[str, Any]) -> Any:
        """The driver's cursor."""
        given = [
            value if convert is None else convert(value)
            for value, convert in (
                (constant if name is None else params[name], convert)
                for name, constant, convert in self.values
            )
        ]
        driver: Any = connection.connection.driver_connection
        return driver.execute(self.sql, given)

    def loaded(self, row: Sequence[Any]) -> dict[str, Any]:
        return {
            name: value if convert is None else convert(value)
            for (name, convert), value in zip(self.columns, row, strict=True)
        }


class Prepared:
    """One statement; `params` name the same parameters each time.

    Args:
        statement: a SELECT, or an INSERT, UPDATE or DELETE that returns nothing.
    """

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._text: _Text | None = None

    def run(self, connection: Connection, params: Mapping[str, Any]) -> int:
        """How many rows it changed."""
        if not _is_direct(connection):
            return int(connection.execute(self._statement, dict(params)).rowcount)
        return int(self._ready(connection, params).execute(connection, params).rowcount)

    def first(self, connection: Connection, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """The first row by column, or None."""
        if not _is_direct(connection):
            found = connection.execute(self._statement, dict(params)).mappings().first()
            return None if found is None else dict(found)
        text = self._ready(connection, params)
        row = text.execute(connection, params).fetchone()
        return None if row is None else text.loaded(row)

    def all(self, connection: Connection, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Every row by column."""
        if not _is_direct(connection):
            return [
                dict(row) for row in connection.execute(self._statement, dict(params)).mappings()
            ]
        text = self._ready(connection, params)
        return [text.loaded(row) for row in text.execute(connection, params)]

    def _ready(self, connection: Connection, params: Mapping[str, Any]) -> _Text:
        if self._text is None:
            self._text = _text(self._statement, connection.dialect, tuple(params))
        return self._text


def _is_direct(connection: Connection) -> bool:
    return bool(connection.dialect.driver == "pysqlite")


def _text(statement: Any, dialect: Dialect, names: Sequence[str]) -> _Text:
    compiled = statement.compile(dialect=dialect, column_keys=names)
    values = []
    for name in compiled.positiontup:
        bind = compiled.binds[name]
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        values.append((name if name in names else None, bind.effective_value, convert))
    columns = statement.selected_columns if isinstance(statement, Select) else ()
    return _Text(
        sql=str(compiled),
        values=values,
        columns=[
            (str(column.key), column.type.dialect_impl(dialect).result_processor(dialect, None))
            for column in columns
        ],
    )
