"""A payment gateway without a network, and billing put together around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bot.accounts.model import User, UserStatus
from bot.billing.cards import Cards
from bot.billing.charging import Charging
from bot.billing.gateway import (
    AccountStatus,
    Page,
    PageStatus,
    Payment,
    PaymentStatus,
    RefundOutcome,
    RefundStatus,
    SavedCard,
)
from bot.billing.invoicing import bill_lesson
from bot.billing.ledger import first_fault
from bot.billing.model import Invoice, LessonFact
from bot.billing.news import News, NewsKind
from bot.billing.ports import BillingWork
from bot.billing.reconciling import Reconciler
from bot.billing.rules import BillingRules
from bot.billing.seats import telling_of_seats
from bot.billing.sending import Sending
from bot.core.errors import Cause, ServiceFailure
from bot.core.money import Money
from bot.jobs.model import Job
from bot.storage.engine import SqlStorage
from bot.storage.work import Work

T = TypeVar("T")
NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
DECLINED, AUTHENTICATION, GOOD = "declined", "authentication", "good"
_BY_CARD = {
    DECLINED: (PaymentStatus.NEEDS_CARD, "card_declined"),
    AUTHENTICATION: (PaymentStatus.NEEDS_STUDENT, "authentication_required"),
}


class HandClock:
    """Moved by the tests."""

    def __init__(self, at: datetime = NOW) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def move(self, by: timedelta) -> None:
        self._at += by


@dataclass
class FakeGateway:
    """Implements `PaymentGateway`: keeps its promises about keys, and counts what it took.

    Cards behave as the last part of their id says ("card-1-declined"). `breaks` is called with
    the name of each call before it does anything, and after it did ("confirm!"). `name` is in the
    ids of everything it makes.
    """

    name: str = ""
    breaks: Callable[[str], None] = lambda _: None
    payments: dict[str, Payment] = field(default_factory=dict)
    pages: dict[str, PageStatus] = field(default_factory=dict)
    cards: dict[str, SavedCard] = field(default_factory=dict)
    refunds: dict[str, RefundOutcome] = field(default_factory=dict)
    refunded: list[tuple[str, Money]] = field(default_factory=list)
    transfers: dict[str, tuple[str, Money]] = field(default_factory=dict)
    accounts: dict[str, AccountStatus] = field(default_factory=dict)
    _answers: dict[str, tuple[object, object]] = field(default_factory=dict)
    _page_of: dict[str, tuple[str, str | None, Money | None]] = field(default_factory=dict)
    _key_of: dict[str, str] = field(default_factory=dict)

    async def customer(self, party_id: str, /, *, name: str, email: str | None) -> str:
        return self._once(f"customer:{party_id}", name, lambda: f"cus-{party_id}")

    async def card_page(
        self, customer_id: str, /, *, key: str, currency: str, return_url: str, expires_at: datetime
    ) -> Page:
        wanted = (customer_id, currency, expires_at)
        return self._once(key, wanted, lambda: self._page(customer_id, None, None))

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
        wanted = (invoice_id, amount, customer_id, title, expires_at)
        self.breaks("payment_page")
        page = self._once(key, wanted, lambda: self._page(customer_id, invoice_id, amount))
        self._key_of[page.id] = key
        self.breaks("payment_page!")
        return page

    async def page_status(self, page_id: str, /) -> PageStatus:
        return self.pages[page_id]

    async def page_payment(self, page_id: str, /) -> Payment | None:
        return next((p for p in self.payments.values() if p.page_id == page_id), None)

    async def expire_page(self, page_id: str, /) -> PageStatus:
        self.breaks("expire_page")
        if self.pages[page_id] is PageStatus.OPEN:
            self.pages[page_id] = PageStatus.EXPIRED
        self.breaks("expire_page!")
        return self.pages[page_id]

    async def saved_card(self, page_id: str, /) -> SavedCard | None:
        return self.cards.get(page_id)

    async def remove_card(self, card_id: str, /) -> None:
        self.cards = {page: card for page, card in self.cards.items() if card.id != card_id}

    async def remove_customer(self, customer_id: str, /) -> None:
        self.cards = {p: c for p, c in self.cards.items() if c.customer_id != customer_id}

    async def intent(
        self, invoice_id: str, amount: Money, /, *, customer_id: str, card_id: str, key: str
    ) -> Payment:
        def make() -> Payment:
            payment = Payment(
                id=f"pi-{self.name}{len(self.payments) + 1}",
                status=PaymentStatus.NEEDS_CONFIRMATION,
                amount=amount,
                invoice_id=invoice_id,
                key=key,
            )
            self.payments[payment.id] = payment
            return payment

        self.breaks("intent")
        made = self._once(key, (invoice_id, amount, customer_id), make)
        self.breaks("intent!")
        return self.payments[made.id]

    async def confirm(self, payment_id: str, /, *, card_id: str) -> Payment:
        self.breaks("confirm")
        payment = self.payments[payment_id]
        if payment.status in {PaymentStatus.SUCCEEDED, PaymentStatus.CANCELLED}:
            return payment
        status, reason = _BY_CARD.get(card_id.rpartition("-")[2], (PaymentStatus.SUCCEEDED, None))
        self.payments[payment_id] = replace(payment, status=status, reason=reason)
        self.breaks("confirm!")
        return self.payments[payment_id]

    async def find_payment(self, payment_id: str, /) -> Payment:
        return self.payments[payment_id]

    async def cancel(self, payment_id: str, /) -> Payment:
        payment = self.payments[payment_id]
        if payment.status is not PaymentStatus.SUCCEEDED:
            self.payments[payment_id] = replace(payment, status=PaymentStatus.CANCELLED)
        return self.payments[payment_id]

    async def payments_since(self, at: datetime, /) -> Sequence[Payment]:
        return list(self.payments.values())

    async def refund(self, payment_id: str, amount: Money, /, *, key: str) -> RefundOutcome:
        def make() -> RefundOutcome:
            self.refunded.append((payment_id, amount))
            made = RefundOutcome(f"re-{self.name}{len(self.refunded)}", RefundStatus.SUCCEEDED)
            self.refunds[made.id] = made
            return made

        self.breaks("refund")
        outcome = self._once(key, (payment_id, amount), make)
        self.breaks("refund!")
        return outcome

    async def find_refund(self, refund_id: str, /) -> RefundOutcome:
        return self.refunds[refund_id]

    async def account(self, party_id: str, /, *, email: str | None) -> str:
        def make() -> str:
            self.accounts[f"acct-{party_id}"] = AccountStatus(f"acct-{party_id}", False)
            return f"acct-{party_id}"

        return self._once(f"account:{party_id}", None, make)

    async def onboarding_link(self, account_id: str, /, *, return_url: str) -> str:
        return f"https://gateway.test/onboarding/{account_id}"

    async def account_status(self, account_id: str, /) -> AccountStatus:
        return self.accounts[account_id]

    async def transfer(self, account_id: str, amount: Money, /, *, key: str) -> str:
        def make() -> str:
            self.transfers[f"tr-{len(self.transfers) + 1}"] = (account_id, amount)
            return f"tr-{len(self.transfers)}"

        self.breaks("transfer")
        made = self._once(key, (account_id, amount), make)
        self.breaks("transfer!")
        return made

    def save_card(self, page: Page, behaviour: str = GOOD) -> SavedCard:
        """What the student does on a card page."""
        return self.save_card_on(page.id, behaviour)

    def save_card_on(self, page_id: str, behaviour: str = GOOD) -> SavedCard:
        """The same, by the page's id."""
        customer_id, _, _ = self._page_of[page_id]
        card = SavedCard(f"card-{len(self.cards) + 1}-{behaviour}", customer_id, "Visa ··4242")
        self.cards[page_id] = card
        self.pages[page_id] = PageStatus.COMPLETE
        return card

    def pay(self, page_id: str) -> Payment:
        """What the student does on a payment page."""
        self.pages[page_id] = PageStatus.COMPLETE
        return self.try_on(page_id, PaymentStatus.SUCCEEDED)

    def debit(self, page_id: str) -> Payment:
        """The same by a way of paying of which the bank tells days later what came of it."""
        self.pages[page_id] = PageStatus.COMPLETE
        return self.try_on(page_id, PaymentStatus.PROCESSING)

    def decline(self, page_id: str) -> Payment:
        """The student's card is declined there; the page stays open."""
        return self.try_on(page_id, PaymentStatus.NEEDS_CARD, "card_declined")

    def decide(self, payment_id: str, status: PaymentStatus, reason: str | None = None) -> None:
        """What the bank says in the end of a payment under way."""
        payment = self.payments[payment_id]
        self.payments[payment_id] = replace(payment, status=status, reason=reason)

    def try_on(self, page_id: str, status: PaymentStatus, reason: str | None = None) -> Payment:
        """A page has one payment, however often somebody tries."""
        _, invoice_id, amount = self._page_of[page_id]
        assert amount is not None
        made = next((p for p in self.payments.values() if p.page_id == page_id), None)
        payment = Payment(
            id=f"pi-{self.name}{len(self.payments) + 1}" if made is None else made.id,
            status=status,
            amount=amount,
            invoice_id=invoice_id,
            key=self._key_of[page_id],
            page_id=page_id,
            reason=reason,
        )
        self.payments[payment.id] = payment
        return payment

    @property
    def taken(self) -> int:
        """Minor units that students were charged, refunds taken away."""
        came = [p.amount.minor for p in self.payments.values() if _is_paid(p)]
        return sum(came) - sum(amount.minor for _, amount in self.refunded)

    def _page(self, customer_id: str, invoice_id: str | None, amount: Money | None) -> Page:
        page_id = f"page-{self.name}{len(self.pages) + 1}"
        page = Page(page_id, f"https://gateway.test/{page_id}")
        self.pages[page.id] = PageStatus.OPEN
        self._page_of[page.id] = (customer_id, invoice_id, amount)
        return page

    def _once(self, key: str, wanted: object, make: Callable[[], T]) -> T:
        known = self._answers.get(key)
        if known is None:
            known = self._answers[key] = (wanted, make())
        if known[0] != wanted:
            raise ServiceFailure("gateway", Cause.REJECTED, "key used for something else")
        return known[1]  # type: ignore[return-value] # of the kind that was kept


def _is_paid(payment: Payment) -> bool:
    return payment.status is PaymentStatus.SUCCEEDED


class BillingStage:
    """Billing on a database, with a clock and a gateway in our hands, and the news it told.

    `at_once`: how many jobs are claimed together.
    """

    at_once = 10

    def __init__(self, storage: SqlStorage, **rules: object) -> None:
        self.storage = storage
        self.clock = HandClock()
        self.gateway = FakeGateway()
        self.rules = BillingRules(**rules)  # type: ignore[arg-type] # one dict, many types
        self.told: dict[str, News] = {}
        told = self.hear = telling_of_seats(self.tell, self.clock)
        self.charging = Charging(storage, self.gateway, self.clock, self.rules, told)
        self.cards = Cards(storage, self.gateway, self.clock, self.charging, told)
        self.sending = Sending(
            storage, self.gateway, self.clock, told, return_url="https://t.me/bot"
        )
        self.reconciler = Reconciler(
            storage, self.gateway, self.clock, self.rules, self.charging, self.cards
        )

    def tell(self, _: BillingWork, news: Sequence[News]) -> None:
        self.told |= {each.cause: each for each in news}

    def heard(self, kind: NewsKind) -> list[News]:
        return [each for each in self.told.values() if each.kind is kind]

    async def people(self, *names: str) -> None:
        def unit(work: Work) -> None:
            for name in names:
                user = User(id=name, created_at=NOW, name=name, status=UserStatus.ACTIVE)
                work.users.add(user)

        await self.storage.write(unit)

    async def save_card(self, user_id: str, behaviour: str = GOOD) -> None:
        page = await self.cards.page(
            user_id,
            key=f"test:{user_id}:{len(self.gateway.pages)}",
            currency="EUR",
            expires_at=self.clock.now() + timedelta(hours=1),
            return_url="https://t.me/bot",
        )
        self.gateway.save_card(page, behaviour)
        assert await self.cards.look(page.id)

    async def bill(self, fact: LessonFact) -> Invoice:
        now = self.clock.now()
        billed = await self.storage.write(lambda work: bill_lesson(work, fact, self.rules, now))
        assert billed.invoice is not None
        return billed.invoice

    async def run_jobs(self) -> None:
        """Everything that is due, as the worker would; what fails is left, and told by raising."""
        while jobs := await self.storage.write(self._claim):
            for job in jobs:
                await self._run(job)

    async def invoice(self, invoice_id: str) -> Invoice:
        return await self.storage.read(lambda work: work.billing.invoices.get(invoice_id))

    async def check_books(self) -> None:
        """The chain holds, and the gateway's till is what the ledger says it is."""

        def fault(work: Work) -> object:
            ledger = work.billing.ledger
            return first_fault(ledger.head(), [ledger.entries(0, 10_000)])

        assert await self.storage.read(fault) is None
        cash = await self.storage.read(lambda work: work.billing.ledger.balance("cash"))
        sent = sum(amount.minor for _, amount in self.gateway.transfers.values())
        assert sum(money.minor for money in cash) == self.gateway.taken - sent

    async def balance(self, account: str) -> int:
        held = await self.storage.read(lambda work: work.billing.ledger.balance(account))
        return sum(money.minor for money in held)

    def _claim(self, work: Work) -> Sequence[Job]:
        return work.jobs.claim(self.clock.now(), NOW, timedelta(seconds=60), self.at_once)

    async def _run(self, job: Job) -> None:
        unit = await self.handle(job)

        def done(work: Work) -> None:
            if unit is not None:
                unit(work)
            work.jobs.finish(job.id, self.clock.now())

        await self.storage.write(done)

    async def handle(self, job: Job) -> Callable[[Work], None] | None:
        """What a job writes in the end, after it asked the gateway."""
        match job.kind:
            case "invoice.charge":
                return await self.charging.charge(job.payload["invoice_id"])
            case "invoice.refund":
                return await self.sending.refund(job.payload["refund_id"])
            case "page.close":
                await self.cards.close(job.payload["card_page_id"])
            case "payout.transfer":
                return await self.sending.transfer(job.payload["payout_id"])
        return None
