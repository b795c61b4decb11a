"""Ten thousand reminders due in one second: how soon they are handed to the outbox."""

import asyncio
import gc
import tempfile
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import delete

from bench.table import Row
from bot.flows.lessons import Lessons
from bot.flows.runner import Runner
from bot.flows.zone_asking import ZoneAsking
from bot.i18n.catalog import texts_in
from bot.jobs.model import Job
from bot.jobs.worker import Worker
from bot.messaging.instance import Instance
from bot.scheduling.model import Booking
from bot.scheduling.policy import LessonPolicy
from bot.scheduling.reminders import lesson_job
from bot.storage import schema
from bot.storage.engine import SqliteStorage
from bot.storage.jobs import jobs
from bot.storage.vault import Keyring, generate_key, parse_keys
from bot.storage.work import Work
from tests.booking_stage import FIRST, SERVICE, settle_in
from tests.message_builders import NOW, HandClock

_KIND = "bench.remind"  # those that booking itself promises are due at other times
_REMINDERS = 10_000  # one to each of the two of a lesson
_LESSONS, _TEACHERS = _REMINDERS // 2, 500


def rows() -> list[Row]:
    """On an SQLite file, with the real worker and the real words."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}"
        p99, blocked = asyncio.run(_measured(url))
    return [
        Row(
            f"{_REMINDERS} reminders due in one second: p99 until claimed and in the outbox",
            f"{p99:.2f} s",
            "2 s",
            is_met=p99 <= 2,
        ),
        Row("the loop blocked meanwhile", f"{1e3 * blocked:.0f} ms", "30 ms", blocked <= 0.03),
    ]


async def _measured(url: str) -> tuple[float, float]:
    await schema.migrate(url)
    storage = SqliteStorage(url, Keyring(parse_keys(generate_key())), Instance(senders={"test"}))
    await storage.open()
    clock = HandClock()
    lessons = Lessons(ZoneAsking(Runner()), LessonPolicy(), clock, sends_mail=False)
    for first in range(0, _TEACHERS, 10):
        await storage.write(partial(_settle, first=first))
    await storage.write(_leave_reminders)
    clock.at = FIRST - timedelta(hours=1)
    texts_in("en")  # a program that runs has said something before
    gc.collect()
    gc.freeze()
    done: list[float] = []

    def remind(work: Work, job: Job) -> None:
        lessons.course.remind(work, job)
        done.append(time.perf_counter())

    worker = Worker(storage, clock, {_KIND: remind}, is_shared=False)
    watching = asyncio.create_task(_longest_pause())
    await asyncio.sleep(0)
    began = time.perf_counter()
    assert await worker.run_due() == _LESSONS
    watching.cancel()
    blocked = max(await asyncio.gather(watching))
    await storage.aclose()
    return sorted(done)[int(0.99 * len(done))] - began, blocked


async def _longest_pause() -> float:
    """How much later than asked the loop came back, at worst; in seconds."""
    longest = 0.0
    try:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - began - 0.001)
    except asyncio.CancelledError:
        return longest


def _settle(work: Work, first: int) -> None:
    """Ten teachers with ten lessons each, their reminders of one hour before due together."""
    for number in range(first, first + 10):
        teacher = f"t{number}"
        students = [f"{teacher}-s{n}" for n in range(_LESSONS // _TEACHERS)]
        gig = settle_in(work, *students, teacher=teacher)
        for at, student in enumerate(students):
            start = FIRST + timedelta(hours=at - 4)
            held = SERVICE.hold(work, work.users.get(student), gig.id, start, 30, NOW)
            lesson = SERVICE.confirm(work, held, student, NOW)
            _remind(work, lesson, FIRST - timedelta(hours=1))


def _remind(work: Work, lesson: Booking, due_at: datetime) -> None:
    work.jobs.put(lesson_job(lesson, _KIND, due_at, "hour"))


def _leave_reminders(work: Work) -> None:
    """What else booking promised would be done long before, and nobody here handles it."""
    work.users._connection.execute(delete(jobs).where(jobs.c.kind != _KIND))
