"""Checkout Sessions: pages on which a card is saved, or something is paid."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from bot.simulators.stripe.errors import Refused, required
from bot.simulators.stripe.money import amount_in
from bot.simulators.stripe.payments import Payments
from bot.simulators.stripe.state import Object, State
from bot.simulators.stripe.subscriptions import Subscriptions

Asked = Mapping[str, Any]

_SHORTEST_SECONDS, _LONGEST_SECONDS = 30 * 60, 24 * 3600
_MODES = ("payment", "setup", "subscription")
_PLACE_OF_ID = "{CHECKOUT_SESSION_ID}"


class Checkout:
    """Sessions, and what a person does on their pages.

    Args:
        url: gives the simulator's own address.
    """

    def __init__(
        self,
        state: State,
        payments: Payments,
        subscriptions: Subscriptions,
        url: Callable[[], str],
    ) -> None:
        self._state = state
        self._payments = payments
        self._subscriptions = subscriptions
        self._url = url

    def create(self, asked: Asked) -> Object:
        mode = asked.get("mode")
        if mode not in _MODES:
            raise Refused(f"Invalid mode: must be one of {', '.join(_MODES)}", param="mode")
        if "success_url" not in asked:
            raise required("success_url")
        if "customer" in asked:
            self._state.get("customer", asked["customer"])
        amount, currency, price_id = self._amount(mode, asked)
        session = self._state.new(
            "checkout.session",
            amount_subtotal=amount,
            amount_total=amount,
            automatic_tax={"enabled": False, "status": None},
            cancel_url=asked.get("cancel_url"),
            client_reference_id=asked.get("client_reference_id"),
            currency=currency,
            custom_fields=[],
            custom_text={},
            customer=asked.get("customer"),
            expires_at=self._expiry(asked),
            metadata=dict(asked.get("metadata", {})),
            mode=mode,
            payment_intent=None,
            payment_method_types=["card"],
            payment_status="no_payment_required" if mode == "setup" else "unpaid",
            setup_intent=None,
            shipping_options=[],
            status="open",
            subscription=None,
            success_url=asked["success_url"],
        )
        session["_price"] = price_id
        session["_subscription_data"] = asked.get("subscription_data", {})
        session["url"] = f"{self._url()}/checkout/{session['id']}"
        session["_intent_data"] = asked.get(f"{mode}_intent_data", {})
        if mode == "setup":
            session["setup_intent"] = self._new_setup(session)["id"]
        return session

    def find(self, session_id: str) -> Object:
        """The session as it stands; one that is too old has expired."""
        session = self._state.get("checkout.session", session_id)
        if session["status"] == "open" and self._state.seconds() >= session["expires_at"]:
            self._expire(session)
        return session

    def expire(self, session_id: str) -> Object:
        session = self.find(session_id)
        if session["status"] != "open":
            message = f"Only Checkout Sessions with a status in [open] can be expired: {session_id}"
            raise Refused(f"{message} has a status of {session['status']}.")
        self._expire(session)
        return session

    def complete(self, session_id: str, number: str, *, is_proved: bool | None = None) -> Object:
        """The person types a card number and presses the button.

        Args:
            is_proved: what the bank's question came to; None: it was not asked yet.

        Raises:
            Refused: the card is declined, the page is closed, or the bank asks (its code then is
                `authentication_required`; call again with `is_proved`).
        """
        session = self.find(session_id)
        if session["status"] != "open":
            raise Refused("This page is no longer open.", code=f"session_{session['status']}")
        method = self._payments.card(number, session["customer"])
        bank = self._state.banks[method["id"]]
        if bank.asks_when_saved and not is_proved:
            self._payments.detach(method["id"])
            code = "authentication_required" if is_proved is None else "authentication_failed"
            raise Refused("Your bank wants to know that it is you.", status=402, code=code)
        if session["mode"] == "setup":
            self._save(session, method)
        elif session["mode"] == "subscription":
            begun = self._subscriptions.begin(session, method, is_proved=bool(is_proved))
            session.update(subscription=begun["id"], payment_status="paid")
        else:
            self._pay(session, method, is_proved=bool(is_proved))
        session["status"] = "complete"
        self._state.event("checkout.session.completed", session)
        return session

    def return_address(self, session: Object) -> str:
        return str(session["success_url"]).replace(_PLACE_OF_ID, quote(session["id"]))

    def _save(self, session: Object, method: Object) -> None:
        intent = self._state.get("setup_intent", session["setup_intent"])
        intent.update(status="succeeded", payment_method=method["id"])
        self._state.event("setup_intent.succeeded", intent)

    def _pay(self, session: Object, method: Object, *, is_proved: bool) -> None:
        if session["payment_intent"] is None:
            intent = self._payments.intent(
                session["amount_total"],
                session["currency"],
                session["customer"],
                session["_intent_data"],
            )
            session["payment_intent"] = intent["id"]
            self._state.event("payment_intent.created", intent)
        paid = self._payments.confirm(session["payment_intent"], {"payment_method": method["id"]})
        if paid["status"] == "requires_action":
            self._payments.authenticate(paid["id"], succeeds=is_proved)
        session["payment_status"] = "paid"

    def _expire(self, session: Object) -> None:
        session.update(status="expired", url=None)
        self._state.event("checkout.session.expired", session)

    def _amount(self, mode: str, asked: Asked) -> tuple[int | None, str | None, str | None]:
        """What is paid on the page, in what, and the price it follows from."""
        if mode == "setup":
            return None, self._setup(asked), None
        if mode == "subscription":
            price = self._subscriptions.price_of(asked)
            return price["unit_amount"], price["currency"], price["id"]
        return *self._price(asked), None

    def _setup(self, asked: Asked) -> str | None:
        if "currency" not in asked and "allowed_payment_method_types" not in asked:
            raise required("currency")
        return str(asked["currency"]).lower() if "currency" in asked else None

    def _price(self, asked: Asked) -> tuple[int, str]:
        if not asked.get("line_items"):
            raise required("line_items")
        total, currencies = 0, set()
        for item in asked["line_items"]:
            data = item.get("price_data")
            if data is None or not data.get("product_data", {}).get("name"):
                raise required("line_items[0][price_data][product_data][name]")
            price = {"amount": data.get("unit_amount", ""), "currency": data.get("currency", "")}
            amount, currency = amount_in(price, smallest=0)
            total += amount * int(item.get("quantity", 1))
            currencies.add(currency)
        if len(currencies) > 1:
            raise Refused("All line items must have the same currency.", param="line_items")
        return amount_in({"amount": total, "currency": currencies.pop()})

    def _expiry(self, asked: Asked) -> int:
        now = self._state.seconds()
        at = int(asked.get("expires_at", now + _LONGEST_SECONDS))
        if not now + _SHORTEST_SECONDS - 1 <= at <= now + _LONGEST_SECONDS:
            message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from now."
            raise Refused(message, param="expires_at")
        return at

    def _new_setup(self, session: Object) -> Object:
        return self._state.new(
            "setup_intent",
            customer=session["customer"],
            metadata=dict(session["_intent_data"].get("metadata", {})),
            payment_method=None,
            payment_method_types=["card"],
            status="requires_payment_method",
            usage="off_session",
        )
