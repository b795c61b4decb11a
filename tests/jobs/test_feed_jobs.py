"""Teachers' calendars: read every hour, and trouble told once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.accounts.model import Identity
from bot.core.timespan import Timespan
from bot.flows.feed_jobs import FeedJobs
from bot.flows.slot_waits import LOOK_JOB
from bot.jobs.model import Job
from bot.jobs.worker import Worker
from bot.scheduling.feeds import REFRESH_JOB, FeedFailed, FeedTrouble, refresh_job
from bot.scheduling.schedule import Feed, Schedule
from bot.scheduling.waits import SlotWait
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.message_builders import HandClock
from tests.storage.test_teacher_rows import a_user

_HOUR = timedelta(hours=1)
_ANA = a_user()


class Calendar:
    """A fake of the port: answers in turn, the last one for ever."""

    def __init__(self, *answers: Sequence[Timespan] | FeedTrouble) -> None:
        self.answers = list(answers)
        self.read: list[str] = []

    async def busy(self, url: str, zone: str, within: Timespan, /) -> tuple[Timespan, ...]:
        self.read.append(url)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, FeedTrouble):
            raise FeedFailed(answer)
        return tuple(answer)


async def a_worker(
    storage: SqlStorage, clock: HandClock, calendar: Calendar, url: str = "https://one.test/"
) -> Worker[Work]:
    """Ana has told of her calendar a moment ago."""
    schedule = Schedule(
        teacher_id=_ANA.id, zone="Europe/Madrid", feed=Feed(url=url, due_at=clock.now())
    )

    def unit(work: Work) -> None:
        work.users.add(_ANA)
        work.identities.add(
            Identity(
                platform="telegram", external_id="1", user_id=_ANA.id, room="1", is_latest=True
            )
        )
        work.schedules.add(schedule)
        work.jobs.put(refresh_job(schedule))

    await storage.write(unit)
    handlers = {REFRESH_JOB: FeedJobs(storage, clock, calendar).refresh}
    return Worker(storage, clock, handlers, is_shared=False)


async def stored(storage: SqlStorage) -> Schedule:
    return await storage.read(lambda work: work.schedules.get(_ANA.id))


async def test_a_calendar_is_read_at_once_and_then_every_hour(storage: SqlStorage) -> None:
    clock = HandClock()
    first, second = (Timespan.of(clock.now() + n * _HOUR, _HOUR) for n in (1, 5))
    calendar = Calendar([first], [second])
    worker = await a_worker(storage, clock, calendar)
    await worker.run_due()
    assert (await stored(storage)).busy == (first,)
    clock.move(seconds=3599)
    await worker.run_due()
    assert len(calendar.read) == 1
    clock.move(seconds=1)
    await worker.run_due()
    assert (await stored(storage)).busy == (second,)


async def test_trouble_is_told_once_and_what_was_read_last_counts(storage: SqlStorage) -> None:
    clock = HandClock()
    busy = [Timespan.of(clock.now(), _HOUR)]
    gone, slow = FeedTrouble.REFUSED, FeedTrouble.UNREACHABLE
    worker = await a_worker(storage, clock, Calendar(busy, gone, gone, slow, busy, slow))
    told = []
    for _ in range(6):
        await worker.run_due()
        schedule = await stored(storage)
        told.append((len(await _messages(storage)), schedule.feed and schedule.feed.trouble))
        assert schedule.busy == tuple(busy)
        clock.move(hours=1)
    assert told == [(0, None), (1, gone), (1, gone), (2, slow), (2, None), (3, slow)]


async def test_a_calendar_that_was_replaced_or_given_up_is_not_read_any_more(
    storage: SqlStorage,
) -> None:
    clock = HandClock()
    calendar = Calendar([])
    worker = await a_worker(storage, clock, calendar)
    clock.move(minutes=1)
    other = Feed(url="https://two.test/", due_at=clock.now())

    def replace_it(work: Work) -> None:
        saved = work.schedules.save(replace(work.schedules.get(_ANA.id), feed=other))
        work.jobs.put(refresh_job(saved))

    await storage.write(replace_it)
    await worker.run_due()
    assert calendar.read == ["https://two.test/"]

    def give_up(work: Work) -> None:
        work.schedules.save(replace(work.schedules.get(_ANA.id), feed=None))

    await storage.write(give_up)
    clock.move(hours=1)
    await worker.run_due()
    assert calendar.read == ["https://two.test/"]


async def test_whoever_waits_for_an_hour_is_looked_for_when_the_calendar_changed(
    storage: SqlStorage,
) -> None:
    clock = HandClock()
    busy = [Timespan.of(clock.now() + _HOUR, _HOUR)]
    calendar = Calendar(busy, busy, [])
    await a_worker(storage, clock, calendar)
    wait = SlotWait(user_id="sam", teacher_id=_ANA.id, gig_id="g", minutes=60, since=clock.now())
    await storage.write(lambda work: work.slot_waits.add(wait))
    looked: list[datetime] = []

    def look(_: Work, job: Job) -> None:
        looked.append(job.due_at)

    refresh = FeedJobs(storage, clock, calendar).refresh
    worker: Worker[Work] = Worker(
        storage, clock, {REFRESH_JOB: refresh, LOOK_JOB: look}, is_shared=False
    )
    started = clock.now()
    for _ in range(3):
        await worker.run_due()
        await worker.run_due()
        clock.move(hours=1)
    assert looked == [started, started + 2 * _HOUR]


async def _messages(storage: SqlStorage) -> Sequence[object]:
    def unit(work: Work) -> Sequence[object]:
        return work._connection.exec_driver_sql("SELECT key FROM outbox").all()

    return await storage.read(unit)
