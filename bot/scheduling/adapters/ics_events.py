"""An iCalendar file (RFC 5545) as busy times, repetitions included."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events  # type: ignore[import-untyped] # it has no stubs
from icalendar import Calendar, Component

from bot.core.timespan import Timespan, intersection, union
from bot.scheduling.feeds import FeedFailed, FeedTrouble

_MOST_EVENTS = 10_000
_DAY = timedelta(days=1)
# Nobody's diary repeats within a day; what does would only cost time.
_QUICK = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_WITHIN_A_DAY = ("BYSECOND", "BYMINUTE", "BYHOUR")


def busy_times(content: bytes, zone: str, within: Timespan) -> tuple[Timespan, ...]:
    """What the calendar's events take of `within`, in order.

    Cancelled events and those marked as free take nothing. Days and times without a zone are
    those of `zone`.

    Raises:
        FeedFailed: it is no calendar, or one with far too many events.
    """
    try:
        calendar = Calendar.from_ical(content)
        spans = list(_spans(calendar, ZoneInfo(zone), within))
    except FeedFailed:
        raise
    except Exception as error:  # what strangers send breaks the parsers in many ways
        raise FeedFailed(FeedTrouble.NO_CALENDAR, type(error).__name__) from error
    return tuple(intersection(union(spans), [within]))


def _spans(calendar: Component, zone: ZoneInfo, within: Timespan) -> Iterator[Timespan]:
    if calendar.name != "VCALENDAR":
        raise FeedFailed(FeedTrouble.NO_CALENDAR)
    kept = [part for part in calendar.subcomponents if not _is_hasty(part)]
    if len(kept) > _MOST_EVENTS:
        raise FeedFailed(FeedTrouble.TOO_LARGE)
    calendar.subcomponents = kept
    query = recurring_ical_events.of(calendar, skip_bad_series=True)
    first, last = within.start - _DAY, within.end + _DAY
    for number, event in enumerate(query.between(first, last)):
        if number >= _MOST_EVENTS:
            raise FeedFailed(FeedTrouble.TOO_LARGE)
        if _is_busy(event):
            start, end = (_instant(event[name].dt, zone) for name in ("DTSTART", "DTEND"))
            if start < end:
                yield Timespan(start, end)


def _is_busy(event: Component) -> bool:
    said = {name: str(event.get(name, "")).upper() for name in ("TRANSP", "STATUS")}
    return said["TRANSP"] != "TRANSPARENT" and said["STATUS"] != "CANCELLED"


def _is_hasty(part: Component) -> bool:
    """Whether it repeats several times a day."""
    rules: Any = part.get("RRULE", [])
    return any(
        bool(_QUICK & {str(each).upper() for each in rule.get("FREQ", [])})
        or any(name in rule for name in _WITHIN_A_DAY)
        for rule in (rules if isinstance(rules, list) else [rules])
    )


def _instant(at: date, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
