"""Lessons keep the teacher's wall time when the rules of a zone change."""

import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.zone_data import instant, replanned, wall_time, zone_data_version

_SIX = datetime(2026, 12, 1, 17, tzinfo=UTC)


def test_nothing_moves_while_the_rules_stay() -> None:
    wall = wall_time(_SIX, "Europe/Madrid")
    assert wall == "2026-12-01T18:00"
    assert instant(wall, "Europe/Madrid") == _SIX
    assert replanned(wall, "Europe/Madrid", _SIX) is None


def test_a_lesson_planned_with_other_rules_moves_to_its_wall_time() -> None:
    planned_with_summer_time_all_year = _SIX - timedelta(hours=1)
    moved = replanned("2026-12-01T18:00", "Europe/Madrid", planned_with_summer_time_all_year)
    assert moved == _SIX


def test_a_zone_nobody_knows_any_more_moves_nothing() -> None:
    assert replanned("2026-12-01T18:00", "Europe/Atlantis", _SIX) is None


def test_a_time_shown_twice_is_the_first_and_a_skipped_one_comes_later() -> None:
    assert instant("2026-10-25T02:30", "Europe/Madrid") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant("2026-03-29T02:30", "Europe/Madrid") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("has_system", [True, False])
def test_the_version_is_that_of_the_data_in_use(
    has_system: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if has_system:
        (tmp_path / "tzdata.zi").write_text("# version 2031x\nR ...\n", "utf-8")
    monkeypatch.setattr(zoneinfo, "TZPATH", (str(tmp_path),))
    zone_data_version.cache_clear()
    try:
        version = zone_data_version()
    finally:
        zone_data_version.cache_clear()
    assert (version == "2031x") is has_system
    assert re.fullmatch(r"20\d\d[a-z]", version)


def test_a_lesson_at_the_second_of_two_equal_times_stays_there() -> None:
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert replanned(wall_time(second, "Europe/Madrid"), "Europe/Madrid", second) is None
