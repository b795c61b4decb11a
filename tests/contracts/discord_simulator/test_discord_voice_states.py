"""Voice and stage channels: made, limited, entered and left, and what the gateway tells of it."""

import discord
import pytest

from bot.simulators.discord import EVERYONE, ChannelKind, Permission
from tests.contracts.discord_simulator.small_bot import connected

MAKES = EVERYONE | Permission.MANAGE_CHANNELS


@pytest.fixture
def ana(sim):
    return sim.person(3001, "Ana")


@pytest.fixture
def school(sim, tom, ana):
    manager = sim.guild("School", bot_rights=MAKES)
    manager.add(tom, ana)
    return manager


async def test_who_comes_moves_and_goes_is_told(sim, school, tom):
    first = school.add_channel("first", ChannelKind.VOICE)
    second = school.add_channel("second", ChannelKind.STAGE)
    async with connected(sim) as bot:
        await bot.until(lambda: bot.get_guild(school.guild_id))
        tom.join_voice(first)
        tom.mute(first)
        tom.join_voice(second)
        tom.leave_voice(second)
        await bot.until(lambda: len(bot.voices) == 4)

        assert bot.voices == [
            (tom.user_id, first.channel_id, False),
            (tom.user_id, first.channel_id, True),
            (tom.user_id, second.channel_id, False),
            (tom.user_id, None, False),
        ]


async def test_who_is_in_is_known_from_the_start(sim, school, tom):
    room = school.add_channel("room", ChannelKind.VOICE)
    tom.join_voice(room)
    async with connected(sim) as bot:
        await bot.until(lambda: bot.get_guild(school.guild_id))
        assert list(bot.get_channel(room.channel_id).voice_states) == [tom.user_id]


async def test_without_the_intent_nothing_is_told(sim, school, tom):
    room = school.add_channel("room", ChannelKind.VOICE)
    async with connected(sim, discord.Intents(guilds=True)) as bot:
        await bot.until(lambda: bot.get_guild(school.guild_id))
        tom.join_voice(room)
        school.add_channel("after")
        await bot.until(lambda: bot.named("guild_channel_create"))
        assert bot.voices == []


async def test_a_room_made_by_the_bot_is_for_whom_it_says(rest, school, tom, ana):
    connect = str(int(Permission.CONNECT))
    body = {
        "name": "Coffee and verbs",
        "type": 2,
        "user_limit": 8,
        "permission_overwrites": [
            {"id": str(school.guild_id), "type": 0, "deny": connect},
            {"id": str(tom.user_id), "type": 1, "allow": connect},
        ],
    }
    made = await rest.call("POST", f"/guilds/{school.guild_id}/channels", body)
    room = school.channel("Coffee and verbs")
    tom.join_voice(room)

    assert (made.status, made.body["user_limit"], room.kind) == (201, 8, ChannelKind.VOICE)
    assert school.inside(room) == [tom.user_id]
    with pytest.raises(PermissionError):
        ana.join_voice(room)


async def test_a_full_room_takes_nobody(rest, school, tom, ana):
    room = school.add_channel("room", ChannelKind.VOICE)
    await rest.call("PATCH", f"/channels/{room.channel_id}", {"user_limit": 1})
    tom.join_voice(room)
    with pytest.raises(PermissionError):
        ana.join_voice(room)
    tom.leave_voice(room)
    ana.join_voice(room)

    assert school.inside(room) == [ana.user_id]


async def test_nobody_gives_what_they_have_not(rest, school, tom):
    moves = str(int(Permission.MOVE_MEMBERS))
    overwrites = [{"id": str(tom.user_id), "type": 1, "allow": moves}]
    body = {"name": "room", "type": 2, "permission_overwrites": overwrites}
    answer = await rest.call("POST", f"/guilds/{school.guild_id}/channels", body)

    assert (answer.status, answer.body["code"]) == (403, 50013)


@pytest.mark.parametrize(("kind", "limit"), [(2, 100), (13, 10_001), (2, -1)])
async def test_a_room_cannot_be_larger_than_discord_has_them(sim, rest, school, kind, limit):
    body = {"name": "room", "type": kind, "user_limit": limit}
    answer = await rest.call("POST", f"/guilds/{school.guild_id}/channels", body)
    sim.violations.clear()

    assert (answer.status, answer.body["code"]) == (400, 50035)


async def test_when_a_room_is_removed_everybody_is_out(sim, rest, school, tom):
    room = school.add_channel("room", ChannelKind.VOICE)
    async with connected(sim) as bot:
        await bot.until(lambda: bot.get_guild(school.guild_id))
        tom.join_voice(room)
        await rest.call("DELETE", f"/channels/{room.channel_id}")
        await bot.until(lambda: bot.named("guild_channel_delete"))

        assert bot.voices[-1] == (tom.user_id, None, False)
    assert school.inside(room) == []
