"""Finding languages, countries and time zones by names, in any of the interface languages."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import get_global

from bot.i18n.catalog import ui_languages

# What is offered without typing, the most spoken and most often asked for first.
_COMMON = (
    "en es pt fr de it ru uk pl tr ar zh ja ko hi id vi nl ro fa he bn ur pa ta te mr gu ms th tl"
    " sv da nb fi cs sk hu el bg sr hr ca sw"
)
COMMON_LANGUAGES = tuple(_COMMON.split())
_MOST_ZONES = 8
_SHORTEST_PART = 3


def find_language(text: str) -> str | None:
    """The base language people mean by a name or a code; None when there is none."""
    return _languages().get(folded(text))


def find_country(text: str) -> str | None:
    """The ISO 3166 code of a country by its name or code."""
    return _countries().get(folded(text))


def find_zones(text: str, now: datetime) -> Sequence[str]:
    """IANA zones that a city, a country or a zone's own name stands for.

    Of zones that show the same time all year one is enough. Empty when nothing fits.
    """
    wanted = folded(text)
    if not wanted:
        return ()
    if wanted in _zones():
        return (_zones()[wanted],)
    cities = _cities()
    if wanted in cities:
        return cities[wanted]
    country = find_country(text)
    if country is not None:
        found: Iterable[str] = _zones_of(country)
    elif len(wanted) >= _SHORTEST_PART:
        found = [zone for city, zones in cities.items() if wanted in city for zone in zones]
    else:
        found = ()
    return _without_doubles(found, now)[:_MOST_ZONES]


def folded(text: str) -> str:
    """Without case, accents and punctuation, so that "Espanol" is found as "español"."""
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(letter)
    )
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


@cache
def _languages() -> Mapping[str, str]:
    known: dict[str, str] = {}
    for reader in ui_languages():
        for tag, name in Locale.parse(reader).languages.items():
            if "_" not in tag:
                known.setdefault(folded(str(name)), str(tag))
    for tag in COMMON_LANGUAGES:
        known[folded(str(Locale.parse(tag).languages.get(tag, tag)))] = tag
        known[tag] = tag
    return known


@cache
def _countries() -> Mapping[str, str]:
    known: dict[str, str] = {}
    for reader in ui_languages():
        for code, name in Locale.parse(reader).territories.items():
            if len(code) == len("XX") and code.isalpha() and code not in {"EU", "EZ", "UN", "ZZ"}:
                known.setdefault(folded(str(name)), str(code))
                known.setdefault(folded(str(code)), str(code))
    return known


@cache
def _zones() -> Mapping[str, str]:
    return {folded(zone): zone for zone in available_timezones()}


@cache
def _cities() -> Mapping[str, tuple[str, ...]]:
    """Folded city names of all interface languages to their zones."""
    known: dict[str, set[str]] = {}
    for zone in get_global("zone_territories"):
        names = {zone.rsplit("/", 1)[-1].replace("_", " ")}
        for reader in ui_languages():
            named = Locale.parse(reader).time_zones.get(zone)
            if named is not None and "city" in named:
                names.add(str(named["city"]))
        for name in names:
            known.setdefault(folded(name), set()).add(str(zone))
    return {name: tuple(sorted(zones)) for name, zones in known.items()}


def _zones_of(country: str) -> Sequence[str]:
    return sorted(zone for zone, code in get_global("zone_territories").items() if code == country)


def _without_doubles(zones: Iterable[str], now: datetime) -> Sequence[str]:
    known: dict[tuple[timedelta | None, ...], str] = {}
    for zone in zones:
        if folded(zone) not in _zones():
            continue
        there = ZoneInfo(zone)
        moments = (now + timedelta(days=91 * quarter) for quarter in range(4))
        known.setdefault(tuple(at.astimezone(there).utcoffset() for at in moments), zone)
    return tuple(known.values())
