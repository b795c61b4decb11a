"""What people type, as values: each function returns a clean value or says what is wrong."""

import re
import unicodedata
from datetime import date, datetime

from bot.accounts.ages import years_between
from bot.flows.model import InvalidAnswer
from bot.i18n.names import find_country, find_language

NAME_LIMIT = 80
LINE_LIMIT = 120
TEXT_LIMIT = 500
_POSTAL_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{1,11}")
_DATES = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"),
    re.compile(r"(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<year>\d{4})"),
)
_CODE = re.compile(r"\d{6}")
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15  # E.164
_OLDEST_YEARS = 120
# Control, private and unassigned characters, and those that turn the direction of what follows.
_REFUSED = {"Cc", "Co", "Cn", "Cs"}
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_line(text: str, most: int = LINE_LIMIT) -> str:
    """One line of at most `most` characters.

    Raises:
        InvalidAnswer: empty, too long, or with characters that no text needs.
    """
    return _checked(" ".join(text.split()), most)


def clean_text(text: str, most: int = TEXT_LIMIT) -> str:
    """Several lines; see `clean_line`."""
    return _checked("\n".join(" ".join(line.split()) for line in text.strip().splitlines()), most)


def _checked(text: str, most: int) -> str:
    plain = unicodedata.normalize("NFC", text)
    if not plain:
        raise InvalidAnswer("answer.empty")
    if len(plain) > most:
        raise InvalidAnswer("answer.too_long", most=most, have=len(plain))
    if any(c in _TURNS or (unicodedata.category(c) in _REFUSED and c != "\n") for c in plain):
        raise InvalidAnswer("answer.odd_characters")
    return plain


def parse_name(text: str) -> str:
    """A person's name; it has a letter in it."""
    name = clean_line(text, NAME_LIMIT)
    if not any(c.isalpha() for c in name):
        raise InvalidAnswer("answer.no_name")
    return name


def parse_code(text: str) -> str:
    """The six digits of a one-time code; what is no code counts as no try."""
    digits = re.sub(r"[\s-]", "", text)
    if not _CODE.fullmatch(digits):
        raise InvalidAnswer("code.shape")
    return digits


def parse_phone(text: str) -> str:
    """A number in international form, "+" and 7 to 15 digits (E.164).

    A shared contact comes without its plus sign.
    """
    digits = re.sub(r"[\s().-]", "", text).removeprefix("00").removeprefix("+")
    if not digits.isascii() or not digits.isdigit():
        raise InvalidAnswer("answer.no_phone")
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        raise InvalidAnswer("answer.no_phone")
    return f"+{digits}"


def parse_birth(text: str, now: datetime) -> date:
    """A date of birth: 2001-12-31, 31.12.2001 or 31/12/2001."""
    match = next((found for form in _DATES if (found := form.fullmatch(text.strip()))), None)
    if match is None:
        raise InvalidAnswer("answer.no_date")
    try:
        birth = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError as error:
        raise InvalidAnswer("answer.no_date") from error
    if birth > now.date() or years_between(birth, now.date()) > _OLDEST_YEARS:
        raise InvalidAnswer("answer.no_date")
    return birth


def parse_country(text: str) -> str:
    """ISO 3166 code of a country named in any interface language."""
    code = find_country(text)
    if code is None:
        raise InvalidAnswer("answer.no_country")
    return code


def parse_language(text: str) -> str:
    """Base language named in any interface language, or in itself."""
    tag = find_language(text)
    if tag is None:
        raise InvalidAnswer("answer.no_language")
    return tag


def parse_postal_code(text: str) -> str:
    """Letters, digits, spaces and hyphens: what all countries' codes are made of."""
    code = clean_line(text).upper()
    if not _POSTAL_CODE.fullmatch(code):
        raise InvalidAnswer("answer.no_postal_code")
    return code
