"""When a conversation begins and how long it lasts, as people type it."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.errors import DomainError
from bot.flows.live.when import parse_length, parse_start

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)  # a Sunday, nine in the evening in Madrid
ZONE = "Europe/Madrid"
START = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("tomorrow 18:00", "2026-11-23T17:00"),
        ("tomorrow at 6 pm", "2026-11-23T17:00"),
        ("6 pm tomorrow", "2026-11-23T17:00"),
        ("tomorrow, 18:00", "2026-11-23T17:00"),
        ("mañana a las 18:00", "2026-11-23T17:00"),
        ("fri 7pm", "2026-11-27T18:00"),
        ("viernes 19h", "2026-11-27T18:00"),
        ("24 dec 18", "2026-12-24T17:00"),
        ("24 dic a las 19:30", "2026-12-24T18:30"),
        ("18:30 24 dec", "2026-12-24T17:30"),
        ("2026-12-01 09:15", "2026-12-01T08:15"),
    ],
)
def test_a_start_is_understood_as_people_say_it(typed: str, meant: str) -> None:
    assert parse_start(typed, NOW, ZONE) == datetime.fromisoformat(f"{meant}+00:00")


def test_a_time_alone_is_the_next_one_and_a_weekday_never_past() -> None:
    assert parse_start("23:00", NOW, ZONE) == datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
    assert parse_start("20:00", NOW, ZONE) == datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
    assert parse_start("sunday 10:00", NOW, ZONE) == datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
    assert parse_start("today 19:00", NOW, ZONE) < NOW  # refused where it is asked


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("tomorrow", "group.when.no_time"),
        ("hello", "group.when.no_time"),
        ("", "group.when.no_time"),
        ("24-26 dec 18:00", "group.when.one_day"),
        ("soon 18:00", "hours.no_date"),
        ("28 mar 2027 02:30", "group.when.skipped"),  # the clocks go from two to three
    ],
)
def test_what_is_not_understood_is_told_with_its_reason(typed: str, key: str) -> None:
    with pytest.raises(DomainError) as refused:
        parse_start(typed, NOW, ZONE)
    assert refused.value.key == key


def test_an_hour_that_comes_twice_is_its_first() -> None:
    assert parse_start("31 oct 2027 02:30", NOW, ZONE) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("90", 90), ("1 h 30", 90), ("1h30", 90), ("45 min", 45), ("2h", 120), ("19:30", 90)],
)
def test_a_length_is_minutes_hours_or_the_end(typed: str, minutes: int) -> None:
    assert parse_length(typed, START, ZONE) == timedelta(minutes=minutes)


def test_an_end_before_the_start_is_the_next_days() -> None:
    assert parse_length("1:00", START, ZONE) == timedelta(hours=7)


@pytest.mark.parametrize("typed", ["long", "", "1:99", "-5"])
def test_what_is_no_length_is_told(typed: str) -> None:
    with pytest.raises(DomainError) as refused:
        parse_length(typed, START, ZONE)
    assert refused.value.key == "group.when.no_length"
