"""What people type becomes a clean value, or is refused with a reason."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flows import answers
from bot.flows.model import InvalidAnswer

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  Ana   García ", "Ana García"),
        ("José", "José"),
        ("李小龍", "李小龍"),
        ("O'Brien-Smith Jr.", "O'Brien-Smith Jr."),
        ("👩🏽 Ana", "👩🏽 Ana"),
    ],
)
def test_names_of_all_scripts_are_taken(typed: str, name: str) -> None:
    assert answers.parse_name(typed) == name


@pytest.mark.parametrize("typed", ["", "   ", "12345", "👍", "A" * 81, "A\x00na", "A\u202ena"])
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(InvalidAnswer):
        answers.parse_name(typed)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+34 600 123 456", "+34600123456"),
        ("0034 600-123-456", "+34600123456"),
        ("(1) 555.010.0000", "+15550100000"),
        ("34600123456", "+34600123456"),
    ],
)
def test_phone_numbers_get_one_form(typed: str, number: str) -> None:
    assert answers.parse_phone(typed) == number


@pytest.mark.parametrize("typed", ["", "call me", "+12", "+1234567890123456", "٣٤٦٠٠١٢٣٤٥٦"])
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(InvalidAnswer):
        answers.parse_phone(typed)


@pytest.mark.parametrize("typed", ["2000-02-29", "29.02.2000", "29/2/2000"])
def test_a_date_of_birth_is_read_in_three_forms(typed: str) -> None:
    assert answers.parse_birth(typed, NOW) == date(2000, 2, 29)


@pytest.mark.parametrize("typed", ["1999-02-29", "2026-03-02", "1900-01-01", "yesterday", ""])
def test_impossible_dates_of_birth_are_refused(typed: str) -> None:
    with pytest.raises(InvalidAnswer):
        answers.parse_birth(typed, NOW)


@pytest.mark.parametrize("typed", ["123456", " 123 456 ", "123-456"])
def test_a_code_is_taken_as_the_mail_or_the_hand_writes_it(typed: str) -> None:
    assert answers.parse_code(typed) == "123456"


@pytest.mark.parametrize("typed", ["12345", "1234567", "12345a", "١٢٣٤٥٦٧", ""])
def test_what_is_no_code_is_not_even_tried(typed: str) -> None:
    with pytest.raises(InvalidAnswer):
        answers.parse_code(typed)


@pytest.mark.parametrize(
    ("typed", "code"), [("España", "ES"), ("spain", "ES"), ("de", "DE"), ("peru", "PE")]
)
def test_countries_are_known_in_every_interface_language(typed: str, code: str) -> None:
    assert answers.parse_country(typed) == code


@pytest.mark.parametrize(
    ("typed", "tag"),
    [("Spanish", "es"), ("espanol", "es"), ("alemán", "de"), ("日本語", "ja"), ("uk", "uk")],
)
def test_languages_are_known_by_any_of_their_names(typed: str, tag: str) -> None:
    assert answers.parse_language(typed) == tag


@pytest.mark.parametrize(
    ("typed", "code"), [("46001", "46001"), ("sw1a 1aa", "SW1A 1AA"), ("1234-567", "1234-567")]
)
def test_postal_codes_of_several_countries_are_taken(typed: str, code: str) -> None:
    assert answers.parse_postal_code(typed) == code


@given(st.text(max_size=700))
def test_a_kept_text_has_no_control_characters_and_fits(typed: str) -> None:
    try:
        kept = answers.clean_text(typed)
    except InvalidAnswer:
        return
    assert 0 < len(kept) <= answers.TEXT_LIMIT
    assert not set(kept) & {"\x00", "\r", "\t", "\x1b", "\u202e"}
    assert answers.clean_text(kept) == kept
