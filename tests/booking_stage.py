"""A teacher with hours and a live gig, and students, as rows: for tests and benches of booking."""

from datetime import datetime, timedelta
from uuid import NAMESPACE_DNS, uuid5

from bot.accounts.gigs import Gig, GigCategory, GigStatus
from bot.accounts.model import User
from bot.scheduling.booking_service import BookingService
from bot.scheduling.model import Booking
from bot.scheduling.policy import LessonPolicy
from bot.scheduling.schedule import AvailabilityRule, Hours, Schedule
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.message_builders import NOW
from tests.relay_stage import a_profile, add_person

SERVICE = BookingService(LessonPolicy())
EVERY_DAY = tuple(AvailabilityRule(weekday, Hours(8 * 60, 20 * 60)) for weekday in range(7))
FIRST = NOW + timedelta(days=2)  # 12:00 UTC, with hours before and after


def settle_in(work: Work, *students: str, teacher: str = "tea", **schedule: object) -> Gig:
    """A verified teacher open from 8 to 20 UTC every day, and registered students."""
    add_person(work, teacher)
    work.teachers.add(a_profile(teacher))
    for name in students:
        add_person(work, name)
    values = {"teacher_id": teacher, "zone": "UTC", "rules": EVERY_DAY, **schedule}
    work.schedules.add(Schedule(**values))  # type: ignore[arg-type] # one dict, many types
    return work.gigs.add(a_gig(teacher))


def gig_of(teacher: str) -> str:
    """The id of their offer."""
    return str(uuid5(NAMESPACE_DNS, teacher))


def a_gig(teacher: str) -> Gig:
    return Gig(
        id=gig_of(teacher),
        user_id=teacher,
        category=GigCategory.LANGUAGE_TUTOR,
        status=GigStatus.LIVE,
        title="Spanish",
        service="Talk",
        language="es",
        price_minor=2000,
        currency="EUR",
        lesson_minutes=(30, 60),
        created_at=NOW,
        live_at=NOW,
    )


def hold(
    work: Work,
    student: str,
    start: datetime = FIRST,
    minutes: int = 60,
    teacher: str = "tea",
    now: datetime = NOW,
) -> Booking:
    return SERVICE.hold(work, find(work, student), gig_of(teacher), start, minutes, now)


def booked(
    work: Work, student: str, start: datetime = FIRST, minutes: int = 60, now: datetime = NOW
) -> Booking:
    """A confirmed lesson."""
    return SERVICE.confirm(work, hold(work, student, start, minutes, now=now), student, now)


def find(work: Work, name: str) -> User:
    return work.users.get(name)


async def settled(storage: SqlStorage, *students: str) -> None:
    await storage.write(lambda work: settle_in(work, *students))
