"""What billing wants people to be told; flows find the words."""

from dataclasses import dataclass
from enum import StrEnum

from bot.core.money import Money


class NewsKind(StrEnum):
    """What happened."""

    PAID = "paid"
    CARRIED = "carried"
    UNPAID = "unpaid"
    PAGE_FAILED = "page_failed"
    VOID = "void"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    CARD_SAVED = "card_saved"
    CARD_REMOVED = "card_removed"
    PAID_OUT = "paid_out"
    STATED = "stated"
    TRANSFER_REVERSED = "transfer_reversed"
    CHARGEBACK = "chargeback"
    CAN_BE_PAID = "can_be_paid"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing to tell one person.

    Args:
        party_id: whom.
        cause: unique, so that it is told once.
    """

    kind: NewsKind
    party_id: str
    cause: str
    invoice_id: str | None = None
    payout_id: str | None = None
    amount: Money | None = None
