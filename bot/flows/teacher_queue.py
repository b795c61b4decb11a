"""Into the queue of teachers to be checked: the row, and word to the administrators."""

from datetime import datetime, timedelta

from bot.accounts.model import User
from bot.accounts.teachers import Review, TeacherProfile
from bot.core.clock import Clock
from bot.flows.ports import FlowWork
from bot.flows.scene import Scene
from bot.flows.telling import tell
from bot.i18n.catalog import texts_in
from bot.jobs.model import Job
from bot.messaging.model import Button, Paragraph

WAITING_JOB = "teachers.waiting"
TOLD_EVERY = timedelta(minutes=30)
_TOLD_NOTE = "teachers.waiting.told"


def queue(scene: Scene, profile: TeacherProfile) -> TeacherProfile:
    """Store a profile that waits, and see to it that administrators hear of it, not too often."""
    saved = scene.work.teachers.save(profile)
    told = scene.work.notes.get(_TOLD_NOTE)
    due = scene.now
    if told is not None:
        due = max(due, datetime.fromisoformat(told) + TOLD_EVERY)
    scene.work.jobs.put(Job(kind=WAITING_JOB, key=due.isoformat(), due_at=due))
    return saved


def requeue(scene: Scene) -> bool:
    """After a change of what was checked; True: it will be looked at again."""
    profile = scene.work.teachers.find_of_user(scene.user.id)
    if profile is None:
        return False
    changed = profile.changed(scene.now)
    if changed.review is profile.review:
        return False
    queue(scene, changed)
    return True


def end_for_minor(work: FlowWork, user: User) -> None:
    """Minors do not teach: whoever turns out to be one is verified no longer."""
    profile = work.teachers.find_of_user(user.id)
    if profile is not None and profile.review not in {Review.DRAFT, Review.REFUSED}:
        reason = texts_in(user.ui_language)("teach.adults_only")
        work.teachers.save(profile.refused(reason))


class QueueNews:
    """Handles `teachers.waiting`: tells the administrators how many teachers wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, work: FlowWork, job: Job) -> None:
        count, now = work.teachers.count_waiting(), self._clock.now()
        if count == 0:
            return
        work.notes.put(_TOLD_NOTE, now.isoformat())
        for admin in work.users.list_admins():
            tell(
                work,
                admin,
                f"{job.id}:{admin.id}",
                now,
                lambda texts: [Paragraph(texts("admin.waiting", count=count))],
                lambda texts: [[Button(texts("admin.button.open"), "c:admin")]],
            )
