"""Days of the week and months by their names, in any of the interface languages (CLDR)."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from babel import Locale, dates, units

from bot.i18n.catalog import texts_in, ui_languages
from bot.i18n.names import folded

_SHORTEST_PART = 3
_MINUTE = timedelta(minutes=1)


def find_weekday(text: str) -> int | None:
    """Monday is 0; None where the word is no day, or could be several."""
    return _found(_weekdays(), folded(text))


def find_month(text: str) -> int | None:
    """January is 1; None where the word is no month, or could be several."""
    return _found(_months(), folded(text))


def weekday_name(weekday: int, reader: str) -> str:
    """Abbreviated, with a capital as in a list: "Mon", "Lun"."""
    name = str(Locale.parse(reader).days["stand-alone"]["abbreviated"][weekday])
    return name[:1].upper() + name[1:]


def short_date(day: date, reader: str) -> str:
    """Day, month and year in an order every reader takes: "24 Dec 2026"."""
    return dates.format_date(day, format="d MMM y", locale=reader)


def day_name(day: date, reader: str) -> str:
    """With its weekday, without the year: "Mon, Nov 23"."""
    return dates.format_skeleton("MMMEd", day, locale=reader)


def length_name(length: timedelta, reader: str) -> str:
    """In the largest unit that divides it: "2 days", "12 hours", "0 minutes"."""
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1))):
        if length and not length % size:
            return units.format_unit(length // size, f"duration-{unit}", "long", locale=reader)
    return units.format_unit(length // _MINUTE, "duration-minute", "long", locale=reader)


@cache
def words(key: str) -> frozenset[str]:
    """What the catalogs of all interface languages accept for `key`, folded."""
    return frozenset(
        folded(word) for reader in ui_languages() for word in texts_in(reader)(key).split()
    )


def _found(names: Mapping[str, int], wanted: str) -> int | None:
    """By name, in the plural, or by the beginning of a name."""
    for name in (wanted, wanted.removesuffix("s")):
        if name in names:
            return names[name]
    if len(wanted) < _SHORTEST_PART:
        return None
    meant = {number for name, number in names.items() if name.startswith(wanted)}
    return meant.pop() if len(meant) == 1 else None


@cache
def _weekdays() -> Mapping[str, int]:
    return _named(Locale.parse(reader).days for reader in ui_languages())


@cache
def _months() -> Mapping[str, int]:
    return _named(Locale.parse(reader).months for reader in ui_languages())


def _named(languages: Iterable[Any]) -> Mapping[str, int]:
    """All but the narrow names, which are single letters."""
    return {
        folded(name): number
        for contexts in languages
        for widths in contexts.values()
        for width, names in widths.items()
        if width != "narrow"
        for number, name in names.items()
    }
