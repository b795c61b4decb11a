"""`linguaflex ledger verify` says whether the books are as they were written."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from bot.__main__ import main
from bot.billing.ledger import CASH, TAX, Posting
from bot.core.money import Money
from bot.messaging.instance import Instance
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Work

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def write(work: Work) -> None:
    for number in range(1, 4):
        amount = Money(number, "EUR")
        postings = [Posting(CASH, amount), Posting(TAX, -amount)]
        work.billing.ledger.append("payment", f"p{number}", postings, NOW)


def tamper(work: Work) -> None:
    work.users._connection.execute(text("UPDATE ledger_postings SET minor = 9 WHERE entry = 2"))


@pytest.mark.parametrize(("is_changed", "status"), [(False, 0), (True, 1)])
async def test_verify_proves_the_chain_or_names_the_first_bad_entry(
    sqlite_url: str,
    keyring: Keyring,
    is_changed: bool,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    storage = open_storage(sqlite_url, keyring, Instance())
    await storage.open()
    await storage.write(write)
    if is_changed:
        await storage.write(tamper)
    await storage.aclose()
    monkeypatch.setenv("LINGUAFLEX_DATABASE_URL", sqlite_url)
    assert await asyncio.to_thread(main, ["ledger", "verify"]) == status
    said = capsys.readouterr().out
    assert ("entry 2 is not as it was written" in said) is is_changed
