"""What a confirmed lesson promises for later: reminders, the meter, and a look at who came."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.jobs.model import Job
from bot.scheduling.model import Booking
from bot.scheduling.policy import LessonPolicy

REMIND_JOB, METER_JOB, LATE_JOB = "lesson.remind", "lesson.meter", "lesson.late"
RESUME_JOB = "lesson.resume"
EXPIRE_JOB, BILL_JOB = "lesson.expire_hold", "lesson.bill"
MEETING_CREATE, MEETING_CHANGE, MEETING_REMOVE = (
    "meeting.create",
    "meeting.change",
    "meeting.remove",
)
METER_BEFORE = timedelta(minutes=10)
MISSED, CLOSED = "missed", "closed"
_BEFORE = {
    "day": timedelta(hours=24),
    "hour": timedelta(hours=1),
    "soon": timedelta(minutes=10),
}


def planned_jobs(booking: Booking, policy: LessonPolicy, now: datetime) -> Sequence[Job]:
    """Everything that follows from the times of a confirmed lesson; what is past is left out.

    The handlers do nothing where the booking no longer begins and ends as the payload says, so
    jobs of an earlier plan are harmless and nobody has to look for them.
    """
    times = {(REMIND_JOB, name): booking.starts_at - before for name, before in _BEFORE.items()}
    times[METER_JOB, "end"] = booking.open_until - METER_BEFORE
    times[LATE_JOB, MISSED] = booking.starts_at + policy.late_after
    times[LATE_JOB, CLOSED] = booking.open_until + policy.closed_after
    return [
        lesson_job(booking, kind, due_at, stage)
        for (kind, stage), due_at in times.items()
        if due_at > now
    ]


def lesson_job(booking: Booking, kind: str, due_at: datetime, stage: str = "") -> Job:
    """A promise about a booking as it is at this version."""
    key = f"{booking.id}:{booking.version}" + (f":{stage}" if stage else "")
    payload = {"booking_id": booking.id, "plan": plan_of(booking), "stage": stage}
    return Job(kind=kind, key=key, due_at=due_at, payload=payload)


def resume_job(user_id: str, cause: str, now: datetime) -> Job:
    """What a person's booking waited for is there: a card, or a payment."""
    return Job(kind=RESUME_JOB, key=f"{user_id}:{cause}", due_at=now, payload={"user_id": user_id})


def plan_of(booking: Booking) -> str:
    """What a promise about a lesson's times depends on."""
    return f"{booking.starts_at.isoformat()}/{booking.open_until.isoformat()}"
