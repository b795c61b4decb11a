"""Dates, numbers and names as the reader writes them, by Babel."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers, units

from bot.core.language import base_language

# Whoever reads "18:00–21:00" among a teacher's hours reads no "6:00 PM" elsewhere.
_CLOCK, _CLOCK_WITH_SECONDS = "H:mm", "H:mm:ss"


def language_name(tag: str, reader: str) -> str:
    """A language's name for a reader: "Spanish" or "español"; the tag itself when unknown."""
    name = Locale.parse(reader).languages.get(base_language(tag))
    return str(name) if name else tag


def own_language_name(tag: str) -> str:
    """A language's name in that language, capitalised: "Español"."""
    name = language_name(tag, base_language(tag))
    return name[:1].upper() + name[1:]


def country_name(code: str, reader: str) -> str:
    """A country's name for a reader; the code itself when unknown."""
    name = Locale.parse(reader).territories.get(code.upper())
    return str(name) if name else code


def accent_name(tag: str, reader: str) -> str:
    """An accent for a reader: "English (United Kingdom)"."""
    name = Locale.parse(tag, sep="-").get_display_name(reader)
    return name or tag


def moment(at: datetime, reader: str, zone: str | None) -> str:
    """Date and time in the reader's zone (UTC where it is not known)."""
    local = at.astimezone(ZoneInfo(zone or "UTC"))
    day = dates.format_date(local, format="medium", locale=reader)
    joint = str(dates.get_datetime_format("medium", locale=reader))
    return joint.replace("'", "").format(second_in(at, reader, zone), day)


def clock_time(at: datetime, reader: str) -> str:
    """The time of day of an aware instant, in its own zone: "14:05"."""
    return dates.format_time(at, format=_CLOCK, locale=reader, tzinfo=at.tzinfo)


def calendar_day(day: date, reader: str) -> str:
    """A date in words: "December 31, 2001"."""
    return dates.format_date(day, format="long", locale=reader)


def duration(length: timedelta, reader: str) -> str:
    """A length in words: "3 minutes"."""
    return dates.format_timedelta(length, threshold=1.5, locale=reader)


def days(number: int, reader: str) -> str:
    """A number of days in words, not rounded to weeks or months: "30 days"."""
    return units.format_unit(number, "duration-day", length="long", locale=reader)


def month_name(day: date, reader: str) -> str:
    """The month of a day: "October 2026"."""
    return dates.format_skeleton("yMMMM", day, locale=reader)


def decimal(value: float, reader: str, digits: int = 1) -> str:
    """A number with `digits` decimals in the reader's notation."""
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return numbers.format_decimal(value, format=pattern, locale=reader)


def percent(hundredths: int, reader: str) -> str:
    """A share in hundredths of a percent: 1250 is "12.5%"."""
    return numbers.format_percent(hundredths / 100_00, format="#,##0.##%", locale=reader)


def minutes(length: timedelta, reader: str) -> str:
    """A length in whole minutes, not rounded to hours: "90 minutes"."""
    number = length // timedelta(minutes=1)
    return units.format_unit(number, "duration-minute", length="long", locale=reader)


def day_in(at: datetime, reader: str, zone: str | None) -> str:
    """The day of an instant in the reader's zone, short: "Tue, Dec 1"."""
    return dates.format_skeleton("MMMEd", at, tzinfo=ZoneInfo(zone or "UTC"), locale=reader)


def time_in(at: datetime, reader: str, zone: str | None) -> str:
    """The time of day of an instant in the reader's zone: "18:00"."""
    return dates.format_time(at, format=_CLOCK, tzinfo=ZoneInfo(zone or "UTC"), locale=reader)


def second_in(at: datetime, reader: str, zone: str | None) -> str:
    """The time of day of an instant to the second, in the reader's zone: "18:02:11"."""
    local = ZoneInfo(zone or "UTC")
    return dates.format_time(at, format=_CLOCK_WITH_SECONDS, tzinfo=local, locale=reader)


def exact_minutes(length: timedelta, reader: str) -> str:
    """A length to the second, not rounded to hours: "90 min 12 sec"."""
    whole, rest = divmod(length // timedelta(seconds=1), 60)
    parts = [units.format_unit(whole, "duration-minute", length="short", locale=reader)]
    if rest or not whole:
        seconds = units.format_unit(rest, "duration-second", length="short", locale=reader)
        parts = [*parts, seconds] if whole else [seconds]
    return " ".join(parts)
