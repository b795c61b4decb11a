"""A teacher's hours as they were said: weekly rules and exceptions, in wall time of one zone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core.entity import Entity
from bot.core.errors import DomainError
from bot.core.timespan import Timespan

DAY_MINUTES = 24 * 60
MOST_RULES = 100
MOST_EXCEPTIONS = 200
NOTICES = tuple(timedelta(hours=hours) for hours in (0, 1, 2, 4, 12, 24, 48))
HORIZONS = tuple(timedelta(days=days) for days in (7, 14, 30, 60, 90))
BUFFERS = tuple(timedelta(minutes=minutes) for minutes in (0, 5, 10, 15, 30, 60))


class TooManyHours(DomainError):
    """Nobody says so many rules one by one."""

    key = "hours.too_many"


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """A part of a day, in minutes after its midnight; `closes` is at most 1440.

    Raises:
        ValueError: it does not lie in one day, or is empty.
    """

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= DAY_MINUTES:
            raise ValueError("hours open before they close, within one day")


@dataclass(frozen=True, slots=True, order=True)
class AvailabilityRule:
    """Hours of every week; Monday is 0."""

    weekday: int
    hours: Hours


@dataclass(frozen=True, slots=True)
class DateException:
    """Other hours from `first` to `last`, both included.

    Args:
        hours: instead of the weekly ones; none: the teacher is away.
        is_extra: they come on top.
    """

    first: date
    last: date
    hours: tuple[Hours, ...] = ()
    is_extra: bool = False

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last

    def overrules(self, other: "DateException") -> bool:
        """Whether nothing is left of an older one beside it."""
        is_within = self.first <= other.first and other.last <= self.last
        return self == other or (is_within and not self.is_extra)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A calendar whose events are busy times.

    Args:
        url: of its iCalendar file, https.
        due_at: when it is read next.
        read_at: when that was tried last; None: never.
        trouble: name of what is wrong with it, told to the teacher; None: nothing is.
    """

    url: str
    due_at: datetime
    read_at: datetime | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Entity):
    """When lessons can be booked with a teacher.

    Args:
        teacher_id: the person's id.
        zone: IANA name; `rules` and `exceptions` are wall time there.
        exceptions: in the order they were said, later ones count.
        busy: what the calendar at `feed` says.
        notice: how long before its start a lesson can be booked at the latest.
        horizon: how far ahead it can be booked.
        buffer: free time kept before and after every lesson.
    """

    teacher_id: str
    zone: str
    rules: tuple[AvailabilityRule, ...] = ()
    exceptions: tuple[DateException, ...] = ()
    busy: tuple[Timespan, ...] = ()
    feed: Feed | None = None
    notice: timedelta = timedelta(hours=12)
    horizon: timedelta = timedelta(days=30)
    buffer: timedelta = timedelta(0)

    @property
    def is_open(self) -> bool:
        """Whether any hours are set, be they past or full."""
        return bool(self.rules) or any(each.hours for each in self.exceptions)

    def hours_on(self, day: date) -> Sequence[Hours]:
        """The hours of one day, in order, before anything is booked; they may overlap."""
        open_hours = [rule.hours for rule in self.rules if rule.weekday == day.weekday()]
        for exception in self.exceptions:
            if exception.covers(day):
                kept = open_hours if exception.is_extra else []
                open_hours = [*kept, *exception.hours]
        return sorted(open_hours)


def merged_hours(hours: Iterable[Hours]) -> Sequence[Hours]:
    """The same time of one day in as few parts as possible, in order."""
    merged: list[Hours] = []
    for each in sorted(hours):
        if merged and each.opens <= merged[-1].closes:
            merged[-1] = Hours(merged[-1].opens, max(merged[-1].closes, each.closes))
        else:
            merged.append(each)
    return merged


def merged_rules(rules: Iterable[AvailabilityRule]) -> Sequence[AvailabilityRule]:
    """The same hours in as few rules as possible, in the order of the week."""
    by_day: dict[int, list[Hours]] = {}
    for rule in sorted(rules):
        by_day.setdefault(rule.weekday, []).append(rule.hours)
    return [AvailabilityRule(d, each) for d, own in by_day.items() for each in merged_hours(own)]
