"""Amounts: exact, with their currency, as people of each language write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.accounts.prices import CURRENCIES, HIGHEST, PriceOutOfBounds, checked_price
from bot.core.money import CurrencyMismatch, Money
from bot.i18n.money import NotAnAmount, money, parse_money


@pytest.mark.parametrize(
    ("typed", "currency", "reader", "minor"),
    [
        ("12,50", "EUR", "en", 1250),
        ("12.50", "EUR", "es", 1250),
        ("12.5", "EUR", "en", 1250),
        ("1,250", "USD", "en", 125_000),
        ("1.250", "EUR", "es", 125_000),
        ("1.234,56", "EUR", "es", 123_456),
        ("1,234.56", "EUR", "en", 123_456),
        ("€12", "EUR", "en", 1200),
        ("12 eur", "EUR", "es", 1200),
        ("1500", "JPY", "en", 1500),
        ("¥1,500", "JPY", "en", 1500),
    ],
)
def test_an_amount_means_what_its_reader_means(
    typed: str, currency: str, reader: str, minor: int
) -> None:
    assert parse_money(typed, currency, reader) == Money(minor, currency)


@pytest.mark.parametrize(
    ("typed", "currency", "reader"),
    [
        ("12.345", "EUR", "en"),
        ("12,345", "EUR", "es"),
        ("12.5", "JPY", "en"),
        ("1,2345", "EUR", "en"),
        ("1,23,456", "EUR", "en"),
        ("1.234.56", "EUR", "en"),
        ("-3", "EUR", "en"),
        ("1e3", "EUR", "en"),
        ("", "EUR", "en"),
        ("twelve", "EUR", "en"),
        ("20 USD", "EUR", "en"),
        ("9999999999", "EUR", "en"),
    ],
)
def test_what_is_no_amount_of_the_currency_is_refused(
    typed: str, currency: str, reader: str
) -> None:
    with pytest.raises(NotAnAmount):
        parse_money(typed, currency, reader)


@given(st.sampled_from(CURRENCIES), st.integers(0, 99_999_999), st.sampled_from(["en", "es"]))
def test_what_is_shown_can_be_typed_back(currency: str, minor: int, reader: str) -> None:
    amount = Money(minor, currency)
    assert parse_money(money(amount, reader), currency, reader) == amount


def test_yen_have_no_decimals() -> None:
    assert money(Money(1500, "JPY"), "en") == "¥1,500"


def test_amounts_of_two_currencies_are_neither_added_nor_compared() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(CurrencyMismatch):
        assert Money(1, "EUR") < Money(2, "USD")


@pytest.mark.parametrize("code", ["", "eur", "EURO", "E1R", "ÄÖÜ"])
def test_an_amount_needs_a_currency(code: str) -> None:
    with pytest.raises(ValueError, match="not a currency"):
        Money(1, code)


@pytest.mark.parametrize("minor", [-1, 0, HIGHEST["EUR"] + 1])
def test_a_price_nobody_means_is_refused(minor: int) -> None:
    with pytest.raises(PriceOutOfBounds):
        checked_price(Money(minor, "EUR"))


def test_a_currency_prices_are_not_named_in_is_refused() -> None:
    with pytest.raises(PriceOutOfBounds):
        checked_price(Money(100, "XXX"))
