"""Shares of money to the last unit, and amounts as a card is charged with them."""

from fractions import Fraction

import pytest
from babel import numbers
from hypothesis import given
from hypothesis import strategies as st

from bot.accounts.prices import CURRENCIES
from bot.billing.amounts import from_units, least_charge, to_units
from bot.core.money import CurrencyMismatch, Money, digits, total_of

amounts = st.integers(-(10**12), 10**12)


@given(amounts, st.integers(-(10**6), 10**6), st.integers(1, 10**6))
def test_a_share_is_the_exact_fraction_rounded_half_away_from_zero(
    minor: int, part: int, whole: int
) -> None:
    exact = Fraction(minor * part, whole)
    share = Money(minor, "EUR").share(part, whole).minor
    assert abs(Fraction(share) - exact) <= Fraction(1, 2)
    if abs(Fraction(share) - exact) == Fraction(1, 2):
        assert abs(share) > abs(exact)


def test_what_is_taken_away_and_given_back_cancels_out() -> None:
    ten = Money(1000, "EUR")
    assert ten.share(1, 3) + -ten.share(1, 3) == Money(0, "EUR")
    assert ten - Money(1250, "EUR") == Money(-250, "EUR")
    assert total_of([], "JPY") == Money(0, "JPY")
    with pytest.raises(CurrencyMismatch):
        _ = ten - Money(1, "USD")


@pytest.mark.parametrize("currency", CURRENCIES)
def test_digits_are_those_that_people_write_in_every_currency_prices_are_named_in(
    currency: str,
) -> None:
    assert digits(currency) == numbers.get_currency_precision(currency)


@pytest.mark.parametrize(
    ("amount", "units"),
    [
        (Money(1250, "EUR"), 1250),
        (Money(1500, "JPY"), 1500),
        (Money(5, "ISK"), 500),
        (Money(5, "UGX"), 500),
        (Money(5_120, "KWD"), 5_120),
    ],
)
def test_amounts_are_sent_in_the_gateways_units_and_come_back_the_same(
    amount: Money, units: int
) -> None:
    assert to_units(amount) == units
    assert from_units(units, amount.currency.lower()) == amount


def test_the_last_of_three_digits_cannot_be_charged() -> None:
    with pytest.raises(ValueError, match="steps of 10"):
        to_units(Money(5_124, "KWD"))


@pytest.mark.parametrize("currency", CURRENCIES)
def test_every_currency_has_a_smallest_charge_far_below_any_hour(currency: str) -> None:
    assert Money(0, currency) < least_charge(currency)
