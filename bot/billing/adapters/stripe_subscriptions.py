"""Stripe collects plans every month. Implements `SubscriptionGateway`.

A subscription is what Stripe says it is: whatever tells of one names it, and it is read anew.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.billing.adapters.stripe_calls import (
    Refused,
    all_rows,
    answer_of,
    keyed,
    once,
    page_life,
)
from bot.billing.adapters.stripe_wire import Object
from bot.billing.amounts import from_units, to_units
from bot.core.money import Money
from bot.tiers.gateway import OrderState, OrderStatus, OrderUrl, SubscriptionState, TierEvent
from bot.tiers.model import Subscription, SubscriptionStatus

ORDER = "order"

_STATUS: Mapping[str, SubscriptionStatus] = {
    "active": SubscriptionStatus.ACTIVE,
    "trialing": SubscriptionStatus.ACTIVE,
    "past_due": SubscriptionStatus.PAST_DUE,
    "incomplete": SubscriptionStatus.INCOMPLETE,
}
_PAGES = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.expired",
    }
)
_SUBSCRIPTIONS = frozenset(
    f"customer.subscription.{name}"
    for name in ("created", "updated", "deleted", "paused", "resumed")
)
_INVOICES = frozenset({"invoice.paid", "invoice.payment_failed"})
PLAN_EVENTS = _PAGES | _SUBSCRIPTIONS | _INVOICES
"""Events that may tell of a plan."""


class StripeSubscriptions:
    """Plans and packs at one account.

    Args:
        client: of the official library, for the account's resources.
    """

    def __init__(self, client: Any) -> None:
        self._stripe = client

    async def plan_page(
        self,
        customer_id: str,
        price_id: str,
        /,
        *,
        key: str,
        order: str,
        return_url: str,
        expires_at: datetime,
    ) -> OrderUrl:
        wanted = {
            "mode": "subscription",
            "customer": customer_id,
            "line_items": [{"price": price_id, "quantity": 1}],
            "subscription_data": {"metadata": {ORDER: order}},
            "metadata": {ORDER: order},
            **page_life(return_url, expires_at),
        }
        return await self._page(wanted, key)

    async def pack_page(
        self,
        customer_id: str,
        money: Money,
        /,
        *,
        key: str,
        order: str,
        title: str,
        return_url: str,
        expires_at: datetime,
    ) -> OrderUrl:
        price = {
            "currency": money.currency.lower(),
            "unit_amount": to_units(money),
            "product_data": {"name": title},
        }
        wanted = {
            "mode": "payment",
            "customer": customer_id,
            "line_items": [{"quantity": 1, "price_data": price}],
            "payment_intent_data": {"metadata": {ORDER: order}},
            "metadata": {ORDER: order},
            **page_life(return_url, expires_at),
        }
        return await self._page(wanted, key)

    async def order(self, page_id: str, /) -> OrderState:
        return parse_order(await answer_of(self._stripe.checkout.sessions.retrieve_async(page_id)))

    async def close(self, page_id: str, /) -> OrderState:
        try:
            session = await answer_of(self._stripe.checkout.sessions.expire_async(page_id))
        except Refused:  # it is not open any more
            return await self.order(page_id)
        return parse_order(session)

    async def portal(self, customer_id: str, /, *, return_url: str) -> str:
        return await self._portal({"customer": customer_id, "return_url": return_url})

    async def upgrade_page(
        self, subscription: Subscription, price_id: str, /, *, return_url: str
    ) -> str:
        change = {
            "subscription": subscription.gateway_id,
            "items": [{"id": subscription.item_id, "price": price_id, "quantity": 1}],
        }
        wanted = {
            "customer": subscription.customer_id,
            "return_url": return_url,
            "flow_data": {
                "type": "subscription_update_confirm",
                "subscription_update_confirm": change,
                "after_completion": {"type": "redirect", "redirect": {"return_url": return_url}},
            },
        }
        return await self._portal(wanted)

    async def subscription(self, gateway_id: str, /) -> SubscriptionState:
        found = await answer_of(self._stripe.subscriptions.retrieve_async(gateway_id))
        return parse_subscription(found)

    async def subscriptions_of(self, customer_id: str, /) -> Sequence[SubscriptionState]:
        wanted = {"customer": customer_id, "status": "all"}
        rows = await all_rows(self._stripe.subscriptions.list_async, wanted)
        return [parse_subscription(each) for each in rows]

    async def price(self, price_id: str, /) -> Money | None:
        """What a price charges a month. Implements `PriceBook`."""
        found = await answer_of(self._stripe.prices.retrieve_async(price_id))
        often = found.get("recurring") or {}
        is_monthly = (often.get("interval"), often.get("interval_count")) == ("month", 1)
        if not is_monthly or found.get("unit_amount") is None:
            return None
        return from_units(int(found["unit_amount"]), str(found["currency"]))

    async def _page(self, wanted: Mapping[str, Any], key: str) -> OrderUrl:
        made = await once(
            key, lambda used: self._stripe.checkout.sessions.create_async(wanted, keyed(used))
        )
        return OrderUrl(str(made["id"]), str(made["url"]))

    async def _portal(self, wanted: Mapping[str, Any]) -> str:
        made = await answer_of(self._stripe.billing_portal.sessions.create_async(wanted))
        return str(made["url"])


def parse_order(session: Object) -> OrderState:
    """Of a Checkout Session. One whose money is still on its way is open."""
    status = OrderStatus.OPEN
    if session["status"] == "expired":
        status = OrderStatus.CLOSED
    elif session["status"] == "complete" and session["payment_status"] != "unpaid":
        status = OrderStatus.DONE
    return OrderState(session["id"], status, session.get("subscription"))


def parse_subscription(found: Object) -> SubscriptionState:
    """Of a Subscription with one price.

    While a payment is late its period has begun already, unpaid.
    """
    item = found["items"]["data"][0]
    status = _STATUS.get(found["status"], SubscriptionStatus.ENDED)
    is_late = status is SubscriptionStatus.PAST_DUE
    paid_until = item["current_period_start" if is_late else "current_period_end"]
    return SubscriptionState(
        gateway_id=found["id"],
        customer_id=found["customer"],
        item_id=item["id"],
        price_id=item["price"]["id"],
        status=status,
        began_at=_time(found["billing_cycle_anchor"]),
        paid_until=_time(paid_until),
        ends_at=_end(found, item),
        order=(found.get("metadata") or {}).get(ORDER),
    )


def tier_event(body: bytes) -> TierEvent | None:
    """What a delivery tells of plans; None: nothing. Whoever made it was proved before."""
    event = json.loads(body)
    kind, about = event.get("type"), event["data"]["object"]
    if kind in _SUBSCRIPTIONS:
        return TierEvent(subscription_id=about["id"])
    if kind in _PAGES and ORDER in (about.get("metadata") or {}):
        return TierEvent(page_id=about["id"])
    if kind in _INVOICES:
        details = (about.get("parent") or {}).get("subscription_details") or {}
        named = details.get("subscription")
        return TierEvent(subscription_id=named) if named else None
    return None


def _end(found: Object, item: Object) -> datetime | None:
    if found.get("ended_at"):
        return _time(found["ended_at"])
    if found.get("cancel_at"):
        return _time(found["cancel_at"])
    return _time(item["current_period_end"]) if found["cancel_at_period_end"] else None


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
