"""The ledger and its numbers on both engines: chained, balanced, one writer at a time."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from bot.billing.ledger import CASH, Entry, Fault, Posting, Unbalanced, first_fault, receivable
from bot.core.money import Money
from bot.storage.engine import SqlStorage
from bot.storage.work import Work

NOW = datetime(2026, 3, 2, 19, 0, 0, 123_456, tzinfo=UTC)


def moved(minor: int, currency: str = "EUR") -> Sequence[Posting]:
    amount = Money(minor, currency)
    return [Posting(CASH, amount), Posting(receivable("ana"), -amount)]


def pay(work: Work, cause: str, minor: int = 100) -> Entry | None:
    return work.billing.ledger.append("payment", cause, moved(minor), NOW)


def fault(work: Work) -> Fault | None:
    ledger = work.billing.ledger
    return first_fault(ledger.head(), [ledger.entries(0, 1_000)])


async def test_entries_come_back_as_they_were_chained(storage: SqlStorage) -> None:
    made = [await storage.write(lambda work, n=n: pay(work, f"p{n}", n)) for n in (1, 2, 3)]
    found = await storage.read(lambda work: work.billing.ledger.entries(0, 10))
    assert list(found) == made
    assert await storage.read(fault) is None
    assert await storage.read(lambda work: work.billing.ledger.entries(1, 1)) == made[1:2]


async def test_the_same_cause_is_entered_once(storage: SqlStorage) -> None:
    first = await storage.write(lambda work: pay(work, "p", 5))
    assert first is not None
    assert await storage.write(lambda work: pay(work, "p", 7)) is None
    balance = await storage.read(lambda work: work.billing.ledger.balance(CASH))
    assert balance == [Money(5, "EUR")]


async def test_an_entry_that_does_not_sum_to_nothing_is_refused(storage: SqlStorage) -> None:
    lame = [Posting(CASH, Money(5, "EUR")), Posting(CASH, Money(-5, "USD"))]
    with pytest.raises(Unbalanced):
        await storage.write(lambda work: work.billing.ledger.append("x", "x", lame, NOW))
    assert await storage.read(lambda work: work.billing.ledger.head()) == (0, "0" * 64)


async def test_an_account_tells_its_entries_and_its_balance_by_currency(
    storage: SqlStorage,
) -> None:
    def unit(work: Work) -> None:
        pay(work, "p1", 5)
        pay(work, "p2", 6)
        work.billing.ledger.append("payment", "p3", moved(7, "USD"), NOW)

    await storage.write(unit)
    ledger = await storage.read(lambda work: work.billing.ledger.balance(receivable("ana")))
    assert ledger == [Money(-11, "EUR"), Money(-7, "USD")]
    own = await storage.read(lambda work: work.billing.ledger.of_account(CASH, 1))
    assert [(entry.number, money.minor) for entry, money in own] == [(2, 6), (3, 7)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE ledger_postings SET minor = minor + 1 WHERE entry = 2", Fault(2, "hash")),
        ("UPDATE ledger_entries SET kind = 'gift' WHERE number = 3", Fault(3, "hash")),
        ("UPDATE ledger_entries SET at = at + 1 WHERE number = 1", Fault(1, "hash")),
        ("UPDATE ledger_entries SET previous = hash WHERE number = 4", Fault(4, "chain")),
        ("DELETE FROM ledger_postings WHERE entry = 2 AND position = 1", Fault(2, "hash")),
        ("DELETE FROM ledger_entries WHERE number = 5", Fault(5, "chain")),
        ("UPDATE counters SET value = 4 WHERE name = 'ledger'", Fault(6, "chain")),
    ],
)
async def test_whatever_is_changed_afterwards_is_found_where_it_was_changed(
    storage: SqlStorage, change: str, expected: Fault
) -> None:
    def unit(work: Work) -> None:
        for number in range(1, 6):
            pay(work, f"p{number}")

    def tamper(work: Work) -> None:
        if change.startswith("DELETE FROM ledger_entries"):
            work.users._connection.execute(text("DELETE FROM ledger_postings WHERE entry = 5"))
        work.users._connection.execute(text(change))

    await storage.write(unit)
    await storage.write(tamper)
    assert await storage.read(fault) == expected


async def test_many_writers_at_once_leave_one_chain_and_numbers_without_gaps(
    storage: SqlStorage,
) -> None:
    class TakenBack(Exception):
        pass

    def unit(work: Work, number: int) -> int:
        taken = work.billing.next_invoice_number()
        pay(work, f"p{number}", number + 1)
        if number % 4 == 0:
            raise TakenBack
        return taken

    tries = (storage.write(lambda work, n=n: unit(work, n)) for n in range(40))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(r for r in results if isinstance(r, int)) == list(range(1, 31))
    assert all(isinstance(r, int | TakenBack) for r in results)
    assert await storage.read(fault) is None
    assert (await storage.read(lambda work: work.billing.ledger.head()))[0] == 30
