"""Mail addresses and ages."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.accounts.addresses import WrongAddress, lookup_form, parse_address
from bot.accounts.ages import is_minor, years_between


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" Ana@Example.COM ", "Ana@example.com"),
        ("mailto:ana@example.com", "ana@example.com"),
        ("a.b+c@sub.example.org", "a.b+c@sub.example.org"),
        ("ana@münchen.de", "ana@xn--mnchen-3ya.de"),
    ],
)
def test_an_address_gets_one_form(typed: str, address: str) -> None:
    assert parse_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "ana@example",
        "ana@@example.com",
        "ana@127.0.0.1",
        "ana@-a.com",
        "a..b@example.com",
        "ana @example.com",
        "ana@example.com\nBcc: bob@example.com",
        "ana,bob@example.com",
        f"{'a' * 65}@example.com",
        f"ana@{'a' * 64}.com",
        f"ana@{'a.' * 130}com",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(WrongAddress):
        parse_address(typed)


@given(st.text(max_size=80))
def test_whatever_is_typed_is_an_address_on_one_line_or_refused(typed: str) -> None:
    try:
        address = parse_address(typed)
    except WrongAddress:
        return
    assert address.isascii()
    assert not any(character.isspace() for character in address)
    assert parse_address(address) == address


def test_an_address_is_known_whatever_its_case() -> None:
    assert lookup_form("Ana@example.com") == lookup_form("ANA@example.com")


@pytest.mark.parametrize(
    ("birth", "today", "years"),
    [
        (date(2008, 11, 22), date(2026, 11, 21), 17),
        (date(2008, 11, 22), date(2026, 11, 22), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_years_count_on_the_birthday(birth: date, today: date, years: int) -> None:
    assert years_between(birth, today) == years
    assert is_minor(birth, today) == (years < 18)
