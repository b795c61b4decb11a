"""Amounts of money as people write and read them, by Babel."""

import re
import unicodedata
from decimal import Decimal

from babel import numbers

from bot.core.money import Money

_MOST_DIGITS = 9
_PLAIN = re.compile(r"\d+")
_DECIMAL = re.compile(r"(\d+)[.,](\d+)")
_GROUPED = re.compile(r"(\d{1,3}(?:[.,'’ ]\d{3})+)(?:([.,])(\d+))?")
_THOUSAND_DIGITS = 3


class NotAnAmount(ValueError):
    """What was typed is not an amount of this currency."""


def money(amount: Money, reader: str) -> str:
    """With the currency's sign where the reader expects it: "€12.50", "12,50 €"."""
    digits = numbers.get_currency_precision(amount.currency)
    value = Decimal(amount.minor).scaleb(-digits)
    return str(numbers.format_currency(value, amount.currency, locale=reader))


def currency_name(code: str, reader: str) -> str:
    """A currency with its code: "EUR · Euro"."""
    return f"{code} · {numbers.get_currency_name(code, locale=reader)}"


def parse_money(typed: str, currency: str, reader: str) -> Money:
    """What a person means by an amount.

    A comma or a point before one or two last digits starts the decimals, whichever the reader's
    language would use; before three digits it groups thousands where that is the language's sign.

    Raises:
        NotAnAmount: not a number, more decimals than the currency has, or too long a number.
    """
    whole, fraction = _parts(_bare(typed, currency, reader), reader)
    digits = numbers.get_currency_precision(currency)
    if len(fraction) > digits or len(whole) > _MOST_DIGITS:
        raise NotAnAmount(typed)
    return Money(int(whole + fraction.ljust(digits, "0")), currency)


def _bare(typed: str, currency: str, reader: str) -> str:
    """Without the currency's code and sign; digits of any script as 0 to 9."""
    text = unicodedata.normalize("NFKC", typed).strip().upper()
    for sign in (currency, numbers.get_currency_symbol(currency, locale=reader).upper()):
        text = text.removeprefix(sign).removesuffix(sign).strip()
    return "".join(str(unicodedata.decimal(char, char)) for char in text)


def _parts(text: str, reader: str) -> tuple[str, str]:
    if _PLAIN.fullmatch(text):
        return text, ""
    decimal = _DECIMAL.fullmatch(text)
    group = numbers.get_group_symbol(locale=reader)
    if decimal and not (len(decimal[2]) == _THOUSAND_DIGITS and text[len(decimal[1])] == group):
        return decimal[1], decimal[2]
    grouped = _GROUPED.fullmatch(text)
    if grouped is None:
        raise NotAnAmount(text)
    signs = {char for char in grouped[1] if not char.isdigit()}
    if len(signs) > 1 or grouped[2] in signs:
        raise NotAnAmount(text)
    return "".join(filter(str.isdigit, grouped[1])), grouped[3] or ""
