"""Keys and tokens of the API: hashed, short-lived, used once, ended at once; on both engines."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.accounts.api_model import Limit, TokenKind, TokenPair
from bot.accounts.api_tokens import (
    ACCESS_LIFETIME,
    MOST_KEYS,
    REFRESH_LIFETIME,
    ApiTokens,
    Reused,
    TooManyKeys,
)
from bot.accounts.model import User
from bot.storage.api_tokens import api_keys, api_tokens
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.message_builders import NOW, HandClock

SECOND = timedelta(seconds=1)


class Desk:
    """One person's keys, on a clock moved by hand."""

    def __init__(self, storage: SqlStorage) -> None:
        self.storage, self.clock = storage, HandClock()
        self.tokens = ApiTokens(self.clock)
        self.ana = User(created_at=NOW, name="Ana")

    async def made(self, label: str = "script") -> str:
        return await self.storage.write(lambda w: self.tokens.issue(w, self.ana.id, label))

    async def exchange(self, refresh: str) -> TokenPair | Reused | None:
        return await self.storage.write(lambda work: self.tokens.exchange(work, refresh))

    async def pair(self, refresh: str) -> TokenPair:
        found = await self.exchange(refresh)
        assert isinstance(found, TokenPair)
        return found

    async def opens(self, token: str, kind: TokenKind = TokenKind.ACCESS) -> bool:
        found = await self.storage.read(lambda work: self.tokens.key_of(work, token, kind))
        return found is not None

    async def labels(self) -> list[str]:
        keys = await self.storage.read(lambda work: self.tokens.list_keys(work, self.ana.id))
        return [key.label for key in keys]


@pytest.fixture
async def desk(storage: SqlStorage) -> Desk:
    desk = Desk(storage)
    await storage.write(lambda work: work.users.add(desk.ana))
    return desk


async def test_a_refresh_token_is_exchanged_for_an_access_token_that_opens_the_api(
    desk: Desk,
) -> None:
    pair = await desk.pair(await desk.made())
    assert await desk.opens(pair.access)


async def test_an_access_token_ends_after_a_quarter_of_an_hour(desk: Desk) -> None:
    pair = await desk.pair(await desk.made())
    desk.clock.at += ACCESS_LIFETIME - SECOND
    assert await desk.opens(pair.access)
    desk.clock.at += SECOND
    assert not await desk.opens(pair.access)


async def test_one_sort_of_token_does_not_stand_for_the_other(desk: Desk) -> None:
    refresh = await desk.made()
    pair = await desk.pair(refresh)
    assert not await desk.opens(pair.refresh)
    assert await desk.exchange(pair.access) is None


async def test_a_refresh_token_used_again_ends_everything_that_came_of_its_key(desk: Desk) -> None:
    first = await desk.made()
    other = await desk.pair(await desk.made("another"))
    second = await desk.pair(first)
    third = await desk.pair(second.refresh)

    found = await desk.exchange(first)

    assert isinstance(found, Reused)
    assert found.key.label == "script"
    assert not await desk.opens(second.access)
    assert not await desk.opens(third.access)
    assert await desk.exchange(third.refresh) is None
    assert await desk.opens(other.access)
    assert await desk.labels() == ["another"]


async def test_of_two_exchanges_at_once_one_is_a_thief_and_nothing_works_any_more(
    desk: Desk,
) -> None:
    refresh = await desk.made()
    outcomes = await asyncio.gather(*(desk.exchange(refresh) for _ in range(2)))
    pairs = [each for each in outcomes if isinstance(each, TokenPair)]
    assert sorted(type(each).__name__ for each in outcomes) == ["Reused", "TokenPair"]
    assert not await desk.opens(pairs[0].access)


async def test_a_revoked_key_ends_at_once_with_all_its_tokens(desk: Desk) -> None:
    pair = await desk.pair(await desk.made())

    def revoke(work: Work) -> None:
        for key in desk.tokens.list_keys(work, desk.ana.id):
            desk.tokens.revoke(work, key.id)

    await desk.storage.write(revoke)
    assert not await desk.opens(pair.access)
    assert await desk.exchange(pair.refresh) is None


async def test_what_is_not_exchanged_for_ninety_days_ends(desk: Desk) -> None:
    refresh = await desk.made()
    desk.clock.at += REFRESH_LIFETIME - SECOND
    pair = await desk.pair(refresh)
    desk.clock.at += REFRESH_LIFETIME
    assert await desk.exchange(pair.refresh) is None
    assert await desk.labels() == []


@pytest.mark.parametrize("token", ["", "lfr_", "lfr_" + "A" * 43, "ñ" * 43, "x" * 10_000, "\x00"])
async def test_a_forged_token_opens_nothing(desk: Desk, token: str) -> None:
    await desk.made()
    assert not await desk.opens(token)
    assert await desk.exchange(token) is None


async def test_neither_tokens_nor_labels_can_be_read_in_the_database(desk: Desk) -> None:
    refresh = await desk.made("Ana's secret script")
    pair = await desk.pair(refresh)

    def rows(work: Work) -> str:
        connection = work.users._connection
        return str([connection.execute(select(t)).all() for t in (api_keys, api_tokens)])

    stored = await desk.storage.read(rows)
    assert not [part for part in (refresh, pair.access, pair.refresh, "secret") if part in stored]


async def test_nobody_has_more_than_ten_keys(desk: Desk) -> None:
    for number in range(MOST_KEYS):
        await desk.made(str(number))
    with pytest.raises(TooManyKeys):
        await desk.made()


async def test_what_is_over_is_cleaned_away_and_what_lives_stays(desk: Desk) -> None:
    pair = await desk.pair(await desk.made())
    later = NOW + ACCESS_LIFETIME + SECOND
    await desk.storage.write(lambda work: work.api.rates.hold("a", NOW))
    await desk.storage.write(lambda work: work.api.remove_expired(later, later))
    desk.clock.at += ACCESS_LIFETIME + SECOND
    assert isinstance(await desk.exchange(pair.refresh), TokenPair)
    assert await desk.storage.write(lambda work: work.api.rates.hold("a", later)) == later


async def test_a_request_is_begun_once_whoever_asks_at_the_same_time(desk: Desk) -> None:
    def begin(work: Work) -> bool:
        return work.api.requests.begin(desk.ana.id, "key", "body", NOW)

    assert sorted(await asyncio.gather(*(desk.storage.write(begin) for _ in range(5)))) == [
        *[False] * 4,
        True,
    ]


LIMIT = Limit(burst=3, every=timedelta(seconds=10))


def test_a_bucket_takes_a_burst_and_then_one_each_time() -> None:
    empty_at = NOW
    for _ in range(3):
        assert LIMIT.wait(empty_at, NOW) == timedelta()
        empty_at = LIMIT.charged(empty_at, NOW)
    assert LIMIT.wait(empty_at, NOW) == timedelta(seconds=10)
    assert LIMIT.wait(empty_at, NOW + timedelta(seconds=4)) == timedelta(seconds=6)
    assert LIMIT.wait(empty_at, NOW + timedelta(seconds=10)) == timedelta()


def test_a_bucket_is_never_more_than_full() -> None:
    empty_at = LIMIT.charged(NOW, NOW, cost=50)
    assert LIMIT.wait(empty_at, NOW) == timedelta(seconds=10)
    assert LIMIT.wait(empty_at, NOW + timedelta(days=1)) == timedelta()
