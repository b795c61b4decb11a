"""Hours as teachers type them: "mon-fri 18:00-21:00, sat 9-12:30, off 24 dec - 2 jan"."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from bot.i18n.calendar_names import find_weekday
from bot.scheduling.hours_clock import Span, is_at_time, read_spans
from bot.scheduling.hours_dates import read_dates
from bot.scheduling.hours_words import NotUnderstood, Statement, statements
from bot.scheduling.schedule import (
    MOST_EXCEPTIONS,
    MOST_RULES,
    AvailabilityRule,
    DateException,
    Hours,
    Schedule,
    TooManyHours,
    merged_rules,
)

_WEEK = 7
_DAY = timedelta(days=1)
_SETS: Mapping[str, Sequence[int]] = {
    "hours.words.daily": range(_WEEK),
    "hours.words.weekdays": range(5),
    "hours.words.weekend": (5, 6),
}
_OFF, _NEVER = "hours.words.off", "hours.words.never"
_ONLY, _EXTRA = "hours.words.only", "hours.words.extra"


@dataclass(slots=True)
class HoursChange:
    """What a text asks for.

    Args:
        weekly: new hours of the weekdays that were named; none: never on that day.
        after_midnight: hours on top, of nights that began the day before.
        exceptions: for dates, in the order they were said.
    """

    weekly: dict[int, list[Hours]] = field(default_factory=dict)
    after_midnight: list[AvailabilityRule] = field(default_factory=list)
    exceptions: list[DateException] = field(default_factory=list)

    def applied_to(self, schedule: Schedule, today: date) -> Schedule:
        """The hours with this change; exceptions that are over or overruled are left out.

        Raises:
            TooManyHours: more than anybody needs.
        """
        kept = [rule for rule in schedule.rules if rule.weekday not in self.weekly]
        named = [AvailabilityRule(day, each) for day, own in self.weekly.items() for each in own]
        exceptions = [each for each in schedule.exceptions if each.last >= today]
        for exception in self.exceptions:
            exceptions = [each for each in exceptions if not exception.overrules(each)]
            exceptions.append(exception)
        rules = merged_rules([*kept, *named, *self.after_midnight])
        if len(rules) > MOST_RULES or len(exceptions) > MOST_EXCEPTIONS:
            raise TooManyHours
        return replace(schedule, rules=tuple(rules), exceptions=tuple(exceptions))


def parse_hours(text: str, today: date) -> HoursChange:
    """What is asked for, in any of the interface languages.

    Args:
        today: in the teacher's zone; a date without a year is the next such day.

    Raises:
        NotUnderstood: naming the part that was not.
    """
    reading = _Reading(today)
    for statement in statements(text):
        reading.read(statement)
    return reading.end()


def parse_dates(text: str, today: date) -> tuple[date, date]:
    """The first and the last of the days a text names alone. Raises NotUnderstood."""
    for statement in statements(text):
        statement.take(_OFF)
        found = read_dates(statement, today)
        statement.end()
        return found
    raise NotUnderstood(text, "hours.no_date")


class _Reading:
    """Takes one statement after another; what one leaves out, the one before it said."""

    def __init__(self, today: date) -> None:
        self._change = HoursChange()
        self._today = today
        self._days_without_hours: list[int] = []
        self._days: Sequence[int] = ()
        self._dates: tuple[date, date] | None = None
        self._last = ""

    def read(self, statement: Statement) -> None:
        self._last = statement.text
        if is_at_time(statement):
            self._more_hours(statement)
            return
        self._dates = None
        if statement.take(_OFF):
            self._off(statement)
        elif statement.take(_NEVER):
            self._never(statement)
        elif statement.take(_ONLY):
            self._only(statement, is_extra=False)
        elif statement.take(_EXTRA):
            self._only(statement, is_extra=True)
        else:
            self._weekly(statement)

    def end(self) -> HoursChange:
        """Raises NotUnderstood: nothing was said, or days without hours."""
        if not self._last:
            raise NotUnderstood("", "hours.nothing")
        if self._days_without_hours:
            raise NotUnderstood(self._last, "hours.no_hours")
        return self._change

    def _off(self, statement: Statement) -> None:
        self._change.exceptions.append(DateException(*read_dates(statement, self._today)))
        statement.end()

    def _never(self, statement: Statement) -> None:
        for day in _weekdays(statement):
            self._change.weekly[day] = []
        statement.end()

    def _only(self, statement: Statement, *, is_extra: bool) -> None:
        self._dates = read_dates(statement, self._today)
        self._on_dates(self._dates, read_spans(statement), is_extra=is_extra)

    def _weekly(self, statement: Statement) -> None:
        """Days that wait for hours get those of the next days: "mon, wed 9-12"."""
        self._days_without_hours += _weekdays(statement)
        if statement.is_at_end:
            return
        self._days = tuple(dict.fromkeys(self._days_without_hours))
        self._days_without_hours = []
        self._on_days(read_spans(statement))

    def _more_hours(self, statement: Statement) -> None:
        """Hours alone belong to the days or dates before them: "mon 9-12, 14-16"."""
        if self._dates is not None:
            self._on_dates(self._dates, read_spans(statement), is_extra=True)
        elif self._days and not self._days_without_hours:
            self._on_days(read_spans(statement))
        else:
            raise NotUnderstood(statement.text, "hours.no_days")

    def _on_days(self, spans: Sequence[Span]) -> None:
        for day in self._days:
            own = self._change.weekly.setdefault(day, [])
            for evening, night in (span.parts() for span in spans):
                own.append(evening)
                if night is not None:
                    rule = AvailabilityRule((day + 1) % _WEEK, night)
                    self._change.after_midnight.append(rule)

    def _on_dates(self, dates: tuple[date, date], spans: Sequence[Span], *, is_extra: bool) -> None:
        first, last = dates
        parts = [span.parts() for span in spans]
        evenings = tuple(evening for evening, _ in parts)
        self._change.exceptions.append(DateException(first, last, evenings, is_extra))
        if nights := tuple(night for _, night in parts if night is not None):
            after = DateException(first + _DAY, last + _DAY, nights, is_extra=True)
            self._change.exceptions.append(after)


def _weekdays(statement: Statement) -> Sequence[int]:
    """Days one by one, and from one to another. Raises NotUnderstood: there is none."""
    found = list(_each_weekday(statement))
    if not found:
        raise NotUnderstood(statement.rest, "hours.no_days")
    return found


def _each_weekday(statement: Statement) -> Iterator[int]:
    while True:
        group = next((days for key, days in _SETS.items() if statement.take(key)), None)
        if group is None:
            first = _weekday(statement)
            if first is None:
                return
            group = _to_next(first, statement)
        yield from group


def _to_next(first: int, statement: Statement) -> Sequence[int]:
    if not statement.take_dash():
        return [first]
    last = _weekday(statement)
    if last is None:
        raise NotUnderstood(statement.rest, "hours.no_days")
    return [(first + n) % _WEEK for n in range((last - first) % _WEEK + 1)]


def _weekday(statement: Statement) -> int | None:
    found = find_weekday(statement.peek().plain) if statement.kind() == "word" else None
    statement.at += found is not None
    return found
