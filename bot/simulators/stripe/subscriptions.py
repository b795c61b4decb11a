"""Subscriptions: charged every month, called off, changed, tried again when declined."""

from calendar import monthrange
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from bot.simulators.stripe.errors import Refused, required
from bot.simulators.stripe.payments import Payments
from bot.simulators.stripe.state import Object, State

Asked = Mapping[str, Any]

_LIVE = ("active", "past_due")
_RETRY_SECONDS = 3 * 24 * 3600
_MOST_TRIES = 3
_MONTHS = 12
_INVOICE: Mapping[str, Any] = {
    "amount_overpaid": 0,
    "amount_shipping": 0,
    "attempt_count": 1,
    "attempted": True,
    "automatic_tax": {
        "enabled": False,
        "liability": None,
        "disabled_reason": None,
        "provider": None,
        "status": None,
    },
    "collection_method": "charge_automatically",
    "default_tax_rates": [],
    "discounts": [],
    "issuer": {"type": "self"},
    "lines": {"object": "list", "data": [], "has_more": False, "url": "/v1/invoices"},
    "payment_settings": {
        "default_mandate": None,
        "payment_method_options": None,
        "payment_method_types": None,
    },
    "post_payment_credit_notes_amount": 0,
    "pre_payment_credit_notes_amount": 0,
    "starting_balance": 0,
}


class Subscriptions:
    """Subscriptions of one price each, paid by the month.

    Time passes when somebody looks: what became due is done in its order.
    """

    def __init__(self, state: State, payments: Payments) -> None:
        self._state = state
        self._payments = payments

    def add_price(self, price_id: str, amount: int, currency: str, name: str) -> Object:
        """What an operator makes in Stripe's dashboard: a product with a price a month."""
        product = self._state.new("product", name=name, active=True, metadata={})
        return self._state.new(
            "price",
            id=price_id,
            active=True,
            billing_scheme="per_unit",
            currency=currency.lower(),
            metadata={},
            product=product["id"],
            recurring={"interval": "month", "interval_count": 1, "usage_type": "licensed"},
            type="recurring",
            unit_amount=amount,
        )

    def price_of(self, asked: Asked) -> Object:
        """Of the line items of a page. Raises Refused."""
        items = asked.get("line_items") or []
        if len(items) != 1 or "price" not in items[0]:
            raise required("line_items[0][price]")
        price = self._state.get("price", items[0]["price"])
        if price["type"] != "recurring":
            message = "You must provide at least one recurring price in `subscription` mode."
            raise Refused(message, param="line_items")
        return price

    def begin(self, session: Object, method: Object, *, is_proved: bool) -> Object:
        """The first month is paid on a page. Raises Refused where the bank declines."""
        price = self._state.get("price", session["_price"])
        intent = self._payments.intent(
            price["unit_amount"], price["currency"], session["customer"], {}
        )
        self._state.event("payment_intent.created", intent)
        paid = self._payments.confirm(intent["id"], {"payment_method": method["id"]})
        if paid["status"] == "requires_action":
            self._payments.authenticate(paid["id"], succeeds=is_proved)
        made = self._made(session, price, method)
        self._state.event("customer.subscription.created", made)
        self._invoice(made, price["unit_amount"], "subscription_create", is_paid=True)
        return made

    def find(self, subscription_id: str) -> Object:
        self.pass_time()
        return self._state.get("subscription", subscription_id)

    def listed(self, asked: Asked) -> Object:
        """Without a status those that were called off are left out, as Stripe does."""
        self.pass_time()
        wanted = asked.get("status")
        found = [
            each
            for each in self._state.all("subscription")
            if asked.get("customer") in {None, each["customer"]}
            and (
                wanted == "all"
                or (each["status"] != "canceled" if wanted is None else each["status"] == wanted)
            )
        ]
        return self._state.page(found, asked, "/v1/subscriptions")

    def call_off(self, subscription_id: str, *, at_once: bool = False) -> Object:
        """End it with the month that is paid, or `at_once`."""
        found = self._live(subscription_id)
        if at_once:
            self._end(found)
            return found
        end = found["items"]["data"][0]["current_period_end"]
        found.update(cancel_at_period_end=True, cancel_at=end, canceled_at=self._state.seconds())
        self._state.event("customer.subscription.updated", found)
        return found

    def go_on(self, subscription_id: str) -> Object:
        """Take the calling off back."""
        found = self._live(subscription_id)
        found.update(cancel_at_period_end=False, cancel_at=None, canceled_at=None)
        self._state.event("customer.subscription.updated", found)
        return found

    def change(self, subscription_id: str, price_id: str) -> Object:
        """Another price from here on; what it costs more for the rest of the month is charged."""
        found = self._live(subscription_id)
        item, price = found["items"]["data"][0], self._state.get("price", price_id)
        amount = self.cost_of_change(found, price)
        if amount:
            self._charge(found, amount)
        item.update(price=price, plan=_plan_of(price))
        self._state.event("customer.subscription.updated", found)
        if amount:
            self._invoice(found, amount, "subscription_update", is_paid=True)
        return found

    def cost_of_change(self, found: Object, price: Object) -> int:
        """The difference for the part of the month that is left."""
        item = found["items"]["data"][0]
        start, end = item["current_period_start"], item["current_period_end"]
        left = max(0, end - self._state.seconds())
        difference = int(price["unit_amount"]) - int(item["price"]["unit_amount"])
        due: int = max(0, difference * left // (end - start))
        return due

    def use_card(self, customer_id: str, method: Object) -> None:
        """A new card for everything of a customer; what is late is tried with it at once."""
        for found in self.of_customer(customer_id):
            found["default_payment_method"] = method["id"]
            if found["status"] == "past_due":
                self._collect(found)
            else:
                self._state.event("customer.subscription.updated", found)

    def of_customer(self, customer_id: str) -> list[Object]:
        """Those that go on."""
        self.pass_time()
        return [
            each
            for each in self._state.all("subscription")
            if each["customer"] == customer_id and each["status"] in _LIVE
        ]

    def forget_customer(self, customer_id: str) -> None:
        """Everything of a customer who is deleted ends at once."""
        for found in self.of_customer(customer_id):
            self._end(found)

    def pass_time(self) -> None:
        """Do what became due: months that begin, ends that were asked for, tries again."""
        for found in self._state.all("subscription"):
            while found["status"] in _LIVE and self._due_at(found) <= self._state.seconds():
                self._step(found)

    def _due_at(self, found: Object) -> int:
        if found["status"] == "past_due":
            return int(found["_retry_at"])
        return int(found["items"]["data"][0]["current_period_end"])

    def _step(self, found: Object) -> None:
        if found["status"] == "past_due":
            self._collect(found)
        elif found["cancel_at_period_end"]:
            self._end(found)
        else:
            item = found["items"]["data"][0]
            start = item["current_period_end"]
            item.update(
                current_period_start=start,
                current_period_end=_month_after(found["billing_cycle_anchor"], start),
            )
            found["_tries"] = 0
            self._collect(found)

    def _collect(self, found: Object) -> None:
        amount = found["items"]["data"][0]["price"]["unit_amount"]
        try:
            self._charge(found, amount)
        except Refused:
            self._fail(found, amount)
            return
        found.update(status="active", _tries=0)
        self._invoice(found, amount, "subscription_cycle", is_paid=True)
        self._state.event("customer.subscription.updated", found)

    def _fail(self, found: Object, amount: int) -> None:
        found["_tries"] += 1
        found["_retry_at"] = self._due_at(found) + _RETRY_SECONDS
        if found["status"] != "past_due":
            start = found["items"]["data"][0]["current_period_start"]
            found["_retry_at"] = start + _RETRY_SECONDS
        found["status"] = "past_due"
        self._invoice(found, amount, "subscription_cycle", is_paid=False)
        if found["_tries"] >= _MOST_TRIES:
            self._end(found)
        else:
            self._state.event("customer.subscription.updated", found)

    def _charge(self, found: Object, amount: int) -> None:
        intent = self._payments.intent(amount, found["currency"], found["customer"], {})
        asked = {"payment_method": found["default_payment_method"], "off_session": "true"}
        self._payments.confirm(intent["id"], asked)

    def _end(self, found: Object) -> None:
        now = self._state.seconds()
        found.update(status="canceled", ended_at=now, canceled_at=found["canceled_at"] or now)
        self._state.event("customer.subscription.deleted", found)

    def _live(self, subscription_id: str) -> Object:
        found = self.find(subscription_id)
        if found["status"] not in _LIVE:
            raise Refused("A canceled subscription can only update its metadata.")
        return found

    def _made(self, session: Object, price: Object, method: Object) -> Object:
        now = self._state.seconds()
        made = self._state.new(
            "subscription",
            automatic_tax={"enabled": False, "liability": None, "disabled_reason": None},
            billing_cycle_anchor=now,
            billing_mode={"type": "flexible"},
            billing_schedules=[],
            cancel_at=None,
            cancel_at_period_end=False,
            canceled_at=None,
            collection_method="charge_automatically",
            currency=price["currency"],
            customer=session["customer"],
            default_payment_method=method["id"],
            discounts=[],
            ended_at=None,
            invoice_settings={"issuer": {"type": "self"}},
            latest_invoice=None,
            metadata=dict(session["_subscription_data"].get("metadata", {})),
            start_date=now,
            status="active",
            _tries=0,
            _retry_at=0,
        )
        item = self._state.new(
            "subscription_item",
            current_period_start=now,
            current_period_end=_month_after(now, now),
            discounts=[],
            metadata={},
            plan=_plan_of(price),
            price=price,
            quantity=1,
            subscription=made["id"],
        )
        made["items"] = {
            "object": "list",
            "data": [item],
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={made['id']}",
        }
        return made

    def _invoice(self, found: Object, amount: int, reason: str, *, is_paid: bool) -> None:
        """Only its events are of use here: what was paid is a payment of its own."""
        now, item = self._state.seconds(), found["items"]["data"][0]
        details = {"metadata": dict(found["metadata"]), "subscription": found["id"]}
        made = self._state.new(
            "invoice",
            **deepcopy(_INVOICE),
            amount_due=amount,
            amount_paid=amount if is_paid else 0,
            amount_remaining=0 if is_paid else amount,
            billing_reason=reason,
            currency=found["currency"],
            customer=found["customer"],
            parent={
                "type": "subscription_details",
                "quote_details": None,
                "subscription_details": details,
            },
            period_end=item["current_period_end"],
            period_start=item["current_period_start"],
            status="paid" if is_paid else "open",
            status_transitions={
                "finalized_at": now,
                "marked_uncollectible_at": None,
                "paid_at": now if is_paid else None,
                "voided_at": None,
            },
            subtotal=amount,
            total=amount,
        )
        found["latest_invoice"] = made["id"]
        self._state.event("invoice.paid" if is_paid else "invoice.payment_failed", made)


def _plan_of(price: Object) -> Object:
    """What stood in place of prices once, and is still told beside them."""
    return {
        "id": price["id"],
        "object": "plan",
        "active": True,
        "amount": price["unit_amount"],
        "currency": price["currency"],
        "interval": "month",
        "interval_count": 1,
        "product": price["product"],
    }


def _month_after(anchor: int, start: int) -> int:
    """The next month's beginning, on the anchor's day or the month's last one."""
    first = datetime.fromtimestamp(anchor, UTC)
    at = datetime.fromtimestamp(start, UTC)
    years, month = divmod(at.month, _MONTHS)
    day = min(first.day, monthrange(at.year + years, month + 1)[1])
    return int(at.replace(year=at.year + years, month=month + 1, day=day).timestamp())
