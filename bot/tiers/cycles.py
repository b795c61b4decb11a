"""Days and cycles: the spans of time in which uses are counted; pure."""

from calendar import monthrange
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.timespan import Timespan

_MONTHS = 12


def day_of(zone: str | None, now: datetime) -> Timespan:
    """The person's own day; in UTC where they told no zone."""
    clock = ZoneInfo(zone or "UTC")
    today = now.astimezone(clock).date()
    return Timespan(
        datetime.combine(today, time(), clock),
        datetime.combine(today + timedelta(days=1), time(), clock),
    )


def cycle_of(began_at: datetime, now: datetime) -> Timespan:
    """The month that holds `now`, counted from when it all began.

    A month without the day of the beginning ends on its last one, as cards are charged.
    """
    number = (now.year - began_at.year) * _MONTHS + now.month - began_at.month
    if _months_after(began_at, number) > now:
        number -= 1
    return Timespan(_months_after(began_at, number), _months_after(began_at, number + 1))


def calendar_month(now: datetime) -> datetime:
    """What the cycles of people without a subscription are counted from."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _months_after(began_at: datetime, number: int) -> datetime:
    years, month = divmod(began_at.month - 1 + number, _MONTHS)
    year = began_at.year + years
    day = min(began_at.day, monthrange(year, month + 1)[1])
    return began_at.replace(year=year, month=month + 1, day=day)
