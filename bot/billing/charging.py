"""Collecting an invoice with the saved card, or on a page where the student pays themselves.

A charge is a row before the gateway hears of it; what the gateway made is stored before it is
confirmed; so whatever a crash cuts off is found again, and never made a second time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from bot.billing.amounts import least_charge
from bot.billing.collecting import apply_payment, ask_to_pay, due, fail, move, root_of
from bot.billing.gateway import PageStatus, Payment, PaymentStatus
from bot.billing.model import Charge, ChargeState, ChargeWay, Invoice, InvoiceState, Party
from bot.billing.news import News
from bot.billing.ports import BillingWork, PaymentGateway
from bot.billing.rules import BillingRules
from bot.core.clock import Clock
from bot.core.crash import crash_point
from bot.core.errors import Cause, DomainError, ServiceFailure
from bot.core.money import Money
from bot.core.storage import Storage

Unit = Callable[[BillingWork], None]
Tell = Callable[[BillingWork, Sequence[News]], None]
"""Words news and puts them on their way, in the unit that caused them."""

_TO_CONFIRM = {
    PaymentStatus.NEEDS_CONFIRMATION,
    PaymentStatus.NEEDS_CARD,
    PaymentStatus.NEEDS_STUDENT,
}
_TRIED = {ChargeState.FAILED, ChargeState.PROCESSING}
_OWED = {InvoiceState.OPEN, InvoiceState.PROCESSING, InvoiceState.UNPAID}


class NothingToPay(DomainError):
    """The invoice is settled, or its payment is on its way."""

    key = "billing.nothing_to_pay"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done about an invoice: charges to call off, and the one to go on with.

    `is_too_small`: a credit left less than the gateway takes; it waits for the next invoice.
    """

    called_off: Sequence[Charge]
    charge: Charge | None
    party: Party
    is_too_small: bool = False
    page_lives: timedelta = timedelta()


class Charging:
    """Moves money from students. Every method may be cut off anywhere and called again."""

    def __init__(
        self,
        storage: Storage[BillingWork],
        gateway: PaymentGateway,
        clock: Clock,
        rules: BillingRules,
        tell: Tell,
    ) -> None:
        self._storage = storage
        self._gateway = gateway
        self._clock = clock
        self._rules = rules
        self.tell = tell

    async def charge(self, invoice_id: str) -> Unit | None:
        """Collect with the saved card; returns what is to be written of it.

        Raises:
            ServiceFailure: it is to be tried again later.
        """
        plan = await self._storage.write(lambda work: self._plan(work, invoice_id, ChargeWay.CARD))
        if plan is None:
            return None
        if not await self._call_off(plan.called_off):
            return None  # somebody paid meanwhile
        charge, party = plan.charge, plan.party
        if plan.is_too_small:
            return lambda work: self._carry(work, invoice_id)
        if charge is None:
            return lambda work: self._ask(work, invoice_id)
        customer, card = party.customer_id, party.card_id
        if customer is None or card is None:
            return lambda work: self._ask(work, invoice_id)
        try:
            payment = await self._confirmed(charge, customer, card)
        except ServiceFailure as failure:
            if failure.cause is not Cause.REJECTED:
                raise
            return self._refused(charge.id, failure.detail)
        return lambda work: self.apply(work, payment)

    def apply(self, work: BillingWork, payment: Payment) -> None:
        """What the gateway says of a payment, and word of it to whom it concerns."""
        self.tell(work, apply_payment(work, payment, self._clock.now()))

    async def page(self, invoice_id: str, title: str) -> str:
        """The address of a page on which the student pays an invoice; the same while it lives.

        Raises:
            NothingToPay: it is settled, or its payment is on its way.
            ServiceFailure: the gateway cannot make one at the moment.
        """
        plan = await self._storage.write(lambda work: self._plan(work, invoice_id, ChargeWay.PAGE))
        if plan is None or not await self._call_off(plan.called_off) or plan.charge is None:
            raise NothingToPay
        charge = plan.charge
        customer = await self.customer(plan.party)
        page = await self._gateway.payment_page(
            charge.invoice_id,
            charge.amount,
            customer_id=customer,
            key=charge.key,
            title=title,
            return_url=self._rules.return_url,
            expires_at=charge.made_at + plan.page_lives,
        )
        crash_point("payment page made")
        kept = await self._storage.write(lambda work: _keep(work, charge.id, page_id=page.id))
        if not kept.is_live:  # called off while it was made
            await self._call_off([kept])
            raise NothingToPay
        return page.url

    async def customer(self, party: Party) -> str:
        """The gateway's id of a person, who gets one when it is first needed."""
        if party.customer_id is not None:
            return party.customer_id
        name, email = await self._storage.read(lambda work: _who(work, party))
        customer_id = await self._gateway.customer(party.id, name=name, email=email)

        def unit(work: BillingWork) -> None:
            fresh = work.billing.parties.get(party.id)
            if fresh.customer_id is None:
                work.billing.parties.save(replace(fresh, customer_id=customer_id))

        await self._storage.write(unit)
        return customer_id

    async def read(self, charge: Charge) -> Payment | None:
        """What the gateway knows of a charge; None: nobody tried to pay yet."""
        if charge.intent_id is not None:
            return await self._gateway.find_payment(charge.intent_id)
        if charge.page_id is not None:
            return await self._gateway.page_payment(charge.page_id)
        return None

    async def call_off(self, invoice_id: str) -> bool:
        """End every attempt to collect an invoice; False: one just worked, or may yet.

        Raises:
            ServiceFailure: the gateway cannot be asked at the moment.
        """

        def live(work: BillingWork) -> Sequence[Charge]:
            return [c for c in work.billing.charges.of_invoice(invoice_id) if c.is_live]

        return await self._call_off(await self._storage.read(live))

    async def _confirmed(self, charge: Charge, customer_id: str, card_id: str) -> Payment:
        """The one payment of this charge, confirmed unless that has been done."""
        if charge.intent_id is None:
            payment = await self._gateway.intent(
                charge.invoice_id,
                charge.amount,
                customer_id=customer_id,
                card_id=card_id,
                key=charge.key,
            )
            crash_point("payment made")
            payment_id = payment.id
            kept = await self._storage.write(
                lambda work: _keep(work, charge.id, intent_id=payment_id)
            )
            crash_point("payment stored")
            if not kept.is_live:  # called off while it was made
                return await self._gateway.cancel(payment.id)
        else:
            payment = await self._gateway.find_payment(charge.intent_id)
        if payment.status in _TO_CONFIRM:
            payment = await self._gateway.confirm(payment.id, card_id=card_id)
            crash_point("payment confirmed")
        return payment

    async def _call_off(self, charges: Sequence[Charge]) -> bool:
        """End charges that must not collect any more; False: one of them just did, or is about to.

        What the gateway says of each is written at once.
        """
        is_free = True
        for charge in charges:
            payment = await self._ended(charge)
            if payment is None:
                await self._storage.write(partial(_cancelled, charge.id))
                continue
            is_free = is_free and payment.status is PaymentStatus.CANCELLED
            await self._storage.write(partial(self._applied, payment))
        return is_free

    def _applied(self, payment: Payment, work: BillingWork) -> None:
        self.apply(work, payment)

    async def _ended(self, charge: Charge) -> Payment | None:
        """The charge's payment after an attempt to end it; None: there is none and will be none."""
        if charge.way is ChargeWay.CARD:
            return (
                None if charge.intent_id is None else await self._gateway.cancel(charge.intent_id)
            )
        if charge.page_id is None:
            return None
        if await self._gateway.expire_page(charge.page_id) is not PageStatus.COMPLETE:
            return None
        payment = await self._gateway.page_payment(charge.page_id)
        if payment is not None and payment.status in _TO_CONFIRM:  # what was begun there failed
            return await self._gateway.cancel(payment.id)
        return payment

    def _plan(self, work: BillingWork, invoice_id: str, way: ChargeWay) -> _Plan | None:
        """Decide, and write down the charge before the gateway hears of it."""
        root = root_of(work, work.billing.invoices.get(invoice_id))
        now = self._clock.now()
        live = [c for c in work.billing.charges.of_invoice(root.id) if c.is_live]
        party = work.billing.parties.get(root.payer_id)
        if root.state is InvoiceState.VOID:
            return _Plan(live, None, party) if live else None
        if root.state not in _OWED:
            return None
        wanted = due(work, root)
        if wanted < least_charge(root.currency):
            return _Plan(live, None, party, is_too_small=True)
        if way is ChargeWay.CARD and root.seat_id is not None:
            return None  # whoever wants a seat pays it themselves
        lives = self._rules.page_lives if root.seat_id is None else self._rules.seat_page_lives
        usable = [c for c in live if _goes_on(c, way, wanted, now - lives)]
        called_off = [c for c in live if c not in usable]
        if way is ChargeWay.CARD and party.card_id is None:
            return None if root.state is InvoiceState.UNPAID else _Plan((), None, party)
        if way is ChargeWay.CARD:
            move(work, root, InvoiceState.PROCESSING, now)
        charge = usable[0] if usable else _made(work, root, way, wanted, now)
        return _Plan(called_off, charge, party, page_lives=lives)

    def _ask(self, work: BillingWork, invoice_id: str) -> None:
        root = root_of(work, work.billing.invoices.get(invoice_id))
        if root.state is not InvoiceState.VOID:
            self.tell(work, ask_to_pay(work, root, self._clock.now()))

    def _carry(self, work: BillingWork, invoice_id: str) -> None:
        root = root_of(work, work.billing.invoices.get(invoice_id))
        if due(work, root) < least_charge(root.currency):
            move(work, root, InvoiceState.CARRIED, self._clock.now())

    def _refused(self, charge_id: str, reason: str) -> Unit:
        """The gateway will not have it: as good as declined."""

        def unit(work: BillingWork) -> None:
            charge = work.billing.charges.get(charge_id)
            root = work.billing.invoices.get(charge.invoice_id)
            self.tell(work, fail(work, root, charge, reason, self._clock.now()))

        return unit


def _goes_on(charge: Charge, way: ChargeWay, wanted: Money, oldest: datetime) -> bool:
    """Whether a charge is used again; a page on which somebody tried to pay may be over."""
    if charge.way is not way or charge.amount != wanted:
        return False
    is_spent = charge.state in _TRIED or charge.made_at <= oldest
    return way is ChargeWay.CARD or not is_spent


def _made(work: BillingWork, root: Invoice, way: ChargeWay, amount: Money, now: datetime) -> Charge:
    number = len(work.billing.charges.of_invoice(root.id)) + 1
    key = f"invoice:{root.id}" if number == 1 else f"invoice:{root.id}:{number}"
    return work.billing.charges.add(
        Charge(
            invoice_id=root.id,
            number=number,
            key=key,
            way=way,
            amount_minor=amount.minor,
            currency=amount.currency,
            made_at=now,
        )
    )


def _keep(work: BillingWork, charge_id: str, **ids: str) -> Charge:
    """The charge with the gateway's id of what it made; a webhook may have brought it before."""
    charge = work.billing.charges.get(charge_id)
    kept = replace(charge, **ids)  # type: ignore[arg-type] # intent_id or page_id
    if charge.state is ChargeState.MADE:
        kept = kept.moved_to(ChargeState.OPEN)
    return work.billing.charges.save(kept) if kept != charge else charge


def _cancelled(charge_id: str, work: BillingWork) -> None:
    charge = work.billing.charges.get(charge_id)
    if charge.may_move_to(ChargeState.CANCELLED):
        work.billing.charges.save(charge.moved_to(ChargeState.CANCELLED))


def _who(work: BillingWork, party: Party) -> tuple[str, str | None]:
    user = None if party.user_id is None else work.users.find(party.user_id)
    return ("", None) if user is None else (user.name, user.email)
