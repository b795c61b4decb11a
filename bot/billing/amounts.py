"""How much a card can be charged: the gateway's units and its smallest amounts.

Sources: Stripe's documentation, "Supported currencies": "Zero-decimal currencies", "Three-decimal
currencies", "Special cases" and "Minimum and maximum charge amounts".
"""

from bot.accounts.prices import HIGHEST
from bot.core.money import Money, digits

# Smallest charges, in our minor units.
_LEAST = {
    "AED": 200,
    "AUD": 50,
    "BGN": 100,
    "BRL": 50,
    "CAD": 50,
    "CHF": 50,
    "CZK": 1500,
    "DKK": 250,
    "EUR": 50,
    "GBP": 30,
    "HKD": 400,
    "HUF": 17500,
    "INR": 50,
    "JPY": 50,
    "MXN": 1000,
    "MYR": 200,
    "NOK": 300,
    "NZD": 50,
    "PLN": 200,
    "RON": 200,
    "SEK": 300,
    "SGD": 50,
    "THB": 1000,
    "USD": 50,
}
_HIGHEST_PARTS = 500  # the highest price is about 500 US dollars, so a part is about one
_LEAST_ELSEWHERE = 100
# Without decimals, but written with two, which are zero: the gateway wants it so.
_WITH_EMPTY_DECIMALS = frozenset({"ISK", "UGX"})
_STEP_OF_THREE_DIGITS = 10


def least_charge(currency: str) -> Money:
    """The smallest amount the gateway takes.

    Elsewhere than in its table it wants the worth of 0.50 US dollars; ours is about twice that.
    """
    listed = _LEAST.get(currency)
    if listed is None:
        listed = -(-HIGHEST.get(currency, _LEAST_ELSEWHERE * _HIGHEST_PARTS) // _HIGHEST_PARTS)
    return Money(listed, currency)


def to_units(amount: Money) -> int:
    """An amount as the gateway counts it.

    Raises:
        ValueError: three digits behind the point of which the last is not zero.
    """
    if amount.currency in _WITH_EMPTY_DECIMALS:
        return amount.minor * 100
    if digits(amount.currency) == 3 and amount.minor % _STEP_OF_THREE_DIGITS:
        raise ValueError(f"{amount.currency} is charged in steps of {_STEP_OF_THREE_DIGITS}")
    return amount.minor


def in_steps(amount: Money) -> Money:
    """The next amount upwards that the gateway can move."""
    step = _STEP_OF_THREE_DIGITS if digits(amount.currency) == 3 else 1
    return Money(-(-amount.minor // step) * step, amount.currency)


def can_be_charged(amount: Money) -> bool:
    """Whether the gateway takes it alone: not too little, and not finer than its steps."""
    return least_charge(amount.currency) <= amount == in_steps(amount)


def from_units(units: int, currency: str) -> Money:
    """What the gateway counted, in our minor units."""
    code = currency.upper()
    return Money(units // 100 if code in _WITH_EMPTY_DECIMALS else units, code)
