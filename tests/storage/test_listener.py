"""What one process commits is heard by the others."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from bot.jobs.model import Job
from bot.messaging.instance import Instance
from bot.storage.engine import PostgresStorage
from bot.storage.listener import PostgresListener
from bot.storage.vault import Keyring
from bot.storage.work import Work
from tests.message_builders import NOW, a_message


class Ear:
    """Collects notices; `until` waits for one."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._new = asyncio.Event()

    def __call__(self, notice: str) -> None:
        self.heard.append(notice)
        self._new.set()

    async def until(self, notice: str, times: int = 1) -> None:
        async with asyncio.timeout(20):
            while self.heard.count(notice) < times:
                self._new.clear()
                await self._new.wait()


@pytest.fixture
async def server(postgres, keyring: Keyring) -> AsyncIterator[PostgresStorage]:  # type: ignore[no-untyped-def] # its values say it
    opened = PostgresStorage(postgres.fresh_url(), keyring, Instance())
    await opened.open()
    yield opened
    await opened.aclose()


@pytest.fixture
async def ear(server: PostgresStorage) -> AsyncIterator[Ear]:
    ear = Ear()
    listener = PostgresListener(server.url.render_as_string(False), ear)
    listener.start()
    await ear.until("all")
    yield ear
    await listener.aclose()


async def test_jobs_messages_and_events_for_others_are_told(
    server: PostgresStorage, ear: Ear
) -> None:
    def unit(work: Work) -> None:
        work.jobs.put(Job(kind="k", key="1", due_at=NOW))
        work.outbox.put(a_message("m"), at=NOW)
        work.wake_lane("test:7")

    await server.write(unit)
    for notice in ("jobs", "outbox", "inbox test:7"):
        await ear.until(notice)


async def test_a_message_this_process_sends_itself_is_not_told(
    server: PostgresStorage, ear: Ear
) -> None:
    server.instance.senders.add("test")
    await server.write(lambda work: work.outbox.put(a_message("m"), at=NOW))
    await server.write(lambda work: work.wake_lane("last"))
    await ear.until("inbox last")
    assert ear.heard == ["all", "inbox last"]


async def test_a_unit_that_failed_is_not_told(server: PostgresStorage, ear: Ear) -> None:
    def fails(work: Work) -> None:
        work.wake_lane("never")
        work.notify_others()
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - raised above
        await server.write(fails)
    await server.write(lambda work: work.wake_lane("last"))
    await ear.until("inbox last")
    assert ear.heard == ["all", "inbox last"]


async def test_after_a_lost_connection_everything_is_to_be_looked_at(
    server: PostgresStorage, ear: Ear
) -> None:
    def cut(work: Work) -> None:
        work._connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )

    await server.write(cut)
    await ear.until("all", times=2)
    await server.write(lambda work: work.wake_lane("test:7"))
    await ear.until("inbox test:7")
