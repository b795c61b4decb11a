"""The plan of /settings: what somebody has, what is left of it, and ways to more."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import cast

from bot.billing.parties import party_of
from bot.core.errors import DomainError
from bot.core.storage import Storage
from bot.flows.awaiting import Awaited
from bot.flows.commands import Command
from bot.flows.dispatch import Press
from bot.flows.pay_desk import PayDesk
from bot.flows.people import in_private
from bot.flows.plan_news import PLAN_PREFIX, PlanNews
from bot.flows.plan_words import COUNTED, amount_of, given_lines, left_lines, plan_name, use_name
from bot.flows.ports import FlowWork
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.i18n.formats import day_in
from bot.i18n.money import money
from bot.jobs.model import Job
from bot.messaging.model import Button, Paragraph, Style
from bot.tiers.jobs import DAILY_JOB, LOOK_JOB, PAGE_JOB, READ_JOB
from bot.tiers.model import Plan, Subscription, SubscriptionStatus
from bot.tiers.orders import OrderParts, Orders
from bot.tiers.ports import TierWork
from bot.tiers.service import Plans
from bot.tiers.terms import PackOffer, Price

Unit = Callable[[FlowWork], None]
AwaitedJob = Callable[[Job], Awaitable[Unit | None]]


class PlanDesk:
    """The view and its buttons.

    Args:
        pay: knows people's names at the gateway.
        own: None where nobody collects money: then there is nothing to buy.
    """

    def __init__(self, parts: Parts, pay: PayDesk | None, own: OrderParts | None) -> None:
        self._parts = parts
        self._pay = pay
        self._plans = Plans(parts.scenes.rules.tiers)
        self._orders = None
        if own is not None and pay is not None:
            storage = cast("Storage[TierWork]", parts.storage)
            clock = parts.scenes.clock
            self._orders = Orders(storage, own, clock, PlanNews(clock), _owner)

    def commands(self) -> Sequence[Command]:
        return ()

    def presses(self) -> Mapping[str, Press]:
        return {PLAN_PREFIX: in_private(self._press)}

    def jobs(self) -> Mapping[str, AwaitedJob]:
        """For the worker."""
        orders = self._orders
        if orders is None:
            return {}

        async def read(job: Job) -> Unit | None:
            return await orders.read(job.payload["subscription"])

        async def page(job: Job) -> Unit | None:
            return await orders.look_page(job.payload["page"])

        async def look(_: Job) -> Unit | None:
            return await orders.look()

        async def daily(_: Job) -> Unit | None:
            return await orders.daily()

        return {READ_JOB: read, PAGE_JOB: page, LOOK_JOB: look, DAILY_JOB: daily}

    def begin(self, work: FlowWork) -> None:
        """On start: promise to ask the gateway."""
        if self._orders is not None:
            self._orders.begin(work)

    def _press(self, scene: Scene, data: str) -> Later | None:
        """`data` is "<action>:<plan or pack>"."""
        action, _, name = data.partition(":")
        match action:
            case "show":
                return self._show(scene)
            case "buy":
                return self._buy(scene, _plan(name))
            case "pack":
                return self._pack(scene, name)
            case "manage":
                return self._manage(scene)
        raise StaleButton

    def _show(self, scene: Scene) -> Later | None:
        scene.answer_button()
        user, work, now = scene.user, scene.work, scene.now
        found, plan = self._plans.running(work, user.id), self._plans.plan(work, user.id, now)
        accounts = [self._plans.account(work, user.id, what, now) for what in COUNTED]
        lines = [line for a in accounts for line in left_lines(a, scene.texts, user.time_zone)]
        lines.append(scene.texts("tier.peers"))
        body = [scene.text("tier.title", Style.STRONG, plan=plan_name(plan, scene.texts))]
        if found is not None:
            body.append(_standing(scene, found))
        body.append(Paragraph("\n".join(lines), Style.QUOTE))
        scene.show(*body, *self._offers(scene, plan), buttons=self._rows(scene, plan, found))
        return None

    def _offers(self, scene: Scene, plan: Plan) -> Sequence[Paragraph]:
        """What larger plans give, where they can be bought."""
        sold = self._sold(plan)
        if not sold:
            return ()
        if not self._is_sold_here(scene):
            return (scene.text("tier.not_here"),)
        return [
            Paragraph(
                "\n".join(
                    [
                        _priced(scene, each, price),
                        *given_lines(self._plans.tiers, each, scene.texts),
                    ]
                )
            )
            for each, price in sold.items()
        ]

    def _rows(
        self, scene: Scene, plan: Plan, found: Subscription | None
    ) -> Sequence[Sequence[Button]]:
        rows = []
        if self._is_sold_here(scene):
            for each, price in self._sold(plan).items():
                label = _priced(scene, each, price)
                rows.append([Button(label, f"{PLAN_PREFIX}:buy:{each}")])
            for pack in self._plans.tiers.packs:
                label = _packed(scene, pack)
                rows.append([Button(label, f"{PLAN_PREFIX}:pack:{pack.name}")])
        if found is not None and self._orders is not None:
            rows.append([scene.button("tier.button.manage", f"{PLAN_PREFIX}:manage")])
        return rows

    def _buy(self, scene: Scene, plan: Plan) -> Later | None:
        orders, user_id, key = self._selling(scene), scene.user.id, scene.incoming.key
        found = self._plans.running(scene.work, user_id)
        if found is not None and found.plan.rank >= plan.rank:
            return self._manage(scene)

        async def ask() -> str:
            if found is not None:
                return await orders.upgrade_page(found, plan, key)
            customer = await self._customer(user_id)
            return await orders.plan_page(user_id, customer, plan, f"event:{key}")

        return Awaited(self._parts, ask, _offer_page)

    def _pack(self, scene: Scene, name: str) -> Later | None:
        orders, user_id, key = self._selling(scene), scene.user.id, scene.incoming.key
        offer = self._plans.tiers.pack(name)
        if offer is None:
            raise StaleButton
        title = f"LinguaFlex {_packed_words(scene, offer)}"

        async def ask() -> str:
            customer = await self._customer(user_id)
            return await orders.pack_page(user_id, customer, name, title, f"event:{key}")

        return Awaited(self._parts, ask, _offer_page)

    def _manage(self, scene: Scene) -> Later | None:
        """Offered wherever the person is: looking after a plan is nothing that is sold."""
        orders, key = self._orders, scene.incoming.key
        found = self._plans.running(scene.work, scene.user.id)
        if orders is None or found is None:
            raise StaleButton

        async def ask() -> str:
            return await orders.portal(found, key)

        return Awaited(self._parts, ask, _offer_portal)

    def _selling(self, scene: Scene) -> Orders:
        """Raises DomainError where this person cannot buy anything here."""
        if not scene.user.is_registered:
            raise DomainError("command.register_first")
        if scene.user.is_minor:
            raise DomainError("tier.adults")
        if self._orders is None or not self._is_sold_here(scene):
            raise DomainError("tier.not_here")
        return self._orders

    def _is_sold_here(self, scene: Scene) -> bool:
        is_sold = scene.incoming.address.platform in self._plans.tiers.sold_on
        return self._orders is not None and is_sold and not scene.user.is_minor

    def _sold(self, plan: Plan) -> Mapping[Plan, Price]:
        """Larger plans that have a price."""
        terms = {each: self._plans.tiers.of(each) for each in plan.larger}
        return {each: t.price for each, t in terms.items() if t.price is not None}

    async def _customer(self, user_id: str) -> str:
        if self._pay is None:
            raise DomainError("tier.not_here")
        now = self._parts.scenes.clock.now()
        party = await self._parts.storage.write(lambda work: party_of(work, user_id, now))
        return await self._pay.charging.customer(party)


def _owner(work: TierWork, customer_id: str) -> str | None:
    """Whose customer this is, for subscriptions that were made by hand at the gateway."""
    party = cast(FlowWork, work).billing.parties.find_by_customer(customer_id)
    return None if party is None else party.user_id


def _plan(name: str) -> Plan:
    try:
        return Plan(name)
    except ValueError as error:
        raise StaleButton from error


def _standing(scene: Scene, found: Subscription) -> Paragraph:
    """Until when it is paid, or lasts."""
    key = "tier.paid_until"
    if found.ends_at is not None:
        key = "tier.ends"
    elif found.status is SubscriptionStatus.PAST_DUE:
        key = "tier.late"
    until = found.ends_at or found.paid_until
    return scene.text(key, date=day_in(until, scene.texts.language, scene.user.time_zone))


def _priced(scene: Scene, plan: Plan, price: Price) -> str:
    amount = money(price.money, scene.texts.language)
    return scene.texts("tier.priced", plan=plan_name(plan, scene.texts), price=amount)


def _packed(scene: Scene, pack: PackOffer) -> str:
    amount = money(pack.money, scene.texts.language)
    return scene.texts("tier.button.pack", what=_packed_words(scene, pack), price=amount)


def _packed_words(scene: Scene, pack: PackOffer) -> str:
    amount = amount_of(pack.what, pack.amount, scene.texts)
    return f"{use_name(pack.what, scene.texts)}: {amount}"


def _offer_page(scene: Scene, url: str) -> None:
    scene.answer_button()
    scene.say(
        scene.text("tier.page"),
        buttons=[[Button(scene.texts("tier.button.page"), url=url)]],
    )


def _offer_portal(scene: Scene, url: str) -> None:
    scene.answer_button()
    scene.say(
        scene.text("tier.portal"),
        buttons=[[Button(scene.texts("tier.button.page"), url=url)]],
    )
