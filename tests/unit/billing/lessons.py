"""Lessons as the tests of billing need them, and an oracle that prices them second by second."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from bot.billing.model import LessonFact, LessonOutcome, Presence, Side, Source
from bot.core.money import Money
from bot.core.timespan import Timespan

START = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(seconds: float) -> datetime:
    """So many seconds after the booked start."""
    return START + timedelta(seconds=seconds)


def there(
    side: Side, joined: float, left: float | None, source: Source = Source.ZOOM_WEBHOOK
) -> Presence:
    return Presence(side, source, at(joined), None if left is None else at(left))


def a_lesson(*presences: Presence, **changes: object) -> LessonFact:
    values: dict[str, object] = {
        "booking_id": "booking",
        "student_id": "student",
        "teacher_id": "teacher",
        "booked": Timespan.of(START, HOUR),
        "presences": presences,
        "rate": Money(2400, "EUR"),
        "outcome": LessonOutcome.MET,
    }
    return LessonFact(**{**values, **changes})  # type: ignore[arg-type] # one dict, many types


def oracle_cents(
    joined: dict[str, set[int]], booked_seconds: int, rate: int, fee: int
) -> tuple[int, int]:
    """(billed seconds, cents) by counting: which seconds were both there, and inside?

    Args:
        joined: of each side, every second of the lesson's clock during which it was there.
    """
    common = joined["student"] & joined["teacher"]
    inside = sum(1 for second in common if 0 <= second < booked_seconds)
    started = inside // 60 + (1 if inside % 60 else 0)
    billed = min(60 * started, booked_seconds)
    exact = Fraction(rate * billed, 3600)
    cents = int(exact + Fraction(1, 2))
    return billed, cents + (fee if billed else 0)


def a_history(
    rng: random.Random, booked_seconds: int
) -> tuple[tuple[Presence, ...], dict[str, set[int]]]:
    """What vendors might tell of two people's stays, and when they really were there.

    The report knows every stay. The webhook loses some, doubles some, cuts some in two and knows
    no end of some; a few stays reach the report only.
    """
    told: list[Presence] = []
    truth: dict[str, set[int]] = {"student": set(), "teacher": set()}
    for side in Side:
        for joined, left in _stays(rng, booked_seconds):
            truth[side].update(range(joined, left))
            told.append(there(side, joined, left, Source.ZOOM_REPORT))
            told += _as_heard(rng, side, joined, left)
    rng.shuffle(told)
    return tuple(told), truth


def _stays(rng: random.Random, booked_seconds: int) -> list[tuple[int, int]]:
    stays, now = [], rng.randint(-1200, 600)
    for _ in range(rng.randint(0, 4)):
        left = now + rng.choice((rng.randint(1, 90), rng.randint(60, booked_seconds)))
        stays.append((now, left))
        now = left + rng.randint(0, 300)
    return stays


def _as_heard(rng: random.Random, side: Side, joined: int, left: int) -> Iterable[Presence]:
    match rng.randrange(5):
        case 0:
            return []
        case 1:
            return [there(side, joined, left)] * 2
        case 2:
            middle = rng.randint(joined, left)
            return [there(side, joined, middle), there(side, middle, left)]
        case 3:
            return [there(side, left, joined)]  # its two events in the wrong order
        case _:
            return [there(side, joined, left)]
