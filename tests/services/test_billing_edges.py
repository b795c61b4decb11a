"""Money where people leave, lessons shrink, and two ways of paying are begun at once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.billing.charging import NothingToPay
from bot.billing.gateway import PageStatus, Payment
from bot.billing.invoicing import credit
from bot.billing.model import Invoice, InvoiceState, LessonFact, PayoutState, PayoutWay, Side
from bot.billing.parties import has_card, may_book_paid
from bot.billing.payouts import plan_payouts
from bot.core.errors import Cause, ServiceFailure
from bot.core.money import Money
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.billing_stage import DECLINED, BillingStage
from tests.unit.billing.lessons import a_lesson, there


@pytest.fixture
async def stage(storage: SqlStorage) -> AsyncIterator[BillingStage]:
    stage = BillingStage(storage)
    await stage.people("student", "teacher")
    yield stage
    await stage.check_books()


def minutes(number: int, booking_id: str = "booking") -> LessonFact:
    """A lesson in which both were there for so many minutes, at 24.00 an hour."""
    both = there(Side.STUDENT, 0, 60 * number), there(Side.TEACHER, 0, 60 * number)
    return a_lesson(*both, booking_id=booking_id)


async def credited(stage: BillingStage, invoice: Invoice, minor: int) -> None:
    def unit(work: Work) -> None:
        fresh = work.billing.invoices.get(invoice.id)
        stage.tell(work, credit(work, fresh, Money(minor, "EUR"), "c", stage.clock.now()))

    await stage.storage.write(unit)
    await stage.run_jobs()


@pytest.mark.parametrize("gone", ["student", "teacher"])
async def test_whoever_left_before_the_bill_is_billed_under_a_pseudonym(
    stage: BillingStage, gone: str
) -> None:
    await stage.storage.write(lambda work: work.users.remove(gone))
    invoice = await stage.bill(minutes(30))
    await stage.run_jobs()
    assert (await stage.invoice(invoice.id)).state is InvoiceState.UNPAID
    party_id = invoice.payer_id if gone == "student" else invoice.payee_id
    party = await stage.storage.read(lambda work: work.billing.parties.get(party_id))
    assert party.user_id is None


async def test_what_a_credit_made_too_small_waits_and_bars_nobody(stage: BillingStage) -> None:
    await stage.save_card("student", DECLINED)
    invoice = await stage.bill(minutes(5))
    await stage.run_jobs()
    assert (await stage.invoice(invoice.id)).state is InvoiceState.UNPAID

    await credited(stage, invoice, 170)
    assert (await stage.invoice(invoice.id)).state is InvoiceState.CARRIED
    assert await stage.storage.read(lambda work: may_book_paid(work, "student"))

    await stage.save_card("student")
    await stage.bill(minutes(30, "second"))
    await stage.run_jobs()
    assert stage.gateway.taken == 1200 + 30
    assert (await stage.invoice(invoice.id)).state is InvoiceState.PAID


async def test_a_page_asked_for_while_the_card_is_charged_takes_nothing_twice(
    stage: BillingStage,
) -> None:
    await stage.save_card("student")
    invoice = await stage.bill(minutes(30))
    made = stage.gateway.intent

    async def slow_intent(*args: object, **more: object) -> Payment:
        payment = await made(*args, **more)  # type: ignore[arg-type] # as they came
        stage.gateway.intent = made  # type: ignore[method-assign] # a double for one method
        await stage.charging.page(invoice.id, "Lesson")
        return payment

    stage.gateway.intent = slow_intent  # type: ignore[method-assign] # a double for one method
    await stage.run_jobs()
    for page_id in [page for page in stage.gateway.pages if page != "page-1"]:
        stage.gateway.pay(page_id)
    assert stage.gateway.taken == 1200
    await stage.reconciler.look()


async def test_a_page_that_was_called_off_while_it_was_made_is_not_shown(
    stage: BillingStage,
) -> None:
    await stage.save_card("student", DECLINED)
    invoice = await stage.bill(minutes(30))
    await stage.run_jobs()
    await stage.save_card("student")
    made = stage.gateway.payment_page

    async def slow_page(*args: object, **more: object) -> object:
        page = await made(*args, **more)  # type: ignore[arg-type] # as they came
        await stage.run_jobs()
        return page

    stage.gateway.payment_page = slow_page  # type: ignore[method-assign,assignment] # a double for one method
    with pytest.raises(NothingToPay):
        await stage.charging.page(invoice.id, "Lesson")
    assert stage.gateway.taken == 1200


async def test_a_day_on_which_the_gateway_cannot_be_asked_promises_the_next_one(
    stage: BillingStage,
) -> None:
    async def refuses(_: object) -> list[Payment]:
        raise ServiceFailure("gateway", Cause.REJECTED, "no")

    stage.gateway.payments_since = refuses  # type: ignore[method-assign,assignment] # a double for one method
    await stage.storage.write(await stage.reconciler.daily())
    tomorrow = stage.clock.now() + timedelta(days=1)
    jobs = await stage.storage.write(
        lambda work: work.jobs.claim(tomorrow, tomorrow, timedelta(minutes=1), 10)
    )
    assert [job.kind for job in jobs] == ["ledger.reconcile"]


async def test_a_card_page_is_closed_when_nothing_can_be_held_for_it_any_more(
    stage: BillingStage,
) -> None:
    page = await stage.cards.page(
        "student",
        key="event:1",
        currency="EUR",
        expires_at=stage.clock.now() + timedelta(minutes=31),
        return_url="https://t.me/bot",
    )
    stage.clock.move(timedelta(minutes=29))
    await stage.run_jobs()
    assert stage.gateway.pages[page.id] is PageStatus.OPEN
    stage.clock.move(timedelta(minutes=1))
    await stage.run_jobs()
    assert stage.gateway.pages[page.id] is PageStatus.EXPIRED


async def test_a_card_saved_just_before_its_page_was_closed_is_kept(stage: BillingStage) -> None:
    page = await stage.cards.page(
        "student",
        key="event:1",
        currency="EUR",
        expires_at=stage.clock.now() + timedelta(minutes=31),
        return_url="https://t.me/bot",
    )
    stage.gateway.save_card(page)
    stage.clock.move(timedelta(minutes=30))
    await stage.run_jobs()
    assert await stage.storage.read(lambda work: has_card(work, "student"))


async def test_a_transfer_promised_to_an_account_that_is_gone_is_stated(
    stage: BillingStage,
) -> None:
    await stage.save_card("student")
    await stage.bill(minutes(60))
    await stage.run_jobs()
    account = await stage.sending.onboarding("teacher")
    assert account

    def promised(work: Work) -> str:
        party = work.billing.parties.of_user("teacher")[0]
        work.billing.parties.save(replace(party, can_be_paid=True))
        stage.clock.move(timedelta(days=4))
        plan_payouts(work, stage.rules, stage.clock.now(), states=False)
        (payout,) = work.billing.payouts.of_payees([party.id])
        return payout.id

    payout_id = await stage.storage.write(promised)
    await stage.storage.write(lambda work: work.billing.parties.remove_of_user("teacher"))
    await stage.run_jobs()
    payout = await stage.storage.read(lambda work: work.billing.payouts.get(payout_id))
    assert (payout.state, payout.way) == (PayoutState.DONE, PayoutWay.STATEMENT)
    assert stage.gateway.transfers == {}


async def test_a_payment_belongs_to_the_charge_it_was_made_for(stage: BillingStage) -> None:
    await stage.save_card("student")
    invoice = await stage.bill(minutes(60))
    lost = ServiceFailure("gateway", Cause.UNREACHABLE)

    def cut(where: str) -> None:
        if where == "intent!":  # made, and its answer lost
            raise lost

    stage.gateway.breaks = cut
    with pytest.raises(ServiceFailure):
        await stage.run_jobs()
    stage.gateway.breaks = lambda _: None
    await stage.charging.page(invoice.id, "Lesson")  # calls the first one off, unseen
    (payment,) = stage.gateway.payments.values()
    await stage.storage.write(lambda work: stage.charging.apply(work, payment))
    charges = await stage.storage.read(lambda work: work.billing.charges.of_invoice(invoice.id))
    assert [charge.intent_id for charge in charges] == [payment.id, None]


async def test_a_page_that_was_paid_is_known_by_its_key_where_news_name_no_page(
    stage: BillingStage,
) -> None:
    await stage.save_card("student")
    invoice = await stage.bill(minutes(60))
    lost = ServiceFailure("gateway", Cause.UNREACHABLE)

    def cut(where: str) -> None:
        if where == "intent":  # nothing was made
            raise lost

    stage.gateway.breaks = cut
    with pytest.raises(ServiceFailure):
        await stage.run_jobs()
    stage.gateway.breaks = lambda _: None
    await stage.charging.page(invoice.id, "Lesson")
    paid = stage.gateway.pay(list(stage.gateway.pages)[-1])
    told = replace(paid, page_id=None)
    await stage.storage.write(lambda work: stage.charging.apply(work, told))
    charges = await stage.storage.read(lambda work: work.billing.charges.of_invoice(invoice.id))
    assert [charge.intent_id for charge in charges] == [None, paid.id]
