"""A reader finds one notation of the clock wherever an hour is written."""

from datetime import UTC, datetime

import pytest

from bot.i18n.catalog import ui_languages
from bot.i18n.formats import clock_time, moment, second_in, time_in
from bot.scheduling.hours_shown import clock_shown


@pytest.mark.parametrize("reader", ui_languages())
@pytest.mark.parametrize(("hour", "minute"), [(0, 0), (9, 5), (12, 0), (18, 30), (23, 59)])
def test_hours_of_the_day_read_as_a_teachers_hours_do(reader: str, hour: int, minute: int) -> None:
    at = datetime(2026, 11, 24, hour, minute, 7, tzinfo=UTC)
    shown = clock_shown(60 * hour + minute)
    assert clock_time(at, reader) == time_in(at, reader, None) == shown
    assert second_in(at, reader, None) == f"{shown}:07"
    assert moment(at, reader, None).endswith(f", {shown}:07")
