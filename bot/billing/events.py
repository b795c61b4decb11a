"""What the gateway tells, made into what we know; in any order, and any number of times."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.billing.collecting import apply_payment, apply_refund
from bot.billing.gateway import (
    AccountChanged,
    CardRemoved,
    CardSaved,
    Chargeback,
    GatewayEvent,
    PageExpired,
    PaymentChanged,
    RefundChanged,
    SavedCard,
    TransferReversed,
)
from bot.billing.jobs import charge_job
from bot.billing.ledger import CASH, CHARGEBACKS, Posting
from bot.billing.model import ChargeState, Party
from bot.billing.news import News, NewsKind
from bot.billing.payouts import reverse_payout
from bot.billing.ports import BillingWork


def apply_gateway_event(work: BillingWork, event: GatewayEvent, now: datetime) -> Sequence[News]:
    """Write down what an event says; returns what people should hear of it."""
    match event:
        case PaymentChanged(payment):
            return apply_payment(work, payment, now)
        case CardSaved(page_id, card):
            return card_saved(work, page_id, card, now)
        case CardRemoved(card_id):
            return _card_removed(work, card_id)
        case PageExpired(page_id):
            return _page_expired(work, page_id)
        case RefundChanged(outcome):
            refund = work.billing.refunds.find_by_gateway(outcome.id)
            return () if refund is None else apply_refund(work, refund, outcome, now)
        case Chargeback():
            return _chargeback(work, event, now)
        case AccountChanged(status):
            party = work.billing.parties.find_by_account(status.id)
            return () if party is None else account_changed(work, party, status.can_be_paid)
        case TransferReversed(transfer_id):
            payout = work.billing.payouts.find_by_gateway(transfer_id)
            return () if payout is None else reverse_payout(work, payout, now)


def card_saved(
    work: BillingWork, page_id: str | None, card: SavedCard, now: datetime
) -> Sequence[News]:
    """A card can be charged from here on; what waits to be paid is tried with it at once."""
    page = None if page_id is None else work.billing.card_pages.find_by_page(page_id)
    if page is not None and page.is_open:
        work.billing.card_pages.save(replace(page, is_open=False))
    party = work.billing.parties.find_by_customer(card.customer_id)
    if party is None or party.card_id == card.id:
        return ()
    saved = work.billing.parties.save(replace(party, card_id=card.id, card_label=card.label))
    cause = _card_cause(saved)
    for invoice in work.billing.invoices.unpaid_of([party.id]):
        work.jobs.put(charge_job(invoice.id, cause, now))
    return [News(kind=NewsKind.CARD_SAVED, party_id=party.id, cause=cause)]


def account_changed(work: BillingWork, party: Party, can_be_paid: bool) -> Sequence[News]:
    """The gateway finished checking a teacher, or asks for something again."""
    if party.can_be_paid == can_be_paid:
        return ()
    saved = work.billing.parties.save(replace(party, can_be_paid=can_be_paid))
    if not can_be_paid:
        return ()
    cause = f"account:{party.id}:{saved.version}"
    return [News(kind=NewsKind.CAN_BE_PAID, party_id=party.id, cause=cause)]


def _card_removed(work: BillingWork, card_id: str) -> Sequence[News]:
    party = work.billing.parties.find_by_card(card_id)
    if party is None:
        return ()
    saved = work.billing.parties.save(replace(party, card_id=None, card_label=None))
    return [News(kind=NewsKind.CARD_REMOVED, party_id=party.id, cause=_card_cause(saved))]


def _card_cause(party: Party) -> str:
    """A name for the change of card that made this version, which outlives the person's rows."""
    return f"card:{party.id}:{party.version}"


def _page_expired(work: BillingWork, page_id: str) -> Sequence[News]:
    page = work.billing.card_pages.find_by_page(page_id)
    if page is not None and page.is_open:
        work.billing.card_pages.save(replace(page, is_open=False))
    charge = work.billing.charges.find_by_page(page_id)
    if charge is not None and charge.may_move_to(ChargeState.CANCELLED):
        work.billing.charges.save(charge.moved_to(ChargeState.CANCELLED))
    return ()


def _chargeback(work: BillingWork, event: Chargeback, now: datetime) -> Sequence[News]:
    """The bank takes the money at once; what it says in the end may bring it back."""
    charge = work.billing.charges.find_by_payment(event.payment_id)
    if charge is None:
        return ()
    away = [Posting(CHARGEBACKS, event.amount), Posting(CASH, -event.amount)]
    ledger, cause = work.billing.ledger, f"chargeback:{event.id}"
    is_fresh = ledger.append("chargeback", cause, away, now) is not None
    if event.is_closed and event.is_won:
        back = [Posting(posting.account, -posting.amount) for posting in away]
        ledger.append("chargeback_won", f"{cause}:won", back, now)
    if not is_fresh:
        return ()
    invoice = work.billing.invoices.get(charge.invoice_id)
    return [
        News(
            kind=NewsKind.CHARGEBACK,
            party_id=invoice.payer_id,
            cause=cause,
            invoice_id=invoice.id,
            amount=event.amount,
        )
    ]
