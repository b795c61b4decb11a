"""Seats in live conversations, which are paid on a page before they are anybody's.

A seat's invoice is a draft until somebody pays it: who looks at the page and goes leaves no trace
in the books. Seats are changed by whoever owns them, in units that lock the conversation before the
ledger; so a payment is written down first, and a job of its own asks for the seat.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.billing.amounts import can_be_charged, in_steps
from bot.billing.charging import Charging, Tell, Unit
from bot.billing.invoicing import credit, terms_of
from bot.billing.jobs import close_seat_job, settle_seat_job
from bot.billing.model import Invoice, InvoiceState, Line, LineKind
from bot.billing.news import News, NewsKind
from bot.billing.parties import party_of
from bot.billing.ports import BillingWork, SeatBook
from bot.billing.rules import BillingRules
from bot.billing.seat_facts import SeatEvidence, SeatFact
from bot.core.clock import Clock
from bot.core.errors import DomainError
from bot.core.money import Money
from bot.core.storage import Storage
from bot.core.timespan import Timespan
from bot.i18n.formats import own_language_name

_SETTLED = {InvoiceState.PAID, InvoiceState.VOID}


class SeatNotHeld(DomainError):
    """It is not held (any more), or costs nothing."""

    key = "seatmoney.not_held"


class NotCharged(DomainError):
    """Too little, or finer than the gateway counts."""

    key = "seatmoney.not_charged"


class SeatBilling:
    """Collects for seats and gives back.

    Args:
        tell: words news for people; never through `telling_of_seats`.
    """

    def __init__(
        self,
        storage: Storage[BillingWork],
        charging: Charging,
        clock: Clock,
        rules: BillingRules,
        tell: Tell,
        seats: SeatBook[BillingWork],
    ) -> None:
        self._storage = storage
        self._charging = charging
        self._clock = clock
        self._rules = rules
        self._tell = tell
        self._seats = seats

    async def page(self, seat_id: str) -> str:
        """The address of the page on which a held seat is paid; the same while it lives.

        Raises:
            SeatNotHeld: there is nothing to pay (any more).
            NotCharged: the gateway takes no such amount.
            NothingToPay: it is paid, or the payment is on its way.
            ServiceFailure: the gateway cannot make a page at the moment.
        """
        invoice = await self._storage.write(lambda work: self.open(work, seat_id))
        return await self._charging.page(invoice.id, _title(invoice))

    def open(self, work: BillingWork, seat_id: str) -> Invoice:
        """The draft of a held seat, made when it is first asked for.

        Raises:
            SeatNotHeld: there is nothing to pay (any more).
            NotCharged: the gateway takes no such amount.
        """
        now, fact = self._clock.now(), self._seats.find(work, seat_id)
        if fact is None or not _is_held(fact, now) or not fact.price.minor:
            raise SeatNotHeld
        if not can_be_charged(fact.price):
            raise NotCharged
        student = party_of(work, fact.student_id, now)  # one after the other, for each person
        made = work.billing.invoices.find_of_seat(seat_id)
        if made is not None:
            return made
        teacher = party_of(work, fact.teacher_id, now)
        terms = terms_of(
            student,
            teacher,
            self._rules,
            now,
            lines=(Line(LineKind.SEAT, fact.price.minor),),
            evidence=_evidence(fact),
            currency=fact.price.currency,
        )
        draft = replace(terms, seat_id=seat_id, ends_at=fact.booked.end)
        work.jobs.put(close_seat_job(draft.id, "held", fact.held_until or now))
        return work.billing.invoices.add(draft)

    def settle(self, work: BillingWork, invoice_id: str) -> None:
        """Handles `seat.settle`: what was paid is told, and the seat asked for.

        What was called off meanwhile is on its way back already.
        """
        invoice = work.billing.invoices.get(invoice_id)
        seat_id = invoice.seat_id
        if seat_id is None or not invoice.owed.minor:
            return
        if not self._seats.paid(work, seat_id):
            self.give_back(work, seat_id, None, "gone")
        left = work.billing.invoices.get(invoice_id)
        if left.owed.minor:
            self._tell(work, [_paid_news(left)])

    async def close(self, invoice_id: str) -> Unit | None:
        """Handles `seat.close`: the page of a seat that is not held any more collects nothing.

        Raises:
            ServiceFailure: the gateway cannot be asked at the moment.
        """
        is_over = await self._storage.read(lambda work: self._is_over(work, invoice_id))
        if not is_over or not await self._charging.call_off(invoice_id):
            return None
        return lambda work: self._void(work, invoice_id)

    def give_back(self, work: BillingWork, seat_id: str, amount: Money | None, cause: str) -> None:
        """A part of a seat's price goes back to who paid; None: all of it.

        Where nothing was paid yet, nothing will be: the page is closed, and what somebody pays
        there at the last moment goes back.

        Args:
            cause: why, in a word; once for each.
        """
        invoice = work.billing.invoices.find_of_seat(seat_id)
        if invoice is None:
            return
        part = invoice.owed if amount is None else in_steps(amount)
        now, name = self._clock.now(), f"seat:{seat_id}:{cause}"
        telling_of_seats(self._tell, self._clock)(work, credit(work, invoice, part, name, now))

    def lapsed(self, work: BillingWork, seat_id: str) -> None:
        """The hold is over: the page is closed, unless somebody just paid."""
        invoice = work.billing.invoices.find_of_seat(seat_id)
        if invoice is not None and invoice.state not in _SETTLED:
            work.jobs.put(close_seat_job(invoice.id, "lapsed", self._clock.now()))

    def moved(self, work: BillingWork, seat_id: str, booked: Timespan) -> None:
        """The conversation takes place at another time: its teacher is paid after that."""
        invoice = work.billing.invoices.find_of_seat(seat_id)
        evidence = None if invoice is None else invoice.evidence
        if invoice is None or not isinstance(evidence, SeatEvidence):
            return
        other = replace(evidence, booked=booked)
        if other != evidence:
            work.billing.invoices.save(replace(invoice, evidence=other, ends_at=booked.end))

    def _is_over(self, work: BillingWork, invoice_id: str) -> bool:
        invoice = work.billing.invoices.get(invoice_id)
        fact = None if invoice.seat_id is None else self._seats.find(work, invoice.seat_id)
        is_held = fact is not None and _is_held(fact, self._clock.now())
        return invoice.state not in _SETTLED and not is_held

    def _void(self, work: BillingWork, invoice_id: str) -> None:
        invoice = work.billing.invoices.get(invoice_id)
        if invoice.number is None and invoice.may_move_to(InvoiceState.VOID):
            work.billing.invoices.save(invoice.moved_to(InvoiceState.VOID, self._clock.now()))


def telling_of_seats(tell: Tell, clock: Clock) -> Tell:
    """`tell` with seats in mind: what was paid for one is settled before anybody hears of it."""

    def told(work: BillingWork, news: Sequence[News]) -> None:
        tell(work, [each for each in news if not _is_taken_on(work, each, clock.now())])

    return told


def _is_taken_on(work: BillingWork, news: News, now: datetime) -> bool:
    """Whether something else follows than telling."""
    invoice = None if news.invoice_id is None else work.billing.invoices.get(news.invoice_id)
    if invoice is None or invoice.seat_id is None:
        return False
    if news.kind is NewsKind.PAID:
        work.jobs.put(settle_seat_job(invoice.id, now))
    if news.kind is NewsKind.PAGE_FAILED:
        work.jobs.put(close_seat_job(invoice.id, news.cause, now))
    return news.kind in {NewsKind.PAID, NewsKind.VOID}


def _is_held(fact: SeatFact, now: datetime) -> bool:
    return fact.held_until is not None and now < fact.held_until


def _title(invoice: Invoice) -> str:
    """On the page; whatever changes meanwhile, it is the same for the same page."""
    evidence = invoice.evidence
    language = evidence.language if isinstance(evidence, SeatEvidence) else ""
    return f"LinguaFlex · {own_language_name(language)}"


def _evidence(fact: SeatFact) -> SeatEvidence:
    return SeatEvidence(
        conversation_id=fact.conversation_id,
        booked=fact.booked,
        language=fact.language,
        price_minor=fact.price.minor,
    )


def _paid_news(invoice: Invoice) -> News:
    return News(
        kind=NewsKind.PAID,
        party_id=invoice.payer_id,
        cause=f"invoice:{invoice.id}:paid",
        invoice_id=invoice.id,
        amount=invoice.owed,
    )
