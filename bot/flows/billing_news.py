"""Telling people what became of their money, where they are and in their language."""

from collections.abc import Sequence
from typing import cast

from bot.accounts.model import User
from bot.accounts.reach import preferred_address
from bot.billing.collecting import due
from bot.billing.entries import split_of
from bot.billing.jobs import remind_job
from bot.billing.model import Invoice
from bot.billing.news import News, NewsKind
from bot.billing.ports import BillingWork
from bot.billing.rules import BillingRules
from bot.billing.seat_facts import SeatEvidence
from bot.core.clock import Clock
from bot.core.entity import short_id
from bot.flows.lesson_words import Reader
from bot.flows.live.words import live_button
from bot.flows.ports import FlowWork
from bot.flows.receipt_words import party_name, party_user, receipt_body, seat_title
from bot.flows.scene import Rows
from bot.flows.telling import tell
from bot.i18n.catalog import Texts
from bot.i18n.money import money
from bot.live.model import SeatStatus
from bot.messaging.model import Button, Paragraph, Style
from bot.scheduling.model import BookingAction, BookingEvent
from bot.scheduling.reminders import resume_job

MONEY_PREFIX, DISPUTE_PREFIX = "i", "j"
_IN_HISTORY = {
    NewsKind.PAID: BookingAction.CHARGED,
    NewsKind.REFUNDED: BookingAction.REFUNDED,
}
_LETS_BOOK = {NewsKind.CARD_SAVED, NewsKind.PAID}
_FOR_ADMINS = {NewsKind.CHARGEBACK, NewsKind.REFUND_FAILED}


class BillingNews:
    """Words news; called in the unit that caused them. Implements `Tell`."""

    def __init__(self, clock: Clock, rules: BillingRules) -> None:
        self._clock = clock
        self._rules = rules

    def __call__(self, work: BillingWork, news: Sequence[News]) -> None:
        whole = cast(FlowWork, work)  # every unit of this storage works on one
        for each in news:
            self._tell(whole, each)

    def remind(self, work: FlowWork, invoice: Invoice, number: int) -> None:
        """Once more, that something waits to be paid."""
        user_id = party_user(work, invoice.payer_id)
        person = None if user_id is None else work.users.find(user_id)
        if person is not None:
            self._unpaid(work, person, invoice, f"invoice:{invoice.id}:reminded:{number}")

    def _tell(self, work: FlowWork, news: News) -> None:
        if news.kind in _FOR_ADMINS:
            self._tell_admins(work, news)
        user_id = party_user(work, news.party_id)
        person = None if user_id is None else work.users.find(user_id)
        invoice = None if news.invoice_id is None else work.billing.invoices.get(news.invoice_id)
        if invoice is not None and news.kind is NewsKind.PAID:
            self._earned(work, invoice)
        if invoice is not None and news.kind in _IN_HISTORY:
            self._remember(work, invoice, news)
        if person is None or news.kind is NewsKind.CHARGEBACK:
            return
        if news.kind in _LETS_BOOK:
            work.jobs.put(resume_job(person.id, news.cause, self._clock.now()))
        if invoice is not None and news.kind is NewsKind.PAGE_FAILED:
            self._page_failed(work, person, invoice, news)
        elif invoice is not None and news.kind is NewsKind.UNPAID:
            self._promise_reminders(work, invoice)
            self._unpaid(work, person, invoice, news.cause)
        elif invoice is not None and news.kind in {NewsKind.PAID, NewsKind.CARRIED}:
            self._receipt(work, person, invoice, news.cause)
        else:
            self._line(work, person, news, invoice)

    def _remember(self, work: FlowWork, invoice: Invoice, news: News) -> None:
        """The lesson's history tells what was paid for it; it may be gone with its people."""
        booking_id = invoice.booking_id
        if booking_id is None or work.bookings.find(booking_id) is None:
            return
        amount = "" if news.amount is None else f"{news.amount.minor} {news.amount.currency}"
        work.booking_history.add(
            BookingEvent(
                booking_id=booking_id,
                actor_id=None,
                action=_IN_HISTORY[news.kind],
                at=self._clock.now(),
                after={"amount": amount},
            )
        )

    def _receipt(self, work: FlowWork, person: User, invoice: Invoice, key: str) -> None:
        address = preferred_address(work.identities.of_user(person.id))
        reader = Reader(person, "" if address is None else address.platform)
        tell(
            work,
            person,
            key,
            self._clock.now(),
            lambda _: receipt_body(work, invoice, reader),
            lambda texts: receipt_rows(texts, invoice),
        )

    def _unpaid(self, work: FlowWork, person: User, invoice: Invoice, key: str) -> None:
        """What was not charged, with a button to pay and one for another card."""
        pay = f"{MONEY_PREFIX}:pay:{short_id(invoice.id)}"
        tell(
            work,
            person,
            key,
            self._clock.now(),
            lambda texts: [
                Paragraph(texts("billing.unpaid.title"), Style.STRONG),
                Paragraph(
                    texts(
                        "billing.unpaid",
                        name=party_name(work, invoice.payee_id, texts),
                        number=invoice.number,
                        amount=money(due(work, invoice), texts.language),
                    )
                ),
            ],
            lambda texts: [
                [Button(texts("billing.button.pay"), pay)],
                [Button(texts("billing.button.other_card"), f"{MONEY_PREFIX}:card:")],
            ],
        )

    def _page_failed(self, work: FlowWork, person: User, invoice: Invoice, news: News) -> None:
        """A card was declined while the seat is held: the page can be opened again."""
        seat = None if invoice.seat_id is None else work.live.seats.find(invoice.seat_id)
        if seat is None or seat.status is not SeatStatus.HELD:
            return
        tell(
            work,
            person,
            news.cause,
            self._clock.now(),
            lambda texts: [
                Paragraph(texts("seatmoney.failed", title=_title(work, invoice, texts)))
            ],
            lambda texts: [[live_button(texts, "pay", seat.conversation_id)]],
        )

    def _promise_reminders(self, work: FlowWork, invoice: Invoice) -> None:
        now = self._clock.now()
        for number, after in enumerate(self._rules.remind_after, 1):
            work.jobs.put(remind_job(invoice.id, number, now + after))

    def _earned(self, work: FlowWork, invoice: Invoice) -> None:
        """The teacher hears what their lesson brought."""
        user_id = party_user(work, invoice.payee_id)
        person = None if user_id is None else work.users.find(user_id)
        if person is None:
            return
        part, evidence = split_of(invoice, invoice.owed).teacher, invoice.evidence
        see = f"{MONEY_PREFIX}:show:{short_id(invoice.id)}"
        is_seat = isinstance(evidence, SeatEvidence)
        key = "seatmoney.earned" if is_seat else "billing.earned"
        tell(
            work,
            person,
            f"invoice:{invoice.id}:earned",
            self._clock.now(),
            lambda texts: [
                Paragraph(
                    texts(
                        key,
                        title=_title(work, invoice, texts),
                        name=party_name(work, invoice.payer_id, texts),
                        amount=money(part, texts.language),
                    )
                )
            ],
            lambda texts: [[Button(texts("billing.button.receipt"), see)]],
        )

    def _line(self, work: FlowWork, person: User, news: News, invoice: Invoice | None) -> None:
        """What one sentence says."""
        card = work.billing.parties.get(news.party_id).card_label
        is_seat = invoice is not None and invoice.seat_id is not None
        key = f"seatmoney.news.{news.kind}" if is_seat else f"billing.news.{news.kind}"

        def body(texts: Texts) -> Sequence[Paragraph]:
            return [
                Paragraph(
                    texts(
                        key,
                        title=_title(work, invoice, texts),
                        amount=money(news.amount, texts.language) if news.amount else "",
                        number=invoice.number if invoice else "",
                        card=card or "",
                    )
                )
            ]

        tell(work, person, news.cause, self._clock.now(), body)

    def _tell_admins(self, work: FlowWork, news: News) -> None:
        invoice = None if news.invoice_id is None else work.billing.invoices.get(news.invoice_id)
        for admin in work.users.list_admins():
            tell(
                work,
                admin,
                f"{news.cause}:{admin.id}",
                self._clock.now(),
                lambda texts: [
                    Paragraph(
                        texts(
                            f"billing.admin.{news.kind}",
                            amount=money(news.amount, texts.language) if news.amount else "",
                            number=invoice.number if invoice else "",
                        )
                    )
                ],
            )


def _title(work: FlowWork, invoice: Invoice | None, texts: Texts) -> str:
    """Of the conversation a seat was bought in; "" for anything else."""
    evidence = None if invoice is None else invoice.evidence
    return seat_title(work, evidence, texts) if isinstance(evidence, SeatEvidence) else ""


def receipt_rows(texts: Texts, invoice: Invoice) -> Rows:
    """The paper, and a way to disagree; whether it is too late is looked at when it is pressed."""
    short = short_id(invoice.id)
    return [
        [Button(texts("billing.button.pdf"), f"{MONEY_PREFIX}:pdf:{short}")],
        [Button(texts("dispute.button.open"), f"{DISPUTE_PREFIX}:open:{short}")],
    ]
