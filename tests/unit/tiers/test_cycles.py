"""Days in the person's own clock, and months counted from the day they subscribed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tiers.cycles import cycle_of, day_of

TIMES = st.timedeltas(timedelta(), timedelta(days=3_650)).map(
    lambda since: datetime(2020, 1, 1, tzinfo=UTC) + since
)


def test_a_day_is_the_persons_own_and_has_23_hours_when_their_clock_skips_one() -> None:
    morning = datetime(2026, 3, 29, 9, tzinfo=UTC)
    day = day_of("Europe/Madrid", morning)
    assert day.start == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert day.length == timedelta(hours=23)
    assert day_of(None, morning).start == datetime(2026, 3, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2026-01-31T10:00", "2026-01-31T10:00", "2026-02-28T10:00"),
        ("2026-02-28T09:59", "2026-01-31T10:00", "2026-02-28T10:00"),
        ("2026-02-28T10:00", "2026-02-28T10:00", "2026-03-31T10:00"),
        ("2028-03-01T00:00", "2028-02-29T10:00", "2028-03-31T10:00"),
    ],
)
def test_a_month_without_the_day_ends_on_its_last_one(now: str, start: str, end: str) -> None:
    began = datetime(2026, 1, 31, 10, tzinfo=UTC)
    cycle = cycle_of(began, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert cycle.start == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert cycle.end == datetime.fromisoformat(end).replace(tzinfo=UTC)


@given(began=TIMES, now=TIMES)
def test_cycles_hold_the_moment_and_follow_each_other_without_a_gap(
    began: datetime, now: datetime
) -> None:
    cycle = cycle_of(began, now)
    assert cycle.start <= now < cycle.end
    assert cycle_of(began, cycle.end).start == cycle.end
    assert timedelta(days=28) <= cycle.length <= timedelta(days=31)
