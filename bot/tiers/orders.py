"""Buying plans and packs on pages of the gateway, and learning what became of it.

A page is a row before the gateway hears of it; a subscription is what the gateway says when it is
asked. So whatever a crash cuts off is found again, and no order of events makes a difference.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.core.clock import Clock
from bot.core.crash import crash_point
from bot.core.errors import DomainError, ServiceFailure, Stale
from bot.core.storage import Storage
from bot.tiers.changes import News, apply_order, apply_subscription, pack_of, pack_product
from bot.tiers.gateway import OrderState, OrderStatus, OrderUrl
from bot.tiers.jobs import daily_job, look_job, read_job
from bot.tiers.model import OrderPage, Plan, Subscription, SubscriptionStatus
from bot.tiers.ports import SubscriptionGateway, TierWork
from bot.tiers.terms import Tiers

_log = structlog.get_logger()

Unit = Callable[[TierWork], None]
Tell = Callable[[TierWork, Sequence[News]], None]
"""Words news and puts them on their way, in the unit that caused them."""

Owner = Callable[[TierWork, str], str | None]
"""Whose customer of the gateway this is; None: nobody's here."""

_MOST = 500
_PAGE_LIVES = timedelta(minutes=31)  # the gateway allows no less than thirty
_LOOKED_AT_AFTER = (timedelta(minutes=3), timedelta(minutes=10), timedelta(minutes=30))


class NotSold(DomainError):
    """Nobody can buy this here."""

    key = "tier.not_sold"


class BoughtAlready(DomainError):
    """Another page was paid while this one was asked for."""

    key = "tier.bought_already"


@dataclass(frozen=True, slots=True)
class OrderParts:
    """What buying needs of the world.

    Args:
        return_url: where the gateway's pages lead back to.
        has_webhooks: the gateway tells by itself; otherwise it is asked every five minutes.
    """

    gateway: SubscriptionGateway
    tiers: Tiers
    return_url: str
    has_webhooks: bool = False


class Orders:
    """Every method may be cut off anywhere and called again."""

    def __init__(
        self,
        storage: Storage[TierWork],
        parts: OrderParts,
        clock: Clock,
        tell: Tell,
        owner: Owner,
    ) -> None:
        self._storage = storage
        self._gateway = parts.gateway
        self._parts = parts
        self._clock = clock
        self._tell = tell
        self._owner = owner

    async def plan_page(self, user_id: str, customer_id: str, plan: Plan, key: str, /) -> str:
        """The address of a page on which the person subscribes; the same for the same `key`.

        Raises:
            NotSold, BoughtAlready: nothing is to be bought.
            ServiceFailure: the gateway cannot make one at the moment.
        """
        price = self._parts.tiers.of(plan).price
        if price is None:
            raise NotSold
        row = await self._opened(user_id, plan.value, key)
        made = await self._gateway.plan_page(
            customer_id,
            price.gateway_id,
            key=f"plan:{row.id}",
            order=row.id,
            return_url=self._parts.return_url,
            expires_at=row.expires_at,
        )
        return await self._kept(row, made)

    async def pack_page(
        self, user_id: str, customer_id: str, name: str, title: str, key: str, /
    ) -> str:
        """Likewise, for a pack; `title` is what stands on the page."""
        offer = self._parts.tiers.pack(name)
        if offer is None:
            raise NotSold
        row = await self._opened(user_id, pack_product(name), key)
        made = await self._gateway.pack_page(
            customer_id,
            offer.money,
            key=f"plan:{row.id}",
            order=row.id,
            title=title,
            return_url=self._parts.return_url,
            expires_at=row.expires_at,
        )
        return await self._kept(row, made)

    async def upgrade_page(self, subscription: Subscription, plan: Plan, cause: str, /) -> str:
        """The address of a page that shows what the change costs, and makes it."""
        price = self._parts.tiers.of(plan).price
        if price is None:
            raise NotSold
        url = await self._gateway.upgrade_page(
            subscription, price.gateway_id, return_url=self._parts.return_url
        )
        await self._look_soon(subscription, cause)
        return url

    async def portal(self, subscription: Subscription, cause: str, /) -> str:
        """The address of the page where a subscription is looked after."""
        url = await self._gateway.portal(
            subscription.customer_id, return_url=self._parts.return_url
        )
        await self._look_soon(subscription, cause)
        return url

    async def read(self, gateway_id: str) -> Unit | None:
        """Ask about a subscription; returns what is to be written of it.

        The unit raises Stale when somebody wrote of it meanwhile: what was read may be older.
        """
        before = await self._storage.read(partial(_version, gateway_id))
        state = await self._gateway.subscription(gateway_id)
        crash_point("subscription read")

        def unit(work: TierWork) -> None:
            user_id = self._whose(work, gateway_id, state.order, state.customer_id)
            if user_id is None:
                _log.warning("tiers.subscription_of_nobody", subscription=gateway_id)
                return
            work.users.lock(user_id)
            if _version(gateway_id, work) != before:
                raise Stale
            self._tell(work, apply_subscription(work, self._parts.tiers, user_id, state))

        return unit

    async def look_page(self, page_id: str) -> Unit | None:
        """Ask what became of a page; returns what is to be written of it."""
        state = await self._gateway.order(page_id)
        now = self._clock.now()

        def unit(work: TierWork) -> None:
            self._settle(work, state)
            begun = state.subscription_id
            if begun is not None and state.status is OrderStatus.DONE:
                work.jobs.put(read_job(begun, f"page:{page_id}", now))

        return unit

    async def look(self) -> Unit:
        """Without webhooks: every page that is open, and what is about to change."""
        now = self._clock.now()

        def unsettled(work: TierWork) -> Sequence[Subscription]:
            return [s for s in work.tiers.subscriptions.running(_MOST) if _is_unsettled(s, now)]

        await self._ask(await self._storage.read(unsettled))
        return lambda work: work.jobs.put(look_job(now))

    async def daily(self) -> Unit:
        """Everything that may have changed unseen; one that fails stops no other."""
        now = self._clock.now()
        await self._ask(
            await self._storage.read(lambda work: work.tiers.subscriptions.running(_MOST))
        )
        return lambda work: work.jobs.put(daily_job(now.date() + timedelta(days=1)))

    def begin(self, work: TierWork) -> None:
        """On start: promise to look."""
        now = self._clock.now()
        work.jobs.put(daily_job(now.date()))
        if not self._parts.has_webhooks:
            work.jobs.put(look_job(now))

    async def _ask(self, subscriptions: Sequence[Subscription]) -> None:
        pages = await self._storage.read(lambda work: work.tiers.pages.open(_MOST))
        for page in pages:
            if page.page_id is not None:
                await self._calmly(partial(self.look_page, page.page_id))
        for each in subscriptions:
            await self._calmly(partial(self.read, each.gateway_id))

    async def _calmly(self, look: Callable[[], Awaitable[Unit | None]]) -> None:
        try:
            unit = await look()
            if unit is not None:
                await self._storage.write(unit)
        except (ServiceFailure, Stale) as failure:
            _log.warning("tiers.look_failed", cause=str(failure))

    async def _opened(self, user_id: str, product: str, key: str) -> OrderPage:
        """A row for a page; other pages for the same sort of thing are closed before it."""
        row, others = await self._storage.write(lambda work: self._row(work, user_id, product, key))
        for other in others:
            if await self._is_bought(other):
                raise BoughtAlready
        return row

    def _row(
        self, work: TierWork, user_id: str, product: str, key: str
    ) -> tuple[OrderPage, Sequence[OrderPage]]:
        found = work.tiers.pages.find_by_key(key)
        if found is not None:
            return found, ()
        work.users.lock(user_id)
        is_pack = pack_of(product) is not None
        others = [
            page
            for page in work.tiers.pages.of_user(user_id)
            if page.is_open and (pack_of(page.product) is not None) == is_pack
        ]
        now = self._clock.now()
        row = OrderPage(
            user_id=user_id,
            product=product,
            key=key,
            expires_at=now + _PAGE_LIVES,
            made_at=now,
        )
        return work.tiers.pages.add(row), others

    async def _is_bought(self, other: OrderPage) -> bool:
        if other.page_id is None:  # its maker died; nobody was ever shown it
            await self._storage.write(partial(_close_row, other.id))
            return False
        state = await self._gateway.close(other.page_id)
        await self._storage.write(lambda work: self._settle(work, state))
        if state.subscription_id is not None and state.status is OrderStatus.DONE:
            unit = await self.read(state.subscription_id)
            if unit is not None:
                await self._storage.write(unit)
        return state.status is OrderStatus.DONE

    async def _kept(self, row: OrderPage, made: OrderUrl) -> str:
        crash_point("order page made")

        def unit(work: TierWork) -> None:
            fresh = work.tiers.pages.get(row.id)
            if fresh.page_id is None:
                work.tiers.pages.save(replace(fresh, page_id=made.id))

        await self._storage.write(unit)
        return made.url

    def _settle(self, work: TierWork, state: OrderState) -> None:
        page = work.tiers.pages.find_by_page(state.page_id)
        if page is not None:
            now = self._clock.now()
            self._tell(work, apply_order(work, self._parts.tiers, page, state, now))

    def _whose(
        self, work: TierWork, gateway_id: str, order: str | None, customer_id: str
    ) -> str | None:
        known = work.tiers.subscriptions.find_by_gateway(gateway_id)
        if known is not None:
            return known.user_id
        page = None if order is None else work.tiers.pages.find(order)
        return self._owner(work, customer_id) if page is None else page.user_id

    async def _look_soon(self, subscription: Subscription, cause: str) -> None:
        """What people do on that page is told by webhooks; without them it is looked for."""
        if self._parts.has_webhooks:
            return
        now = self._clock.now()
        jobs = [
            read_job(subscription.gateway_id, f"{cause}:{number}", now + after)
            for number, after in enumerate(_LOOKED_AT_AFTER)
        ]
        await self._storage.write(lambda work: work.jobs.put(*jobs))


def _version(gateway_id: str, work: TierWork) -> int | None:
    found = work.tiers.subscriptions.find_by_gateway(gateway_id)
    return None if found is None else found.version


def _close_row(row_id: str, work: TierWork) -> None:
    work.tiers.pages.save(replace(work.tiers.pages.get(row_id), is_open=False))


def _is_unsettled(subscription: Subscription, now: datetime) -> bool:
    is_quiet = subscription.status is SubscriptionStatus.ACTIVE and now < subscription.paid_until
    return not is_quiet or (subscription.ends_at is not None and subscription.ends_at <= now)
