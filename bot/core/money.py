"""Money: a whole number of minor units, always with its currency."""

from dataclasses import dataclass, replace

_CODE_LENGTH = 3


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

    def __lt__(self, other: "Money") -> bool:
        self._check(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self._check(other)
        return self.minor <= other.minor

    def _check(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
