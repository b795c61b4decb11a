"""Amounts Stripe accepts. Source: docs.stripe.com/currencies, minimum and maximum charges."""

from collections.abc import Mapping
from typing import Any

from bot.simulators.stripe.errors import Refused, required

_MINIMUM = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500,
    "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
_MOST = 99_999_999


def amount_in(asked: Mapping[str, Any], *, smallest: int | None = None) -> tuple[int, str]:
    """Amount in the smallest unit, and currency in lower case.

    Args:
        smallest: the least that is taken; None: what a charge in this currency needs.

    Raises:
        Refused: one is missing, or the amount is too small or too large.
    """
    for name in ("amount", "currency"):
        if name not in asked:
            raise required(name)
    currency = str(asked["currency"]).lower()
    try:
        amount = int(asked["amount"])
    except ValueError:
        raise Refused("Invalid integer", code="parameter_invalid_integer", param="amount") from None
    least = _MINIMUM.get(currency, 50) if smallest is None else smallest
    if amount < least:
        message = f"Amount must be at least {least} {currency}"
        raise Refused(message, code="amount_too_small", param="amount")
    if amount > _MOST:
        raise Refused("Amount is too large", code="amount_too_large", param="amount")
    return amount, currency
