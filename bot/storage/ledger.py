"""The ledger's rows, written by one transaction at a time, and numbers without gaps."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.billing.ledger import FIRST_HASH, Entry, Posting, chained
from bot.core.money import Money
from bot.storage.billing_tables import counters, ledger_entries, ledger_postings

_LEDGER = "ledger"
_BEGIN = {
    "sqlite": sqlite.insert(counters).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(counters).on_conflict_do_nothing(),
}


class SqlCounters:
    """Rows that count. Whoever takes one holds its row until their transaction ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, name: str) -> int:
        """The next number of a row, from 1."""
        value, mark = self.locked(name)
        self.put(name, value + 1, mark)
        return value + 1

    def locked(self, name: str) -> tuple[int, str]:
        """Value and mark of a row that nobody else changes before this transaction ends."""
        first = {"name": name, "value": 0, "mark": FIRST_HASH}
        self._connection.execute(_BEGIN[self._connection.dialect.name], first)
        row = counters.c.name == name
        self._connection.execute(update(counters).where(row).values(value=counters.c.value))
        return self.look(name)

    def look(self, name: str) -> tuple[int, str]:
        """Value and mark, as they stand."""
        wanted = select(counters.c.value, counters.c.mark).where(counters.c.name == name)
        found = self._connection.execute(wanted).first()
        return (0, FIRST_HASH) if found is None else (int(found.value), str(found.mark))

    def put(self, name: str, value: int, mark: str) -> None:
        row = counters.c.name == name
        self._connection.execute(update(counters).where(row).values(value=value, mark=mark))


class SqlLedger:
    """Entries are added and read, nothing else. Implements `LedgerPort`."""

    def __init__(self, connection: Connection, own: SqlCounters) -> None:
        self._connection = connection
        self._counters = own

    def lock(self) -> tuple[int, str]:
        """Wait until no other transaction writes here, and keep others waiting until ours ends."""
        return self._counters.locked(_LEDGER)

    def append(
        self, kind: str, cause: str, postings: Sequence[Posting], at: datetime, /
    ) -> Entry | None:
        number, previous = self.lock()
        if self._knows(cause):
            return None
        entry = chained(number + 1, kind, cause, postings, at, previous)
        self._connection.execute(insert(ledger_entries), _row(entry))
        self._connection.execute(insert(ledger_postings), _posting_rows(entry))
        self._counters.put(_LEDGER, entry.number, entry.hash)
        return entry

    def entries(self, after: int, limit: int, /) -> Sequence[Entry]:
        t = ledger_entries.c
        return self._load(select(ledger_entries).where(t.number > after).limit(limit))

    def head(self) -> tuple[int, str]:
        return self._counters.look(_LEDGER)

    def balance(self, account: str, /) -> Sequence[Money]:
        t = ledger_postings.c
        wanted = select(t.currency, func.sum(t.minor)).where(t.account == account)
        rows = self._connection.execute(wanted.group_by(t.currency).order_by(t.currency))
        return [Money(int(minor), currency) for currency, minor in rows]

    def of_account(self, account: str, after: int, /) -> Sequence[tuple[Entry, Money]]:
        """Entries that touch an account, in their order, with what they change there."""
        t = ledger_postings.c
        touching = select(t.entry).where(t.account == account, t.entry > after)
        number = ledger_entries.c.number
        found = self._load(select(ledger_entries).where(number.in_(touching)))
        return [(e, p.amount) for e in found for p in e.postings if p.account == account]

    def _knows(self, cause: str) -> bool:
        wanted = select(ledger_entries.c.number).where(ledger_entries.c.cause == cause)
        return self._connection.execute(wanted).first() is not None

    def _load(self, wanted: Select[Any]) -> Sequence[Entry]:
        rows = self._connection.execute(wanted.order_by(ledger_entries.c.number)).all()
        if not rows:
            return []
        t = ledger_postings.c
        between = t.entry.between(rows[0].number, rows[-1].number)
        own: defaultdict[int, list[Posting]] = defaultdict(list)
        lines = select(ledger_postings).where(between).order_by(t.entry, t.position)
        for line in self._connection.execute(lines):
            own[line.entry].append(Posting(line.account, Money(line.minor, line.currency)))
        return [
            Entry(
                number=row.number,
                at=row.at,
                kind=row.kind,
                cause=row.cause,
                postings=tuple(own[row.number]),
                previous=row.previous,
                hash=row.hash,
            )
            for row in rows
        ]


def _row(entry: Entry) -> dict[str, object]:
    return {
        "number": entry.number,
        "at": entry.at,
        "kind": entry.kind,
        "cause": entry.cause,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _posting_rows(entry: Entry) -> list[dict[str, object]]:
    return [
        {
            "entry": entry.number,
            "position": position,
            "account": posting.account,
            "minor": posting.amount.minor,
            "currency": posting.amount.currency,
        }
        for position, posting in enumerate(entry.postings)
    ]
