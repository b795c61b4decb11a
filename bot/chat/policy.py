"""What may be written: how much, how long, and what never goes through."""

import re
import unicodedata
from dataclasses import dataclass

from bot.core.errors import DomainError
from bot.core.text import clean, is_blank

_CARD = re.compile(r"(?<![0-9])[0-9](?:[ \-.\u00a0]?[0-9]){12,18}(?![0-9])")
_SHORTEST_CARD, _LONGEST_CARD = 13, 19
_CARD_BEGINS = "23456"  # ISO/IEC 7812-1: travel, banks and their cards
# A word joiner is not seen; behind it, "@name" is no mention and "/word" no command to tap.
_JOINER = "\u2060"
_MENTION = re.compile(r"@(?=\w)|(?<=<)(?=[@#&]|t:)")
_TAPPED = re.compile(r"(?<![\w/:.])/(?=[A-Za-z0-9_])")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


class NotSent(DomainError):
    """The rules said no; the message stays with its author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one person may send.

    Args:
        per_minute, per_day: messages, of whatever kind, to everybody together.
        characters: of one text.
        seconds: of one recording.
    """

    per_minute: int = 30
    per_day: int = 1_000
    characters: int = 8_000
    seconds: float = 600.0


# What a bot may upload: Bot API, "Sending files"; Discord, "Uploading Files" without boosts.
UPLOAD_LIMITS = {"telegram": 50_000_000, "discord": 10 * 1024 * 1024}
DOWNLOAD_LIMIT = 20_000_000


def check_text(text: str, limits: Limits) -> None:
    """Raises NotSent when the text is too long or holds what looks like a card's number."""
    if len(text) > limits.characters:
        raise NotSent("relay.refused.too_long", limit=limits.characters)
    if has_card_number(text):
        raise NotSent("relay.refused.card")


def check_pace(last_minute: int, last_day: int, limits: Limits) -> None:
    """Raises NotSent when a person writes more than anybody reads."""
    if last_minute >= limits.per_minute:
        raise NotSent("relay.refused.too_fast")
    if last_day >= limits.per_day:
        raise NotSent("relay.refused.too_many", limit=limits.per_day)


def check_size(size: int, platform: str) -> None:
    """Raises NotSent when a platform would not take a file of so many bytes."""
    limit = UPLOAD_LIMITS.get(platform, DOWNLOAD_LIMIT)
    if size > limit:
        raise NotSent(
            "relay.refused.too_large", limit=limit // 1_000_000, platform=platform.capitalize()
        )


def has_card_number(text: str) -> bool:
    """Whether 13 to 19 digits, however grouped and in whatever script, pass Luhn's check."""
    plain = text if text.isascii() else "".join(_plain_digit(char) for char in text)
    return any(_is_card(re.sub(r"\D", "", found)) for found in _CARD.findall(plain))


def _plain_digit(char: str) -> str:
    return str(unicodedata.decimal(char)) if char.isdecimal() else char


def _is_card(digits: str) -> bool:
    if not _SHORTEST_CARD <= len(digits) <= _LONGEST_CARD or digits[0] not in _CARD_BEGINS:
        return False
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(int(digit) for digit in digits[::-2])) % 10 == 0


def harmless(text: str) -> str:
    """`text` without what a client would make a mention or a command of; e-mail addresses stay."""
    text = clean(text)
    if is_blank(text):
        return ""
    addresses = [match.span() for match in _EMAIL.finditer(text)]

    def joined(match: re.Match[str]) -> str:
        if any(start <= match.start() < end for start, end in addresses):
            return match[0]
        return match[0] + _JOINER

    return _TAPPED.sub(f"/{_JOINER}", _MENTION.sub(joined, text))
