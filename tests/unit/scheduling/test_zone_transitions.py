"""Open hours over every change of every zone's clock from 2025 to 2030.

The oracle knows nothing of wall time being turned into instants: it walks through UTC quarter by
quarter and asks what a clock in the zone shows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo, available_timezones

from bot.core.timespan import Timespan
from bot.scheduling.availability import QUARTER, open_time, slots
from bot.scheduling.schedule import AvailabilityRule, Hours, Schedule

_FIRST, _LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=3)
_AROUND = timedelta(hours=27)
_WHOLE_DAY = Hours(0, 24 * 60)


@dataclass(frozen=True, slots=True)
class _Change:
    at: datetime
    before: timedelta | None
    after: timedelta | None


@cache
def _changes() -> Mapping[_Change, str]:
    """Every different change, with one zone that makes it.

    Changes of one weekday, time and jump are alike, whatever their year: rules are weekly.
    """
    known: dict[object, tuple[_Change, str]] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        at, offset = _FIRST, _FIRST.astimezone(zone).utcoffset()
        while at < _LAST:
            after = (at + _STEP).astimezone(zone).utcoffset()
            if after != offset:
                change = _Change(_moment(zone, at, at + _STEP), offset, after)
                alike = change.at.weekday(), change.at.time(), offset, after
                known.setdefault(alike, (change, name))
            at, offset = at + _STEP, after
    return dict(known.values())


def _moment(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The first minute with the offset of `high`."""
    wanted = high.astimezone(zone).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = (low + (high - low) / 2).replace(second=0, microsecond=0)
        if middle.astimezone(zone).utcoffset() == wanted:
            high = middle
        else:
            low = middle
    return high


def _schedules(zone: str, chance: Random) -> Iterator[Schedule]:
    yield _schedule(zone, [_WHOLE_DAY])
    for _ in range(2):
        marks = sorted(chance.sample(range(97), 6))
        yield _schedule(
            zone, [Hours(a * 15, b * 15) for a, b in zip(marks[::2], marks[1::2], strict=True)]
        )


def _schedule(zone: str, hours: list[Hours]) -> Schedule:
    rules = tuple(AvailabilityRule(day, each) for day in range(7) for each in hours)
    return Schedule(
        teacher_id="t", zone=zone, rules=rules, notice=timedelta(0), horizon=timedelta(days=9)
    )


def _open_quarters(schedule: Schedule, within: Timespan) -> list[bool]:
    """The oracle: is the clock there, shown for the first time, within the hours?"""
    zone = ZoneInfo(schedule.zone)
    shown = [(within.start + n * QUARTER).astimezone(zone) for n in range(within.length // QUARTER)]
    return [not at.fold and _is_open(schedule, at) for at in shown]


def _is_open(schedule: Schedule, at: datetime) -> bool:
    minutes = at.hour * 60 + at.minute
    return any(
        rule.weekday == at.weekday() and rule.hours.opens <= minutes < rule.hours.closes
        for rule in schedule.rules
    )


def test_there_are_changes_of_every_sort() -> None:
    kinds = {(c.after or timedelta()) - (c.before or timedelta()) for c in _changes()}
    assert {timedelta(hours=1), -timedelta(hours=1), timedelta(minutes=30)} <= kinds
    assert len(_changes()) > 50


def test_hours_are_open_exactly_while_the_clock_of_the_zone_shows_them() -> None:
    chance = Random(7)
    for change, zone in _changes().items():
        within = Timespan(change.at - _AROUND, change.at + _AROUND)
        for schedule in _schedules(zone, chance):
            expected = _open_quarters(schedule, within)
            found = [False] * len(expected)
            for span in open_time(schedule, within):
                begin = (span.start - within.start) // QUARTER
                assert (span.start - within.start) % QUARTER == timedelta(0)
                for n in range(begin, begin + span.length // QUARTER):
                    found[n] = True
            assert found == expected, (zone, change, schedule.rules[:3])


def test_slots_have_their_whole_length_within_the_hours() -> None:
    chance = Random(11)
    for change, zone in _changes().items():
        within = Timespan(change.at - timedelta(hours=8), change.at + timedelta(hours=8))
        longer = within.widened(timedelta(0), timedelta(hours=1))
        schedule = list(_schedules(zone, chance))[-1]
        is_open = _open_quarters(schedule, longer)
        expected = [
            within.start + n * QUARTER
            for n in range(within.length // QUARTER)
            if all(is_open[n : n + 4])
        ]
        length = timedelta(hours=1)
        found = slots(schedule, [], length=length, now=within.start, within=within)
        assert [slot.start for slot in found] == expected, (zone, change)
        assert all(slot.length == length for slot in found)
