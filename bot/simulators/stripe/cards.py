"""Test cards, as docs.stripe.com/testing lists them: the number says how the bank behaves."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bank:
    """How the bank behind a card answers.

    Args:
        decline: the decline code of every charge; None: it pays.
        refuses_saving: the card cannot be attached to a customer at all.
        asks_when_saved: the customer must prove themselves when the card is saved.
        asks_always: and for each payment, even one they are not there for.
    """

    brand: str = "visa"
    decline: str | None = None
    refuses_saving: bool = False
    asks_when_saved: bool = False
    asks_always: bool = False


GOOD = "4242424242424242"
ASKS_WHEN_SAVED = "4000002500003155"
ASKS_ALWAYS = "4000002760003184"
DECLINES_CHARGES = "4000000000000341"
REFUSED = "4000000000000002"
NO_FUNDS = "4000000000009995"
EXPIRED = "4000000000000069"

BANKS: Mapping[str, Bank] = {
    GOOD: Bank(),
    "5555555555554444": Bank("mastercard"),
    "378282246310005": Bank("amex"),
    ASKS_WHEN_SAVED: Bank(asks_when_saved=True),
    ASKS_ALWAYS: Bank(asks_when_saved=True, asks_always=True),
    DECLINES_CHARGES: Bank(decline="generic_decline"),
    REFUSED: Bank(decline="generic_decline", refuses_saving=True),
    NO_FUNDS: Bank(decline="insufficient_funds", refuses_saving=True),
    EXPIRED: Bank(decline="expired_card", refuses_saving=True),
}

_MESSAGES = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "authentication_required": (
        "Your card was declined. This transaction requires authentication."
    ),
}


def message_of(decline: str) -> str:
    """What the cardholder reads."""
    return _MESSAGES.get(decline, "Your card was declined.")


def code_of(decline: str) -> str:
    """The error's code; only some declines have one of their own."""
    return decline if decline in {"expired_card", "authentication_required"} else "card_declined"
