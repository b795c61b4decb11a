"""What payments and refunds make of invoices; told twice, late or in any order, it is the same."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from bot.billing.entries import issued
from bot.billing.gateway import Payment, PaymentStatus, RefundOutcome, RefundStatus
from bot.billing.jobs import charge_job, refund_job
from bot.billing.ledger import CASH, Posting, receivable
from bot.billing.model import (
    Charge,
    ChargeState,
    Invoice,
    InvoiceState,
    Refund,
    RefundState,
)
from bot.billing.news import News, NewsKind
from bot.billing.ports import BillingWork
from bot.core.money import Money, total_of

_log = structlog.get_logger()

_FAILED = {PaymentStatus.NEEDS_CARD, PaymentStatus.NEEDS_STUDENT}
_REASON_LENGTH = 120


def root_of(work: BillingWork, invoice: Invoice) -> Invoice:
    """The invoice whose charge collects this one."""
    if invoice.carried_to is None:
        return invoice
    return work.billing.invoices.get(invoice.carried_to)


def members(work: BillingWork, root: Invoice) -> Sequence[Invoice]:
    """Everything that is collected by one charge, the root first."""
    return [root, *work.billing.invoices.collected_by(root.id)]


def due(work: BillingWork, root: Invoice) -> Money:
    """What is owed for all of it, paid or not."""
    return total_of((each.owed for each in members(work, root)), root.currency)


def paid(work: BillingWork, root: Invoice) -> Money:
    """What came in for it and did not go back, promised refunds taken away."""
    came = (c.amount for c in _succeeded(work, root))
    refunds = work.billing.refunds.of_invoice(root.id)
    went = (-r.amount for r in refunds if r.state is not RefundState.FAILED)
    return total_of((*came, *went), root.currency)


def apply_payment(work: BillingWork, payment: Payment, now: datetime) -> Sequence[News]:
    """What the gateway says of a payment, as it stands there."""
    charge = _charge_of(work, payment)
    if charge is None:
        is_lost = payment.invoice_id is not None  # plans are paid without an invoice of ours
        if is_lost and payment.status is PaymentStatus.SUCCEEDED:
            _log.error("billing.payment_unknown", payment=payment.id, invoice=payment.invoice_id)
        return ()
    if charge.intent_id is None:
        charge = work.billing.charges.save(replace(charge, intent_id=payment.id))
    if charge.state is ChargeState.SUCCEEDED:
        return ()
    root = work.billing.invoices.get(charge.invoice_id)
    if payment.status is PaymentStatus.SUCCEEDED:
        return _succeed(work, root, charge, payment, now)
    if root.seat_id is not None and payment.status in _FAILED:
        return _page_failed(work, root, charge, payment)
    if payment.status in _FAILED:
        return fail(work, root, charge, payment.reason or payment.status.value, now)
    if payment.status is PaymentStatus.PROCESSING:
        _move_charge(work, charge, ChargeState.PROCESSING)
        move(work, root, InvoiceState.PROCESSING, now)
    if payment.status is PaymentStatus.CANCELLED:
        _move_charge(work, charge, ChargeState.CANCELLED)
    return ()


def fail(
    work: BillingWork, root: Invoice, charge: Charge, reason: str, now: datetime
) -> Sequence[News]:
    """A charge did not work: the student is asked to pay themselves."""
    _move_charge(work, replace(charge, reason=reason[:_REASON_LENGTH]), ChargeState.FAILED)
    return ask_to_pay(work, root, now)


def ask_to_pay(work: BillingWork, root: Invoice, now: datetime) -> Sequence[News]:
    """The student has to do something: their card was refused, or there is none."""
    if not move(work, root, InvoiceState.UNPAID, now):
        return ()
    return [
        News(
            kind=NewsKind.UNPAID,
            party_id=root.payer_id,
            cause=f"invoice:{root.id}:unpaid:{root.version}",
            invoice_id=root.id,
            amount=due(work, root),
        )
    ]


def even_out(work: BillingWork, root: Invoice, now: datetime) -> Sequence[News]:
    """Promise back what was paid beyond what is owed; call off what nothing is owed for."""
    owed, excess = due(work, root), (paid(work, root) - due(work, root)).minor
    news: list[News] = []
    for charge in _succeeded(work, root):
        part = min(excess, charge.amount_minor - _refunded(work, charge))
        if part > 0:
            excess -= part
            _promise_back(work, root, charge, part, now)
    if not owed.minor and not _succeeded(work, root):
        for each in members(work, root):
            move(work, each, InvoiceState.VOID, now)
        news.append(
            News(
                kind=NewsKind.VOID,
                party_id=root.payer_id,
                cause=f"invoice:{root.id}:void",
                invoice_id=root.id,
            )
        )
    if not _succeeded(work, root):  # the charge under way is about another amount
        work.jobs.put(charge_job(root.id, f"credit:{owed.minor}", now))
    return news


def apply_refund(
    work: BillingWork, refund: Refund, outcome: RefundOutcome, now: datetime
) -> Sequence[News]:
    """What the gateway says of a refund that was promised."""
    if refund.gateway_id is None:
        refund = work.billing.refunds.save(replace(refund, gateway_id=outcome.id))
    root = work.billing.invoices.get(refund.invoice_id)
    if outcome.status is RefundStatus.FAILED:
        return _refund_failed(work, root, refund, now)
    postings = [Posting(receivable(root.payer_id), refund.amount), Posting(CASH, -refund.amount)]
    work.billing.ledger.append("refund", refund.key, postings, now)
    if outcome.status is RefundStatus.SUCCEEDED and refund.state is RefundState.PROMISED:
        work.billing.refunds.save(replace(refund, state=RefundState.SUCCEEDED))
        return [_refund_news(NewsKind.REFUNDED, root, refund)]
    return ()


def _succeed(
    work: BillingWork, root: Invoice, charge: Charge, payment: Payment, now: datetime
) -> Sequence[News]:
    if root.number is None:
        root = work.billing.invoices.save(issued(work, root, now))
    taken = replace(charge, amount_minor=payment.amount.minor, reason=None)
    _move_charge(work, taken, ChargeState.SUCCEEDED)
    postings = [Posting(CASH, payment.amount), Posting(receivable(root.payer_id), -payment.amount)]
    work.billing.ledger.append("payment", f"payment:{payment.id}", postings, now)
    for each in members(work, root):
        move(work, each, InvoiceState.PAID, now)
    news = News(
        kind=NewsKind.PAID,
        party_id=root.payer_id,
        cause=f"invoice:{root.id}:paid",
        invoice_id=root.id,
        amount=payment.amount,
    )
    return [news, *even_out(work, work.billing.invoices.get(root.id), now)]


def _page_failed(
    work: BillingWork, root: Invoice, charge: Charge, payment: Payment
) -> Sequence[News]:
    """A card was declined on a page; what the bank asks there meanwhile is no failure."""
    if payment.reason is None or payment.status is PaymentStatus.NEEDS_STUDENT:
        return ()
    _move_charge(work, replace(charge, reason=payment.reason[:_REASON_LENGTH]), ChargeState.FAILED)
    return [
        News(
            kind=NewsKind.PAGE_FAILED,
            party_id=root.payer_id,
            cause=f"{charge.key}:failed",
            invoice_id=root.id,
            amount=charge.amount,
        )
    ]


def _refund_failed(
    work: BillingWork, root: Invoice, refund: Refund, now: datetime
) -> Sequence[News]:
    if refund.state is RefundState.FAILED:
        return ()
    there = [Posting(receivable(root.payer_id), refund.amount), Posting(CASH, -refund.amount)]
    back = [Posting(posting.account, -posting.amount) for posting in there]
    work.billing.ledger.append("refund", refund.key, there, now)
    work.billing.ledger.append("refund_failed", f"{refund.key}:failed", back, now)
    work.billing.refunds.save(replace(refund, state=RefundState.FAILED))
    return [_refund_news(NewsKind.REFUND_FAILED, root, refund)]


def _refund_news(kind: NewsKind, root: Invoice, refund: Refund) -> News:
    return News(
        kind=kind,
        party_id=root.payer_id,
        cause=f"{refund.key}:{kind}",
        invoice_id=root.id,
        amount=refund.amount,
    )


def _promise_back(
    work: BillingWork, root: Invoice, charge: Charge, minor: int, now: datetime
) -> None:
    refund = Refund(
        invoice_id=root.id,
        charge_id=charge.id,
        amount_minor=minor,
        currency=root.currency,
        made_at=now,
    )
    work.billing.refunds.add(refund)
    work.jobs.put(refund_job(refund.id, now))


def _charge_of(work: BillingWork, payment: Payment) -> Charge | None:
    """By the payment's id, else by its page, else by the key it was made with."""
    book = work.billing.charges
    found = book.find_by_payment(payment.id)
    if found is None and payment.page_id is not None:
        found = book.find_by_page(payment.page_id)
    if found is None and payment.invoice_id is not None:
        charges = book.of_invoice(payment.invoice_id)
        found = next((charge for charge in charges if charge.key == payment.key), None)
    return found


def _succeeded(work: BillingWork, root: Invoice) -> Sequence[Charge]:
    charges = work.billing.charges.of_invoice(root.id)
    return [charge for charge in charges if charge.state is ChargeState.SUCCEEDED]


def _refunded(work: BillingWork, charge: Charge) -> int:
    return sum(
        refund.amount_minor
        for refund in work.billing.refunds.of_invoice(charge.invoice_id)
        if refund.charge_id == charge.id and refund.state is not RefundState.FAILED
    )


def _move_charge(work: BillingWork, charge: Charge, state: ChargeState) -> None:
    """To a state, where that is a way it may go."""
    if charge.may_move_to(state):
        work.billing.charges.save(charge.moved_to(state))


def move(work: BillingWork, invoice: Invoice, state: InvoiceState, now: datetime) -> bool:
    """To a state, where that is a way it may go; an answer that comes late changes nothing."""
    if not invoice.may_move_to(state):
        return False
    work.billing.invoices.save(invoice.moved_to(state, now))
    return True
