"""People at the conversation with the simulated Stripe behind it, who buy plans."""

from collections.abc import Sequence
from dataclasses import replace

import aiohttp

from bot.accounts.model import Role
from bot.billing.adapters.pdf import PdfPrinter
from bot.billing.adapters.stripe_gateway import StripeGateway
from bot.billing.adapters.stripe_subscriptions import StripeSubscriptions
from bot.core.money import Money
from bot.flows.conversation import assemble
from bot.flows.dispatch import Dispatch
from bot.flows.pay_desk import PayingParts
from bot.jobs.worker import Worker
from bot.messaging.model import Outgoing
from bot.simulators.stripe import GOOD, StripeSimulator
from bot.storage.engine import SqlStorage
from bot.tiers.model import Plan, Use
from bot.tiers.orders import OrderParts
from bot.tiers.service import Plans
from bot.tiers.terms import PackOffer, Price, Tiers
from tests.message_builders import HandClock
from tests.paying_stage import PayingStage, buttons
from tests.people_at_a_desk import a_desk

PRICES = {Plan.PREMIUM: Money(999, "EUR"), Plan.PRO: Money(2999, "EUR")}
TIERS = Tiers(
    terms={
        plan: replace(terms, price=Price(PRICES[plan], f"price_{plan}") if plan in PRICES else None)
        for plan, terms in Tiers().terms.items()
    },
    packs=(
        PackOffer(name="ai_minutes-60", what=Use.AI_SECONDS, amount=3600, money=Money(499, "EUR")),
    ),
)


class PlansStage(PayingStage):
    """The student "ana" is on Telegram, where plans are sold unless `rails` says otherwise."""

    def __init__(
        self,
        storage: SqlStorage,
        stripe: StripeSimulator,
        clock: HandClock,
    ) -> None:
        super().__init__(storage)
        self.parts.scenes.clock = clock
        self.stripe = stripe
        for plan, price in PRICES.items():
            stripe.subscriptions.add_price(
                f"price_{plan}", price.minor, price.currency, plan.upper()
            )
        self.account = StripeGateway(stripe.key, stripe.url)
        self.plans = Plans(TIERS)
        self.sell("telegram")

    def sell(self, *platforms: str) -> None:
        """Put the product together so that plans are sold there."""
        _, codes, tokens = a_desk()
        scenes = self.parts.scenes
        money = PayingParts(
            gateway=self.account,
            facts=self.facts,
            printer=PdfPrinter(),
            rules=self.rules,
            currency="EUR",
            rails={"telegram": "card"},
        )
        tiers = replace(TIERS, sold_on=frozenset(platforms))
        scenes.rules = replace(scenes.rules, tiers=tiers)
        orders = OrderParts(StripeSubscriptions(self.account.client), tiers, "https://l.example")
        self.product = assemble(self.parts, codes, tokens, money=money, orders=orders)
        self._dispatch = Dispatch(
            self.storage, scenes, self.product.conversation, self.parts.turnstile
        )
        jobs = {**self.product.paying.jobs(), **self.product.plans.jobs()}
        self.worker = Worker(self.storage, self.clock, jobs, is_shared=False)

    async def open(self) -> None:
        await self.join("ana", Role.STUDENT)
        await self.storage.write(self.product.plans.begin)

    async def plan(self, name: str = "ana") -> Plan:
        now = self.clock.now()
        return await self.storage.read(lambda work: self.plans.plan(work, name, now))

    async def left(self, what: Use = Use.AI_SECONDS, name: str = "ana") -> int | None:
        now = self.clock.now()
        verdict = await self.storage.read(lambda w: self.plans.may(w, name, what, 1, now))
        return verdict.left

    async def page(self, data: str) -> str:
        """The address of the page a press leads to."""
        told = await self.presses("ana", data)
        return next(str(each.url) for each in buttons(told, "ana") if each.url)

    async def pays(self, data: str, number: str = GOOD) -> str:
        """Press, and pay on the page; its id."""
        address = await self.page(data)
        session = next(s for s in self.stripe.all("checkout.session") if s["url"] == address)
        self.stripe.complete(session["id"], number, is_proved=True)
        return str(session["id"])

    async def buys(self, data: str) -> list[Outgoing]:
        """Press, pay, and wait until that was noticed."""
        await self.pays(data)
        return await self.noticed()

    async def noticed(self) -> list[Outgoing]:
        """What people are told within the five minutes after which we ask."""
        return [*await self.work(minutes=6), *await self.work(seconds=1)]

    async def submits(self, address: str, **form: str) -> None:
        async with aiohttp.ClientSession() as person:
            await person.post(address, data=form, allow_redirects=False)


def labels(messages: Sequence[Outgoing]) -> str:
    """Everything that can be pressed, in words."""
    return "\n".join(f"{each.data} {each.label}" for each in buttons(messages, "ana"))
