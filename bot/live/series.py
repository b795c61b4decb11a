"""Weekly series: the same wall time every week, which is not always the same time in UTC."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core.zone_data import instant

_WEEK = timedelta(weeks=1)


def weekly_starts(wall: str, zone: str, count: int) -> Sequence[datetime]:
    """The instants at which a clock in `zone` shows `wall`, that day and in the weeks after.

    Args:
        wall: of the first one, e.g. "2026-10-24T18:00".
        count: how many, with the first one.
    """
    first = datetime.fromisoformat(wall)  # a clock's face: it has no zone
    shown = (first + week * _WEEK for week in range(count))
    return [instant(each.isoformat(timespec="minutes"), zone) for each in shown]
