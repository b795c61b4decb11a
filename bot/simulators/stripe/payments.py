"""Customers, saved cards, payments and refunds."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from bot.simulators.stripe.cards import BANKS, Bank, code_of, message_of
from bot.simulators.stripe.errors import Refused, required
from bot.simulators.stripe.money import amount_in
from bot.simulators.stripe.state import Object, State

Asked = Mapping[str, Any]

_CARD_DIGITS = 4
_CONFIRMED_FROM = {"requires_payment_method", "requires_confirmation", "requires_action"}


class Payments:
    """What can be done with money and cards.

    Args:
        url: gives the simulator's own address, for pages.
    """

    def __init__(self, state: State, url: Callable[[], str]) -> None:
        self._state = state
        self._url = url

    # Customers and cards.

    def create_customer(self, asked: Asked) -> Object:
        made = self._state.new(
            "customer",
            name=asked.get("name"),
            email=asked.get("email"),
            metadata=dict(asked.get("metadata", {})),
            invoice_settings={"default_payment_method": None},
        )
        self._state.event("customer.created", made)
        return made

    def update_customer(self, customer_id: str, asked: Asked) -> Object:
        customer = self._state.get("customer", customer_id)
        customer.update({name: asked[name] for name in ("name", "email") if name in asked})
        customer["metadata"].update(asked.get("metadata", {}))
        self._state.event("customer.updated", customer)
        return customer

    def delete_customer(self, customer_id: str) -> Object:
        """Their cards go with them."""
        self._state.remove("customer", customer_id)
        for method in self._state.all("payment_method"):
            if method["customer"] == customer_id:
                self.detach(method["id"])
        return {"id": customer_id, "object": "customer", "deleted": True}

    def card(self, number: str, customer: str | None) -> Object:
        """A payment method from a typed number. Raises Refused where the bank will not save it."""
        bank = BANKS.get(number)
        if bank is None:
            message = "Your card number is incorrect."
            raise Refused(message, status=402, kind="card_error", code="incorrect_number")
        if bank.refuses_saving and bank.decline:
            raise declined(bank.decline)
        made = self._state.new(
            "payment_method",
            type="card",
            customer=customer,
            metadata={},
            billing_details={"address": None, "email": None, "name": None, "phone": None},
            card={
                "brand": bank.brand,
                "last4": number[-_CARD_DIGITS:],
                "exp_month": 12,
                "exp_year": 2034,
                "country": "US",
                "funding": "credit",
                "fingerprint": secrets.token_hex(8),
            },
        )
        self._state.banks[made["id"]] = bank
        if customer is not None:
            self._state.event("payment_method.attached", made)
        return made

    def detach(self, method_id: str) -> Object:
        method = self._state.get("payment_method", method_id)
        method["customer"] = None
        self._state.event("payment_method.detached", method)
        return method

    def cards_of(self, customer_id: str, asked: Asked) -> Object:
        self._state.get("customer", customer_id)
        mine = [m for m in self._state.all("payment_method") if m["customer"] == customer_id]
        return self._state.page(mine, asked, f"/v1/customers/{customer_id}/payment_methods")

    # Payments.

    def create_intent(self, asked: Asked) -> Object:
        amount, currency = amount_in(asked)
        is_confirmed = asked.get("confirm") == "true"
        if "off_session" in asked and not is_confirmed:
            message = "The parameter `off_session` cannot be passed when `confirm` is not true."
            raise Refused(message, code="parameter_unknown", param="off_session")
        customer, method = asked.get("customer"), asked.get("payment_method")
        if customer is not None:
            self._state.get("customer", customer)
        if method is not None:
            self._check_method(method, customer)
        intent = self.intent(amount, currency, customer, asked)
        intent["payment_method"] = method
        intent["status"] = "requires_confirmation" if method else "requires_payment_method"
        self._state.event("payment_intent.created", intent)
        return self.confirm(intent["id"], asked) if is_confirmed else intent

    def intent(self, amount: int, currency: str, customer: str | None, asked: Asked) -> Object:
        """A payment nobody confirmed yet, without telling of it."""
        made = self._state.new(
            "payment_intent",
            amount=amount,
            amount_capturable=0,
            amount_received=0,
            capture_method="automatic",
            confirmation_method="automatic",
            currency=currency,
            customer=customer,
            description=asked.get("description"),
            last_payment_error=None,
            latest_charge=None,
            metadata=dict(asked.get("metadata", {})),
            next_action=None,
            payment_method=None,
            payment_method_types=["card"],
            status="requires_payment_method",
            transfer_group=asked.get("transfer_group"),
        )
        made["client_secret"] = f"{made['id']}_secret_{secrets.token_hex(8)}"
        return made

    def confirm(self, intent_id: str, asked: Asked) -> Object:
        intent = self._state.get("payment_intent", intent_id)
        if intent["status"] not in _CONFIRMED_FROM:
            raise _unexpected(intent, "confirm")
        method = asked.get("payment_method") or intent["payment_method"]
        if method is None:
            raise Refused(
                "You cannot confirm this PaymentIntent because it's missing a payment method.",
                code="payment_intent_unexpected_state",
                more={"payment_intent": dict(intent)},
            )
        self._check_method(method, intent["customer"])
        intent["payment_method"] = method
        bank = self._state.banks[method]
        if bank.asks_always:
            if asked.get("off_session") == "true":
                raise self._fail(intent, "authentication_required")
            return self._ask(intent, asked.get("return_url"))
        return self._charge(intent, bank)

    def authenticate(self, intent_id: str, *, succeeds: bool) -> Object:
        """The customer proves themselves on the bank's page, or does not."""
        intent = self._state.get("payment_intent", intent_id)
        if intent["status"] != "requires_action":
            raise _unexpected(intent, "authenticate")
        intent["next_action"] = None
        bank = self._state.banks[intent["payment_method"]]
        if succeeds:
            return self._charge(intent, bank)
        intent.update(
            status="requires_payment_method",
            last_payment_error={
                "type": "invalid_request_error",
                "code": "payment_intent_authentication_failure",
                "message": "The provided PaymentMethod has failed authentication.",
            },
        )
        self._state.event("payment_intent.payment_failed", intent)
        return intent

    def cancel(self, intent_id: str, asked: Asked) -> Object:
        intent = self._state.get("payment_intent", intent_id)
        if intent["status"] in {"succeeded", "canceled"}:
            raise _unexpected(intent, "cancel")
        intent.update(
            status="canceled",
            canceled_at=self._state.seconds(),
            cancellation_reason=asked.get("cancellation_reason"),
            next_action=None,
        )
        self._state.event("payment_intent.canceled", intent)
        return intent

    def _check_method(self, method_id: str, customer: str | None) -> None:
        method = self._state.get("payment_method", method_id)
        if method["customer"] != customer:
            message = f"The customer does not have a payment method with the ID {method_id}."
            raise Refused(message, param="payment_method")

    def _ask(self, intent: Object, return_url: str | None) -> Object:
        address = f"{self._url()}/authenticate/{intent['id']}"
        action = {"url": address, "return_url": return_url}
        intent["status"] = "requires_action"
        intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": action}
        self._state.event("payment_intent.requires_action", intent)
        return intent

    def _charge(self, intent: Object, bank: Bank) -> Object:
        if bank.decline:
            raise self._fail(intent, bank.decline)
        charge = self._new_charge(intent, decline=None)
        intent.update(
            status="succeeded",
            amount_received=intent["amount"],
            latest_charge=charge["id"],
            last_payment_error=None,
            next_action=None,
        )
        self._state.event("charge.succeeded", charge)
        self._state.event("payment_intent.succeeded", intent)
        return intent

    def _fail(self, intent: Object, decline: str) -> Refused:
        charge = self._new_charge(intent, decline)
        method = self._state.get("payment_method", intent["payment_method"])
        error = {
            "type": "card_error",
            "code": code_of(decline),
            "decline_code": decline,
            "message": message_of(decline),
            "charge": charge["id"],
            "payment_method": dict(method),
        }
        intent.update(
            status="requires_payment_method",
            latest_charge=charge["id"],
            last_payment_error=error,
            payment_method=None,
            next_action=None,
        )
        self._state.event("charge.failed", charge)
        self._state.event("payment_intent.payment_failed", intent)
        return declined(decline, charge=charge["id"], payment_intent=dict(intent))

    def _new_charge(self, intent: Object, decline: str | None) -> Object:
        return self._state.new(
            "charge",
            amount=intent["amount"],
            amount_captured=0 if decline else intent["amount"],
            amount_refunded=0,
            billing_details={"address": None, "email": None, "name": None, "phone": None},
            captured=decline is None,
            currency=intent["currency"],
            customer=intent["customer"],
            description=intent["description"],
            disputed=False,
            failure_code=code_of(decline) if decline else None,
            failure_message=message_of(decline) if decline else None,
            metadata=dict(intent["metadata"]),
            paid=decline is None,
            payment_intent=intent["id"],
            payment_method=intent["payment_method"],
            refunded=False,
            status="failed" if decline else "succeeded",
            transfer_group=intent["transfer_group"],
        )

    # Money back.

    def refund(self, asked: Asked) -> Object:
        charge = self._charge_of(asked)
        left = charge["amount_captured"] - charge["amount_refunded"]
        if not left:
            message = f"Charge {charge['id']} has already been refunded."
            raise Refused(message, code="charge_already_refunded")
        wanted = {"amount": left, "currency": charge["currency"], **asked}
        amount, currency = amount_in(wanted, smallest=1)
        if amount > left:
            message = f"Refund amount ({amount}) is greater than unrefunded amount on charge"
            raise Refused(f"{message} ({left})", param="amount")
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        made = self._state.new(
            "refund",
            amount=amount,
            charge=charge["id"],
            currency=currency,
            metadata=dict(asked.get("metadata", {})),
            payment_intent=charge["payment_intent"],
            reason=asked.get("reason"),
            status="succeeded",
        )
        self._state.event("refund.created", made)
        self._state.event("charge.refunded", charge)
        return made

    def refunds(self, asked: Asked) -> Object:
        found = [
            refund
            for refund in self._state.all("refund")
            if all(refund[n] == asked[n] for n in ("charge", "payment_intent") if n in asked)
        ]
        return self._state.page(found, asked, "/v1/refunds")

    def dispute(self, intent_id: str) -> Object:
        """The cardholder's bank takes a payment back, and asks us why it should not."""
        intent = self._state.get("payment_intent", intent_id)
        charge = self._state.get("charge", intent["latest_charge"])
        charge["disputed"] = True
        made = self._state.new(
            "dispute",
            amount=charge["amount"] - charge["amount_refunded"],
            balance_transactions=[],
            charge=charge["id"],
            currency=charge["currency"],
            enhanced_eligibility_types=[],
            evidence={"enhanced_evidence": {}},
            evidence_details={
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
                "submission_method": "not_submitted",
            },
            is_charge_refundable=False,
            metadata={},
            payment_intent=intent_id,
            reason="fraudulent",
            status="needs_response",
        )
        self._state.event("charge.dispute.created", made)
        return made

    def decide_dispute(self, dispute_id: str, *, is_won: bool) -> Object:
        """The bank decides."""
        dispute = self._state.get("dispute", dispute_id)
        dispute["status"] = "won" if is_won else "lost"
        self._state.event("charge.dispute.closed", dispute)
        return dispute

    def _charge_of(self, asked: Asked) -> Object:
        if "charge" in asked:
            return self._state.get("charge", asked["charge"])
        if "payment_intent" not in asked:
            raise required("payment_intent")
        intent = self._state.get("payment_intent", asked["payment_intent"])
        if intent["status"] != "succeeded":
            message = f"This PaymentIntent ({intent['id']}) does not have a successful charge"
            raise Refused(f"{message} to refund.", param="payment_intent")
        return self._state.get("charge", intent["latest_charge"])


def declined(decline: str, **more: Any) -> Refused:
    """The bank says no."""
    return Refused(
        message_of(decline),
        status=402,
        kind="card_error",
        code=code_of(decline),
        more={"decline_code": decline, **more},
    )


def _unexpected(intent: Object, verb: str) -> Refused:
    message = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
    return Refused(
        message,
        code="payment_intent_unexpected_state",
        more={"payment_intent": dict(intent)},
    )
