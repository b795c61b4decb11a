"""What plans promise to do later."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from bot.jobs.model import Job
from bot.tiers.gateway import TierEvent

READ_JOB = "plan.read"
PAGE_JOB = "plan.page"
LOOK_JOB = "plan.look"
DAILY_JOB = "plan.daily"
_LOOK_EVERY = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAILY_HOUR = 3  # UTC: when least happens


def read_job(gateway_id: str, cause: str, at: datetime) -> Job:
    """Ask the gateway about a subscription; `cause` says why, once each."""
    payload = {"subscription": gateway_id}
    return Job(kind=READ_JOB, key=f"{gateway_id}:{cause}", due_at=at, payload=payload)


def page_job(page_id: str, cause: str, at: datetime) -> Job:
    """Ask the gateway what became of a page."""
    return Job(kind=PAGE_JOB, key=f"{page_id}:{cause}", due_at=at, payload={"page": page_id})


def heard_jobs(event: TierEvent, cause: str, at: datetime) -> Sequence[Job]:
    """Read anew what a delivery named; `cause` is the delivery's own key."""
    jobs = []
    if event.subscription_id is not None:
        jobs.append(read_job(event.subscription_id, cause, at))
    if event.page_id is not None:
        jobs.append(page_job(event.page_id, cause, at))
    return jobs


def look_job(now: datetime) -> Job:
    """Ask the gateway where no webhook tells, every five minutes; each puts the next one."""
    number = (now - _EPOCH) // _LOOK_EVERY + 1
    return Job(kind=LOOK_JOB, key=str(number), due_at=_EPOCH + number * _LOOK_EVERY)


def daily_job(day: date) -> Job:
    """Ask about every subscription; each day's puts the next one's."""
    at = datetime.combine(day, time(_DAILY_HOUR), tzinfo=UTC)
    return Job(kind=DAILY_JOB, key=day.isoformat(), due_at=at)
