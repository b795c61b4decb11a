"""What is owed and how it is collected: invoices, charges, refunds, payouts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from bot.billing.seat_facts import SeatEvidence
from bot.core.entity import Entity
from bot.core.errors import DomainError
from bot.core.money import Money
from bot.core.timespan import Timespan


class IllegalMove(DomainError):
    """A state of money cannot follow the one it is in."""

    key = "billing.not_possible"


class Side(StrEnum):
    """The two people of a lesson; evidence names them so, and never by who they are."""

    STUDENT = "student"
    TEACHER = "teacher"


class Source(StrEnum):
    """Who says that somebody was in the meeting."""

    ZOOM_WEBHOOK = "zoom_webhook"
    ZOOM_REPORT = "zoom_report"
    TAP = "tap"


class LessonOutcome(StrEnum):
    """How a booked lesson ended."""

    MET = "met"
    LATE_CANCELLATION = "late_cancellation"
    STUDENT_NO_SHOW = "student_no_show"
    TEACHER_NO_SHOW = "teacher_no_show"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Presence:
    """One stay in the meeting; `left_at` None: nobody told of its end."""

    side: Side
    source: Source
    joined_at: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonFact:
    """What a bill is made from.

    Args:
        extension: what both agreed to add behind the booked span.
        presences: in any order, overlapping, from several sources.
        rate: for an hour, as it was when the lesson was booked; `fee`: once on top, same currency.
        share_percent: of the booked price, owed for a late cancellation or a student's absence.
    """

    booking_id: str
    student_id: str
    teacher_id: str
    booked: Timespan
    extension: timedelta = timedelta()
    presences: tuple[Presence, ...] = ()
    rate: Money
    fee: Money | None = None
    outcome: LessonOutcome
    share_percent: int = 0


class Rounding(StrEnum):
    """How time becomes billed time; the whole product has one rule."""

    STARTED_MINUTE = "started_minute"
    NEAREST_MINUTE = "nearest_minute"
    FULL_MINUTE = "full_minute"
    SECOND = "second"


class LineKind(StrEnum):
    """What a line of an invoice is for."""

    TIME = "time"
    FEE = "fee"
    LATE_CANCELLATION = "late_cancellation"
    STUDENT_NO_SHOW = "student_no_show"
    SEAT = "seat"


@dataclass(frozen=True, slots=True)
class Line:
    """One line, in minor units of the invoice's currency."""

    kind: LineKind
    minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the invoice of a lesson rests on, as it was known when it was made.

    Args:
        met: how long both were there, wherever it was; `counted`: of it inside the booked span and
            the extension; `billed`: after rounding.
        presences: of every source; `pricing.counting` tells which of them count.
        share_percent: of the booked price, where nobody met.
    """

    booked: Timespan
    extension: timedelta
    presences: tuple[Presence, ...]
    met: timedelta
    counted: timedelta
    billed: timedelta
    rounding: Rounding
    rate_minor: int
    outcome: LessonOutcome
    share_percent: int = 0

    @property
    def unbilled(self) -> timedelta:
        """Met, and free: before the booked start or after the end."""
        return self.met - self.counted


class InvoiceState(StrEnum):
    """Carried: too small to be charged alone, collected with the next one."""

    OPEN = "open"
    CARRIED = "carried"
    PROCESSING = "processing"
    UNPAID = "unpaid"
    PAID = "paid"
    VOID = "void"


_INVOICE_MOVES: Mapping[InvoiceState, frozenset[InvoiceState]] = {
    InvoiceState.OPEN: frozenset(InvoiceState) - {InvoiceState.OPEN},
    InvoiceState.CARRIED: frozenset({InvoiceState.PAID, InvoiceState.VOID}),
    InvoiceState.PROCESSING: frozenset(InvoiceState) - {InvoiceState.OPEN, InvoiceState.PROCESSING},
    InvoiceState.UNPAID: frozenset(InvoiceState) - {InvoiceState.OPEN, InvoiceState.UNPAID},
    InvoiceState.PAID: frozenset(),
    InvoiceState.VOID: frozenset({InvoiceState.PAID}),  # paid while it was being called off
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Party(Entity):
    """Somebody who owes or earns money; invoices and the ledger name them by this id alone.

    Args:
        user_id: None once they left: the id then is a pseudonym that leads nowhere.
        customer_id, card_id: the gateway's; `card_label` is what the person sees of the card.
        account_id: where a teacher's money goes; `can_be_paid`: the gateway checked them.
        commission_bp: the platform's share in hundredths of a percent; None: the usual one.
    """

    user_id: str | None
    customer_id: str | None = None
    card_id: str | None = None
    card_label: str | None = None
    account_id: str | None = None
    can_be_paid: bool = False
    commission_bp: int | None = None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(Entity):
    """What a student owes for one lesson, or for one seat in a live conversation.

    Args:
        number: without gaps, in the order they were issued; None: a draft, for which nothing is
            owed until somebody pays it.
        tax_bp: contained in the total, in hundredths of a percent; `commission_bp`: the platform's
            share of the rest.
        credited_minor: taken back of the total, by agreement or decision.
        carried_to: the invoice whose charge collects this one too.
        ends_at: of a seat, when its conversation is over; the teacher is not paid before.
    """

    number: int | None = None
    booking_id: str | None = None
    seat_id: str | None = None
    payer_id: str
    payee_id: str
    currency: str
    lines: tuple[Line, ...]
    tax_name: str | None = None
    tax_bp: int = 0
    commission_bp: int
    credited_minor: int = 0
    evidence: Evidence | SeatEvidence
    state: InvoiceState = InvoiceState.OPEN
    carried_to: str | None = None
    issued_at: datetime
    ends_at: datetime | None = None
    paid_at: datetime | None = None

    @property
    def total(self) -> Money:
        return Money(sum(line.minor for line in self.lines), self.currency)

    @property
    def owed(self) -> Money:
        """After what was credited."""
        return Money(self.total.minor - self.credited_minor, self.currency)

    @property
    def delivered_at(self) -> datetime:
        """From when on what was bought can be disagreed about."""
        return self.ends_at or self.issued_at

    def may_move_to(self, state: InvoiceState) -> bool:
        """Whether that state may follow."""
        return state in _INVOICE_MOVES[self.state]

    def moved_to(self, state: InvoiceState, at: datetime) -> "Invoice":
        """Raises IllegalMove."""
        if not self.may_move_to(state):
            raise IllegalMove
        return replace(self, state=state, paid_at=at if state is InvoiceState.PAID else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Movement(Entity):
    """Money on its way."""

    amount_minor: int
    currency: str
    made_at: datetime

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outgoing(_Movement):
    """Money that leaves us: "<name>:<id>" is its idempotency key."""

    name: ClassVar[str]

    @property
    def key(self) -> str:
        return f"{self.name}:{self.id}"


class ChargeState(StrEnum):
    """One attempt to collect; it has the gateway's id from OPEN on."""

    MADE = "made"
    OPEN = "open"
    PROCESSING = "processing"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"


_CHARGE_MOVES: Mapping[ChargeState, frozenset[ChargeState]] = {
    ChargeState.MADE: frozenset(ChargeState) - {ChargeState.MADE},
    ChargeState.OPEN: frozenset(ChargeState) - {ChargeState.MADE, ChargeState.OPEN},
    ChargeState.PROCESSING: frozenset(
        {ChargeState.FAILED, ChargeState.SUCCEEDED, ChargeState.CANCELLED}
    ),
    ChargeState.FAILED: frozenset(
        {ChargeState.PROCESSING, ChargeState.SUCCEEDED, ChargeState.CANCELLED}
    ),
    ChargeState.SUCCEEDED: frozenset(),
    ChargeState.CANCELLED: frozenset({ChargeState.SUCCEEDED}),  # it was too late to call it off
}


class ChargeWay(StrEnum):
    """With the saved card while nobody is there, or on a page where the student pays."""

    CARD = "card"
    PAGE = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge(_Movement):
    """One attempt to collect an invoice and what is carried to it.

    Args:
        key: the gateway's idempotency key: "invoice:<id>", later ones with their number behind.
        intent_id: the gateway's payment; of a page it is known once somebody paid.
        reason: why it failed, in the gateway's word, for the log and the administrators.
    """

    invoice_id: str
    number: int
    key: str
    way: ChargeWay
    state: ChargeState = ChargeState.MADE
    intent_id: str | None = None
    page_id: str | None = None
    reason: str | None = None

    @property
    def is_live(self) -> bool:
        """Somebody may still be charged by it."""
        return self.state not in {ChargeState.SUCCEEDED, ChargeState.CANCELLED}

    def may_move_to(self, state: ChargeState) -> bool:
        """Whether that state may follow."""
        return state in _CHARGE_MOVES[self.state]

    def moved_to(self, state: ChargeState) -> "Charge":
        """Raises IllegalMove."""
        if not self.may_move_to(state):
            raise IllegalMove
        return replace(self, state=state)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPage(Entity):
    """A page of the gateway on which a person saves a card.

    Args:
        key: its idempotency key; what wanted the page is named by it.
        is_open: nobody finished it, and it has not expired.
    """

    party_id: str
    key: str
    page_id: str | None = None
    is_open: bool = True
    expires_at: datetime
    made_at: datetime


class RefundState(StrEnum):
    """A refund is promised first; the bank may still refuse it."""

    PROMISED = "promised"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(_Outgoing):
    """Money on its way back."""

    name: ClassVar[str] = "refund"

    invoice_id: str
    charge_id: str
    state: RefundState = RefundState.PROMISED
    gateway_id: str | None = None


class PayoutWay(StrEnum):
    """Sent by the gateway, or stated for the operator to send."""

    TRANSFER = "transfer"
    STATEMENT = "statement"


class PayoutState(StrEnum):
    """Promised until the gateway has it; a transfer may come back."""

    PROMISED = "promised"
    DONE = "done"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout(_Outgoing):
    """Money for a teacher.

    Args:
        until: earnings up to the ledger's entry of this number are in it.
    """

    name: ClassVar[str] = "payout"

    payee_id: str
    way: PayoutWay
    until: int
    state: PayoutState = PayoutState.PROMISED
    gateway_id: str | None = None
