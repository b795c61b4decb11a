"""From a lesson to the money, with a gateway that fails, is slow, and tells things twice."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import permutations

import pytest

from bot.billing.events import apply_gateway_event
from bot.billing.gateway import (
    AccountChanged,
    AccountStatus,
    CardRemoved,
    CardSaved,
    Chargeback,
    GatewayEvent,
    PageExpired,
    PaymentChanged,
    PaymentStatus,
    RefundChanged,
    RefundOutcome,
    RefundStatus,
    TransferReversed,
)
from bot.billing.invoicing import credit
from bot.billing.ledger import COMMISSION, TAX, payable, receivable
from bot.billing.model import Invoice, InvoiceState, LessonFact, LessonOutcome, Side
from bot.billing.news import NewsKind
from bot.billing.parties import has_card, may_book_paid
from bot.core.errors import Cause, ServiceFailure
from bot.core.money import Money
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.billing_stage import AUTHENTICATION, DECLINED, NOW, BillingStage
from tests.unit.billing.lessons import a_lesson, there

BOTH = there(Side.STUDENT, 0, 3600), there(Side.TEACHER, 0, 3600)


@pytest.fixture
async def stage(storage: SqlStorage) -> AsyncIterator[BillingStage]:
    stage = BillingStage(storage)
    await stage.people("student", "teacher")
    yield stage
    await stage.check_books()


def minutes(number: int, booking_id: str = "booking", **changes: object) -> LessonFact:
    """A lesson in which both were there for so many minutes, at 24.00 an hour."""
    both = there(Side.STUDENT, 0, 60 * number), there(Side.TEACHER, 0, 60 * number)
    return a_lesson(*both, booking_id=booking_id, **changes)


async def told(stage: BillingStage, *events: GatewayEvent) -> None:
    for event in events:
        await stage.storage.write(
            lambda work, e=event: stage.tell(work, apply_gateway_event(work, e, stage.clock.now()))
        )


async def credited(stage: BillingStage, invoice: Invoice, minor: int, cause: str = "c") -> None:
    def unit(work: Work) -> None:
        fresh = work.billing.invoices.get(invoice.id)
        stage.tell(work, credit(work, fresh, Money(minor, "EUR"), cause, stage.clock.now()))

    await stage.storage.write(unit)
    await stage.run_jobs()


async def test_a_lesson_is_charged_once_with_the_saved_card(stage: BillingStage) -> None:
    await stage.save_card("student")
    invoice = await stage.bill(minutes(46))
    await stage.run_jobs()
    assert (await stage.invoice(invoice.id)).state is InvoiceState.PAID
    assert stage.gateway.taken == 1840
    assert await stage.balance(receivable(invoice.payer_id)) == 0
    assert await stage.balance(payable(invoice.payee_id)) == -1564
    assert await stage.balance(COMMISSION) == -276
    assert [news.amount for news in stage.heard(NewsKind.PAID)] == [Money(1840, "EUR")]


async def test_the_same_lesson_billed_again_is_the_same_invoice(stage: BillingStage) -> None:
    await stage.save_card("student")
    first = await stage.bill(minutes(46))
    again = await stage.bill(minutes(60))
    await stage.run_jobs()
    assert (again.id, again.number) == (first.id, 1)
    assert stage.gateway.taken == 1840


async def test_who_never_met_gets_no_invoice_and_leaves_no_gap(stage: BillingStage) -> None:
    with pytest.raises(AssertionError):
        await stage.bill(a_lesson(booking_id="none"))
    assert (await stage.bill(minutes(46))).number == 1
    no_show = {"outcome": LessonOutcome.STUDENT_NO_SHOW, "share_percent": 50}
    absent = await stage.bill(a_lesson(booking_id="absent", **no_show))
    assert (absent.number, absent.total) == (2, Money(1200, "EUR"))


@pytest.mark.parametrize(
    "point", ["intent", "intent!", "confirm", "confirm!"], ids=lambda point: point
)
async def test_a_charge_cut_off_anywhere_is_taken_up_and_charges_once(
    stage: BillingStage, point: str
) -> None:
    await stage.save_card("student")
    invoice = await stage.bill(minutes(46))

    def breaks(name: str) -> None:
        if name == point:
            raise ServiceFailure("gateway", Cause.UNREACHABLE)

    stage.gateway.breaks = breaks
    with pytest.raises(ServiceFailure):
        await stage.run_jobs()
    stage.gateway.breaks = lambda _: None
    unit = await stage.charging.charge(invoice.id)
    assert unit is not None
    await stage.storage.write(unit)
    assert (stage.gateway.taken, len(stage.gateway.payments)) == (1840, 1)
    assert (await stage.invoice(invoice.id)).state is InvoiceState.PAID


@pytest.mark.parametrize("behaviour", [DECLINED, AUTHENTICATION])
async def test_a_refused_card_stops_paid_bookings_until_the_student_pays_on_a_page(
    stage: BillingStage, behaviour: str
) -> None:
    await stage.save_card("student", behaviour)
    invoice = await stage.bill(minutes(46))
    await stage.run_jobs()
    assert len(stage.heard(NewsKind.UNPAID)) == 1
    assert not await stage.storage.read(lambda work: may_book_paid(work, "student"))
    url = await stage.charging.page(invoice.id, "Lesson")
    assert await stage.charging.page(invoice.id, "Lesson") == url
    page_id = next(p for p in stage.gateway.pages if url.endswith(p.removeprefix("page-")))
    await told(stage, PaymentChanged(stage.gateway.pay(page_id)))
    assert (await stage.invoice(invoice.id)).state is InvoiceState.PAID
    assert await stage.storage.read(lambda work: may_book_paid(work, "student"))
    assert [p.status for p in stage.gateway.payments.values()] == [
        PaymentStatus.CANCELLED,
        PaymentStatus.SUCCEEDED,
    ]


async def test_another_card_pays_what_the_first_one_could_not_by_the_same_payment(
    stage: BillingStage,
) -> None:
    await stage.save_card("student", DECLINED)
    await stage.bill(minutes(46))
    await stage.run_jobs()
    await stage.save_card("student", AUTHENTICATION)
    await stage.run_jobs()
    assert len(stage.heard(NewsKind.UNPAID)) == 2
    await stage.save_card("student")
    await stage.run_jobs()
    assert (stage.gateway.taken, len(stage.gateway.payments)) == (1840, 1)


async def test_a_card_saved_while_a_page_waits_closes_the_page_before_it_pays(
    stage: BillingStage,
) -> None:
    await stage.save_card("student", DECLINED)
    invoice = await stage.bill(minutes(46))
    await stage.run_jobs()
    url = await stage.charging.page(invoice.id, "Lesson")
    page_id = next(p for p in stage.gateway.pages if url.endswith(p.removeprefix("page-")))
    payment = stage.gateway.pay(page_id)  # and the webhook is late
    await stage.save_card("student")
    await stage.run_jobs()
    await told(stage, PaymentChanged(payment))
    assert stage.gateway.taken == 1840
    assert (await stage.invoice(invoice.id)).state is InvoiceState.PAID


async def test_without_a_card_the_student_is_asked_to_pay(stage: BillingStage) -> None:
    invoice = await stage.bill(minutes(46))
    await stage.run_jobs()
    assert (await stage.invoice(invoice.id)).state is InvoiceState.UNPAID
    assert len(stage.heard(NewsKind.UNPAID)) == 1


async def test_what_is_too_small_waits_for_the_next_invoice_and_is_paid_with_it(
    stage: BillingStage,
) -> None:
    await stage.save_card("student")
    small = await stage.bill(minutes(1, "a"))
    smaller = await stage.bill(minutes(1, "b", rate=Money(120, "EUR")))
    await stage.run_jobs()
    assert (small.state, smaller.state) == (InvoiceState.CARRIED, InvoiceState.CARRIED)
    assert stage.gateway.taken == 0
    large = await stage.bill(minutes(46, "c"))
    await stage.run_jobs()
    states = [(await stage.invoice(i.id)).state for i in (small, smaller, large)]
    assert states == [InvoiceState.PAID] * 3
    assert (stage.gateway.taken, len(stage.gateway.payments)) == (1840 + 40 + 2, 1)
    await credited(stage, small, 40)
    assert stage.gateway.taken == 1842


async def test_credits_after_payment_are_refunded_in_part_and_in_full_and_never_more(
    stage: BillingStage,
) -> None:
    await stage.save_card("student")
    invoice = await stage.bill(minutes(46))
    await stage.run_jobs()
    await credited(stage, invoice, 340, "first")
    await credited(stage, invoice, 340, "first")
    assert stage.gateway.taken == 1500
    assert await stage.balance(payable(invoice.payee_id)) == -1275
    await credited(stage, invoice, 99_999, "rest")
    assert stage.gateway.taken == 0
    assert await stage.balance(payable(invoice.payee_id)) == 0
    assert await stage.balance(COMMISSION) == 0
    assert len(stage.heard(NewsKind.REFUNDED)) == 2


async def test_a_credit_before_payment_is_not_asked_for(stage: BillingStage) -> None:
    await stage.save_card("student", DECLINED)
    invoice = await stage.bill(minutes(46))
    await stage.run_jobs()
    await credited(stage, invoice, 840, "part")
    await stage.save_card("student")
    await stage.run_jobs()
    assert stage.gateway.taken == 1000
    assert (await stage.invoice(invoice.id)).state is InvoiceState.PAID


async def test_a_full_credit_before_payment_calls_the_charge_off(stage: BillingStage) -> None:
    await stage.save_card("student", DECLINED)
    invoice = await stage.bill(minutes(46))
    await stage.run_jobs()
    await credited(stage, invoice, 1840)
    assert (await stage.invoice(invoice.id)).state is InvoiceState.VOID
    assert {p.status for p in stage.gateway.payments.values()} == {PaymentStatus.CANCELLED}
    assert await stage.balance(receivable(invoice.payer_id)) == 0


async def test_events_in_every_order_and_twice_end_the_same(stage: BillingStage) -> None:
    await stage.save_card("student")
    for number, order in enumerate(permutations(range(4))):
        invoice = await stage.bill(minutes(46, f"lesson-{number}"))
        await stage.run_jobs()
        await credited(stage, invoice, 100, f"c{number}")
        payment = list(stage.gateway.payments.values())[-1]
        refund = list(stage.gateway.refunds.values())[-1]
        events: list[GatewayEvent] = [
            PaymentChanged(payment),
            PaymentChanged(payment),
            RefundChanged(refund),
            RefundChanged(refund),
        ]
        await told(stage, *(events[place] for place in order))
        assert (await stage.invoice(invoice.id)).state is InvoiceState.PAID
    assert stage.gateway.taken == 24 * 1740


async def test_a_refund_the_bank_refuses_leaves_the_books_as_they_were(
    stage: BillingStage,
) -> None:
    await stage.save_card("student")
    invoice = await stage.bill(minutes(46))
    await stage.run_jobs()
    await credited(stage, invoice, 340)
    failed = RefundOutcome("re-1", RefundStatus.FAILED)
    stage.gateway.refunded.clear()
    await told(stage, RefundChanged(failed), RefundChanged(failed))
    assert await stage.balance(receivable(invoice.payer_id)) == -340
    assert len(stage.heard(NewsKind.REFUND_FAILED)) == 1


async def test_a_chargeback_takes_the_money_away_and_a_won_one_brings_it_back(
    stage: BillingStage,
) -> None:
    await stage.save_card("student")
    await stage.bill(minutes(46))
    await stage.run_jobs()
    amount = Money(1840, "EUR")
    opened = Chargeback("dp", "pi-1", amount, is_closed=False, is_won=False, at=NOW)
    won = Chargeback("dp", "pi-1", amount, is_closed=True, is_won=True, at=NOW)
    await told(stage, won, opened, won)
    assert await stage.balance("chargebacks") == 0
    assert len(stage.heard(NewsKind.CHARGEBACK)) == 1


async def test_a_removed_card_is_no_card_any_more(stage: BillingStage) -> None:
    await stage.save_card("student")
    assert await stage.storage.read(lambda work: has_card(work, "student"))
    card = next(iter(stage.gateway.cards.values()))
    await told(stage, CardRemoved(card.id), CardRemoved(card.id))
    assert not await stage.storage.read(lambda work: has_card(work, "student"))
    page_id = next(iter(stage.gateway.cards))
    await told(stage, CardSaved(page_id, card), PageExpired(page_id))
    assert await stage.storage.read(lambda work: has_card(work, "student"))


async def test_teachers_are_paid_after_the_time_to_dispute_and_once(stage: BillingStage) -> None:
    await stage.save_card("student")
    invoice = await stage.bill(minutes(46))
    await stage.run_jobs()
    await stage.sending.onboarding("teacher")
    account = next(iter(stage.gateway.accounts))
    await told(stage, AccountChanged(AccountStatus(account, can_be_paid=True)))
    for hours, sent in ((1, 0), (72, 1564), (24, 1564)):
        stage.clock.move(timedelta(hours=hours))
        await stage.storage.write(await stage.reconciler.daily())
        await stage.run_jobs()
        assert sum(money.minor for _, money in stage.gateway.transfers.values()) == sent
    assert await stage.balance(payable(invoice.payee_id)) == 0
    await told(stage, TransferReversed("tr-1"), TransferReversed("tr-1"))
    assert await stage.balance(payable(invoice.payee_id)) == -1564
    stage.gateway.transfers.clear()


async def test_without_an_account_what_was_earned_is_stated_on_the_first_of_the_month(
    stage: BillingStage,
) -> None:
    await stage.save_card("student")
    invoice = await stage.bill(minutes(46))
    await stage.run_jobs()
    stage.clock.move(timedelta(days=29))  # 31 March
    await stage.storage.write(await stage.reconciler.daily())
    assert stage.heard(NewsKind.STATED) == []
    stage.clock.move(timedelta(days=1))
    await stage.storage.write(await stage.reconciler.daily())
    assert [news.amount for news in stage.heard(NewsKind.STATED)] == [Money(1564, "EUR")]
    assert await stage.balance(payable(invoice.payee_id)) == 0


async def test_what_no_webhook_told_is_found_by_asking(stage: BillingStage) -> None:
    await stage.save_card("student", DECLINED)
    invoice = await stage.bill(minutes(46))
    await stage.run_jobs()
    url = await stage.charging.page(invoice.id, "Lesson")
    page_id = next(p for p in stage.gateway.pages if url.endswith(p.removeprefix("page-")))
    stage.gateway.pay(page_id)
    await stage.reconciler.look()
    assert (await stage.invoice(invoice.id)).state is InvoiceState.PAID


async def test_tax_is_contained_and_a_teachers_own_commission_counts(
    storage: SqlStorage,
) -> None:
    stage = BillingStage(storage, tax_name="VAT", tax_bp=2100)
    await stage.people("student", "teacher")
    await stage.save_card("student")
    invoice = await stage.bill(minutes(60, rate=Money(1210, "EUR")))
    await stage.run_jobs()
    assert stage.gateway.taken == 1210
    assert await stage.balance(TAX) == -210
    assert await stage.balance(payable(invoice.payee_id)) == -850
    await stage.check_books()
