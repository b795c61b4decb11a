"""Asking the gateway what it knows: every few minutes without webhooks, and once a day anyway."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial

import structlog

from bot.billing.cards import Cards
from bot.billing.charging import Charging, Unit
from bot.billing.jobs import charge_job, close_seat_job, reconcile_job, refund_job, transfer_job
from bot.billing.model import Charge, InvoiceState
from bot.billing.payouts import plan_payouts, plan_statements
from bot.billing.ports import BillingWork, PaymentGateway
from bot.billing.rules import BillingRules
from bot.core.clock import Clock
from bot.core.errors import ServiceFailure
from bot.core.storage import Storage

_log = structlog.get_logger()

_MOST = 500
_LOOK_BACK = timedelta(days=2)


class Reconciler:
    """Finds what nobody told us, and takes up what was given up."""

    def __init__(
        self,
        storage: Storage[BillingWork],
        gateway: PaymentGateway,
        clock: Clock,
        rules: BillingRules,
        charging: Charging,
        cards: Cards,
    ) -> None:
        self._storage = storage
        self._gateway = gateway
        self._clock = clock
        self._rules = rules
        self._charging = charging
        self._cards = cards

    async def look(self) -> None:
        """Read every page and payment that is not settled yet; one that fails stops no other."""
        pages = await self._storage.read(lambda work: work.billing.card_pages.open(_MOST))
        for page in pages:
            if page.page_id is not None:
                await _calmly("card_page", partial(self._cards.look, page.page_id))
        for charge in await self._storage.read(_live_charges):
            await _calmly("charge", partial(self._read, charge))

    async def daily(self, promised_for: date | None = None) -> Unit:
        """Hold our books against the gateway's, then promise what is due.

        Args:
            promised_for: the day this was due on; statements are for every first of a month that
                has come since, so that one is late after an outage and never left out.

        A gateway that cannot be asked is asked tomorrow; what our own books say is done today.
        """
        await self.look()
        now = self._clock.now()
        await _calmly("payments", partial(self._compare, now - _LOOK_BACK))

        def unit(work: BillingWork) -> None:
            self._take_up(work)
            today = now.date()
            months = _ended_months(promised_for or today, today)
            self._charging.tell(work, plan_payouts(work, self._rules, now, states=bool(months)))
            for month in months:
                plan_statements(work, month, now)
            work.jobs.put(reconcile_job(now.date() + timedelta(days=1)))

        return unit

    async def _compare(self, since: datetime) -> None:
        for payment in await self._gateway.payments_since(since):
            if payment.invoice_id is not None:
                await self._storage.write(lambda work, p=payment: self._charging.apply(work, p))  # type: ignore[misc] # bound per payment

    def _take_up(self, work: BillingWork) -> None:
        """Jobs that were given up after many failures are put again, once a day."""
        now = self._clock.now()
        attempt = f"day:{now.date().isoformat()}"
        for invoice in work.billing.invoices.unsettled(_MOST):
            if invoice.seat_id is not None:
                work.jobs.put(close_seat_job(invoice.id, attempt, now))
            elif invoice.state is not InvoiceState.UNPAID:
                work.jobs.put(charge_job(invoice.id, attempt, now))
        for refund in work.billing.refunds.promised(_MOST):
            work.jobs.put(refund_job(refund.id, now, attempt))
        for payout in work.billing.payouts.promised(_MOST):
            work.jobs.put(transfer_job(payout.id, now, attempt))

    async def _read(self, charge: Charge) -> None:
        payment = await self._charging.read(charge)
        if payment is not None:
            await self._storage.write(lambda work: self._charging.apply(work, payment))


def _ended_months(first: date, last: date) -> Sequence[date]:
    """The last days of the months that were over on one of these days for the first time."""
    ended = []
    begun = last.replace(day=1)
    while begun >= first:
        ended.append(begun - timedelta(days=1))
        begun = ended[-1].replace(day=1)
    return ended[::-1]


def _live_charges(work: BillingWork) -> Sequence[Charge]:
    return [
        charge
        for invoice in work.billing.invoices.unsettled(_MOST)
        for charge in work.billing.charges.of_invoice(invoice.id)
        if charge.is_live
    ]


async def _calmly(what: str, look: Callable[[], Awaitable[object]]) -> None:
    try:
        await look()
    except ServiceFailure as failure:
        _log.warning("billing.look_failed", what=what, cause=str(failure))
