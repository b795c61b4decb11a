"""As many connections as Discord wants, each with its own servers, resumed and caught up with."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.handlers.discord.client import DiscordPlatform
from bot.simulators.discord import DiscordSimulator, Pane, Person
from tests.handlers.discord.conftest import (
    Collector,
    Questions,
    Rooms,
    Time,
    a_platform,
    listening,
)

SHARDS = 3


@pytest.fixture
def tom(sim: DiscordSimulator) -> Person:
    return sim.person(2001, "Tom")


@pytest.fixture
def lobbies(sim: DiscordSimulator, tom: Person, time: Time) -> list[Pane]:
    """A channel, as Tom sees it, in a server of every shard."""
    found: dict[int, Pane] = {}
    while len(found) < SHARDS:
        time.pass_by(milliseconds=1)
        school = sim.guild("School", owner=tom)
        shard = (school.guild_id >> 22) % SHARDS
        if shard in found:
            school.kick_bot()
        else:
            found[shard] = tom.at(school.add_channel("lobby"))
    return [found[shard] for shard in range(SHARDS)]


@pytest.fixture
async def sharded(
    sim: DiscordSimulator,
    lobbies: list[Pane],
    inbox: Collector,
    rooms: Rooms,
    questions: Questions,
) -> AsyncIterator[DiscordPlatform]:
    """Signed in, not listening: Discord wants several connections."""
    sim.sharding.advised, sim.sharding.most_guilds = SHARDS, 1
    platform = a_platform(sim, inbox, rooms, questions)
    await platform.start()
    yield platform
    await platform.stop()


def named(sim: DiscordSimulator, text: str) -> str:
    return f"<@{sim.bot.user_id}> {text}"


def texts(inbox: Collector) -> list[str | None]:
    return [event.text for event in inbox.known.values()]


async def test_every_server_and_private_chat_is_heard_once(sim, sharded, lobbies, inbox, tom):
    async with listening(sharded):
        assert sim.shards == [(0, 3), (1, 3), (2, 3)]
        for number, lobby in enumerate(lobbies):
            await lobby.send(named(sim, f"{number}"))
        await tom.dm().send("hello")
        await inbox.next(4)

    assert sorted(filter(None, texts(inbox))) == ["0", "1", "2", "hello"]
    assert sim.shards == []


async def test_we_are_up_when_every_connection_is(sim, sharded):
    sim.sharding.most_guilds = 0
    ready = asyncio.Event()
    with pytest.raises(ServiceFailure):
        await sharded.listen(asyncio.Event(), ready.set)
    assert not ready.is_set()


async def test_a_broken_connection_is_resumed_by_itself(sim, sharded, lobbies, inbox):
    async with listening(sharded):
        await sim.drop_gateway(shard=1)
        await lobbies[1].send(named(sim, "meanwhile"))
        await inbox.next()
        assert (sim.connections["identified"], sim.connections["resumed"]) == (3, 1)


async def test_what_a_forgotten_connection_missed_is_asked_for_in_its_servers_alone(
    sim, sharded, lobbies, inbox, tom
):
    async with listening(sharded):
        for pane in (*lobbies, tom.dm()):
            await pane.send(named(sim, "before"))
        await inbox.next(4)
        asked = len([each for each in sim.requests if each.operation == "list_messages"])
        sim.invalidate_next_resume()
        await sim.drop_gateway(shard=2)
        await lobbies[2].send(named(sim, "meanwhile"))
        assert (await inbox.next(5)).text == "meanwhile"

        late = [each for each in sim.requests if each.operation == "list_messages"][asked:]
        assert {each.path["channel_id"] for each in late} == {str(lobbies[2].channel_id)}
        assert len(late) == 2  # what was edited, what came after


async def test_a_bot_that_outgrew_its_connection_comes_back_with_more(sim, sharded, lobbies, inbox):
    sim.sharding.advised, sim.sharding.most_guilds = 1, SHARDS
    held = asyncio.create_task(sharded.listen(asyncio.Event(), lambda: None))
    await sim.until(lambda: sim.shards == [(0, 1)])
    sim.sharding.advised, sim.sharding.most_guilds = SHARDS, 1
    sim.invalidate_next_resume()
    await sim.drop_gateway()
    with pytest.raises(ServiceFailure) as closed:
        await asyncio.wait_for(held, 10)
    assert closed.value.cause is Cause.UNREACHABLE

    async with listening(sharded):
        assert sim.shards == [(0, 3), (1, 3), (2, 3)]
        await lobbies[2].send(named(sim, "hello"))
        assert (await inbox.next()).text == "hello"


async def test_no_session_is_begun_that_would_cost_the_token(sim, sharded):
    sim.sharding.sessions_left = SHARDS - 1
    with pytest.raises(ServiceFailure) as refused:
        await sharded.listen(asyncio.Event(), lambda: None)

    assert (refused.value.cause, refused.value.retry_after) == (Cause.BUSY, 14_400.0)
    assert sim.connections["identified"] == 0


async def test_sessions_begin_no_faster_than_discord_allows(lobbies, sim, inbox, rooms, questions):
    sim.limits = True
    sim.sharding.advised, sim.sharding.at_once = SHARDS, SHARDS
    platform = a_platform(sim, inbox, rooms, questions, identify_seconds=5.0)
    await platform.start()
    async with listening(platform):  # in time: each has a bucket of its own
        assert sim.connections["identified"] == SHARDS
    await platform.stop()


async def test_one_connection_is_what_it_was_where_one_is_enough(sim, platform):
    async with listening(platform):
        assert sim.shards == [(0, 1)]
        assert platform.client.ws is not None
