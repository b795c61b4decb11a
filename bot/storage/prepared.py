"""Statements of the hot path, turned into text once.

On its way to the driver a statement takes SQLAlchemy three times as long as it takes SQLite to
run it. The writer of an SQLite file hands prepared ones to the driver itself; every other
connection executes them as usual. What the driver raises then arrives bare (`failures.as_ours`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Select

from bot.storage.kept import kept_by

Convert = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement as SQLite's driver takes it.

    Args:
        values: what goes in place of each `?` where it is a constant, already converted.
        given: which `?` is which parameter, and its conversion.
        columns: of what comes back.
        loads: conversions of those columns that need one.
    """

    sql: str
    values: Sequence[Any]
    given: Sequence[tuple[int, str, Convert]]
    columns: Sequence[str]
    loads: Sequence[tuple[str, Callable[[Any], Any]]]

    def execute(self, connection: Connection, params: Mapping[str, Any]) -> Any:
        """The driver's cursor."""
        values = list(self.values)
        for place, name, convert in self.given:
            values[place] = params[name] if convert is None else convert(params[name])
        driver: Any = connection.connection.driver_connection
        return driver.execute(self.sql, values)

    def loaded(self, row: Sequence[Any]) -> dict[str, Any]:
        values = dict(zip(self.columns, row, strict=True))
        for name, convert in self.loads:
            values[name] = convert(values[name])
        return values


class Prepared:
    """One statement; `params` name the same parameters each time.

    Args:
        statement: a SELECT, or an INSERT, UPDATE or DELETE that returns nothing.
        is_kept: what this SELECT finds is kept by a connection that keeps rows (`kept`); for one
            table that is read at every event and seldom changed.
    """

    def __init__(self, statement: Any, *, is_kept: bool = False) -> None:
        self._statement = statement
        self._is_kept = is_kept
        self._table = _table_of(statement)
        self._text: _Text | None = None

    def run(self, connection: Connection, params: Mapping[str, Any]) -> int:
        """How many rows it changed."""
        if not _is_direct(connection):
            return int(connection.execute(self._statement, dict(params)).rowcount)
        kept = kept_by(connection)
        if kept is not None:
            kept.forget(self._table)
        return int(self._ready(connection, params).execute(connection, params).rowcount)

    def first(self, connection: Connection, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """The first row by column, or None."""
        if not _is_direct(connection):
            found = connection.execute(self._statement, dict(params)).mappings().first()
            return None if found is None else dict(found)
        if self._is_kept:
            return next(iter(self.all(connection, params)), None)
        text = self._ready(connection, params)
        row = text.execute(connection, params).fetchone()
        return None if row is None else text.loaded(row)

    def all(self, connection: Connection, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Every row by column."""
        if not _is_direct(connection):
            return [
                dict(row) for row in connection.execute(self._statement, dict(params)).mappings()
            ]
        kept = kept_by(connection) if self._is_kept else None
        if kept is None:
            return self._found(connection, params)
        question = (self, *params.values())
        rows = kept.find(self._table, question)
        if rows is None:
            rows = self._found(connection, params)
            kept.put(self._table, question, rows)
        return [row.copy() for row in rows]

    def _found(self, connection: Connection, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        text = self._ready(connection, params)
        return [text.loaded(row) for row in text.execute(connection, params)]

    def _ready(self, connection: Connection, params: Mapping[str, Any]) -> _Text:
        if self._text is None:
            self._text = _text(self._statement, connection.dialect, tuple(params))
        return self._text


def _table_of(statement: Any) -> str:
    """What is read or changed; of a join, which is never kept, nothing in particular."""
    is_read = isinstance(statement, Select)
    table = statement.get_final_froms()[0] if is_read else statement.table
    return str(getattr(table, "name", ""))


def _is_direct(connection: Connection) -> bool:
    return bool(connection.dialect.driver == "pysqlite")


def _text(statement: Any, dialect: Dialect, names: Sequence[str]) -> _Text:
    compiled = statement.compile(dialect=dialect, column_keys=names)
    values: list[Any] = []
    given: list[tuple[int, str, Convert]] = []
    for place, name in enumerate(compiled.positiontup):
        bind = compiled.binds[name]
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if name in names:
            given.append((place, name, convert))
        constant = None if name in names else bind.effective_value
        values.append(convert(constant) if convert and name not in names else constant)
    columns = statement.selected_columns if isinstance(statement, Select) else ()
    loads = (
        (str(column.key), column.type.dialect_impl(dialect).result_processor(dialect, None))
        for column in columns
    )
    return _Text(
        sql=str(compiled),
        values=values,
        given=given,
        columns=[str(column.key) for column in columns],
        loads=[(name, convert) for name, convert in loads if convert is not None],
    )
