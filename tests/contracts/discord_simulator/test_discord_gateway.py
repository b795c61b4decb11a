"""The gateway: lost connections resumed, refused, and bridged by reading what was missed."""

import aiohttp
import discord
import pytest

from bot.simulators.discord import DiscordSimulator, Intent
from bot.simulators.faults import Fault
from tests.contracts.discord_simulator.small_bot import connected, point


async def test_a_broken_connection_is_resumed_and_nothing_is_lost(bot, sim, tom):
    sim.faults.add(Fault("drop_before", match="event:MESSAGE_CREATE", times=2, skip=1))
    for number in range(5):
        await tom.dm().send(f"{number}")
    await bot.until(lambda: len(bot.heard) == 5)
    assert [message.content for message in bot.heard] == ["0", "1", "2", "3", "4"]
    assert (sim.connections["resumed"], sim.connections["identified"]) == (2, 1)


async def test_however_often_it_breaks_everything_arrives_in_order(bot, sim, tom):
    often = {"match": "event:*", "times": None, "probability": 0.05}
    sim.faults.add(Fault("drop_before", **often), Fault("drop_after", **often))
    for number in range(200):
        await tom.dm().send(f"{number}")
    await bot.until(lambda: len(bot.heard) >= 200, 30)
    assert [message.content for message in bot.heard] == [f"{number}" for number in range(200)]
    await sim.until(lambda: sim.connections["resumed"] == sim.faults.fired.total() > 10)


async def test_events_while_nobody_is_connected_wait_for_the_resumption(bot, sim, tom):
    await sim.drop_gateway()
    await tom.dm().send("meanwhile")
    await bot.until(lambda: len(bot.heard) == 1)
    await sim.drop_gateway(4000)
    await sim.until(lambda: sim.connections["resumed"] == 2)
    await sim.ask_to_reconnect()
    await sim.until(lambda: sim.connections["resumed"] == 3)


async def test_an_invalid_session_begins_anew_without_what_was_missed(bot, sim, tom):
    sim.invalidate_next_resume()
    await sim.drop_gateway()
    lost = await tom.dm().send("lost")
    await sim.until(lambda: sim.connections["identified"] == 2)
    await tom.dm().send("heard")
    await bot.until(lambda: bot.heard)
    assert [message.content for message in bot.heard] == ["heard"]
    history = bot.heard[0].channel.history(before=bot.heard[0])
    assert [message.id async for message in history] == [lost.message_id]


async def test_a_session_too_far_behind_is_refused(monkeypatch):
    async with DiscordSimulator(kept=2, limits=False) as sim:
        point(sim, monkeypatch)
        async with connected(sim) as bot:
            tom = sim.person()
            sim.faults.add(Fault("drop_before", match="gateway:CONNECT", times=1))
            await sim.drop_gateway()
            for number in range(4):
                await tom.dm().send(f"{number}")
            await sim.until(lambda: sim.connections["identified"] == 2)
            assert sim.connections["refused"] == 1
            assert bot.heard == []


async def test_while_discord_is_away_messages_are_kept_but_nobody_is_told(
    bot, sim, tom, monkeypatch
):
    monkeypatch.setattr(discord.backoff.ExponentialBackoff, "delay", lambda _: 0.01)
    await sim.go_away()
    await tom.dm().send("while away")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await bot.fetch_channel(tom.dm().channel_id)
    sim.come_back()
    await sim.until(lambda: sim.connections["identified"] == 2)
    channel = await bot.fetch_channel(tom.dm().channel_id)
    assert [message.content async for message in channel.history()] == ["while away"]
    assert bot.heard == []


async def test_an_event_may_come_twice(bot, sim, tom):
    sim.faults.add(Fault("duplicate", match="event:MESSAGE_CREATE"))
    await tom.dm().send("once")
    await bot.until(lambda: len(bot.heard) == 2)
    assert bot.heard[0].id == bot.heard[1].id


async def test_contents_are_hidden_without_the_intent(bot, sim, tom):
    school = sim.guild()
    school.add(tom)
    pane = tom.at(school.add_channel("lobby"))
    await pane.send("hidden")
    await pane.send(f"<@{bot.user.id}> shown")
    await pane.send_voice(b"OggS", 1)
    await tom.dm().send("shown too")
    await bot.until(lambda: len(bot.heard) == 4)
    contents = [message.content for message in bot.heard]
    assert contents == ["", f"<@{bot.user.id}> shown", "", "shown too"]
    assert bot.heard[2].attachments == []


async def test_contents_and_members_are_told_with_the_intents(sim, tom):
    intents = discord.Intents.default() | discord.Intents(members=True, message_content=True)
    async with connected(sim, intents, chunk_guilds_at_startup=False) as bot:
        school = sim.guild()
        school.add(tom)
        await tom.at(school.add_channel("lobby")).send("shown")
        await bot.until(lambda: bot.heard)
        assert bot.heard[0].content == "shown"
        assert [member.id for member in bot.named("member_join")] == [tom.user_id]


async def test_members_are_told_on_request(bot, sim, tom):
    school = sim.guild()
    school.add(tom)
    await bot.until(lambda: bot.get_guild(school.guild_id))
    asked = bot.get_guild(school.guild_id).query_members(user_ids=[tom.user_id, 4711])
    assert [member.display_name for member in await asked] == ["Tom"]


async def test_an_intent_that_was_not_granted_ends_the_connection(monkeypatch):
    async with DiscordSimulator(privileged=Intent(0)) as sim:
        point(sim, monkeypatch)
        bot = discord.Client(intents=discord.Intents(message_content=True))
        async with bot:
            with pytest.raises(discord.PrivilegedIntentsRequired):
                await bot.start(sim.token)


async def test_a_wrong_token_is_refused_at_both_doors(sim, session):
    async with discord.Client(intents=discord.Intents.default()) as bot:
        with pytest.raises(discord.LoginFailure):
            await bot.login("wrong")
    async with session.ws_connect(sim.gateway_url) as socket:
        await socket.receive_json()
        await socket.send_json({"op": 2, "d": {"token": "wrong", "intents": 1}})
        await socket.receive()
        assert socket.close_code == 4004


async def test_shards_hear_of_their_own_guilds(sim, tom, time):
    schools = []
    while len({(school.guild_id >> 22) % 2 for school in schools}) < 2:
        time.passed += 0.001
        schools.append(sim.guild())
        schools[-1].add(tom)
    async with (
        connected(sim, shard_id=0, shard_count=2) as zero,
        connected(sim, shard_id=1, shard_count=2) as one,
    ):
        for school in schools:
            await tom.at(school.add_channel("lobby")).send("hi")
        await tom.dm().send("dm")
        for small in (zero, one):
            mine = sum((each.guild_id >> 22) % 2 == small.shard_id for each in schools)
            await small.until(lambda s=small, n=mine: len(s.heard) == n + (s is zero))
        for number, small in enumerate((zero, one)):
            guilds = [message.guild.id for message in small.heard if message.guild]
            assert {(guild_id >> 22) % 2 for guild_id in guilds} == {number}
            assert {guild.id for guild in small.guilds} == set(guilds)
        assert "dm" in {message.content for message in zero.heard}


async def test_too_many_payloads_close_the_connection(sim, session):
    async with session.ws_connect(sim.gateway_url) as socket:
        await socket.receive_json()
        for _ in range(121):
            await socket.send_json({"op": 1, "d": None})
        async for message in socket:
            assert message.json() == {"op": 11}
        assert socket.close_code == 4008


async def test_closing_properly_ends_the_session(sim, session):
    hello = {"op": 2, "d": {"token": sim.token, "intents": 1}}
    async with session.ws_connect(sim.gateway_url) as socket:
        await socket.receive_json()
        await socket.send_json(hello)
        ready = await socket.receive_json()
        await socket.close(code=1000)
    resume = {"token": sim.token, "session_id": ready["d"]["session_id"], "seq": ready["s"]}
    async with session.ws_connect(ready["d"]["resume_gateway_url"]) as socket:
        await socket.receive_json()
        await socket.send_json({"op": 6, "d": resume})
        assert await socket.receive_json() == {"op": 9, "d": False}


async def begun(sim, session, *, shard: list[int]) -> tuple[dict | None, int | None]:
    """The answer to IDENTIFY, or the code it was refused with."""
    async with session.ws_connect(sim.gateway_url) as socket:
        await socket.receive_json()
        identify = {"token": sim.token, "intents": 1, "shard": shard}
        await socket.send_json({"op": 2, "d": identify})
        answer = await socket.receive()
        is_text = answer.type is aiohttp.WSMsgType.TEXT
        return (answer.json() if is_text else None), socket.close_code


@pytest.mark.parametrize("shard", [[1, 1], [-1, 2], [0, 0], [0]])
async def test_a_shard_that_cannot_be_is_refused(sim, session, shard):
    assert await begun(sim, session, shard=shard) == (None, 4010)


async def test_a_bot_in_many_servers_is_told_to_shard(sim, session, rest, time):
    sim.sharding.most_guilds, sim.sharding.advised = 1, 16
    school = sim.guild()
    time.passed += 0.001
    sim.guild()
    home = (school.guild_id >> 22) % 16

    assert (await rest.call("GET", "/gateway/bot")).body["shards"] == 16
    assert await begun(sim, session, shard=[0, 1]) == (None, 4011)
    ready, _ = await begun(sim, session, shard=[home, 16])
    assert (ready["t"], ready["d"]["shard"]) == ("READY", [home, 16])
    assert [guild["id"] for guild in ready["d"]["guilds"]] == [str(school.guild_id)]


async def test_sessions_of_a_bucket_begin_five_seconds_apart(sim, session, time):
    sim.limits, sim.sharding.at_once = True, 2
    answers = [await begun(sim, session, shard=[number, 4]) for number in range(3)]
    time.passed += 5
    answers.append(await begun(sim, session, shard=[2, 4]))

    assert [answer["op"] for answer, _ in answers] == [0, 0, 9, 0]
