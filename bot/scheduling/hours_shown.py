"""Hours in the reader's words, such that typing them again says the same."""

from collections.abc import Sequence

from bot.i18n.calendar_names import short_date, weekday_name
from bot.i18n.catalog import Texts
from bot.scheduling.schedule import AvailabilityRule, DateException, Hours

_WEEK = 7


def weekly_shown(rules: Sequence[AvailabilityRule], texts: Texts) -> Sequence[str]:
    """One line for each run of days with the same hours: "Mon–Fri 18:00–21:00, 22:00–23:00"."""
    by_day = [sorted(rule.hours for rule in rules if rule.weekday == day) for day in range(_WEEK)]
    lines: list[str] = []
    first = 0
    while first < _WEEK:
        last = first
        while last + 1 < _WEEK and by_day[last + 1] == by_day[first]:
            last += 1
        if by_day[first]:
            days = [weekday_name(day, texts.language) for day in sorted({first, last})]
            lines.append(f"{'–'.join(days)} {hours_shown(by_day[first])}")
        first = last + 1
    return lines


def exception_shown(exception: DateException, texts: Texts) -> str:
    """As "off 24 Dec 2026 – 2 Jan 2027" or "only 27 Nov 2026 10:00–11:00"."""
    kind = "extra" if exception.is_extra else "only" if exception.hours else "off"
    word = texts(f"hours.words.{kind}").split()[0]
    days = [short_date(day, texts.language) for day in (exception.first, exception.last)]
    said = " – ".join(dict.fromkeys(days))
    return f"{word} {said} {hours_shown(exception.hours)}".strip()


def hours_shown(hours: Sequence[Hours]) -> str:
    """As "9:00–12:30, 14:00–16:00"."""
    return ", ".join(f"{clock_shown(each.opens)}–{clock_shown(each.closes)}" for each in hours)


def clock_shown(minutes: int) -> str:
    """Minutes after midnight as "9:05"."""
    return f"{minutes // 60}:{minutes % 60:02d}"
