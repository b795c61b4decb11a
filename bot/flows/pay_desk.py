"""Where payments are set up: cards, bills, receipts and earnings, with their buttons and jobs."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import cast

from bot.billing.cards import Cards
from bot.billing.charging import Charging
from bot.billing.documents import Printer
from bot.billing.events import apply_gateway_event
from bot.billing.gateway import GatewayEvent
from bot.billing.invoicing import Billed, bill_lesson, carried_news
from bot.billing.jobs import (
    BILL_JOB,
    CHARGE_JOB,
    CLOSE_JOB,
    FORGET_JOB,
    LOOK_JOB,
    RECONCILE_JOB,
    REFUND_JOB,
    REMIND_JOB,
    SEAT_CLOSE_JOB,
    SEAT_SETTLE_JOB,
    STATEMENT_JOB,
    TRANSFER_JOB,
    look_job,
    reconcile_job,
)
from bot.billing.model import InvoiceState, LessonFact, LessonOutcome, Side
from bot.billing.ports import BillingWork, LessonFacts, PaymentGateway
from bot.billing.rails import Product, Rail, rail_for
from bot.billing.reconciling import Reconciler
from bot.billing.rules import BillingRules
from bot.billing.seats import SeatBilling, SeatNotHeld, telling_of_seats
from bot.billing.sending import Sending
from bot.core.errors import DomainError
from bot.core.storage import Storage
from bot.flows.billing_news import BillingNews
from bot.flows.cards import CardFlow
from bot.flows.commands import Action
from bot.flows.commissions import Commissions
from bot.flows.earnings import EarningsFlow
from bot.flows.live.seat_paying import SeatMoney, SeatPaying, StoredSeats
from bot.flows.plan_lessons import PlanLessons
from bot.flows.ports import FlowWork
from bot.flows.receipt_words import side_of
from bot.flows.receipts import Receipts, own_invoice
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.statements import Statements
from bot.flows.telling import tell
from bot.flows.voice_turn import Parts
from bot.i18n.formats import exact_minutes
from bot.jobs.model import Job
from bot.live.seats import SeatService
from bot.messaging.model import Paragraph
from bot.tiers.service import Plans

Unit = Callable[[FlowWork], None]
LightJob = Callable[[FlowWork, Job], None]
AwaitedJob = Callable[[Job], Awaitable[Unit | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayingParts:
    """What money needs of the world.

    Args:
        facts: what happened in lessons.
        currency: of cards, unless a lesson says otherwise.
        rails: how lessons may be paid, by platform.
        has_webhooks: the gateway tells by itself; otherwise it is asked every five minutes.
    """

    gateway: PaymentGateway
    facts: LessonFacts[FlowWork]
    printer: Printer
    rules: BillingRules
    currency: str
    rails: Mapping[str, str]
    has_webhooks: bool = False


class PayDesk:
    """Everything of money that needs a gateway. `cards` and `charging` are where others go on."""

    def __init__(
        self, parts: Parts, own: PayingParts, news: BillingNews, commissions: Commissions
    ) -> None:
        storage = cast("Storage[BillingWork]", parts.storage)
        clock, rules, gateway = parts.scenes.clock, own.rules, own.gateway
        told = telling_of_seats(news, clock)
        self._parts = parts
        self._storage = storage
        self._own = own
        self._clock = clock
        self._news = news
        self._told = told
        self._seats: SeatBilling | None = None
        self.charging = Charging(storage, gateway, clock, rules, told)
        self.cards = Cards(storage, gateway, clock, self.charging, told)
        self.sending = Sending(storage, gateway, clock, told, return_url=rules.return_url)
        self.reconciler = Reconciler(storage, gateway, clock, rules, self.charging, self.cards)
        self._card = CardFlow(parts, self.cards, self.charging, own.currency, rules.return_url)
        self._receipts = Receipts(parts, own.printer)
        self._statements = Statements(parts.storage, own.printer, clock)
        self._earnings = EarningsFlow(parts, self.sending, rules, self._receipts)
        self._commissions = commissions
        self._plan_lessons = PlanLessons(Plans(parts.scenes.rules.tiers), rules, clock)

    def hear(self, work: FlowWork, event: GatewayEvent) -> None:
        """What the gateway tells: written down, and told to whom it concerns."""
        self._told(work, apply_gateway_event(work, event, self._clock.now()))

    def sell_seats(self, service: SeatService[FlowWork]) -> SeatPaying:
        """Collect for the seats of live conversations, and hear what becomes of them."""
        self._seats = SeatBilling(
            self._storage,
            self.charging,
            self._clock,
            self._own.rules,
            self._news,
            StoredSeats(service),
        )
        service.add_listener(SeatMoney(self._seats))
        return SeatPaying(self._parts, self._seats, self._here)

    async def seat_page(self, seat_id: str) -> str:
        """The address of the page on which a held seat is paid.

        Raises:
            SeatNotHeld: nothing is sold, or nothing is left to pay.
            ServiceFailure: the gateway cannot make a page at the moment.
        """
        if self._seats is None:
            raise SeatNotHeld
        return await self._seats.page(seat_id)

    def begin(self, work: FlowWork) -> None:
        """On start: promise today's look into the books."""
        now = self._clock.now()
        work.jobs.put(reconcile_job(now.date()))
        if not self._own.has_webhooks:
            work.jobs.put(look_job(now))

    def actions(self) -> Mapping[str, Action]:
        """By command."""
        return {
            "card": self._here(self._card.show),
            "receipts": self._receipts.list,
            "earnings": self._earnings.show,
        }

    def jobs(self) -> Mapping[str, LightJob | AwaitedJob]:
        """For the worker."""
        return {
            BILL_JOB: self._bill,
            REMIND_JOB: self._remind,
            CHARGE_JOB: self._charge,
            REFUND_JOB: self._refund,
            CLOSE_JOB: self._close,
            TRANSFER_JOB: self._transfer,
            RECONCILE_JOB: self._reconcile,
            STATEMENT_JOB: self._statements.send,
            FORGET_JOB: self._forget,
            LOOK_JOB: self._look,
            **({} if self._seats is None else _seat_jobs(self._seats)),
        }

    def press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<action>:<short id of an invoice, or nothing>".

        Raises:
            DomainError: whoever presses has not registered, which the commands ask for as well.
        """
        if not scene.user.is_registered:
            raise DomainError("command.register_first")
        action, _, short = data.partition(":")
        match action:
            case "card":
                return self._here(lambda s, _: self._card.save(s))(scene, "")
            case "uncard":
                return self._card.remove(scene)
            case "pay":
                return self._pay(scene, short)
            case "show":
                self._receipts.show(scene, own_invoice(scene, short))
                return None
            case "pdf":
                return self._receipts.paper(scene, own_invoice(scene, short))
            case "onboard" | "csv" | "paper":
                return self._earnings.press(scene, action)
            case "share":
                return self._commissions.begin(scene)
        raise StaleButton

    def _pay(self, scene: Scene, short: str) -> Later | None:
        invoice = own_invoice(scene, short)
        is_theirs = side_of(scene.work, invoice, scene.user.id) is Side.STUDENT
        if not is_theirs or invoice.seat_id is not None:  # a seat is paid while it is held
            raise StaleButton
        return self._here(lambda s, _: self._card.pay(s, invoice))(scene, "")

    def _here(self, action: Action) -> Action:
        """Only where lessons may be paid by card."""

        def act(scene: Scene, rest: str) -> Later | None:
            platform = scene.incoming.address.platform
            if rail_for(Product.HUMAN_LESSON, platform, self._own.rails) is Rail.CARD:
                return action(scene, rest)
            scene.answer_button()
            scene.say(scene.text("billing.not_here"))
            return None

        return act

    def _bill(self, work: FlowWork, job: Job) -> None:
        """Handles `lesson.bill`; why a lesson that did not take place is free was said before."""
        fact = self._own.facts.get(work, job.payload["booking_id"])
        if self._plan_lessons.cover(work, fact):
            return
        billed = bill_lesson(work, fact, self._own.rules, self._clock.now())
        if billed.invoice is None and fact.outcome is LessonOutcome.MET:
            self._tell_nothing_owed(work, fact, billed)
        elif billed.invoice is not None and billed.invoice.state is InvoiceState.CARRIED:
            self._news(work, [carried_news(billed.invoice)])

    def _tell_nothing_owed(self, work: FlowWork, fact: LessonFact, billed: Billed) -> None:
        together = billed.bill.evidence.counted
        for user_id in (fact.student_id, fact.teacher_id):
            person = work.users.find(user_id)
            if person is None:
                continue
            tell(
                work,
                person,
                f"bill:{fact.booking_id}:nothing:{user_id}",
                self._clock.now(),
                lambda texts: [
                    Paragraph(
                        texts(
                            "billing.nothing_owed",
                            together=exact_minutes(together, texts.language),
                        )
                    )
                ],
            )

    def _remind(self, work: FlowWork, job: Job) -> None:
        """Handles `invoice.remind`; what was paid meanwhile is not mentioned again."""
        invoice = work.billing.invoices.get(job.payload["invoice_id"])
        if invoice.state is InvoiceState.UNPAID:
            self._news.remind(work, invoice, int(job.payload["number"]))

    async def _charge(self, job: Job) -> Unit | None:
        return await self.charging.charge(job.payload["invoice_id"])

    async def _refund(self, job: Job) -> Unit | None:
        return await self.sending.refund(job.payload["refund_id"])

    async def _close(self, job: Job) -> None:
        await self.cards.close(job.payload["card_page_id"])

    async def _transfer(self, job: Job) -> Unit | None:
        return await self.sending.transfer(job.payload["payout_id"])

    async def _reconcile(self, job: Job) -> Unit | None:
        return await self.reconciler.daily(job.due_at.date())

    async def _look(self, _: Job) -> Unit | None:
        await self.reconciler.look()
        return lambda work: work.jobs.put(look_job(self._clock.now()))

    async def _forget(self, job: Job) -> Unit | None:
        await self.sending.forget(job.payload["customer"])
        return None


def _seat_jobs(seats: SeatBilling) -> Mapping[str, LightJob | AwaitedJob]:
    async def close(job: Job) -> Unit | None:
        return await seats.close(job.payload["invoice_id"])

    def settle(work: FlowWork, job: Job) -> None:
        seats.settle(work, job.payload["invoice_id"])

    return {SEAT_CLOSE_JOB: close, SEAT_SETTLE_JOB: settle}
