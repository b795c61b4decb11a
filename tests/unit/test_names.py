"""Time zones by what people call the place they are in."""

from datetime import UTC, datetime

import pytest

from bot.i18n.names import find_zones

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Madrid", "Europe/Madrid"),
        ("londres", "Europe/London"),
        ("new york", "America/New_York"),
        ("Kolkata", "Asia/Kolkata"),
        ("europe/berlin", "Europe/Berlin"),
        ("Bogotá", "America/Bogota"),
    ],
)
def test_a_place_has_its_zone(typed: str, zone: str) -> None:
    assert list(find_zones(typed, NOW)) == [zone]


def test_a_country_with_one_time_has_one_zone() -> None:
    assert len(find_zones("India", NOW)) == 1


def test_a_country_with_several_times_offers_each_once() -> None:
    zones = find_zones("Estados Unidos", NOW)
    assert len(zones) == len(set(zones)) > 4


@pytest.mark.parametrize("typed", ["", "  ", "xx", "nowhere at all", "'; DROP TABLE users"])
def test_what_is_no_place_has_none(typed: str) -> None:
    assert list(find_zones(typed, NOW)) == []
