"""Seats that are paid: a teacher's conversations, people who book them, and who collects."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from bot.billing.gateway import PageStatus
from bot.billing.model import Invoice
from bot.billing.ports import BillingWork
from bot.billing.seats import SeatBilling
from bot.core.entity import new_id
from bot.core.money import Money
from bot.flows.live.core import live_core
from bot.flows.live.seat_paying import SeatMoney, StoredSeats
from bot.flows.ports import FlowWork
from bot.jobs.model import Job
from bot.live.model import LiveConversation, Seat
from bot.live.policy import LivePolicy
from bot.live.ports import SeatChange, SeatNews
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.billing_stage import BillingStage

T = TypeVar("T")
TEACHER = "teacher"
HOUR = timedelta(hours=1)


class SeatStage(BillingStage):
    """Billing, and live conversations whose seats it collects for.

    `changes`: everything that happened to seats; `bills`: the invoice of each seat that has one.
    """

    at_once = 50

    def __init__(self, storage: SqlStorage, **rules: object) -> None:
        super().__init__(storage, **rules)
        self.core = live_core(self.clock, LivePolicy(), takes_money=True)
        self.changes: list[SeatChange] = []
        self.bills: dict[str, str] = {}
        self.seats = _Watched(
            self.bills,
            storage,
            self.charging,
            self.clock,
            self.rules,
            self.tell,
            StoredSeats(self.core.seats),
        )
        self.core.add_listener(seats=self)
        self.core.add_listener(seats=SeatMoney(self.seats))

    def on_seat(self, _: FlowWork, change: SeatChange, /) -> None:
        self.changes.append(change)

    async def conversation(
        self,
        price: Money | None = None,
        *,
        seats: int = 8,
        days: float = 3,
        host: str = TEACHER,
    ) -> LiveConversation:
        """One of an hour, so many days from now."""
        price = price or Money(1200, "EUR")
        starts_at = self.clock.now() + timedelta(days=days)
        planned = LiveConversation(
            id=new_id(),
            host_id=host,
            title="Coffee and small talk",
            language="es",
            starts_at=starts_at,
            ends_at=starts_at + HOUR,
            seats=seats,
            price_minor=price.minor,
            currency=price.currency,
            wall_time=f"{starts_at:%Y-%m-%dT%H:%M}",
            zone="UTC",
            tz_version="test",
            created_at=self.clock.now(),
        )
        return await self.storage.write(lambda work: work.live.conversations.add(planned))

    async def book(self, conversation: LiveConversation, name: str) -> Seat:
        return await self.do(lambda work: self.core.seats.book(work, conversation.id, name))

    async def leave(self, conversation: LiveConversation, name: str) -> Seat:
        return await self.do(lambda work: self.core.seats.leave(work, conversation.id, name))

    async def call_off(self, conversation: LiveConversation) -> None:
        await self.do(
            lambda work: self.core.planning.cancel(work, conversation.id, conversation.host_id)
        )

    async def open_page(self, seat: Seat) -> str:
        """The page of the gateway; its id."""
        await self.seats.page(seat.id)
        return next(reversed(self.gateway.pages))

    async def pay(self, seat: Seat) -> None:
        """On its page, and nobody has told us yet."""
        self.gateway.pay(await self.open_page(seat))

    async def buy(self, conversation: LiveConversation, name: str) -> Seat:
        """Book, pay, and everything that follows."""
        seat = await self.book(conversation, name)
        await self.pay(seat)
        await self.told_by_gateway()
        return await self.seat(conversation, name)

    async def told_by_gateway(self) -> None:
        """The look every five minutes, and what follows from it."""
        await self.reconciler.look()
        await self.run_jobs()

    async def seat(self, conversation: LiveConversation, name: str) -> Seat:
        found = await self.storage.read(lambda work: work.live.seats.find_of(conversation.id, name))
        assert found is not None
        return found

    async def bill_of(self, seat: Seat) -> Invoice:
        found = await self.storage.read(lambda work: work.billing.invoices.find_of_seat(seat.id))
        assert found is not None
        return found

    async def do(self, unit: Callable[[Work], T]) -> T:
        return await self.storage.write(unit)

    async def handle(self, job: Job) -> Callable[[Work], None] | None:
        """The jobs of seats too."""
        match job.kind:
            case "seat.close":
                return await self.seats.close(job.payload["invoice_id"])
            case "seat.settle":
                return lambda work: self.seats.settle(work, job.payload["invoice_id"])
        course = self.core.course.jobs().get(job.kind)
        return await super().handle(job) if course is None else partial(_run, course, job)

    def told_of(self, name: str) -> Sequence[SeatNews]:
        return [change.news for change in self.changes if change.seat.user_id == name]

    def open_pages(self) -> Sequence[str]:
        still = [p for p, (_, _, amount) in self.gateway._page_of.items() if amount is not None]
        return [page for page in still if self.gateway.pages[page] is PageStatus.OPEN]


class _Watched(SeatBilling):
    """Tells which invoice a seat has."""

    def __init__(self, bills: dict[str, str], *parts: Any) -> None:
        super().__init__(*parts)
        self._bills = bills

    def open(self, work: BillingWork, seat_id: str) -> Invoice:
        draft = super().open(work, seat_id)
        self._bills[seat_id] = draft.id
        return draft


def _run(handler: Callable[[FlowWork, Job], None], job: Job, work: Work) -> None:
    handler(work, job)
