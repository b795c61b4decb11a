"""When a conversation begins and how long it lasts, as people type it."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.flows.model import InvalidAnswer
from bot.i18n.calendar_names import find_weekday, words
from bot.i18n.names import folded
from bot.scheduling.hours_clock import parse_clock
from bot.scheduling.hours_text import parse_dates
from bot.scheduling.hours_words import NotUnderstood

_LONGEST_TYPED = 60
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_MINUTE = timedelta(minutes=1)
_BETWEEN = ("hours.words.to", "hours.words.skip")  # "mañana a las 18:00"
_LENGTH = re.compile(
    r"(?:(?P<hours>[0-9]{1,2})\s*h[^\W\d]*)?\s*(?:(?P<minutes>[0-9]{1,3})\s*(?:m[^\W\d]*\.?)?)?",
    re.IGNORECASE,
)


def parse_start(typed: str, now: datetime, zone: str) -> datetime:
    """The instant that is meant: "tomorrow 18:00", "fri 7pm", "18:30 24 dec", "20:00".

    Without a day it is the next time the clock shows it; the day of a week is the next such day.

    Raises:
        InvalidAnswer: no day or time, or a time that the clocks leave out that night.
        NotUnderstood: naming the part that was not.
    """
    said = typed[:_LONGEST_TYPED].replace(",", " ").split()
    clock, day = _split(said)
    here = ZoneInfo(zone)
    today = now.astimezone(here).date()
    if not day:
        start = _at(today, clock, here)
        return start if start > now else _at(today + _DAY, clock, here)
    first, last = parse_dates(" ".join(day), today)
    if first != last:
        raise InvalidAnswer("group.when.one_day")
    start = _at(first, clock, here)
    is_past_weekday = start <= now and find_weekday(day[0]) is not None
    return _at(first + _WEEK, clock, here) if is_past_weekday else start


def parse_length(typed: str, start: datetime, zone: str) -> timedelta:
    """A length ("90", "1 h 30", "45 min"), or the time of the day it ends at ("19:30").

    Raises:
        InvalidAnswer: it is neither.
    """
    said = typed.strip()
    match = _LENGTH.fullmatch(said)
    if match is not None and (match["hours"] or match["minutes"]):
        hours, minutes = int(match["hours"] or 0), int(match["minutes"] or 0)
        return timedelta(hours=hours, minutes=minutes)
    clock = _clock(said)
    if clock is None:
        raise InvalidAnswer("group.when.no_length")
    here = ZoneInfo(zone)
    day = start.astimezone(here).date()
    end = _at(day, clock, here)
    return (end if end > start else _at(day + _DAY, clock, here)) - start


def _split(said: Sequence[str]) -> tuple[int, Sequence[str]]:
    """The time, in minutes after midnight, and the words of the day; it may stand first or last."""
    for size in (2, 1):
        last = _clock(" ".join(said[-size:]))
        if last is not None:
            return last, _without_end(said[:-size])
    for size in (2, 1):
        head = " ".join(said[:size])
        first = None if head.isdecimal() else _clock(head)  # "24 dec" begins with a day
        if first is not None:
            return first, said[size:]
    raise InvalidAnswer("group.when.no_time")


def _without_end(day: Sequence[str]) -> Sequence[str]:
    """Without what stands between a day and its time."""
    idle = frozenset().union(*(words(key) for key in _BETWEEN))
    while day and folded(day[-1]) in idle:
        day = day[:-1]
    return day


def _clock(text: str) -> int | None:
    try:
        return parse_clock(text)
    except NotUnderstood:
        return None


def _at(day: date, clock: int, here: ZoneInfo) -> datetime:
    """That time on that day, as an instant. Raises InvalidAnswer where the clocks skip it."""
    days, minutes = divmod(clock, _DAY // _MINUTE)
    wall = datetime.combine(day + days * _DAY, time(*divmod(minutes, 60)), here)
    at = wall.astimezone(UTC)
    if at.astimezone(here).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise InvalidAnswer("group.when.skipped")
    return at
