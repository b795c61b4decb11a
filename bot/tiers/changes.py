"""What the gateway says of plans, made into what we know; in any order, and any number of times."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import structlog

from bot.tiers.gateway import OrderState, OrderStatus, SubscriptionState
from bot.tiers.model import (
    GIVING,
    OrderPage,
    Pack,
    Plan,
    Subscription,
    SubscriptionStatus,
    Use,
)
from bot.tiers.ports import TierWork
from bot.tiers.terms import Tiers

_log = structlog.get_logger()
_PACK = "pack:"


class NewsKind(StrEnum):
    """What people hear of their plan."""

    STARTED = "started"
    CHANGED = "changed"
    UNPAID = "unpaid"
    PAID_AGAIN = "paid_again"
    ENDING = "ending"
    GOES_ON = "goes_on"
    ENDED = "ended"
    PACK = "pack"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing somebody should hear.

    Args:
        cause: unique, and the same for the same news.
        until: when the plan ends, or is paid again.
        what, amount: of a pack.
    """

    kind: NewsKind
    user_id: str
    cause: str
    plan: Plan = Plan.FREE
    until: datetime | None = None
    what: Use | None = None
    amount: int = 0


def pack_product(name: str) -> str:
    """How an order names a pack."""
    return f"{_PACK}{name}"


def pack_of(product: str) -> str | None:
    """The pack an order names; None: it is for a plan."""
    return product.removeprefix(_PACK) if product.startswith(_PACK) else None


def apply_subscription(
    work: TierWork, tiers: Tiers, user_id: str, state: SubscriptionState
) -> Sequence[News]:
    """Write down a subscription as it stands; what is known already is told to nobody."""
    known = work.tiers.subscriptions.find_by_gateway(state.gateway_id)
    plan = tiers.plan_of_price(state.price_id) or (known.plan if known else None)
    if plan is None:
        _log.error("tiers.price_unknown", subscription=state.gateway_id, price=state.price_id)
        return ()
    if known is None:
        saved = work.tiers.subscriptions.add(_as_told(None, user_id, plan, state))
    else:
        told = _as_told(known, known.user_id, plan, state)
        if told == known:
            return ()
        saved = work.tiers.subscriptions.save(told)
    return [_worded(saved, kind) for kind in _differences(known, saved)]


def apply_order(
    work: TierWork, tiers: Tiers, page: OrderPage, state: OrderState, now: datetime
) -> Sequence[News]:
    """What became of a page; what a paid one sells is given once."""
    if not page.is_open or state.status is OrderStatus.OPEN:
        return ()
    work.tiers.pages.save(replace(page, is_open=False))
    name = pack_of(page.product)
    if state.status is OrderStatus.CLOSED or name is None:
        return ()
    offer = tiers.pack(name)
    if offer is None:
        _log.error("tiers.pack_unknown", page=page.id, pack=name)
        return ()
    cause = f"plan:order:{page.id}"
    pack = Pack(
        user_id=page.user_id, what=offer.what, key=cause, amount=offer.amount, bought_at=now
    )
    if not work.tiers.packs.put(pack):
        return ()
    return [
        News(
            kind=NewsKind.PACK,
            user_id=page.user_id,
            cause=cause,
            what=offer.what,
            amount=offer.amount,
        )
    ]


def _as_told(
    known: Subscription | None, user_id: str, plan: Plan, state: SubscriptionState
) -> Subscription:
    fresh = Subscription(
        user_id=user_id,
        gateway_id=state.gateway_id,
        customer_id=state.customer_id,
        item_id=state.item_id,
        plan=plan,
        status=state.status,
        began_at=state.began_at,
        paid_until=state.paid_until,
        ends_at=state.ends_at,
    )
    return fresh if known is None else replace(fresh, id=known.id, version=known.version)


def _differences(old: Subscription | None, new: Subscription) -> Sequence[NewsKind]:
    was, is_giving = old is not None and old.status in GIVING, new.status in GIVING
    if old is None or not was:
        return [NewsKind.STARTED] if is_giving else []
    if not is_giving:
        return [NewsKind.ENDED]
    found = []
    if old.plan is not new.plan:
        found.append(NewsKind.CHANGED)
    if old.status is not new.status:
        is_late = new.status is SubscriptionStatus.PAST_DUE
        found.append(NewsKind.UNPAID if is_late else NewsKind.PAID_AGAIN)
    if (old.ends_at is None) != (new.ends_at is None):
        found.append(NewsKind.GOES_ON if new.ends_at is None else NewsKind.ENDING)
    return found


def _worded(saved: Subscription, kind: NewsKind) -> News:
    return News(
        kind=kind,
        user_id=saved.user_id,
        cause=f"plan:{saved.id}:{saved.version}:{kind}",
        plan=saved.plan,
        until=saved.ends_at or saved.paid_until,
    )
