"""Adding a lesson's jobs where a million wait, beside one `add_job` of APScheduler's store."""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from apscheduler.job import Job as TheirJob
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from bench.table import Row
from bot.jobs.model import Job
from bot.messaging.instance import Instance
from bot.storage import schema
from bot.storage.engine import SqliteStorage
from bot.storage.vault import Keyring, generate_key, parse_keys
from bot.storage.work import Work

_MILLION = 1_000_000
_LESSONS, _JOBS_OF_ONE = 200, 8
_NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def rows() -> list[Row]:
    """One figure, on SQLite files of the same size."""
    with tempfile.TemporaryDirectory() as folder:
        ours = asyncio.run(_ours(Path(folder) / "ours.db"))
        theirs = _theirs(Path(folder) / "theirs.db")
    return [
        Row(
            f"adding a lesson's {_JOBS_OF_ONE} jobs with a million waiting / one add_job of"
            " APScheduler's SQLAlchemy store",
            f"1/{theirs / ours:.0f} ({1e6 * ours:.0f} / {1e6 * theirs:.0f} µs)",
            "at most 1/20",
            is_met=ours <= theirs / 20,
        )
    ]


async def _ours(file: Path) -> float:
    """Seconds in the writer's thread, inside the unit that books the lesson anyway."""
    url = f"sqlite+aiosqlite:///{file}"
    await schema.migrate(url)
    connection = sqlite3.connect(file)
    connection.executemany(
        "INSERT INTO jobs (id, kind, key, due_at, attempts) VALUES (?, 'k', ?, ?, 0)",
        ((f"k/{n}", str(n), n) for n in range(_MILLION)),
    )
    connection.commit()
    connection.close()
    storage = SqliteStorage(url, Keyring(parse_keys(generate_key())), Instance())
    await storage.open()
    taken = [await storage.write(partial(_put, lesson=n)) for n in range(_LESSONS)]
    await storage.aclose()
    return statistics.median(taken)


def _put(work: Work, lesson: int) -> float:
    jobs = [
        Job(
            kind=f"lesson.{n}",
            key=f"{lesson}:1",
            due_at=_NOW + timedelta(hours=n),
            payload={"booking_id": str(lesson)},
        )
        for n in range(_JOBS_OF_ONE)
    ]
    began = time.perf_counter()
    work.jobs.put(*jobs)
    return time.perf_counter() - began


def _theirs(file: Path) -> float:
    """Seconds of one `add_job`, which is a transaction of its own, in whichever thread calls."""
    store = SQLAlchemyJobStore(url=f"sqlite:///{file}")
    scheduler = BackgroundScheduler(jobstores={"default": store}, timezone=UTC)
    scheduler.start(paused=True)
    connection = sqlite3.connect(file)
    connection.executemany(
        "INSERT INTO apscheduler_jobs (id, next_run_time, job_state) VALUES (?, ?, x'00')",
        ((str(n), 4e9 + n) for n in range(_MILLION)),
    )
    connection.commit()
    connection.close()
    taken = []
    for number in range(_LESSONS):
        began = time.perf_counter()
        added = scheduler.add_job(
            _nothing, "date", run_date=_NOW + timedelta(days=30), id=f"lesson-{number}"
        )
        taken.append(time.perf_counter() - began)
        assert isinstance(added, TheirJob)
    scheduler.shutdown(wait=False)
    return statistics.median(taken)


def _nothing() -> None:
    """What their jobs do."""
