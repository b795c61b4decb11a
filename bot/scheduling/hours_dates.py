"""Dates as they are typed: 24 dec, dec 24-26, 24 dec - 2 jan 2027, 2026-12-24, fri, tomorrow."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.i18n.calendar_names import find_month, find_weekday
from bot.scheduling.hours_words import NotUnderstood, Statement

_DAY = timedelta(days=1)
_LONGEST = timedelta(days=366)
_FARTHEST = timedelta(days=3 * 366)
_LEAP_YEARS = 8  # the longest time without a 29 February
_YEAR_DIGITS = 4
_WEEK = 7


@dataclass(frozen=True, slots=True)
class _Said:
    """What was said of a date."""

    day: int | None = None
    month: int | None = None
    year: int | None = None
    weekday: int | None = None
    whole: date | None = None


def read_dates(statement: Statement, today: date) -> tuple[date, date]:
    """The first and the last day of what comes next.

    Raises:
        NotUnderstood: it is no date, is over or years away, runs backwards, or for more than a
            year.
    """
    begin = statement.at
    first = last = _said(statement, today)
    if statement.take_dash():
        last = _said(statement, today)
    if first.month is None and last.month is not None:  # "24-26 dec"
        first = replace(first, month=last.month, year=last.year)
    if last.month is None and last.weekday is None and last.whole is None:  # "dec 24-26"
        last = replace(last, month=first.month, year=last.year or first.year)
    start = _next(first, today)
    end = None if start is None else _next(last, start)
    if start is None or end is None:
        raise NotUnderstood(statement.since(begin) or statement.text, "hours.no_date")
    is_near = today <= start <= today + _FARTHEST
    if not is_near or not timedelta(0) <= end - start <= _LONGEST:
        raise NotUnderstood(statement.since(begin), "hours.no_dates")
    return start, end


def _said(statement: Statement, today: date) -> _Said:
    for key, days in (("hours.words.today", 0), ("hours.words.tomorrow", 1)):
        if statement.take(key):
            return _Said(whole=today + days * _DAY)
    if statement.kind() == "iso":
        return _Said(whole=_iso(statement))
    said = _Said()
    while (more := _with_next(said, statement)) is not None:
        statement.next()
        said = more
        if said.weekday is not None:
            break
    if said == _Said():
        raise NotUnderstood(statement.rest, "hours.no_date")
    return said


def _iso(statement: Statement) -> date:
    text = statement.next().text
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotUnderstood(text, "hours.no_date") from error


def _with_next(said: _Said, statement: Statement) -> _Said | None:
    """With what the next word says; None where it says nothing of this date."""
    kind = statement.kind()
    if kind == "number":
        number = statement.peek().plain
        if len(number) == _YEAR_DIGITS and said.year is None and said.month is not None:
            return replace(said, year=int(number))
        if len(number) < len("100") and said.day is None:
            return replace(said, day=int(number))
    if kind == "word":
        word = statement.peek().plain
        month = find_month(word) if said.month is None else None
        weekday = find_weekday(word) if said == _Said() else None
        has_number = statement.kind(1) == "number"
        if weekday is not None and statement.kind(2) == "dash":  # "mar 10-11": Tuesday's hours
            has_number = False
        if month is not None and (said.day is not None or has_number):
            return replace(said, month=month)
        if weekday is not None:
            return _Said(weekday=weekday)
    return None


def _next(said: _Said, earliest: date) -> date | None:
    """The first such day not before `earliest`, or that of the year; None: there is none."""
    if said.whole is not None:
        return said.whole
    if said.weekday is not None:
        return earliest + (said.weekday - earliest.weekday()) % _WEEK * _DAY
    if said.day is None or said.month is None:
        return None
    years = range(earliest.year, earliest.year + _LEAP_YEARS + 1)
    for year in years if said.year is None else (said.year,):
        try:
            found = date(year, said.month, said.day)
        except ValueError:
            continue
        if said.year is not None or found >= earliest:
            return found
    return None
