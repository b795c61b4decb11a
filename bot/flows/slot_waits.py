"""Telling students once when something of a teacher's is free that was not before."""

from datetime import datetime, timedelta

from bot.accounts.gigs import Gig
from bot.core.clock import Clock
from bot.core.entity import short_id
from bot.flows.gig_card import BOOK_PREFIX
from bot.flows.lesson_news import LessonNews
from bot.flows.lesson_words import name_of
from bot.flows.ports import FlowWork
from bot.jobs.model import Job
from bot.messaging.model import Button, Paragraph
from bot.scheduling.free_time import free_slots
from bot.scheduling.waits import SlotWait

LOOK_JOB = "slots.look"
_LOOKED_AGAIN_AFTER = timedelta(hours=12)  # the horizon moves on, and with it what can be booked


def look_for_waiting(work: FlowWork, teacher_id: str, now: datetime) -> None:
    """Promise to look for those who wait, if any: something of this teacher may be free."""
    if work.slot_waits.of_teacher(teacher_id):
        _promise(work, teacher_id, now, now.isoformat())


def _look_again(work: FlowWork, teacher_id: str, now: datetime) -> None:
    """Once a half day, however many wait."""
    due_at = now + _LOOKED_AGAIN_AFTER
    _promise(work, teacher_id, due_at, f"{due_at:%Y-%m-%d}:{due_at.hour // 12}")


def _promise(work: FlowWork, teacher_id: str, due_at: datetime, when: str) -> None:
    key, payload = f"{teacher_id}:{when}", {"teacher_id": teacher_id}
    work.jobs.put(Job(kind=LOOK_JOB, key=key, due_at=due_at, payload=payload))


class SlotWaits:
    """Keeps waits, and handles `slots.look`."""

    def __init__(self, news: LessonNews, clock: Clock) -> None:
        self._news = news
        self._clock = clock

    def add(self, work: FlowWork, user_id: str, gig: Gig, minutes: int, now: datetime) -> None:
        """Wait; a second time changes nothing."""
        known = work.slot_waits.of_user(user_id)
        if all((each.gig_id, each.minutes) != (gig.id, minutes) for each in known):
            work.slot_waits.add(
                SlotWait(
                    user_id=user_id,
                    teacher_id=gig.user_id,
                    gig_id=gig.id,
                    minutes=minutes,
                    since=now,
                )
            )
        _look_again(work, gig.user_id, now)

    def look(self, work: FlowWork, job: Job) -> None:
        """Tell everybody who waits for what is free, and look again for the others."""
        now, teacher_id = self._clock.now(), job.payload["teacher_id"]
        schedule = work.schedules.find(teacher_id)
        waits = work.slot_waits.of_teacher(teacher_id)
        for wait in waits:
            length = timedelta(minutes=wait.minutes)
            if schedule is not None and free_slots(work, schedule, length, now):
                self._tell(work, wait, now)
        if work.slot_waits.of_teacher(teacher_id):
            _look_again(work, teacher_id, now)

    def _tell(self, work: FlowWork, wait: SlotWait, now: datetime) -> None:
        work.slot_waits.remove(wait.id)
        user, gig = work.users.find(wait.user_id), work.gigs.find_listed(wait.gig_id)
        if user is None or gig is None:
            return
        data = f"{BOOK_PREFIX}:len:{short_id(gig.id)}:{wait.minutes}"
        self._news.post(
            work,
            user,
            f"slots:{wait.id}",
            now,
            lambda reader: [
                Paragraph(
                    reader.texts(
                        "booking.news.free",
                        name=name_of(work, gig.user_id, reader.texts),
                        title=gig.title,
                    )
                )
            ],
            lambda reader: [[Button(reader.texts("booking.button.days"), data)]],
        )
