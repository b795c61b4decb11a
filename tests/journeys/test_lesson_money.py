"""Cards that are refused, small amounts, answers that are lost, and teachers who are paid."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.billing.model import InvoiceState
from bot.scheduling.model import BookingStatus
from bot.simulators.faults import Fault
from bot.simulators.stripe import ASKS_ALWAYS, DECLINES_CHARGES, GOOD
from tests.discord_stage import DiscordStage, a_discord_stage
from tests.lesson_stage import School, a_school, link_under


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """On SQLite, unless a test names both engines."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    return str(request.getfixturevalue("postgres").fresh_url())


@pytest.fixture
async def school(stage: DiscordStage, url: str) -> AsyncIterator[School]:
    async with a_school(stage, url) as running:
        yield running


@pytest.mark.parametrize("url", ["sqlite", "postgres"], indirect=True)
async def test_a_declined_card_is_paid_on_a_page_and_the_next_lesson_is_booked(
    school: School,
) -> None:
    ana = school.student
    await school.give_card(DECLINES_CHARGES)
    await school.book()
    await school.meet(45)
    await ana.reads("💳 Your card could not be charged")
    assert not any("Ten minutes left" in text for text in ana.texts)  # both had left
    assert "(receipt 1) is waiting to be paid: €15.00." in ana.texts[-1]
    assert (await school.invoice()).state is InvoiceState.UNPAID
    await school.choose(day="Thu, Nov 26")
    await ana.press("Book", then="An earlier lesson is still to be paid.")
    await ana.press("Pay", then="Waiting to be paid: receipt 1, Emma Stone, €15.00.")
    await ana.press("Pay now", then="Pay on this page.")
    await school.save_card(GOOD)
    await ana.reads("🧾 Receipt 1")
    await ana.reads("✅ Your lesson with Emma Stone is booked.")
    await school.becomes(BookingStatus.CONFIRMED)
    assert school.charged == [1500]
    assert (await school.balances())["receivable"] == 0


async def test_a_bank_that_asks_is_answered_on_a_page(school: School) -> None:
    ana = school.student
    await school.give_card(ASKS_ALWAYS, proof="yes")
    await school.book()
    await school.meet(45)
    await ana.reads("💳 Your card could not be charged")
    await ana.press("Pay now", then="Pay on this page.")
    await school.save_card(ASKS_ALWAYS, proof="yes")
    await ana.reads("🧾 Receipt 1")
    assert (await school.invoice()).state is InvoiceState.PAID
    assert school.charged == [1500]


async def test_a_small_amount_is_charged_with_the_next_lesson(school: School) -> None:
    ana = school.student
    await school.give_card()
    await school.book(30)
    await school.meet(1)
    await ana.reads("Too small to be charged alone")
    assert school.charged == []
    await school.book(day="Thu, Nov 26")
    await school.meet(30)
    await ana.reads("🧾 Receipt 2")
    assert "receipt 1: €0.33\nCharged in all: €10.33" in ana.texts[-1]
    assert school.charged == [1033]
    assert (await school.balances())["receivable"] == 0


@pytest.mark.parametrize(
    "operation",
    [pytest.param("payment_intents.create", marks=pytest.mark.soak), "payment_intents.confirm"],
)
async def test_an_answer_that_is_lost_charges_nobody_twice(school: School, operation: str) -> None:
    """The webhook comes, and the answer to our own request never does."""
    school.stripe.faults.add(Fault("drop_after", operation))
    await school.give_card()
    await school.book()
    await school.meet(45)
    await school.later(minutes=10)
    await school.student.reads("🧾 Receipt 1")
    assert school.stripe.faults.fired["drop_after"] == 1
    assert school.charged == [1500]
    assert sum("Receipt 1" in text for text in school.student.texts) == 1


async def test_a_teacher_with_an_account_is_sent_what_is_final(school: School) -> None:
    emma = school.teacher
    await school.give_card()
    await school.book()
    await school.meet(45)
    await emma.say("/earnings", then="disagree: €12.75")
    await emma.press("Set up payouts", then="who you are")
    form = {"finish": "yes"}
    async with school.http.post(link_under(emma), data=form, allow_redirects=False) as answer:
        assert answer.status == 303
    await school.settle()
    await emma.reads("✅ Your account is checked")
    await school.later(days=4)
    await emma.reads("💶 €12.75 are on the way to your account.")
    assert [each["amount"] for each in school.stripe.all("transfer")] == [1275]
    await emma.say("/earnings", then="Sent: €12.75")
    balances = await school.balances()
    assert balances == {"receivable": 0, "cash": 225, "payable": 0, "commission": -225}


async def test_a_teacher_without_an_account_gets_a_statement_on_the_first(school: School) -> None:
    emma = school.teacher
    await school.give_card()
    await school.book()
    await school.meet(45)
    school.clock.at = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
    await school.settle()
    await emma.reads("Your statement of this month: €12.75 will be transferred to you.")
    await emma.say("/earnings", then="Sent: €12.75")
    await emma.press("Statement as PDF", then="Here it is.")
