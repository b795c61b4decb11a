"""What a payment gateway answers and tells, in our terms."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.money import Money


class PaymentStatus(StrEnum):
    """Where a payment stands.

    NEEDS_CARD: the card was declined. NEEDS_STUDENT: the bank wants to see them.
    """

    NEEDS_CONFIRMATION = "needs_confirmation"
    NEEDS_CARD = "needs_card"
    NEEDS_STUDENT = "needs_student"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"


class PageStatus(StrEnum):
    """Where a page of the gateway stands."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class RefundStatus(StrEnum):
    """Where a refund stands."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the gateway for one person; `url` is shown to them alone."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class SavedCard:
    """A card kept by the gateway; `label` is all we know of it: "Visa ··4242"."""

    id: str
    customer_id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment as the gateway has it.

    Args:
        invoice_id: what we gave it to remember; None: it is not one of ours.
        key: of the charge it was made for, which we gave it to remember, too.
        page_id: of the page it was made on, if the gateway says so.
        reason: why it was declined, in the gateway's word ("insufficient_funds").
    """

    id: str
    status: PaymentStatus
    amount: Money
    invoice_id: str | None = None
    key: str | None = None
    page_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    """A refund as the gateway has it."""

    id: str
    status: RefundStatus


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """A teacher's account; `can_be_paid` only when the gateway asks for nothing more."""

    id: str
    can_be_paid: bool


@dataclass(frozen=True, slots=True)
class PaymentChanged:
    """Read anew by whoever tells of it, so that order does not matter."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class CardSaved:
    """A card page was completed."""

    page_id: str | None
    card: SavedCard


@dataclass(frozen=True, slots=True)
class _Ended:
    """What the gateway keeps under this id is no more what it was."""

    id: str


class CardRemoved(_Ended):
    """The gateway no longer keeps this card."""


class PageExpired(_Ended):
    """Nobody finished this page in time, or we closed it."""


class TransferReversed(_Ended):
    """A transfer came back."""


@dataclass(frozen=True, slots=True)
class RefundChanged:
    """A refund of ours, by the gateway's id."""

    outcome: RefundOutcome


@dataclass(frozen=True, slots=True)
class Chargeback:
    """The student's bank takes a payment back, or gives it to us again (`is_won`).

    Args:
        id: the gateway's, the same while it is open and when it is closed.
        is_closed: decided; while it is open the money is away.
    """

    id: str
    payment_id: str
    amount: Money
    is_closed: bool
    is_won: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """A teacher's account, read anew."""

    status: AccountStatus


GatewayEvent = (
    PaymentChanged
    | CardSaved
    | CardRemoved
    | PageExpired
    | RefundChanged
    | Chargeback
    | AccountChanged
    | TransferReversed
)
