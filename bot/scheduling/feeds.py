"""A teacher's calendar elsewhere: read every hour, its events are busy times."""

from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from bot.core.timespan import Timespan
from bot.jobs.model import Job
from bot.scheduling.schedule import Schedule

REFRESH_JOB = "availability.refresh"
EVERY = timedelta(hours=1)


class FeedTrouble(StrEnum):
    """What is wrong with a calendar, by what its teacher can do about it."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    NO_CALENDAR = "no_calendar"
    TOO_LARGE = "too_large"
    NOT_PUBLIC = "not_public"


class FeedFailed(Exception):
    """The calendar could not be read."""

    def __init__(self, trouble: FeedTrouble, detail: str = "") -> None:
        self.trouble = trouble
        super().__init__(f"{trouble.value} {detail}".strip())


class BusyFeed(Protocol):
    """Reads a calendar at an address a stranger gave."""

    async def busy(self, url: str, zone: str, within: Timespan, /) -> tuple[Timespan, ...]:
        """The busy times of `within`, in order.

        Args:
            zone: IANA name; of days and times for which the calendar names none.

        Raises:
            FeedFailed: it could not be read.
        """
        ...


def refresh_job(schedule: Schedule) -> Job:
    """Reads the calendar of a schedule that has one, when it is due."""
    if schedule.feed is None:
        raise ValueError("there is no calendar to read")
    due_at = schedule.feed.due_at
    key = f"{schedule.teacher_id}:{due_at.isoformat()}"
    return Job(
        kind=REFRESH_JOB, key=key, due_at=due_at, payload={"teacher_id": schedule.teacher_id}
    )
