"""Calendars of teachers are read every hour; what is wrong with one is told once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from bot.core.clock import Clock
from bot.core.storage import Storage
from bot.core.timespan import Timespan
from bot.flows.ports import FlowWork
from bot.flows.slot_waits import look_for_waiting
from bot.flows.telling import tell
from bot.i18n.catalog import Texts
from bot.jobs.model import Job
from bot.messaging.model import Button, Paragraph
from bot.scheduling.feeds import EVERY, BusyFeed, FeedFailed, FeedTrouble, refresh_job
from bot.scheduling.schedule import HORIZONS, Schedule

Unit = Callable[[FlowWork], None]
_AHEAD = HORIZONS[-1] + timedelta(days=1)


class FeedJobs:
    """Handles `availability.refresh`."""

    def __init__(self, storage: Storage[FlowWork], clock: Clock, feed: BusyFeed) -> None:
        self._storage = storage
        self._clock = clock
        self._feed = feed

    async def refresh(self, job: Job) -> Unit | None:
        """Read one teacher's calendar, and promise the next reading."""
        teacher_id = job.payload["teacher_id"]
        schedule = await self._storage.read(lambda work: work.schedules.find(teacher_id))
        if schedule is None or schedule.feed is None or not _is_current(schedule, job):
            return None  # given up or replaced meanwhile: another promise stands, or none
        url, now = schedule.feed.url, self._clock.now()
        within = Timespan.of(now - timedelta(days=1), _AHEAD)
        busy: tuple[Timespan, ...] | None = None
        trouble: FeedTrouble | None = None
        try:
            busy = await self._feed.busy(url, schedule.zone, within)
        except FeedFailed as failed:
            trouble = failed.trouble

        def unit(work: FlowWork) -> None:
            fresh = work.schedules.find(teacher_id)
            if fresh is None or fresh.feed is None or not _is_current(fresh, job):
                return
            feed = replace(fresh.feed, read_at=now, due_at=now + EVERY, trouble=trouble)
            is_news = trouble is not None and trouble != fresh.feed.trouble
            kept = fresh.busy if busy is None else busy
            saved = work.schedules.save(replace(fresh, feed=feed, busy=kept))
            work.jobs.put(refresh_job(saved))
            if kept != fresh.busy:
                look_for_waiting(work, teacher_id, now)
            if is_news:
                self._tell(work, saved)

        return unit

    def _tell(self, work: FlowWork, schedule: Schedule) -> None:
        feed = schedule.feed
        teacher = work.users.find(schedule.teacher_id)
        if teacher is None or feed is None:
            return
        key = f"hours.feed:{teacher.id}:{self._clock.now().isoformat()}"

        def rows(texts: Texts) -> list[list[Button]]:
            return [[Button(texts("hours.button.feed"), "hr:feed")]]

        tell(
            work,
            teacher,
            key,
            self._clock.now(),
            lambda texts: [Paragraph(texts(f"hours.feed.{feed.trouble}"))],
            rows,
        )


def _is_current(schedule: Schedule, job: Job) -> bool:
    """Whether this is the reading that was promised last."""
    return refresh_job(schedule).key == job.key
