"""Random histories of paid seats: booked, paid, declined, left, moved, called off, told anyhow.

An oracle that knows prices and the policy only says what everybody has paid in the end; the
gateway, the seats and the ledger must say the same, to the cent.
"""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import pytest

from bot.billing.charging import NothingToPay
from bot.billing.events import apply_gateway_event
from bot.billing.gateway import (
    GatewayEvent,
    PageStatus,
    Payment,
    PaymentChanged,
    PaymentStatus,
    RefundChanged,
)
from bot.billing.ledger import first_fault
from bot.billing.model import Invoice, InvoiceState
from bot.billing.news import NewsKind
from bot.billing.payouts import earnings_of
from bot.billing.seats import SeatNotHeld
from bot.core.errors import Cause, DomainError, ServiceFailure, Stale
from bot.core.money import Money
from bot.jobs.model import Job
from bot.live.model import LiveConversation, PaymentState, Seat, SeatStatus
from bot.live.ports import SeatChange, SeatNews
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.seat_stage import HOUR, SeatStage

STEPS = 10
AT_ONCE = 125  # histories that happen side by side, in one world
PEOPLE = 4
RARE = 0.15
PRICES = (Money(1200, "EUR"), Money(999, "USD"), Money(1500, "JPY"), Money(0, "EUR"))
Taken = tuple[dict[str, list[int]], dict[str, list[int]]]
ALL_BACK = {SeatNews.REMOVED, SeatNews.CALLED_OFF, SeatNews.TOO_LATE, SeatNews.LEFT_US}


class Oracle:
    """What each seat has cost its person in the end, by prices and the policy alone."""

    def __init__(self, stage: SeatStage) -> None:
        self._stage = stage
        self.kept: Counter[str] = Counter()

    def on_seat(self, _: object, change: SeatChange, /) -> None:
        seat, it = change.seat, change.conversation
        if change.news is SeatNews.CONFIRMED:
            self.kept[seat.id] = it.price_minor
        elif change.news is SeatNews.LEFT and self.kept[seat.id]:
            is_early = self._stage.clock.now() <= it.starts_at - timedelta(hours=12)
            was_moved = it.moved_at is not None and seat.booked_at < it.moved_at
            half = (it.price_minor + 1) // 2  # half a cent goes up
            self.kept[seat.id] = 0 if is_early or was_moved else half
        elif change.news in ALL_BACK:
            self.kept[seat.id] = 0


class History:
    """One conversation and its people, and what may happen there."""

    def __init__(self, stage: SeatStage, seed: int, conversation: LiveConversation) -> None:
        self.stage = stage
        self.seed = seed
        self.rng = random.Random(seed)
        self.it = conversation
        self.names = [f"p{number}" for number in range(PEOPLE)]
        self.seats: dict[str, Seat] = {}
        self.seat_ids: set[str] = set()
        self.shown: set[str] = set()

    def seen(self, seat: Seat) -> None:
        """What somebody has here at the moment."""
        self.seats[seat.user_id] = seat
        self.seat_ids.add(seat.id)

    async def step(self) -> None:
        """Mostly somebody goes on with what they want; now and then anything happens."""
        held = [seat for seat in self.seats.values() if seat.status is SeatStatus.HELD]
        ways: list[Callable[[], Awaitable[object]]] = [self.book, self.leave, self.hear]
        ways += [self.open_page] * 3 if held else [self.book] * 3
        ways += [self.pay] * 5 if self.pages() else []
        if self.rng.random() < RARE:
            ways = [self.decline, self.debit, self.decide, self.remove, self.move, self.open_page]
        await self.rng.choice(ways)()

    async def book(self) -> None:
        name = self.rng.choice(self.names)
        await self._try(lambda work: self.stage.core.seats.book(work, self.it.id, name))

    async def leave(self) -> None:
        name = self.rng.choice(self.names)
        await self._try(lambda work: self.stage.core.seats.leave(work, self.it.id, name))

    async def remove(self) -> None:
        name, host = self.rng.choice(self.names), self.it.host_id
        await self._try(lambda work: self.stage.core.seats.remove(work, self.it.id, name, host))

    async def move(self) -> None:
        """To another time, or called off for good."""
        planning, host = self.stage.core.planning, self.it.host_id
        if self.rng.random() < RARE:
            await self._try(lambda work: planning.cancel(work, self.it.id, host))
            return
        by = timedelta(hours=self.rng.choice((-2, 24)))

        def unit(work: Work) -> object:
            it = work.live.conversations.get(self.it.id)
            return planning.move(work, it.id, host, it.starts_at + by, it.ends_at + by)

        await self._try(unit)

    @property
    def now(self) -> datetime:
        return self.stage.clock.now()

    async def open_page(self) -> None:
        """Of a held seat; a press on an old button is one of another seat."""
        seats = list(self.seats.values())
        held = [seat for seat in seats if seat.status is SeatStatus.HELD] or seats
        if held:
            seat = self.rng.choice(held)
            with suppress(ServiceFailure, SeatNotHeld, NothingToPay, Stale):
                url = await self.stage.seats.page(seat.id)
                self.shown.add(url.rpartition("/")[2])

    async def pay(self) -> None:
        self._on_page(self.stage.gateway.pay)

    async def decline(self) -> None:
        self._on_page(self.stage.gateway.decline)

    async def debit(self) -> None:
        self._on_page(self.stage.gateway.debit)

    async def decide(self) -> None:
        """A bank makes up its mind."""
        for payment in self.payments():
            if payment.status is PaymentStatus.PROCESSING:
                decide(self.stage, self.rng, payment)

    async def hear(self) -> None:
        """Events in any order, some of them again."""
        events: list[GatewayEvent] = [PaymentChanged(each) for each in self.payments()]
        events += [RefundChanged(each) for each in self.stage.gateway.refunds.values()][-3:]
        for event in self.rng.choices(events, k=2) if events else ():
            await self._try(partial(self._hear, event))

    @property
    def bills(self) -> set[str]:
        known = self.stage.bills
        return {known[seat_id] for seat_id in tuple(self.seat_ids) if seat_id in known}

    def pages(self) -> Sequence[str]:
        """On which somebody can pay: open, and somebody was told where."""
        known = self.stage.gateway.pages
        return [page for page in self.shown if known[page] is PageStatus.OPEN]

    def payments(self) -> Sequence[Payment]:
        known, bills = self.stage.gateway.payments.values(), self.bills
        return [payment for payment in known if payment.invoice_id in bills]

    def _on_page(self, act: Callable[[str], object]) -> None:
        pages = self.pages()
        if pages:
            act(self.rng.choice(sorted(pages)))

    async def _try(self, unit: Callable[[Work], object]) -> None:
        with suppress(DomainError):
            await self.stage.do(unit)

    def _hear(self, event: GatewayEvent, work: Work) -> None:
        self.stage.hear(work, apply_gateway_event(work, event, self.now))


def decide(stage: SeatStage, rng: random.Random, payment: Payment) -> None:
    if rng.random() < 0.5:
        stage.gateway.decide(payment.id, PaymentStatus.SUCCEEDED)
    else:
        stage.gateway.decide(payment.id, PaymentStatus.NEEDS_CARD, "no_account")


class World:
    """Many histories at once: one clock, one gateway, one ledger."""

    def __init__(self, storage: SqlStorage, seed: int) -> None:
        self.rng = random.Random(seed)
        self.seed = seed
        self.stage = SeatStage(storage)
        self.oracle = Oracle(self.stage)
        self.stage.core.add_listener(seats=self.oracle)
        self.stage.core.add_listener(seats=self)
        self.stage.gateway.name = f"{seed}-"
        self.stage.gateway.breaks = self._cut
        self.histories: dict[str, History] = {}

    def on_seat(self, _: object, change: SeatChange, /) -> None:
        self.histories[change.conversation.id].seen(change.seat)

    async def begin(self) -> None:
        await self.stage.people(*(host_of(self.seed, number) for number in range(AT_ONCE)))
        for number in range(AT_ONCE):
            made = await self.stage.conversation(
                PRICES[number % len(PRICES)],
                seats=self.rng.choice((1, 2, 3)),
                days=self.rng.choice((0.3, 0.6, 1, 2)),
                host=host_of(self.seed, number),
            )
            self.histories[made.id] = History(self.stage, self.seed * 1_000 + number, made)

    async def live(self) -> None:
        """Everything happens side by side; now and then time goes on."""
        for _ in range(STEPS):
            await asyncio.gather(*(history.step() for history in self.histories.values()))
            if self.rng.random() < 0.2:
                self.stage.clock.move(
                    self.rng.choice((timedelta(minutes=16), timedelta(minutes=16), 2 * HOUR))
                )
            await self.work()

    async def work(self) -> None:
        """One round of jobs, side by side; what fails is tried again later."""
        jobs = await self.stage.storage.write(self.stage._claim)
        await asyncio.gather(*(self._try(job) for job in jobs))

    async def settle(self) -> None:
        """Fine weather: banks decide, everything is told, and every conversation is over."""
        self.stage.gateway.breaks = lambda _: None
        for payment in list(self.stage.gateway.payments.values()):
            if payment.status is PaymentStatus.PROCESSING:
                decide(self.stage, self.rng, payment)
        await self.stage.reconciler.look()
        await self._everything_due()
        self.stage.clock.move(timedelta(days=4))
        await self._everything_due()
        await self.stage.do(await self.stage.reconciler.daily())
        await self._everything_due()

    async def _everything_due(self) -> None:
        while jobs := await self.stage.storage.write(self.stage._claim):
            await asyncio.gather(*(self._try(job) for job in jobs))

    async def _try(self, job: Job) -> None:
        try:
            await self.stage._run(job)
        except (ServiceFailure, Stale):
            now = self.stage.clock.now()
            await self.stage.storage.write(lambda work: work.jobs.postpone(job.id, now))

    def _cut(self, _: str) -> None:
        if self.rng.random() < 0.15:
            raise ServiceFailure("gateway", Cause.UNREACHABLE)


async def check(world: World) -> None:
    """Gateway, seats, bills, ledger and oracle say the same."""
    await world.stage.storage.read(partial(check_stored, world))
    told = Counter(news.invoice_id for news in world.stage.heard(NewsKind.PAID))
    assert set(told.values()) <= {1}


def check_stored(world: World, work: Work) -> None:
    ledger = work.billing.ledger
    assert first_fault(ledger.head(), [ledger.entries(0, 1_000_000)]) is None
    money = money_of(world.stage)
    for history in world.histories.values():
        check_history(history, world.oracle.kept, money, work)


def check_history(history: History, kept: Counter[str], money: Taken, work: Work) -> None:
    name, (paid, back), teachers = f"history {history.seed}", money, 0
    for seat_id in history.seat_ids & history.stage.bills.keys():
        bill = work.billing.invoices.get(history.stage.bills[seat_id])
        assert len(paid[bill.id]) <= 1, name  # nobody is charged twice
        assert sum(paid[bill.id]) - sum(back[bill.id]) == kept[seat_id] == due(bill), name
        assert bill.state in {InvoiceState.PAID, InvoiceState.VOID}, name
        teachers += kept[seat_id] - (kept[seat_id] * 15 + 50) // 100
    assert earned(history, work) == teachers, name
    for seat in work.live.seats.of_conversation(history.it.id):
        assert_true_to_the_money(seat, kept[seat.id])


def earned(history: History, work: Work) -> int:
    """What the teacher can be sent, or was."""
    parties = work.billing.parties.of_user(history.it.host_id)
    later = history.now + timedelta(days=9)
    known = earnings_of(work, parties, history.stage.rules, later)
    return sum((each.ready + each.sent).minor for each in known)


def host_of(seed: int, number: int) -> str:
    return f"host-{seed}-{number}"


def assert_true_to_the_money(seat: Seat, kept: int) -> None:
    """The seat says the same as the oracle."""
    if seat.payment in {PaymentState.PAID, PaymentState.REFUNDED}:
        assert seat.amount_minor - seat.refunded_minor == kept
    else:
        assert kept == 0
    assert seat.payment is not PaymentState.PENDING


def due(bill: Invoice) -> int:
    """What a bill comes to; a draft to nothing."""
    return bill.owed.minor if bill.number is not None else 0


def money_of(stage: SeatStage) -> Taken:
    """What the gateway took and gave back, by invoice."""
    paid: dict[str, list[int]] = defaultdict(list)
    back: dict[str, list[int]] = defaultdict(list)
    for payment in stage.gateway.payments.values():
        if payment.status is PaymentStatus.SUCCEEDED:
            paid[payment.invoice_id or ""].append(payment.amount.minor)
    for payment_id, amount in stage.gateway.refunded:
        back[stage.gateway.payments[payment_id].invoice_id or ""].append(amount.minor)
    return paid, back


async def check_worlds(storage: SqlStorage, seeds: range) -> None:
    await SeatStage(storage).people(*(f"p{number}" for number in range(PEOPLE)))
    for seed in seeds:
        world = World(storage, seed)
        await world.begin()
        await world.live()
        await world.settle()
        await check(world)


@pytest.fixture
def worlds(database_url: str) -> int:
    """Most of the histories where they take less time."""
    return 3 if database_url.startswith("sqlite") else 1


async def test_in_random_histories_everybody_has_paid_what_their_seat_cost(
    storage: SqlStorage,
) -> None:
    await check_worlds(storage, range(1))


@pytest.mark.soak
async def test_in_many_random_histories_everybody_has_paid_what_their_seat_cost(
    storage: SqlStorage, worlds: int
) -> None:
    await check_worlds(storage, range(10, 10 + 10 * worlds))
