"""Repositories of money: people by a pseudonym, invoices, charges, refunds, payouts, disputes."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection, exists, func, literal, not_, or_, select

from bot.billing.disputes import Dispute, DisputeState
from bot.billing.ledger import payable
from bot.billing.model import (
    CardPage,
    Charge,
    Invoice,
    InvoiceState,
    Party,
    Payout,
    PayoutState,
    Refund,
    RefundState,
)
from bot.storage.billing_tables import (
    billing_parties,
    card_pages,
    charges,
    disputes,
    invoices,
    ledger_postings,
    payouts,
    refunds,
)
from bot.storage.ledger import SqlCounters, SqlLedger
from bot.storage.table_repo import TableRepo
from bot.storage.vault import Vault

_INVOICES = "invoices"
_UNSETTLED = (InvoiceState.OPEN, InvoiceState.PROCESSING, InvoiceState.UNPAID)


class SqlParties(TableRepo[Party]):
    """Who owes and earns; the row stays when the person goes, and leads nowhere."""

    table, record = billing_parties, Party

    def of_user(self, user_id: str, /) -> Sequence[Party]:
        """Several where two accounts were joined; oldest first."""
        t = billing_parties.c
        wanted = select(billing_parties).where(t.user_id == user_id)
        return self._all(wanted.order_by(t.id))

    def find_by_customer(self, customer_id: str, /) -> Party | None:
        return self._find(billing_parties.c.customer_id == customer_id)

    def find_by_card(self, card_id: str, /) -> Party | None:
        return self._find(billing_parties.c.card_id == card_id)

    def find_by_account(self, account_id: str, /) -> Party | None:
        return self._find(billing_parties.c.account_id == account_id)

    def payees(self) -> Sequence[Party]:
        """Everybody who ever earned something."""
        t, posted = billing_parties.c, ledger_postings.c.account
        earned = exists().where(posted == literal(payable("")).concat(t.id))
        return self._all(select(billing_parties).where(earned).order_by(t.id))

    def remove_of_user(self, user_id: str) -> None:
        """The person goes; their row stays as a pseudonym."""
        for party in self.of_user(user_id):
            self.save(
                replace(
                    party,
                    user_id=None,
                    customer_id=None,
                    card_id=None,
                    card_label=None,
                    account_id=None,
                    can_be_paid=False,
                )
            )

    def _find(self, condition: object) -> Party | None:
        rows = self._all(select(billing_parties).where(condition))  # type: ignore[arg-type] # a clause
        return rows[0] if rows else None


class SqlInvoices(TableRepo[Invoice]):
    """What was billed."""

    table, record = invoices, Invoice
    documents = frozenset({"lines", "evidence"})
    owner = "payer_id"

    def find_of_booking(self, booking_id: str, /) -> Invoice | None:
        rows = self._all(select(invoices).where(invoices.c.booking_id == booking_id))
        return rows[0] if rows else None

    def find_of_seat(self, seat_id: str, /) -> Invoice | None:
        rows = self._all(select(invoices).where(invoices.c.seat_id == seat_id))
        return rows[0] if rows else None

    def collected_by(self, invoice_id: str, /) -> Sequence[Invoice]:
        t = invoices.c
        return self._all(select(invoices).where(t.carried_to == invoice_id).order_by(t.number))

    def to_carry(self, payer_id: str, currency: str, /) -> Sequence[Invoice]:
        t = invoices.c
        return self._all(
            select(invoices)
            .where(t.payer_id == payer_id, t.currency == currency)
            .where(t.state == InvoiceState.CARRIED, t.carried_to.is_(None))
            .order_by(t.number)
        )

    def of_payers(self, payer_ids: Collection[str], limit: int, /) -> Sequence[Invoice]:
        t = invoices.c
        wanted = select(invoices).where(t.payer_id.in_(payer_ids), t.number.is_not(None))
        return self._all(wanted.order_by(t.number.desc()).limit(limit))

    def of_payees(self, payee_ids: Collection[str], limit: int, /) -> Sequence[Invoice]:
        t = invoices.c
        wanted = select(invoices).where(t.payee_id.in_(payee_ids), t.number.is_not(None))
        return self._all(wanted.order_by(t.number.desc()).limit(limit))

    def not_final_of(self, payee_id: str, since: datetime, /) -> Sequence[Invoice]:
        t = invoices.c
        is_settled = t.state.in_((InvoiceState.PAID, InvoiceState.VOID))
        is_fresh = func.coalesce(t.ends_at, t.issued_at) > since
        wanted = select(invoices).where(t.payee_id == payee_id, t.number.is_not(None))
        return self._all(wanted.where(or_(not_(is_settled), is_fresh)))

    def unpaid_of(self, payer_ids: Collection[str], /) -> Sequence[Invoice]:
        t = invoices.c
        wanted = select(invoices).where(t.payer_id.in_(payer_ids), t.state == InvoiceState.UNPAID)
        return self._all(wanted.order_by(t.number))

    def unsettled(self, limit: int, /) -> Sequence[Invoice]:
        t = invoices.c
        waits_for_student = t.state == InvoiceState.UNPAID
        wanted = select(invoices).where(t.state.in_(_UNSETTLED))
        return self._all(wanted.order_by(waits_for_student, t.id).limit(limit))


class SqlCardPages(TableRepo[CardPage]):
    """Pages on which people save cards."""

    table, record = card_pages, CardPage
    owner = "id"

    def find_by_key(self, key: str, /) -> CardPage | None:
        rows = self._all(select(card_pages).where(card_pages.c.key == key))
        return rows[0] if rows else None

    def find_by_page(self, page_id: str, /) -> CardPage | None:
        rows = self._all(select(card_pages).where(card_pages.c.page_id == page_id))
        return rows[0] if rows else None

    def open(self, limit: int, /) -> Sequence[CardPage]:
        t = card_pages.c
        return self._all(select(card_pages).where(t.is_open).order_by(t.id).limit(limit))


class SqlCharges(TableRepo[Charge]):
    """Attempts to collect."""

    table, record = charges, Charge
    owner = "id"

    def of_invoice(self, invoice_id: str, /) -> Sequence[Charge]:
        t = charges.c
        return self._all(select(charges).where(t.invoice_id == invoice_id).order_by(t.number))

    def find_by_payment(self, payment_id: str, /) -> Charge | None:
        rows = self._all(select(charges).where(charges.c.intent_id == payment_id))
        return rows[0] if rows else None

    def find_by_page(self, page_id: str, /) -> Charge | None:
        rows = self._all(select(charges).where(charges.c.page_id == page_id))
        return rows[0] if rows else None


class SqlRefunds(TableRepo[Refund]):
    """Money back."""

    table, record = refunds, Refund
    owner = "id"

    def of_invoice(self, invoice_id: str, /) -> Sequence[Refund]:
        t = refunds.c
        return self._all(select(refunds).where(t.invoice_id == invoice_id).order_by(t.id))

    def find_by_gateway(self, gateway_id: str, /) -> Refund | None:
        rows = self._all(select(refunds).where(refunds.c.gateway_id == gateway_id))
        return rows[0] if rows else None

    def promised(self, limit: int, /) -> Sequence[Refund]:
        t = refunds.c
        wanted = select(refunds).where(t.state == RefundState.PROMISED).order_by(t.id)
        return self._all(wanted.limit(limit))


class SqlPayouts(TableRepo[Payout]):
    """Money for teachers."""

    table, record = payouts, Payout
    owner = "id"

    def of_payees(self, payee_ids: Collection[str], /) -> Sequence[Payout]:
        t = payouts.c
        newest = select(payouts).where(t.payee_id.in_(payee_ids))
        return self._all(newest.order_by(t.made_at.desc(), t.id.desc()))

    def promised(self, limit: int, /) -> Sequence[Payout]:
        t = payouts.c
        wanted = select(payouts).where(t.state == PayoutState.PROMISED).order_by(t.id)
        return self._all(wanted.limit(limit))

    def find_by_gateway(self, gateway_id: str, /) -> Payout | None:
        rows = self._all(select(payouts).where(payouts.c.gateway_id == gateway_id))
        return rows[0] if rows else None


class SqlDisputes(TableRepo[Dispute]):
    """Disagreements."""

    table, record = disputes, Dispute
    owner = "id"

    def find_of_invoice(self, invoice_id: str, /) -> Dispute | None:
        rows = self._all(select(disputes).where(disputes.c.invoice_id == invoice_id))
        return rows[0] if rows else None

    def open(self, limit: int, /) -> Sequence[Dispute]:
        t = disputes.c
        wanted = select(disputes).where(t.state.in_((DisputeState.OPEN, DisputeState.PROPOSED)))
        return self._all(wanted.order_by(t.opened_at, t.id).limit(limit))


class SqlBilling:
    """Implements `BillingBook`."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    @cached_property
    def parties(self) -> SqlParties:
        return SqlParties(self._connection, self._vault)

    @cached_property
    def invoices(self) -> SqlInvoices:
        return SqlInvoices(self._connection, self._vault)

    @cached_property
    def card_pages(self) -> SqlCardPages:
        return SqlCardPages(self._connection, self._vault)

    @cached_property
    def charges(self) -> SqlCharges:
        return SqlCharges(self._connection, self._vault)

    @cached_property
    def refunds(self) -> SqlRefunds:
        return SqlRefunds(self._connection, self._vault)

    @cached_property
    def payouts(self) -> SqlPayouts:
        return SqlPayouts(self._connection, self._vault)

    @cached_property
    def disputes(self) -> SqlDisputes:
        return SqlDisputes(self._connection, self._vault)

    @cached_property
    def ledger(self) -> SqlLedger:
        return SqlLedger(self._connection, self._counters)

    @cached_property
    def _counters(self) -> SqlCounters:
        return SqlCounters(self._connection)

    def next_invoice_number(self) -> int:
        """The ledger is locked first, as every writer of money does: nobody waits in a circle."""
        self.ledger.lock()
        return self._counters.take(_INVOICES)
