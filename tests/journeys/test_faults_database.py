"""The database is locked, loses its connections, is stopped: what was confirmed is answered."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from bot.app import App
from bot.simulators.telegram import Person
from tests.conftest import PostgresServer
from tests.crash.databases import quiet
from tests.stage import Stage, a_stage, an_app, said

_PEOPLE, _TEXTS = 4, 5
_PATIENCE_SECONDS = 90.0
_ALL_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as running:
        yield running


async def _a_class(stage: Stage) -> Sequence[Person]:
    people = [stage.telegram.person(2000 + n, f"Learner {n}") for n in range(_PEOPLE)]
    await asyncio.gather(*(stage.meet(person) for person in people))
    return people


async def _talk(people: Sequence[Person], pause: float) -> None:
    for number in range(_TEXTS):
        for person in people:
            await person.send_text(f"text {number}")
        await asyncio.sleep(pause)


async def _everybody_is_answered_once(stage: Stage, app: App, people: Sequence[Person]) -> None:
    for person in people:
        await person.wait(lambda m: f"text {_TEXTS - 1} " in m.text, _PATIENCE_SECONDS)
    await stage.telegram.until(lambda: not stage.telegram.updates_pending, _PATIENCE_SECONDS)
    await quiet(app.settings.database_url, _PATIENCE_SECONDS)
    for person in people:
        answers = [text.split()[3] for text in said(person) if text.startswith("You said: text")]
        assert answers == [str(n) for n in range(_TEXTS)]


async def _lock_for(url: str, seconds: float) -> None:
    file = make_url(url).database
    assert file is not None
    with closing(sqlite3.connect(file, timeout=30)) as connection:
        connection.isolation_level = None
        connection.execute("BEGIN EXCLUSIVE")
        await asyncio.sleep(seconds)
        connection.execute("ROLLBACK")


async def _through_a_locked_file(stage: Stage, url: str, seconds: float) -> None:
    async with an_app(stage, url) as app:
        people = await _a_class(stage)
        locking = asyncio.create_task(_lock_for(url.partition("?")[0], seconds))
        await _talk(people, pause=seconds / _TEXTS / 2)
        await locking
        await _everybody_is_answered_once(stage, app, people)


async def test_a_file_that_is_locked_for_a_while_loses_nothing(
    stage: Stage, sqlite_url: str
) -> None:
    await _through_a_locked_file(stage, f"{sqlite_url}?timeout=0.2", seconds=2.0)


@pytest.mark.soak
@pytest.mark.timeout(180)
async def test_a_file_that_is_locked_for_half_a_minute_loses_nothing(
    stage: Stage, sqlite_url: str
) -> None:
    await _through_a_locked_file(stage, sqlite_url, seconds=30.0)


async def test_connections_that_are_cut_again_and_again_lose_nothing(
    stage: Stage, postgres: PostgresServer
) -> None:
    url = postgres.fresh_url()
    dsn = make_url(url).set(drivername="postgresql").render_as_string(False)

    async def cut() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            while True:
                await asyncio.sleep(0.4)
                await connection.execute(_ALL_OTHERS)
        finally:
            connection.terminate()

    async with an_app(stage, url) as app:
        people = await _a_class(stage)
        cutting = asyncio.create_task(cut())
        await _talk(people, pause=0.5)
        cutting.cancel()
        await asyncio.gather(cutting, return_exceptions=True)
        await _everybody_is_answered_once(stage, app, people)


async def test_a_server_that_is_stopped_at_once_and_started_again_loses_nothing(
    stage: Stage, postgres: PostgresServer
) -> None:
    url = postgres.fresh_url()
    postgres.make_durable(url)
    async with an_app(stage, url) as app:
        people = await _a_class(stage)
        talking = asyncio.create_task(_talk(people, pause=0.5))
        await people[0].wait(lambda m: "text 0 " in m.text, _PATIENCE_SECONDS)
        try:
            await asyncio.to_thread(postgres.stop_at_once)
            await asyncio.sleep(1.0)
        finally:
            await asyncio.to_thread(postgres.start_again)
        await talking
        await _everybody_is_answered_once(stage, app, people)
