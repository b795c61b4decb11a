"""Money: a whole number of minor units, always with its currency."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

_CODE_LENGTH = 3
# Currencies without the usual two digits, by ISO 4217; MGA's fifths are counted by nobody.
_DIGITS = {
    **dict.fromkeys(
        (
            *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"),
            *("MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


class CurrencyMismatch(ValueError):
    """Amounts of two currencies cannot be added or compared."""


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount.

    Args:
        minor: in the currency's smallest unit: cents, or whole yen.
        currency: ISO 4217 code, upper case.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        code = self.currency
        if len(code) != _CODE_LENGTH or not (code.isascii() and code.isalpha() and code.isupper()):
            raise ValueError(f"not a currency: {code!r}")

    def __add__(self, other: "Money") -> "Money":
        self._check(other)
        return replace(self, minor=self.minor + other.minor)

    def __sub__(self, other: "Money") -> "Money":
        return self + -other

    def __neg__(self) -> "Money":
        return replace(self, minor=-self.minor)

    def share(self, part: int, whole: int) -> "Money":
        """`part / whole` of it, exact but for the last digit: half a minor unit goes up.

        Up is away from zero, so that a share and its return cancel out. `whole` is positive.
        """
        product = self.minor * part
        size = (2 * abs(product) + whole) // (2 * whole)
        return replace(self, minor=size if product >= 0 else -size)

    def __lt__(self, other: "Money") -> bool:
        self._check(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self._check(other)
        return self.minor <= other.minor

    def _check(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")


def digits(currency: str) -> int:
    """How many digits of the amount stand behind the point when people write it."""
    return _DIGITS.get(currency, 2)


def total_of(amounts: Iterable[Money], currency: str) -> Money:
    """The sum, in a currency that is known even if there is nothing to add."""
    return sum(amounts, Money(0, currency))
