"""Migrations: up, down, up, and what they make is what the code expects."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bot.storage import schema
from bot.storage.types import metadata
from bot.storage.work import Work

T = TypeVar("T")


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'new' / 'empty.db'}"
    return str(request.getfixturevalue("postgres").empty_url())


async def ask(url: str, query: Callable[[Connection], T]) -> T:
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(make_url(url).set(drivername="sqlite+pysqlite"))
        with engine.connect() as connection:
            answer = query(connection)
        engine.dispose()
        return answer
    shared = create_async_engine(url)
    async with shared.connect() as connection:
        answer = await connection.run_sync(query)
    await shared.dispose()
    return answer


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


async def test_up_down_and_up_again_ends_with_the_same_tables(empty_url: str) -> None:
    assert Work.__name__ == "Work"  # importing it makes every table known
    await schema.migrate(empty_url)
    assert await ask(empty_url, tables) == set(metadata.tables)
    await schema.migrate(empty_url, "base")
    assert await ask(empty_url, tables) == set()
    await schema.migrate(empty_url)
    assert await ask(empty_url, tables) == set(metadata.tables)
    assert await schema.current(empty_url) == schema.head()


def test_the_number_of_the_last_file_is_the_version_that_alembic_ends_at() -> None:
    versions = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))
    assert versions.get_heads() == [schema.head()]


async def test_the_migrations_leave_nothing_to_be_generated(empty_url: str) -> None:
    await schema.migrate(empty_url)
    options = {"compare_type": True}
    found = await ask(
        empty_url,
        lambda raw: compare_metadata(MigrationContext.configure(raw, opts=options), metadata),
    )
    assert found == []


async def test_an_empty_database_has_no_version(empty_url: str) -> None:
    assert await schema.current(empty_url) is None


async def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    await schema.migrate(empty_url)
    await schema.migrate(empty_url)
    assert await schema.current(empty_url) == schema.head()


async def test_two_processes_may_migrate_at_once(postgres) -> None:  # type: ignore[no-untyped-def] # its values say it
    url = postgres.empty_url()
    await asyncio.gather(*(asyncio.to_thread(asyncio.run, schema.migrate(url)) for _ in range(2)))
    assert await schema.current(url) == schema.head()
