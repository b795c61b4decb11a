"""Times of the day as they are typed: 9-12:30, 18:00-21:00, 6pm-9pm, 6-9 pm, 22-2."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.scheduling.hours_words import NotUnderstood, Statement, statements
from bot.scheduling.schedule import DAY_MINUTES, Hours

_LONGEST_NIGHT = 8 * 60
_NOON = 12 * 60
_TIME = re.compile(r"(?P<hour>[0-9]{1,2})(?:[:.h](?P<minute>[0-5][0-9])|h)?\s?(?P<half>[ap])?")
_KINDS = frozenset({"clock", "number"})


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes after midnight; `closes` may be after the next one."""

    opens: int
    closes: int

    def parts(self) -> tuple[Hours, Hours | None]:
        """What lies in its day, and what in the next."""
        if self.closes <= DAY_MINUTES:
            return Hours(self.opens, self.closes), None
        return Hours(self.opens, DAY_MINUTES), Hours(0, self.closes - DAY_MINUTES)


def is_at_time(statement: Statement) -> bool:
    """Whether a time of the day comes next."""
    return statement.kind() in _KINDS


def parse_clock(text: str) -> int:
    """One time of the day, in minutes after midnight. Raises NotUnderstood."""
    for statement in statements(text):
        clock = _clock(statement)
        statement.end()
        return clock.minutes(clock.half)
    raise NotUnderstood(text, "hours.no_time")


def read_spans(statement: Statement) -> Sequence[Span]:
    """The rest of a statement, at least one span.

    Raises:
        NotUnderstood: there is none, or something else.
    """
    spans = [_span(statement)]
    while not statement.is_at_end:
        spans.append(_span(statement))
    return spans


def _span(statement: Statement) -> Span:
    begin = statement.at
    opens = _clock(statement)
    if not statement.take_dash():
        raise NotUnderstood(statement.since(begin), "hours.no_end")
    closes = _clock(statement)
    start, end = _in_order(opens, closes)
    if end <= start:
        end += DAY_MINUTES
        if end - start > _LONGEST_NIGHT:
            raise NotUnderstood(statement.since(begin), "hours.backwards")
    return Span(start, end)


@dataclass(frozen=True, slots=True)
class _Clock:
    """`half` is "a" or "p" where it was said."""

    hour: int
    minute: int
    half: str | None

    def minutes(self, half: str | None) -> int:
        hour = self.hour % 12 if half is not None else self.hour
        return hour * 60 + self.minute + (_NOON if half == "p" else 0)


def _in_order(opens: _Clock, closes: _Clock) -> tuple[int, int]:
    """Of "6-9pm" and "6pm-9" both ends are in that half of the day, of "10-1pm" they are not."""
    first, last = opens.minutes(opens.half), closes.minutes(closes.half)
    if closes.half is not None and opens.half is None and 0 < opens.hour <= 12:
        same = opens.minutes(closes.half)
        first = same if same < last else opens.minutes("a")
    if opens.half is not None and closes.half is None and 0 < closes.hour <= 12:
        same = closes.minutes(opens.half)
        last = same if same > first else closes.minutes("p" if opens.half == "a" else "a")
    return first, last or DAY_MINUTES


def _clock(statement: Statement) -> _Clock:
    if not is_at_time(statement):
        raise NotUnderstood(statement.rest, "hours.no_hours")
    text = statement.next().text
    match = _TIME.match(text.casefold())
    if match is None or (match.end() < len(text) and match["half"] is None):
        raise NotUnderstood(text, "hours.no_time")
    clock = _Clock(int(match["hour"]), int(match["minute"] or 0), match["half"])
    latest = _NOON + 59 if clock.half is not None else DAY_MINUTES
    if clock.hour * 60 + clock.minute > latest or (clock.half is not None and not clock.hour):
        raise NotUnderstood(text, "hours.no_time")
    return clock
