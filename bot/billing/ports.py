"""What billing needs: the facts of a lesson, a payment gateway, and its rows in a transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from bot.accounts.ports import AccountsWork
from bot.billing.disputes import Dispute
from bot.billing.gateway import (
    AccountStatus,
    Page,
    PageStatus,
    Payment,
    RefundOutcome,
    SavedCard,
)
from bot.billing.ledger import Entry, Posting
from bot.billing.model import CardPage, Charge, Invoice, LessonFact, Party, Payout, Refund
from bot.billing.seat_facts import SeatFact
from bot.core.money import Money
from bot.core.repository import Repository
from bot.jobs.model import Job

W_contra = TypeVar("W_contra", contravariant=True)


class LessonFacts(Protocol[W_contra]):
    """Tells what happened in a booked lesson; filled where scheduling and meetings are known."""

    def get(self, work: W_contra, booking_id: str, /) -> LessonFact:
        """Raises NotFound."""
        ...


class SeatBook(Protocol[W_contra]):
    """Knows the seats that are sold; filled where live conversations are known."""

    def find(self, work: W_contra, seat_id: str, /) -> SeatFact | None:
        """As it stands; None: nobody has a seat of this id any more."""
        ...

    def paid(self, work: W_contra, seat_id: str, /) -> bool:
        """It was paid: it is theirs, or what was too late goes back by itself.

        False: nobody has a seat of this id any more.
        """
        ...


class PaymentGateway(Protocol):
    """Takes cards and pays teachers. Every call may be repeated with the same `key`.

    A repeated `key` with the same arguments gives the same thing and does nothing twice. All
    methods raise ServiceFailure; what a bank decides is an answer and not a failure.
    """

    async def customer(self, party_id: str, /, *, name: str, email: str | None) -> str:
        """The gateway's id of a payer, made at the first call (key "customer:<party>")."""
        ...

    async def card_page(
        self, customer_id: str, /, *, key: str, currency: str, return_url: str, expires_at: datetime
    ) -> Page:
        """A page that saves a card for charges while the student is away."""
        ...

    async def payment_page(
        self,
        invoice_id: str,
        amount: Money,
        /,
        *,
        customer_id: str,
        key: str,
        title: str,
        return_url: str,
        expires_at: datetime,
    ) -> Page:
        """A page on which the student pays an invoice themselves."""
        ...

    async def page_status(self, page_id: str, /) -> PageStatus: ...

    async def page_payment(self, page_id: str, /) -> Payment | None:
        """The payment made on a payment page; None as long as there is none."""
        ...

    async def expire_page(self, page_id: str, /) -> PageStatus:
        """Close a page; says COMPLETE where somebody was faster."""
        ...

    async def saved_card(self, page_id: str, /) -> SavedCard | None:
        """The card a completed card page saved."""
        ...

    async def remove_card(self, card_id: str, /) -> None:
        """Forget a card; one that is gone is no trouble."""
        ...

    async def remove_customer(self, customer_id: str, /) -> None:
        """Forget a payer with all cards; one that is gone is no trouble."""
        ...

    async def intent(
        self, invoice_id: str, amount: Money, /, *, customer_id: str, card_id: str, key: str
    ) -> Payment:
        """A payment that is made but not confirmed: nothing is charged yet."""
        ...

    async def confirm(self, payment_id: str, /, *, card_id: str) -> Payment:
        """Charge the card while its owner is away.

        A payment that was confirmed meanwhile is answered as it stands. NEEDS_CARD and
        NEEDS_STUDENT are answers, not failures.
        """
        ...

    async def find_payment(self, payment_id: str, /) -> Payment: ...

    async def cancel(self, payment_id: str, /) -> Payment:
        """Call a payment off; one that succeeded is answered as it stands."""
        ...

    async def payments_since(self, at: datetime, /) -> Sequence[Payment]:
        """Everything that was paid or tried since then, whoever told us of it."""
        ...

    async def refund(self, payment_id: str, amount: Money, /, *, key: str) -> RefundOutcome: ...

    async def find_refund(self, refund_id: str, /) -> RefundOutcome: ...

    async def account(self, party_id: str, /, *, email: str | None) -> str:
        """A teacher's account for payouts (key "account:<party>")."""
        ...

    async def onboarding_link(self, account_id: str, /, *, return_url: str) -> str:
        """Where the teacher proves who they are; it works once, for minutes."""
        ...

    async def account_status(self, account_id: str, /) -> AccountStatus: ...

    async def transfer(self, account_id: str, amount: Money, /, *, key: str) -> str:
        """Move money to a teacher's account; the gateway's id of the transfer."""
        ...


class PartyRepo(Repository[Party], Protocol):
    """Who owes and earns."""

    def of_user(self, user_id: str, /) -> Sequence[Party]: ...
    def find_by_customer(self, customer_id: str, /) -> Party | None: ...
    def find_by_card(self, card_id: str, /) -> Party | None: ...
    def find_by_account(self, account_id: str, /) -> Party | None: ...
    def payees(self) -> Sequence[Party]:
        """Everybody who ever earned something."""
        ...

    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None:
        """The person goes; their row stays as a pseudonym."""
        ...


class InvoiceRepo(Repository[Invoice], Protocol):
    """What was billed."""

    def find_of_booking(self, booking_id: str, /) -> Invoice | None: ...
    def find_of_seat(self, seat_id: str, /) -> Invoice | None: ...
    def collected_by(self, invoice_id: str, /) -> Sequence[Invoice]:
        """Those carried to this one."""
        ...

    def to_carry(self, payer_id: str, currency: str, /) -> Sequence[Invoice]:
        """Carried ones that no other invoice collects yet."""
        ...

    def of_payers(self, payer_ids: Collection[str], limit: int, /) -> Sequence[Invoice]:
        """Issued ones, newest first."""
        ...

    def of_payees(self, payee_ids: Collection[str], limit: int, /) -> Sequence[Invoice]:
        """Issued ones, newest first."""
        ...

    def not_final_of(self, payee_id: str, since: datetime, /) -> Sequence[Invoice]:
        """Issued ones not settled yet, and those of what was delivered after `since`."""
        ...

    def unpaid_of(self, payer_ids: Collection[str], /) -> Sequence[Invoice]: ...
    def unsettled(self, limit: int, /) -> Sequence[Invoice]:
        """Open and processing ones, then unpaid ones; of each the oldest first."""
        ...


class CardPageRepo(Repository[CardPage], Protocol):
    """Pages on which people save cards."""

    def find_by_key(self, key: str, /) -> CardPage | None: ...
    def find_by_page(self, page_id: str, /) -> CardPage | None: ...
    def open(self, limit: int, /) -> Sequence[CardPage]:
        """Oldest first."""
        ...


class ChargeRepo(Repository[Charge], Protocol):
    """Attempts to collect."""

    def of_invoice(self, invoice_id: str, /) -> Sequence[Charge]:
        """In their order."""
        ...

    def find_by_payment(self, payment_id: str, /) -> Charge | None: ...
    def find_by_page(self, page_id: str, /) -> Charge | None: ...


class RefundRepo(Repository[Refund], Protocol):
    """Money back."""

    def of_invoice(self, invoice_id: str, /) -> Sequence[Refund]: ...
    def find_by_gateway(self, gateway_id: str, /) -> Refund | None: ...
    def promised(self, limit: int, /) -> Sequence[Refund]: ...


class PayoutRepo(Repository[Payout], Protocol):
    """Money for teachers."""

    def of_payees(self, payee_ids: Collection[str], /) -> Sequence[Payout]:
        """Newest first."""
        ...

    def find_by_gateway(self, gateway_id: str, /) -> Payout | None: ...
    def promised(self, limit: int, /) -> Sequence[Payout]: ...


class DisputeRepo(Repository[Dispute], Protocol):
    """Disagreements about minutes."""

    def find_of_invoice(self, invoice_id: str, /) -> Dispute | None: ...
    def open(self, limit: int, /) -> Sequence[Dispute]:
        """Oldest first."""
        ...


class LedgerPort(Protocol):
    """The chain of entries; one writer at a time."""

    def append(
        self, kind: str, cause: str, postings: Sequence[Posting], at: datetime, /
    ) -> Entry | None:
        """Add an entry behind the last one; None: this `cause` has been entered before."""
        ...

    def entries(self, after: int, limit: int, /) -> Sequence[Entry]:
        """In their order, behind the one of number `after`."""
        ...

    def head(self) -> tuple[int, str]:
        """Number and hash of the last entry; 0 and the first hash of all while there is none."""
        ...

    def balance(self, account: str, /) -> Sequence[Money]:
        """What an account holds, in each currency."""
        ...

    def of_account(self, account: str, after: int, /) -> Sequence[tuple[Entry, Money]]: ...


class BillingBook(Protocol):
    """Billing's repositories."""

    @property
    def parties(self) -> PartyRepo: ...
    @property
    def invoices(self) -> InvoiceRepo: ...
    @property
    def card_pages(self) -> CardPageRepo: ...
    @property
    def charges(self) -> ChargeRepo: ...
    @property
    def refunds(self) -> RefundRepo: ...
    @property
    def payouts(self) -> PayoutRepo: ...
    @property
    def disputes(self) -> DisputeRepo: ...
    @property
    def ledger(self) -> LedgerPort: ...
    def next_invoice_number(self) -> int:
        """Without gaps: taken in the unit that makes the invoice, and given back with it."""
        ...


class JobPort(Protocol):
    """Promises."""

    def put(self, *wanted: Job) -> None: ...


class BillingWork(AccountsWork, Protocol):
    """What billing reads and writes in one transaction."""

    @property
    def billing(self) -> BillingBook: ...
    @property
    def jobs(self) -> JobPort: ...
