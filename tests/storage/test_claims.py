"""Claims: one living process has a lane, and a dead one loses it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.messaging.instance import Instance
from bot.storage.engine import PostgresStorage, SqliteStorage, SqlStorage
from bot.storage.vault import Keyring
from tests.message_builders import NOW

LEASE = timedelta(seconds=30)


@pytest.fixture
async def pair(postgres, keyring: Keyring) -> AsyncIterator[list[PostgresStorage]]:  # type: ignore[no-untyped-def] # its values say it
    """Two processes on one PostgreSQL, both alive at NOW."""
    url = postgres.fresh_url()
    both = [PostgresStorage(url, keyring, Instance()) for _ in range(2)]
    for storage in both:
        await storage.open()
        await storage.write(lambda work: work.claims.beat(NOW + LEASE))
    yield both
    for storage in both:
        await storage.aclose()


async def take(storage: SqlStorage, name: str = "lane", at=NOW) -> bool:  # type: ignore[no-untyped-def] # its values say it
    return await storage.write(lambda work: work.claims.take(name, at))


async def test_a_claim_can_be_taken_again_by_its_owner(storage: SqlStorage) -> None:
    await storage.write(lambda work: work.claims.beat(NOW + LEASE))
    assert [await take(storage), await take(storage)] == [True, True]


async def test_a_living_owner_keeps_its_claim(pair: list[PostgresStorage]) -> None:
    assert await take(pair[0])
    assert not await take(pair[1])


async def test_a_released_claim_is_free(pair: list[PostgresStorage]) -> None:
    await take(pair[0])
    await pair[0].write(lambda work: work.claims.release("lane"))
    assert await take(pair[1])


async def test_nobody_releases_what_another_has(pair: list[PostgresStorage]) -> None:
    await take(pair[0])
    await pair[1].write(lambda work: work.claims.release("lane"))
    assert not await take(pair[1])


async def test_a_dead_owner_loses_its_claim_when_its_lease_ends(
    pair: list[PostgresStorage],
) -> None:
    await take(pair[0])
    after = NOW + LEASE + timedelta(seconds=1)
    assert not await take(pair[1], at=NOW + LEASE - timedelta(seconds=1))
    assert await take(pair[1], at=after)
    await pair[1].write(lambda work: work.claims.beat(after + LEASE))
    assert not await take(pair[0], at=after)


async def test_a_living_owner_of_one_lane_does_not_keep_a_dead_ones_other_lane(
    pair: list[PostgresStorage],
) -> None:
    await take(pair[0], "dead's")
    after = NOW + LEASE + timedelta(seconds=1)
    await pair[1].write(lambda work: work.claims.beat(after + LEASE))
    assert await take(pair[1], "own", after)
    assert await take(pair[1], "dead's", after)


async def test_a_beat_keeps_all_claims_of_a_process(pair: list[PostgresStorage]) -> None:
    await take(pair[0])
    await pair[0].write(lambda work: work.claims.beat(NOW + 3 * LEASE))
    assert not await take(pair[1], at=NOW + 2 * LEASE)


async def test_leaving_gives_everything_back_at_once(pair: list[PostgresStorage]) -> None:
    await take(pair[0])
    await pair[0].write(lambda work: work.claims.leave())
    assert await take(pair[1])
    living = await pair[1].read(lambda work: work.claims.living(NOW))
    assert living == [pair[1].instance.id]


async def test_of_many_who_want_a_lane_at_once_one_gets_it(pair: list[PostgresStorage]) -> None:
    for number in range(20):
        name = f"lane {number}"
        got = await asyncio.gather(*(take(storage, name) for storage in pair))
        assert sum(got) == 1


async def test_a_new_process_on_sqlite_frees_what_the_dead_one_held(
    sqlite_url: str, keyring: Keyring
) -> None:
    dead = SqliteStorage(sqlite_url, keyring, Instance())
    await dead.open()
    await dead.write(lambda work: work.claims.beat(NOW + LEASE))
    await take(dead)
    await dead.aclose()
    fresh = SqliteStorage(sqlite_url, keyring, Instance())
    await fresh.open()
    assert not await take(fresh)
    await fresh.write(lambda work: work.claims.forget_others())
    assert await take(fresh)
    await fresh.aclose()
