"""Connected accounts of teachers, and transfers to them."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from bot.simulators.stripe.errors import Refused, missing, required
from bot.simulators.stripe.money import amount_in
from bot.simulators.stripe.state import Object, State

Asked = Mapping[str, Any]

_LINK_SECONDS = 300
_WANTED = ["external_account", "individual.first_name", "tos_acceptance.date"]


class Connect:
    """Accounts, their onboarding pages, transfers and reversals.

    Args:
        url: gives the simulator's own address.
    """

    def __init__(self, state: State, url: Callable[[], str]) -> None:
        self._state = state
        self._url = url
        self._links: dict[str, Object] = {}

    def create_account(self, asked: Asked) -> Object:
        made = self._state.new(
            "account",
            business_type=asked.get("business_type"),
            capabilities={"transfers": "inactive"},
            charges_enabled=False,
            country=asked.get("country", "US"),
            default_currency=asked.get("default_currency", "usd"),
            details_submitted=False,
            email=asked.get("email"),
            metadata=dict(asked.get("metadata", {})),
            payouts_enabled=False,
            requirements={
                "currently_due": list(_WANTED),
                "disabled_reason": "requirements.past_due",
            },
            type=asked.get("type", "none"),
        )
        del made["livemode"]
        return made

    def create_link(self, asked: Asked) -> Object:
        for name in ("account", "type", "refresh_url", "return_url"):
            if name not in asked:
                raise required(name)
        self._state.get("account", asked["account"])
        code, now = secrets.token_urlsafe(12), self._state.seconds()
        address = f"{self._url()}/onboarding/{code}"
        self._links[code] = {**asked, "expires_at": now + _LINK_SECONDS}
        return {
            "object": "account_link",
            "created": now,
            "expires_at": now + _LINK_SECONDS,
            "url": address,
        }

    def open_link(self, code: str) -> Object | None:
        """What a link is for; it works once, for five minutes. None: go to its `refresh_url`."""
        link = self._links.get(code)
        if link is None:
            raise missing("account_link", code)
        if link.get("is_used") or self._state.seconds() >= link["expires_at"]:
            return None
        link["is_used"] = True
        return link

    def address_after(self, code: str, name: str) -> str:
        """`return_url` or `refresh_url` of a link."""
        if code not in self._links:
            raise missing("account_link", code)
        return str(self._links[code][name])

    def finish_onboarding(self, account_id: str) -> Object:
        """The teacher gave everything Stripe wants to know."""
        account = self._state.get("account", account_id)
        account.update(
            details_submitted=True,
            charges_enabled=True,
            payouts_enabled=True,
            capabilities={"transfers": "active"},
            requirements={"currently_due": [], "disabled_reason": None},
        )
        self._state.event("account.updated", account)
        return account

    def transfer(self, asked: Asked) -> Object:
        if "destination" not in asked:
            raise required("destination")
        amount, currency = amount_in(asked, smallest=1)
        account = self._state.get("account", asked["destination"])
        if account["capabilities"]["transfers"] != "active":
            message = "Your destination account needs to have the `transfers` capability enabled."
            raise Refused(message, code="insufficient_capabilities_for_transfer")
        self._check_funds(amount, currency, asked.get("source_transaction"))
        made = self._state.new(
            "transfer",
            amount=amount,
            amount_reversed=0,
            currency=currency,
            description=asked.get("description"),
            destination=account["id"],
            metadata=dict(asked.get("metadata", {})),
            reversals={"object": "list", "data": [], "has_more": False, "url": ""},
            reversed=False,
            source_transaction=asked.get("source_transaction"),
            transfer_group=asked.get("transfer_group"),
        )
        made["reversals"]["url"] = f"/v1/transfers/{made['id']}/reversals"
        self._state.event("transfer.created", made)
        return made

    def reverse(self, transfer_id: str, asked: Asked) -> Object:
        transfer = self._state.get("transfer", transfer_id)
        left = transfer["amount"] - transfer["amount_reversed"]
        wanted = {"amount": left, "currency": transfer["currency"], **asked}
        amount, currency = amount_in(wanted, smallest=1)
        if amount > left:
            raise Refused("Reversal amount is greater than what is left.", param="amount")
        transfer["amount_reversed"] += amount
        transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
        made = self._state.new(
            "transfer_reversal",
            amount=amount,
            currency=currency,
            metadata=dict(asked.get("metadata", {})),
            transfer=transfer_id,
        )
        transfer["reversals"]["data"].insert(0, made)
        self._state.event("transfer.reversed", transfer)
        return made

    def _check_funds(self, amount: int, currency: str, charge_id: str | None) -> None:
        if charge_id is not None:
            charge = self._state.get("charge", charge_id)
            if charge["currency"] != currency or not charge["paid"]:
                raise Refused("The charge cannot fund this transfer.", param="source_transaction")
            sent = self._sent(currency, charge_id)
            if amount > charge["amount"] - sent:
                message = "The transfer is larger than what is left of the charge."
                raise Refused(message, param="amount")
        elif amount > self._earned(currency) - self._sent(currency):
            raise Refused("You have insufficient available funds.", code="balance_insufficient")

    def _earned(self, currency: str) -> int:
        return sum(
            charge["amount_captured"] - charge["amount_refunded"]
            for charge in self._state.all("charge")
            if charge["currency"] == currency
        )

    def _sent(self, currency: str, charge_id: str | None = None) -> int:
        return sum(
            transfer["amount"] - transfer["amount_reversed"]
            for transfer in self._state.all("transfer")
            if transfer["currency"] == currency
            and charge_id in {None, transfer["source_transaction"]}
        )
