"""The month's statement comes by itself to whoever is transferred nothing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.accounts.model import Role
from bot.billing.parties import party_of
from bot.messaging.instance import Instance
from bot.messaging.model import Outgoing
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Work
from tests.paying_stage import PayingStage, texts
from tests.services.test_billing import minutes
from tests.services.test_paying import with_card


@pytest.fixture
async def stage(sqlite_url: str, keyring: Keyring) -> AsyncIterator[PayingStage]:
    storage = open_storage(sqlite_url, keyring, Instance())
    await storage.open()
    stage = PayingStage(storage)
    await stage.join("student", Role.STUDENT)
    await stage.join("teacher", Role.TEACHER)
    await storage.write(stage.product.paying.begin)
    await with_card(stage)
    await stage.end_lesson(minutes(46))
    yield stage
    await storage.aclose()


async def told_until(stage: PayingStage, day: datetime) -> list[Outgoing]:
    """What is told while the clock goes to `day`; the program stood still in between."""
    before = len(stage.told)
    stage.clock.at = day
    for _ in range(4):
        await stage.work()
    return [each for each in stage.told[before:] if each.to.room == "teacher"]


def files(told: list[Outgoing]) -> list[str]:
    return [message.attachment.filename for message in told if message.attachment]


async def test_it_comes_on_the_first_as_table_and_paper_in_the_teachers_language(
    stage: PayingStage,
) -> None:
    def speak_spanish(work: Work) -> None:
        work.users.save(replace(work.users.get("teacher"), ui_language="es"))

    await stage.storage.write(speak_spanish)
    assert files(await told_until(stage, datetime(2026, 11, 30, 12, tzinfo=UTC))) == []
    told = await told_until(stage, datetime(2026, 12, 1, 5, tzinfo=UTC))
    assert files(told) == ["statement-2026-11.pdf", "statement-2026-11.csv"]
    assert "Tu liquidación de noviembre de 2026" in texts(told, "teacher")
    table = told[-1].attachment
    assert table is not None
    rows = await stage.storage.read(lambda work: work.blobs.get(table.blob_id))
    assert b"Clase,1,15.64,EUR" in rows
    assert files(await told_until(stage, datetime(2026, 12, 20, 5, tzinfo=UTC))) == []


async def test_after_an_outage_over_the_first_it_comes_late_and_once(stage: PayingStage) -> None:
    told = await told_until(stage, datetime(2026, 12, 4, 5, tzinfo=UTC))
    await stage.storage.write(stage.product.paying.begin)
    told += await told_until(stage, datetime(2026, 12, 9, 5, tzinfo=UTC))
    assert files(told) == ["statement-2026-11.pdf", "statement-2026-11.csv"]


async def test_a_month_without_a_lesson_has_none(stage: PayingStage) -> None:
    await told_until(stage, datetime(2026, 12, 1, 5, tzinfo=UTC))
    told = await told_until(stage, datetime(2027, 1, 1, 5, tzinfo=UTC))
    assert files(told) == ["statement-2026-12.pdf", "statement-2026-12.csv"]  # it was sent then
    assert files(await told_until(stage, datetime(2027, 3, 2, 5, tzinfo=UTC))) == []


async def test_whoever_is_paid_by_transfer_gets_none(stage: PayingStage) -> None:
    def onboard(work: Work) -> None:
        own = party_of(work, "teacher", stage.clock.now())
        work.billing.parties.save(replace(own, account_id="acct_1", can_be_paid=True))

    await stage.storage.write(onboard)
    assert files(await told_until(stage, datetime(2026, 12, 1, 5, tzinfo=UTC))) == []
