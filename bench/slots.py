"""How long a teacher's slots take: thirty days, two hundred bookings, hours on every day."""

import gc
import time
from datetime import UTC, datetime, timedelta

from bench.table import Row
from bot.core.timespan import Timespan
from bot.scheduling.availability import slots
from bot.scheduling.schedule import AvailabilityRule, DateException, Hours, Schedule

_NOW = datetime(2026, 10, 10, 12, tzinfo=UTC)  # Madrid's clock is turned back in that time
_ROUNDS = 200
_TARGET_MS = 10.0


async def rows() -> list[Row]:
    schedule, taken = _schedule(), _bookings()
    spent: list[float] = []
    gc.collect()
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        found = slots(schedule, taken, length=timedelta(hours=1), now=_NOW)
        spent.append((time.perf_counter() - began) * 1000)
    spent.sort()
    median, slowest = spent[len(spent) // 2], spent[int(len(spent) * 0.99)]
    return [
        Row(
            f"slots of a teacher for 30 days with 200 bookings ({len(found)} found)",
            f"median {median:.1f} ms, p99 {slowest:.1f} ms",
            f"{_TARGET_MS:.0f} ms",
            is_met=median <= _TARGET_MS,
        )
    ]


def _schedule() -> Schedule:
    day = _NOW.date() + timedelta(days=5)
    parts = (Hours(8 * 60, 13 * 60), Hours(14 * 60, 22 * 60))
    return Schedule(
        teacher_id="teacher",
        zone="Europe/Madrid",
        rules=tuple(AvailabilityRule(weekday, each) for weekday in range(7) for each in parts),
        exceptions=(DateException(day, day), DateException(day, day, parts[:1], is_extra=True)),
        notice=timedelta(0),
        buffer=timedelta(minutes=10),
    )


def _bookings() -> list[Timespan]:
    """Two hundred lessons of three quarters of an hour, spread over the thirty days."""
    step = timedelta(days=30) / 200
    return [Timespan.of(_NOW + n * step, timedelta(minutes=45)) for n in range(200)]
