"""What a person's client lets through, and what it shows to whom."""

import asyncio

import discord
import pytest


async def test_a_client_sends_what_a_client_can_send(sim, tom):
    for text in ("", "   ", "x" * 2001):
        with pytest.raises(ValueError, match="2,000"):
            await tom.dm().send(text)
    voice = await tom.dm().send_voice(b"OggS", 1)
    with pytest.raises(ValueError, match="cannot be edited"):
        await tom.dm().edit(voice, "words")


async def test_only_ones_own_messages_are_changed(bot, sim, tom):
    channel = await bot.create_dm(discord.Object(tom.user_id))
    mine = await channel.send("mine")
    with pytest.raises(ValueError, match="somebody else"):
        await tom.dm().edit(mine.id, "yours")
    with pytest.raises(ValueError, match="somebody else"):
        await tom.dm().delete(mine.id)
    with pytest.raises(ValueError, match="no message"):
        await tom.dm().react(1, "🔥")


async def test_an_ephemeral_answer_is_seen_by_one_and_told_to_nobody(bot, sim, tom):
    @bot.tree.command(description="Whisper")
    async def whisper(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("for you", ephemeral=True)

    await bot.tree.sync()
    ana = sim.person(2002, "Ana")
    school = sim.guild()
    school.add(tom, ana)
    lobby = school.add_channel("lobby")
    await tom.at(lobby).run("whisper")
    assert (await tom.at(lobby).wait()).content == "for you"
    assert ana.at(lobby).messages == []
    assert bot.named("message") == []
    with pytest.raises(discord.NotFound):
        await (await bot.channel(lobby.channel_id)).fetch_message(
            tom.at(lobby).messages[0].message_id
        )


async def test_those_outside_see_nothing(sim, tom):
    lobby = sim.guild().add_channel("lobby")
    assert tom.at(lobby).messages == []
    with pytest.raises(PermissionError):
        await tom.at(lobby).send("hi")
    with pytest.raises(PermissionError):
        await tom.at(lobby).start_thread("hi")


async def test_waiting_says_what_is_there_instead(sim, rest, tom):
    await rest.send(tom.dm().channel_id, "something else")
    with pytest.raises(TimeoutError, match="something else"):
        await tom.dm().wait(lambda message: message.content == "this", timeout=0.01)


async def test_whoever_watches_hears_everything(bot, sim, tom):
    queue: asyncio.Queue[dict] = asyncio.Queue()
    sim.subscribe(queue)
    await tom.dm().send("hello")
    channel = await bot.create_dm(discord.Object(tom.user_id))
    async with channel.typing():
        pass
    names = [(await queue.get())["event"] for _ in range(2)]
    assert names == ["MESSAGE_CREATE", "TYPING_START"]
    sim.unsubscribe(queue)
    await tom.dm().send("unheard")
    assert queue.empty()


async def test_a_form_can_be_dismissed(bot, sim, tom):
    class Form(discord.ui.Modal, title="Form"):
        name = discord.ui.TextInput(label="Name", required=False)

    @bot.tree.command(description="Ask")
    async def ask(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    await bot.tree.sync()
    await tom.dm().run("ask")
    await sim.until(lambda: tom.modal is not None)
    tom.close_modal()
    with pytest.raises(ValueError, match="no form"):
        await tom.submit({})
