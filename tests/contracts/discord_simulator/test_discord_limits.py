"""Rate limits: announced in headers, kept per channel and in all, and counted when broken."""

import discord
import pytest

from bot.simulators.faults import Fault


@pytest.fixture
def limited(sim):
    sim.limits = True
    return sim


async def test_five_messages_in_five_seconds_and_channel(limited, rest, tom, time):
    channel = tom.dm().channel_id
    left = [(await rest.send(channel)).headers["X-RateLimit-Remaining"] for _ in range(5)]
    assert left == ["4", "3", "2", "1", "0"]
    time.passed += 2
    refused = await rest.send(channel)
    assert (refused.status, refused.body["retry_after"], refused.body["global"]) == (429, 3, False)
    assert refused.headers["X-RateLimit-Scope"] == "user"
    assert (await rest.send(limited.person(2002, "Ana").dm().channel_id)).status == 200
    time.passed += 3
    assert (await rest.send(channel)).status == 200
    assert limited.invalid_requests == 1


async def test_fifty_requests_a_second_in_all(limited, rest, time):
    people = [limited.person(3000 + number, "P") for number in range(51)]
    channels = [person.dm().channel_id for person in people]
    answers = [await rest.send(channel) for channel in channels]
    assert [answer.status for answer in answers] == [200] * 50 + [429]
    assert answers[-1].body["global"] is True
    assert answers[-1].headers["X-RateLimit-Global"] == "true"
    time.passed += 1.01
    assert (await rest.send(channels[0])).status == 200


async def test_answers_to_interactions_are_exempt(limited, rest, tom, bot):
    @bot.tree.command(description="Begin")
    async def start(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("here")

    await bot.tree.sync()
    while (await rest.call("GET", "/gateway")).status == 200:
        pass
    await tom.dm().run("start")
    assert (await tom.dm().wait()).content == "here"


async def test_discord_py_waits_and_tries_again(bot, sim, tom):
    channel = await bot.create_dm(discord.Object(tom.user_id))
    sim.faults.add(Fault("rate_limit", match="create_message", seconds=0.01, times=2))
    await channel.send("at last")
    assert (tom.dm().messages[-1].content, sim.statuses[429]) == ("at last", 2)


async def test_lifted_limits_are_high_and_never_reached(sim, rest, tom):
    answers = [await rest.send(tom.dm().channel_id) for _ in range(60)]
    assert {answer.status for answer in answers} == {200}
    assert int(answers[-1].headers["X-RateLimit-Remaining"]) > 10_000
