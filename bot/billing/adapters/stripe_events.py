"""Stripe's webhooks: how they are proved, and what they mean once the object is read anew."""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from bot.billing.adapters.stripe_gateway import StripeGateway
from bot.billing.adapters.stripe_subscriptions import PLAN_EVENTS
from bot.billing.adapters.stripe_wire import parse_chargeback
from bot.billing.gateway import (
    AccountChanged,
    CardRemoved,
    CardSaved,
    GatewayEvent,
    PageExpired,
    PaymentChanged,
    RefundChanged,
    TransferReversed,
)

_TOLERANCE_SECONDS = 300
_HEADER = "stripe-signature"

Object = Mapping[str, Any]


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether any of the signatures is ours; each is compared in constant time.

    Source: docs.stripe.com/webhooks, "Verify webhook signatures manually". Several stand there
    while a secret is being changed.
    """
    at, found = _signed(headers)
    wanted = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(each.encode(), wanted.encode()) for each in found)


def is_fresh(headers: Mapping[str, str], now: datetime) -> bool:
    """Signed within five minutes of `now`, the real time."""
    at, _ = _signed(headers)
    return at.isdigit() and abs(now.timestamp() - int(at)) <= _TOLERANCE_SECONDS


def event_key(event: Object) -> str | None:
    """The event's own id; None for a type we have no use for."""
    is_ours = event.get("type") in _READERS.keys() | PLAN_EVENTS
    return str(event["id"]) if is_ours and "id" in event else None


class StripeEvents:
    """What an event means. Order does not matter: the object is asked for as it stands."""

    def __init__(self, gateway: StripeGateway) -> None:
        self._gateway = gateway

    async def read(self, body: bytes) -> GatewayEvent | None:
        """None for what is none of ours. Raises ServiceFailure."""
        event = json.loads(body)
        reader = _READERS.get(event.get("type"))
        return None if reader is None else await reader(self._gateway, event["data"]["object"])


async def _page_completed(gateway: StripeGateway, session: Object) -> GatewayEvent | None:
    page_id = session["id"]
    if session.get("mode") == "setup":
        card = await gateway.saved_card(page_id)
        return None if card is None else CardSaved(page_id, card)
    payment = await gateway.page_payment(page_id)
    return None if payment is None else PaymentChanged(payment)


async def _card_saved(gateway: StripeGateway, setup: Object) -> GatewayEvent | None:
    card = await gateway.card_of_setup(setup["id"])
    return None if card is None else CardSaved(None, card)


async def _page_expired(_: StripeGateway, session: Object) -> GatewayEvent:
    return PageExpired(session["id"])


async def _card_removed(_: StripeGateway, method: Object) -> GatewayEvent:
    return CardRemoved(method["id"])


async def _payment(gateway: StripeGateway, intent: Object) -> GatewayEvent:
    return PaymentChanged(await gateway.find_payment(intent["id"]))


async def _refund(gateway: StripeGateway, refund: Object) -> GatewayEvent:
    return RefundChanged(await gateway.find_refund(refund["id"]))


async def _dispute(gateway: StripeGateway, dispute: Object) -> GatewayEvent | None:
    return parse_chargeback(await gateway.dispute(dispute["id"]))


async def _account(gateway: StripeGateway, account: Object) -> GatewayEvent:
    return AccountChanged(await gateway.account_status(account["id"]))


async def _transfer(_: StripeGateway, transfer: Object) -> GatewayEvent:
    return TransferReversed(transfer["id"])


_Reader = Callable[[StripeGateway, Object], Awaitable[GatewayEvent | None]]

_READERS: Mapping[str, _Reader] = {
    "checkout.session.completed": _page_completed,
    "checkout.session.expired": _page_expired,
    "setup_intent.succeeded": _card_saved,
    "payment_method.detached": _card_removed,
    "payment_intent.succeeded": _payment,
    "payment_intent.payment_failed": _payment,
    "payment_intent.requires_action": _payment,
    "payment_intent.processing": _payment,
    "payment_intent.canceled": _payment,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.closed": _dispute,
    "account.updated": _account,
    "transfer.reversed": _transfer,
}


def _signed(headers: Mapping[str, str]) -> tuple[str, list[str]]:
    """Time and signatures of the header, whatever else stands in it."""
    text = next((value for name, value in headers.items() if name.lower() == _HEADER), "")
    pairs = [part.strip().partition("=")[::2] for part in text.split(",")]
    at = next((value for name, value in pairs if name == "t"), "")
    return at, [value for name, value in pairs if name == "v1"]
