"""Which currencies prices are named in, and between which bounds a price for an hour lies."""

from collections.abc import Mapping

from bot.core.errors import DomainError
from bot.core.money import Money

# The highest price for an hour, in minor units: about 500 US dollars. The most used first.
HIGHEST: Mapping[str, int] = {
    "EUR": 50_000,
    "USD": 50_000,
    "GBP": 40_000,
    "MXN": 1_000_000,
    "BRL": 300_000,
    "COP": 200_000_000,
    "ARS": 60_000_000,
    "CAD": 70_000,
    "AUD": 80_000,
    "CHF": 45_000,
    "PLN": 200_000,
    "TRY": 2_000_000,
    "INR": 4_500_000,
    "JPY": 80_000,
    "KRW": 750_000,
    "CNY": 360_000,
}
CURRENCIES = tuple(HIGHEST)


class PriceOutOfBounds(DomainError):
    """Nobody means such a price; `most` is the highest there is."""

    key = "price.out_of_bounds"

    def __init__(self, most: Money) -> None:
        self.most = most
        super().__init__()


def checked_price(price: Money) -> Money:
    """A price for an hour of teaching, or a fee on top of it.

    Raises:
        PriceOutOfBounds: zero or less, above the currency's highest, or another currency.
    """
    most = HIGHEST.get(price.currency, 0)
    if not 0 < price.minor <= most:
        raise PriceOutOfBounds(Money(most, price.currency))
    return price
