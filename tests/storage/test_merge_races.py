"""Joining two accounts while one of them is being used: each waits for the other."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.util import await_only

from bot.accounts.entrance import Entrance
from bot.accounts.model import User
from bot.core.entity import new_id
from bot.flows.own_records import merge_people, remove_person
from bot.messaging.instance import Instance
from bot.messaging.model import Address, Incoming, IncomingKind, Sender
from bot.storage.engine import SqlStorage, open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Work
from bot.voice.session import SessionStatus
from tests.conftest import PostgresServer
from tests.message_builders import NOW
from tests.storage.test_merged_rows import ANA, DC, PRODUCT, move_in

PATIENCE_SECONDS = 20.0
ENTRANCE = Entrance(frozenset(), lambda locale: locale or "en")
EVENT = Incoming(
    key="discord:1",
    kind=IncomingKind.TEXT,
    sender=Sender("discord", DC[1].external_id, "Ana", "en"),
    address=Address("discord", str(DC[1].room)),
    at=NOW,
)


@pytest.fixture
async def both(postgres: PostgresServer, keyring: Keyring) -> AsyncIterator[SqlStorage]:
    """Two accounts of one person on a server with many connections."""
    opened = open_storage(postgres.fresh_url(), keyring, Instance())
    await opened.open()
    await move_in(opened, ANA, DC)
    await opened.write(lambda work: ENTRANCE.recognise(work, EVENT, NOW))  # no news from then on
    yield opened
    await opened.aclose()


class Pause:
    """A place in a unit where it waits for the test."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.over = asyncio.Event()

    def __call__(self) -> None:
        self.reached.set()
        await_only(self.over.wait())


def practise(work: Work, user: User) -> None:
    """One more of everything that names a person without a foreign key."""
    turn, session = work.turns.of_user(user.id)[0], work.voice_sessions.of_user(user.id)[0]
    ended = replace(session, id=new_id(), status=SessionStatus.COMPLETED)
    work.voice_sessions.add(ended)
    late = replace(turn, id=new_id(), session_id=ended.id, cause="test:late", transcript="late")
    work.turns.add(late)


def join(work: Work) -> None:
    merge_people(work, PRODUCT.records, ANA[0].id, DC[0].id, NOW)


async def waits_or_is_over(storage: SqlStorage, task: "asyncio.Task[object]") -> None:
    """Until the unit of `task` waits for a lock of another one, or nothing held it up."""
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")

    def waiting(work: Work) -> int:
        return int(work.users._connection.execute(query).scalar_one())

    async with asyncio.timeout(PATIENCE_SECONDS):
        while not task.done() and not await storage.read(waiting):
            pass


async def test_what_is_written_while_the_accounts_are_joined_goes_along(both: SqlStorage) -> None:
    pause = Pause()

    def use(work: Work) -> None:
        user, _ = ENTRANCE.recognise(work, EVENT, NOW)
        pause()
        practise(work, user)

    using = asyncio.create_task(both.write(use))
    await pause.reached.wait()
    joining = asyncio.create_task(both.write(join))
    await waits_or_is_over(both, joining)
    pause.over.set()
    await asyncio.gather(using, joining)
    found = await both.read(lambda work: work.turns.of_user(ANA[0].id))
    assert {"late"} < {turn.transcript for turn in found}
    assert await both.read(lambda work: work.turns.of_user(DC[0].id)) == []
    assert await both.read(lambda work: work.voice_sessions.of_user(DC[0].id)) == []


async def test_an_event_during_the_joining_is_of_the_one_person_they_become(
    both: SqlStorage,
) -> None:
    pause = Pause()

    def join_slowly(work: Work) -> None:
        join(work)
        pause()

    joining = asyncio.create_task(both.write(join_slowly))
    await pause.reached.wait()
    using = asyncio.create_task(both.write(lambda w: ENTRANCE.recognise(w, EVENT, NOW)))
    await waits_or_is_over(both, using)
    pause.over.set()
    await joining
    user, identity = await using
    assert user.id == identity.user_id == ANA[0].id


async def test_what_is_written_while_a_person_is_forgotten_goes_too(both: SqlStorage) -> None:
    pause = Pause()

    def use(work: Work) -> None:
        user, _ = ENTRANCE.recognise(work, EVENT, NOW)
        pause()
        practise(work, user)

    using = asyncio.create_task(both.write(use))
    await pause.reached.wait()
    forgetting = asyncio.create_task(
        both.write(lambda work: remove_person(work, PRODUCT.records, DC[0].id))
    )
    await waits_or_is_over(both, forgetting)
    pause.over.set()
    await asyncio.gather(using, forgetting)
    assert await both.read(lambda work: work.turns.of_user(DC[0].id)) == []
    assert await both.read(lambda work: work.voice_sessions.of_user(DC[0].id)) == []
