"""The database is locked, loses its connections, is stopped, while a lesson is booked and paid."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from sqlalchemy import Executable, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.core.errors import ServiceFailure
from bot.storage.jobs import jobs
from bot.storage.work import Work
from tests.conftest import PostgresServer
from tests.crash.databases import execute
from tests.crash.instances import needs_fork, some_instances
from tests.crash.lesson_checks import job_problems, meeting_problems, money_problems
from tests.crash.lesson_run import LessonRun
from tests.crash.lesson_story import FIRST, Story
from tests.crash.school import School
from tests.message_builders import NOW
from tests.stage import a_stage, said

pytestmark = [needs_fork, pytest.mark.timeout(400)]

T = TypeVar("T")
_A_MINUTE_PASSES = update(jobs).where(jobs.c.leased_until.is_not(None)).values(leased_until=NOW)
Outage = Callable[[], AbstractAsyncContextManager[None]]

_PRICE = 1833  # 55 minutes at 20 an hour
_WHOLE_STORY = [1000, _PRICE]  # half an hour's price for the one that was called off too late
_PATIENCE_SECONDS = 60.0
_MANY = 1_000_000
_START_SECONDS = 120.0  # the first start imports the program
_ALL_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class PatientRun(LessonRun):
    """A run that nobody kills; who looks at its rows waits until the database is back."""

    async def look(self, query: Callable[[Work], T]) -> T:
        return await _patiently(lambda: self._storage.read(query))

    async def _row(self, wanted: Executable) -> Any:
        return await _patiently(lambda: super(PatientRun, self)._row(wanted))


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            try:
                return await ask()
            except (ServiceFailure, SQLAlchemyError, OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.1)


async def _through(outage: Outage, url: str, folder: Path, *, is_whole: bool) -> None:
    """One start of the program, and no other, whatever becomes of its database."""
    async with a_stage() as stage, some_instances(folder) as instances:
        school = School.on(stage, folder)
        await school.settle_in(url)
        async with school.vendors() as vendors:
            run = PatientRun(school, vendors, instances, url, ())
            async with run.running():
                await stage.telegram.until(lambda: stage.telegram.is_polled, _START_SECONDS)
                async with outage():
                    story = Story(run)
                    await (story.play() if is_whole else _booked_and_paid(story))
                await run.quiet()
            assert await _problems(run) == []
            charged = sorted(charge["amount"] for charge in vendors.stripe.all("charge"))
            assert charged == (_WHOLE_STORY if is_whole else [_PRICE])
        assert sum("Receipt 1\n" in text for text in said(school.bob)) == 1
        assert run.kills == []


async def _booked_and_paid(story: Story) -> None:
    lesson = await story.book(FIRST)
    await story.move(lesson)
    await story.meet(lesson)


async def _problems(run: LessonRun) -> list[str]:
    return [
        *await money_problems(run.url, run.vendors, run.school),
        *await meeting_problems(run.url, run.vendors),
        *await job_problems(run.url),
    ]


@asynccontextmanager
async def _again_and_again(
    happens: Callable[[], Awaitable[object]], rest: float, most: int = _MANY
) -> AsyncIterator[None]:
    """Trouble comes and passes, with a rest of so many seconds before each time."""
    over = asyncio.Event()

    async def repeat() -> None:
        for _ in range(most):
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), rest)
                return
            await happens()

    trouble = asyncio.create_task(repeat())
    try:
        yield
    finally:
        over.set()
        await trouble  # whatever it stopped runs again


@pytest.mark.parametrize(
    ("seconds", "most", "is_whole"),
    [(0.4, _MANY, False), pytest.param(30.0, 1, True, marks=pytest.mark.soak)],
)
async def test_a_lesson_is_booked_and_paid_though_the_file_is_locked(
    sqlite_url: str, tmp_path: Path, seconds: float, most: int, is_whole: bool
) -> None:
    file = make_url(sqlite_url).database
    assert file is not None

    async def lock() -> None:
        with closing(sqlite3.connect(file, timeout=5.0)) as connection:
            connection.isolation_level = None
            connection.execute("BEGIN EXCLUSIVE")
            await asyncio.sleep(seconds)
            connection.execute("ROLLBACK")

    impatient = f"{sqlite_url}?timeout=0.2"
    await _through(
        lambda: _again_and_again(lock, 2.5, most), impatient, tmp_path, is_whole=is_whole
    )


@pytest.mark.soak
async def test_a_lesson_is_booked_and_paid_though_connections_are_cut(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.fresh_url()
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    async def cut() -> None:
        connection = await asyncpg.connect(dsn)
        await connection.execute(_ALL_OTHERS)
        connection.terminate()

    await _through(lambda: _again_and_again(cut, 1.0), url, tmp_path, is_whole=True)


@pytest.mark.parametrize(
    ("rest", "most", "is_whole"),
    [(1.5, 1, False), pytest.param(8.0, _MANY, True, marks=pytest.mark.soak)],
)
async def test_a_lesson_is_booked_and_paid_though_the_server_is_stopped_at_once(
    postgres: PostgresServer, tmp_path: Path, rest: float, most: int, is_whole: bool
) -> None:
    url = postgres.fresh_url()
    postgres.make_durable(url)

    async def stop() -> None:
        await asyncio.to_thread(postgres.stop_at_once)
        await asyncio.sleep(1.0)
        await asyncio.to_thread(postgres.start_again)
        await _patiently(lambda: execute(url, _A_MINUTE_PASSES))

    await _through(
        lambda: _again_and_again(stop, rest, most),
        url,
        tmp_path,
        is_whole=is_whole,
    )
