"""The flag that stands for a language on a card."""

from functools import lru_cache

from babel.core import get_global, parse_locale

from bot.core.language import base_language

WORLD = "🌐"
_OFFSET = ord("🇦") - ord("A")
_CODE_LENGTH = 2


@lru_cache(maxsize=512)
def flag_of(tag: str) -> str:
    """Of the territory a tag names, else of where most of its speakers live (CLDR).

    A language without a country of its own has the globe.
    """
    likely = get_global("likely_subtags")
    spoken = likely.get(_bare(tag)) or likely.get(base_language(tag), "")
    territory = _territory(tag) or _territory(spoken)
    if len(territory) != _CODE_LENGTH or not territory.isalpha():
        return WORLD
    return "".join(chr(ord(letter) + _OFFSET) for letter in territory.upper())


def _bare(tag: str) -> str:
    return tag.replace("-", "_")


def _territory(tag: str) -> str:
    try:
        return parse_locale(_bare(tag))[1] or ""
    except ValueError:
        return ""
