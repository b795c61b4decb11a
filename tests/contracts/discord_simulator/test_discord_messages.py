"""Messages over REST: files, replies, reactions, history, nonces, and what is too much."""

import io
import struct

import discord
import pytest
from discord.http import handle_message_parameters

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 320, 200) + bytes(9)


async def test_pictures_travel_both_ways_and_their_addresses_expire(bot, sim, tom, time, session):
    sent = await tom.dm().send_file(PNG, "a.png", "look")
    await bot.until(lambda: bot.heard)
    (picture,) = bot.heard[0].attachments
    assert (picture.width, picture.height, bot.heard[0].content) == (320, 200, "look")
    assert await picture.read() == PNG
    time.passed += 24 * 3600 + 1
    with pytest.raises(discord.NotFound):
        await picture.read()
    again = await bot.heard[0].channel.fetch_message(sent.message_id)
    assert await again.attachments[0].read() == PNG
    async with session.get(again.attachments[0].url.replace("hm=", "hm=0")) as forged:
        assert forged.status == 404
    await bot.heard[0].channel.send("mine", file=discord.File(io.BytesIO(PNG), "b.png"))
    answer = await tom.dm().wait()
    assert (sim.file(answer.attachments[0]), answer.content) == (PNG, "mine")


async def test_edits_deletions_and_reactions_reach_both_sides(bot, sim, tom):
    pane = tom.dm()
    said = await pane.send("one")
    await pane.edit(said, "two")
    await pane.react(said, "🔥")
    await pane.unreact(said, "🔥")
    await bot.until(lambda: bot.heard and bot.named("raw_reaction_remove"))
    assert bot.named("raw_message_edit")[0].message.content == "two"
    mine = await bot.heard[0].reply("three")
    await mine.edit(content="four")
    await mine.add_reaction("👍")
    await bot.heard[0].add_reaction("👀")
    shown = pane.messages[-1]
    assert (shown.content, shown.reply_to, shown.reactions) == (
        "four",
        said.message_id,
        {"👍": (bot.user.id,)},
    )
    await mine.remove_reaction("👍", bot.user)
    await mine.delete()
    await pane.delete(said)
    await bot.until(lambda: len(bot.named("raw_message_delete")) == 2)
    assert pane.messages == []


async def test_history_is_read_in_both_directions(bot, sim, tom):
    said = [(await tom.dm().send(f"{number}")).message_id for number in range(7)]
    channel = await bot.fetch_channel(tom.dm().channel_id)
    newest = [message.content async for message in channel.history(limit=2)]
    assert newest == ["6", "5"]
    after = channel.history(after=discord.Object(said[1]), limit=3, oldest_first=True)
    assert [message.content async for message in after] == ["2", "3", "4"]
    before = channel.history(before=discord.Object(said[2]), limit=None)
    assert [message.content async for message in before] == ["1", "0"]
    around = channel.history(around=discord.Object(said[3]), limit=3)
    assert {message.content async for message in around} == {"2", "3", "4"}


async def test_the_same_nonce_makes_one_message(bot, sim, tom, time):
    channel = await bot.create_dm(discord.Object(tom.user_id))
    first = await channel.send("once", nonce="a1")
    assert (await channel.send("once", nonce="a1")).id == first.id
    time.passed += 301
    assert (await channel.send("once", nonce="a1")).id != first.id
    assert len(tom.dm().messages) == 2


async def test_whispers_are_no_part_of_the_history(bot, rest, tom):
    @bot.tree.command(description="Whisper")
    async def whisper(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("for you", ephemeral=True)

    await bot.tree.sync()
    first = await tom.dm().send("first")
    await tom.dm().run("whisper")
    whispered = await tom.dm().wait()
    last = await tom.dm().send("last")
    place = f"/channels/{tom.dm().channel_id}/messages"
    for query in (f"?after={first.message_id}&limit=1", "?limit=1"):
        found = (await rest.call("GET", place + query)).body
        assert [message["content"] for message in found] == ["last"]
    assert (await rest.call("GET", f"{place}/{whispered.message_id}")).code == 10008
    before = (await rest.call("GET", f"{place}?before={last.message_id}")).body
    assert [message["content"] for message in before] == ["first"]


@pytest.mark.parametrize(
    ("content", "field"),
    [("x" * 2001, "content"), ("", None)],
)
async def test_too_much_and_nothing_are_refused(bot, sim, tom, content, field):
    channel = await bot.create_dm(discord.Object(tom.user_id))
    with pytest.raises(discord.HTTPException) as refused:
        await channel.send(content)
    assert refused.value.code == (50035 if field else 50006)
    assert field is None or field in str(refused.value)


@pytest.mark.parametrize(
    ("components", "problem"),
    [
        ([[{"type": 2, "style": 1, "label": "A", "custom_id": "x" * 101}]], "custom_id"),
        ([[{"type": 2, "style": 1, "label": "A", "custom_id": "x"}] * 2], "duplicated"),
        ([[{"type": 2, "style": 1, "label": "A" * 81, "custom_id": "x"}]], "label"),
        ([[{"type": 2, "style": 1, "label": "A"}]], "custom_id"),
        ([[{"type": 2, "style": 5, "label": "A", "url": "https://x", "custom_id": "x"}]], "url"),
        ([[{"type": 3, "custom_id": "s", "options": []}]], "options"),
        ([[{"type": 10, "content": "text"}]], "invalid in this context"),
        ([[{"type": 4, "custom_id": "t", "style": 1}]], "invalid in this context"),
        ([[{"type": 2, "style": 1, "label": "A", "custom_id": str(n)}] for n in range(6)], "5"),
    ],
)
async def test_components_discord_does_not_know_are_refused(bot, sim, tom, components, problem):
    channel = await bot.create_dm(discord.Object(tom.user_id))
    rows = [{"type": 1, "components": row} for row in components]
    parameters = handle_message_parameters("x")
    parameters.payload["components"] = rows
    with pytest.raises(discord.HTTPException) as refused:
        await bot.http.send_message(channel.id, params=parameters)
    assert refused.value.code == 50035
    assert problem in str(refused.value).lower()
    sim.violations.clear()


async def test_layouts_and_plain_words_do_not_mix(rest, sim, tom):
    layout = {"flags": 1 << 15, "components": [{"type": 10, "content": "text"}]}
    assert (await rest.send(tom.dm().channel_id, "words", **layout)).code == 50035
    assert (await rest.send(tom.dm().channel_id, "", **layout)).status == 200
    most = layout | {"components": [{"type": 10, "content": "text"}] * 41}
    assert (await rest.send(tom.dm().channel_id, "", **most)).code == 50035
    sim.violations.clear()


async def test_embeds_have_their_lengths(rest, sim, tom):
    for embed, status in (
        ({"title": "t", "description": "d", "fields": [{"name": "n", "value": "v"}]}, 200),
        ({"title": "t" * 257}, 400),
        ({"description": "d" * 4097}, 400),
        ({"fields": [{"name": "n", "value": "v" * 1025}]}, 400),
        ({"description": "d" * 4000, "fields": [{"name": "n", "value": "v" * 1000}] * 2}, 400),
    ):
        assert (await rest.send(tom.dm().channel_id, "", embeds=[embed])).status == status
    assert tom.dm().messages[-1].text == "t\nd"
    sim.violations.clear()


async def test_nobody_is_pinged_who_is_not_allowed_to_be(bot, sim, tom):
    school = sim.guild()
    school.add(tom)
    lobby = await bot.channel(school.add_channel("lobby").channel_id)
    text = f"@everyone {tom.mention} <@&{school.guild_id}>"
    quiet = tom.at(school.channel("lobby"))
    await lobby.send(text)
    await lobby.send(text, allowed_mentions=discord.AllowedMentions.all())
    silent, loud = quiet.messages
    assert (silent.pinged, silent.pings_everyone, silent.pinged_roles) == ((), False, ())
    assert (loud.pinged, loud.pings_everyone) == ((tom.user_id,), True)
