"""Random weather over money: calls cut off anywhere, news lost, doubled and out of order, credits.

In the end the students have paid what is owed, to the cent, and the ledger says so.
"""

import random
from datetime import timedelta
from pathlib import Path

import pytest

from bot.billing.charging import NothingToPay
from bot.billing.collecting import due
from bot.billing.events import apply_gateway_event
from bot.billing.gateway import GatewayEvent, PageStatus, PaymentChanged, RefundChanged
from bot.billing.invoicing import credit
from bot.billing.model import Invoice, InvoiceState
from bot.core.errors import Cause, ServiceFailure
from bot.core.money import Money
from bot.messaging.instance import Instance
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Work
from tests.billing_stage import AUTHENTICATION, DECLINED, GOOD, BillingStage
from tests.services.test_billing import minutes

_STEPS = 30
_LESSONS = 4


class Weather:
    """One run: a stage, and what may happen to it."""

    def __init__(self, stage: BillingStage, rng: random.Random) -> None:
        self.stage = stage
        self.rng = rng
        self.invoices: list[Invoice] = []
        stage.gateway.breaks = self.cut

    def cut(self, _: str) -> None:
        if self.rng.random() < 0.25:
            raise ServiceFailure("gateway", Cause.UNREACHABLE)

    async def step(self) -> None:
        what = self.rng.choice((self.bill, self.work, self.work, self.tell, self.credit))
        await self.rng.choice((what, what, what, self.save_card, self.open_page, self.pay))()

    async def bill(self) -> None:
        number = len(self.invoices)
        if number < _LESSONS:
            length = self.rng.choice((1, 1, 7, 46))
            self.invoices.append(await self.stage.bill(minutes(length, f"lesson-{number}")))

    async def work(self) -> None:
        """One round of jobs; what fails is tried again later."""
        stage, now = self.stage, self.stage.clock.now()
        for job in await stage.storage.write(stage._claim):
            try:
                await stage._run(job)
            except ServiceFailure:
                await stage.storage.write(lambda work, j=job: work.jobs.postpone(j.id, now))

    async def tell(self) -> None:
        """Some events, in any order; some of them again."""
        gateway = self.stage.gateway
        events: list[GatewayEvent] = [PaymentChanged(p) for p in gateway.payments.values()]
        events += [RefundChanged(refund) for refund in gateway.refunds.values()]
        for event in self.rng.choices(events, k=3) if events else ():
            await self.stage.storage.write(lambda work, e=event: self._hear(work, e))

    async def credit(self) -> None:
        if self.invoices:
            invoice, cause = self.rng.choice(self.invoices), f"c{self.rng.randint(0, 9)}"
            amount = Money(self.rng.choice((1, 40, 300, 5_000)), "EUR")
            await self.stage.storage.write(lambda work: self._credit(work, invoice, amount, cause))

    async def save_card(self) -> None:
        await self.stage.save_card("student", self.rng.choice((GOOD, DECLINED, AUTHENTICATION)))

    async def open_page(self) -> None:
        if self.invoices:
            try:
                await self.stage.charging.page(self.rng.choice(self.invoices).id, "Lesson")
            except (ServiceFailure, NothingToPay):
                return

    async def pay(self) -> None:
        """The student pays on a page that is open."""
        gateway = self.stage.gateway
        pages = [p for p, (_, _, amount) in gateway._page_of.items() if amount is not None]
        still = [page for page in pages if gateway.pages[page] is PageStatus.OPEN]
        if still:
            gateway.pay(self.rng.choice(still))

    async def settle(self) -> None:
        """Fine weather: everything that is owed is collected, everything told."""
        stage = self.stage
        stage.gateway.breaks = lambda _: None
        await stage.save_card("student", GOOD)
        for _ in range(4):
            stage.clock.move(timedelta(days=1))
            await stage.storage.write(await stage.reconciler.daily())
            await self.work()
            await self.work()

    def _hear(self, work: Work, event: GatewayEvent) -> None:
        self.stage.tell(work, apply_gateway_event(work, event, self.stage.clock.now()))

    def _credit(self, work: Work, invoice: Invoice, amount: Money, cause: str) -> None:
        fresh = work.billing.invoices.get(invoice.id)
        now = self.stage.clock.now()
        self.stage.tell(work, credit(work, fresh, amount, f"{cause}:{invoice.id}", now))


def owed(work: Work) -> int:
    """What all students owe, but for what waits for a next invoice."""
    party = work.billing.parties.of_user("student")[0]
    roots = [
        invoice
        for invoice in work.billing.invoices.of_payers([party.id], 100)
        if invoice.carried_to is None and invoice.state is not InvoiceState.CARRIED
    ]
    return sum(due(work, root).minor for root in roots)


async def check_random_weather(seeds: range, folder: Path, template: bytes, key: Keyring) -> None:
    for seed in seeds:
        file = folder / f"{seed}.db"
        file.write_bytes(template)
        storage = open_storage(f"sqlite+aiosqlite:///{file}", key, Instance())
        await storage.open()
        stage = BillingStage(storage)
        await stage.people("student", "teacher")
        weather = Weather(stage, random.Random(seed))
        await weather.bill()
        for _ in range(_STEPS):
            await weather.step()
        await weather.settle()
        assert stage.gateway.taken == await storage.read(owed), f"seed {seed}"
        await stage.check_books()
        await storage.aclose()
        file.unlink()


async def test_in_any_weather_what_is_owed_is_paid_once(
    sqlite_template: Path, tmp_path: Path, keyring: Keyring
) -> None:
    await check_random_weather(range(6), tmp_path, sqlite_template.read_bytes(), keyring)


@pytest.mark.soak
async def test_in_much_weather_what_is_owed_is_paid_once(
    sqlite_template: Path, tmp_path: Path, keyring: Keyring
) -> None:
    await check_random_weather(range(6, 1_000), tmp_path, sqlite_template.read_bytes(), keyring)
