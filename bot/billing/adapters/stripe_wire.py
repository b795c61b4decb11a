"""Stripe's objects in our terms; pure. Shapes: API 2026-10-28.endive."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.billing.amounts import from_units
from bot.billing.gateway import (
    AccountStatus,
    Chargeback,
    PageStatus,
    Payment,
    PaymentStatus,
    RefundOutcome,
    RefundStatus,
    SavedCard,
)
from bot.core.money import Money

Object = Mapping[str, Any]

INVOICE = "invoice_id"
KEY = "key"
PARTY = "party_id"
_WANTS_STUDENT = "authentication_required"

_PAYMENT_STATUS = {
    "requires_confirmation": PaymentStatus.NEEDS_CONFIRMATION,
    "requires_payment_method": PaymentStatus.NEEDS_CARD,
    "requires_action": PaymentStatus.NEEDS_STUDENT,
    "processing": PaymentStatus.PROCESSING,
    "requires_capture": PaymentStatus.PROCESSING,
    "succeeded": PaymentStatus.SUCCEEDED,
    "canceled": PaymentStatus.CANCELLED,
}
_PAGE_STATUS = {
    "open": PageStatus.OPEN,
    "complete": PageStatus.COMPLETE,
    "expired": PageStatus.EXPIRED,
}
_REFUND_STATUS = {
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}


def parse_money(found: Object) -> Money:
    """`amount` in the smallest unit, and `currency`."""
    return from_units(int(found["amount"]), str(found["currency"]))


def parse_payment(intent: Object, page_id: str | None = None) -> Payment:
    """Of a PaymentIntent. One whose bank wants to see the student says so in its last error."""
    error, remembered = intent.get("last_payment_error") or {}, intent.get("metadata") or {}
    status = _PAYMENT_STATUS[intent["status"]]
    if status is PaymentStatus.NEEDS_CARD and error.get("code") == _WANTS_STUDENT:
        status = PaymentStatus.NEEDS_STUDENT
    return Payment(
        id=intent["id"],
        status=status,
        amount=parse_money(intent),
        invoice_id=remembered.get(INVOICE),
        key=remembered.get(KEY),
        page_id=page_id,
        reason=error.get("decline_code") or error.get("code"),
    )


def parse_card(method: Object) -> SavedCard:
    """Of a PaymentMethod that is attached to a customer."""
    card = method.get("card") or {}
    brand = str(card.get("brand", method["type"])).capitalize()
    label = f"{brand} ··{card['last4']}" if "last4" in card else brand
    return SavedCard(method["id"], str(method["customer"]), label)


def parse_page_status(session: Object) -> PageStatus:
    """Of a Checkout Session."""
    return _PAGE_STATUS[session["status"]]


def parse_refund(refund: Object) -> RefundOutcome:
    """One the bank has not decided is pending."""
    status = _REFUND_STATUS.get(refund.get("status") or "", RefundStatus.PENDING)
    return RefundOutcome(refund["id"], status)


def parse_account(account: Object) -> AccountStatus:
    """Paid only where transfers are allowed and the bank account is checked."""
    transfers = (account.get("capabilities") or {}).get("transfers")
    can_be_paid = transfers == "active" and bool(account.get("payouts_enabled"))
    return AccountStatus(account["id"], can_be_paid)


def parse_chargeback(dispute: Object) -> Chargeback | None:
    """None where no payment of ours is behind it. Won, too, where the bank only had asked."""
    if not dispute.get("payment_intent"):
        return None
    status = dispute["status"]
    return Chargeback(
        id=dispute["id"],
        payment_id=dispute["payment_intent"],
        amount=parse_money(dispute),
        is_closed=status in {"won", "lost", "warning_closed"},
        is_won=status in {"won", "warning_closed"},
        at=datetime.fromtimestamp(int(dispute["created"]), UTC),
    )
