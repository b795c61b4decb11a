"""Rows that are read at every event, remembered by the one connection that may change them.

Only the writer of an SQLite file keeps rows: nobody else writes there, so what it read stays true
until it changes the table itself, or takes a change back.
"""

from collections.abc import Hashable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, event

Row = dict[str, Any]

_KEY = "kept rows"
_MOST_OF_A_TABLE = 10_000


class KeptRows:
    """What was read, by table and by statement with its parameters."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[Hashable, Sequence[Row]]] = {}

    def find(self, table: str, question: Hashable) -> Sequence[Row] | None:
        """None: it was not asked since the table changed."""
        known = self._tables.get(table)
        return None if known is None else known.get(question)

    def put(self, table: str, question: Hashable, rows: Sequence[Row]) -> None:
        known = self._tables.setdefault(table, {})
        if len(known) >= _MOST_OF_A_TABLE:
            known.clear()
        known[question] = rows

    def forget(self, table: str) -> None:
        """The table changes."""
        self._tables.pop(table, None)

    def forget_all(self) -> None:
        """Whatever changed is taken back, or nobody knows what changes."""
        self._tables.clear()


def keep_rows(engine: Engine) -> None:
    """Let connections of `engine` keep rows; it alone writes to its database, one at a time."""
    event.listen(engine, "connect", _begin)
    event.listen(engine, "before_cursor_execute", _notice)


def kept_by(connection: Connection) -> KeptRows | None:
    """The rows a connection keeps; None for one that keeps none."""
    found: KeptRows | None = connection.info.get(_KEY)
    return found


def _begin(_: object, record: Any) -> None:
    record.info[_KEY] = KeptRows()


def _notice(
    connection: Connection, _cursor: object, sql: str, _values: object, context: Any, _many: bool
) -> None:
    kept = kept_by(connection)
    if kept is None or sql.startswith("SELECT"):
        return
    table = getattr(getattr(context, "invoked_statement", None), "table", None)
    if table is None:
        kept.forget_all()
    else:
        kept.forget(table.name)
