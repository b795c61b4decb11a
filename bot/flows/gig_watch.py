"""Telling students of a gig they waited for: once, when it is seen for the first time."""

from datetime import datetime

from bot.accounts.gigs import Gig, TeacherSearch
from bot.accounts.teachers import TeacherProfile
from bot.core.clock import Clock
from bot.core.entity import short_id
from bot.flows.ports import FlowWork
from bot.flows.telling import tell
from bot.i18n.money import money
from bot.jobs.model import Job
from bot.messaging.model import Button, Paragraph

ANNOUNCE_JOB = "gig.announce"
OPEN_PREFIX = "w:open"


def announce(work: FlowWork, gig: Gig, teacher: TeacherProfile, now: datetime) -> None:
    """Promise to tell those who wait for such a gig: it is published, or its teacher verified."""
    key = f"{gig.id}:{gig.version}:{teacher.version}"
    work.jobs.put(Job(kind=ANNOUNCE_JOB, key=key, due_at=now, payload={"gig": gig.id}))


class GigNews:
    """Handles `gig.announce`; a gig that is not seen (any more) is told to nobody."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, work: FlowWork, job: Job) -> None:
        gig = work.gigs.find_listed(job.payload["gig"])
        teacher = None if gig is None else work.teachers.find_of_user(gig.user_id)
        if gig is None or teacher is None:
            return
        for search in work.teacher_searches.watching(gig):
            self._tell(work, search, gig, teacher)

    def _tell(
        self, work: FlowWork, search: TeacherSearch, gig: Gig, teacher: TeacherProfile
    ) -> None:
        name, look = work.users.get(teacher.user_id).name, f"{OPEN_PREFIX}:{short_id(gig.id)}"
        is_told = tell(
            work,
            work.users.get(search.user_id),
            f"gig:{gig.id}:{search.user_id}",
            self._clock.now(),
            lambda texts: [
                Paragraph(
                    texts(
                        "search.news",
                        name=name,
                        title=gig.title,
                        price=money(gig.price, texts.language),
                    )
                )
            ],
            lambda texts: [[Button(texts("search.button.look"), look)]],
        )
        if is_told:
            work.teacher_searches.remove(search.id)
