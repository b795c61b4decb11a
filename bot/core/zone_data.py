"""What a clock somewhere shows, which instant that is, and whether new zone data moved it."""

import zoneinfo
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzdata  # type: ignore[import-untyped] # it has no stubs

_MARK = "# version "


@cache
def zone_data_version() -> str:
    """The release of the IANA data `zoneinfo` reads, e.g. "2025b".

    The system's where it has any, as `zoneinfo` does, else that of the tzdata package.
    """
    for folder in map(Path, zoneinfo.TZPATH):
        compact = folder / "tzdata.zi"
        if compact.is_file():
            with compact.open(encoding="utf-8") as lines:
                return next(lines, "").removeprefix(_MARK).strip() or "unknown"
        if (folder / "UTC").is_file():
            return f"system {int((folder / 'UTC').stat().st_mtime)}"
    return str(tzdata.IANA_VERSION)


def wall_time(at: datetime, zone: str) -> str:
    """What a clock in `zone` shows at an instant, e.g. "2026-12-01T18:00"."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(timespec="minutes")


def instant(wall: str, zone: str) -> datetime:
    """When a clock in `zone` shows that: the first time of two; shortly after, if it skips it.

    Raises:
        ZoneInfoNotFoundError: there is no such zone (any more).
        ValueError: `wall` is no time.
    """
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def replanned(wall: str, zone: str, planned: datetime) -> datetime | None:
    """The instant a lesson moves to because the zone's rules changed since it was planned.

    The teacher's wall time wins. None where nothing moved, or nothing is known of the zone.

    Args:
        wall, zone: as stored with the lesson.
        planned: the instant stored with it.
    """
    try:
        if wall_time(planned, zone) == wall:  # perhaps the second time that a clock shows it
            return None
        return instant(wall, zone)
    except (ZoneInfoNotFoundError, ValueError):
        return None
