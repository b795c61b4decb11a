"""discord.py lives in the simulated world: messages, commands, buttons, menus, forms."""

import asyncio

import discord
from discord import app_commands


class Menu(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Go", custom_id="go")
    async def go(self, interaction: discord.Interaction, _: discord.ui.Button) -> None:
        await interaction.response.edit_message(content="Gone", view=None)


async def test_words_travel_both_ways_in_direct_messages(bot, sim, tom):
    async def repeat(message: discord.Message) -> None:
        await message.reply(message.content.upper())

    bot.on_text = repeat
    said = await tom.dm().send("hello")
    answer = await tom.dm().wait()
    assert (answer.content, answer.reply_to) == ("HELLO", said.message_id)
    assert bot.heard[0].author.display_name == "Tom"


async def test_a_command_with_buttons(bot, sim, tom):
    @bot.tree.command(description="Begin")
    async def start(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Ready?", view=Menu())

    await bot.tree.sync()
    await tom.dm().run("start")
    question = await tom.dm().wait()
    assert [button.label for button in question.buttons] == ["Go"]
    await tom.dm().press(question, label="Go")
    gone = await tom.dm().wait()
    assert (gone.message_id, gone.content, gone.buttons) == (question.message_id, "Gone", ())


async def test_a_deferred_answer_shows_that_the_bot_is_thinking(bot, sim, tom):
    go_on = asyncio.Event()

    @bot.tree.command(description="Slow")
    @app_commands.describe(word="To repeat")
    async def slow(interaction: discord.Interaction, word: str) -> None:
        await interaction.response.defer(ephemeral=True)
        await go_on.wait()
        await interaction.followup.send(word)

    await bot.tree.sync()
    asked = await tom.dm().run("slow", word="hi")
    await sim.until(lambda: tom.dm().is_thinking)
    assert asked.is_answered
    go_on.set()
    answer = await tom.dm().wait()
    assert (answer.content, answer.is_ephemeral, tom.dm().is_thinking) == ("hi", True, False)
    assert answer.edited_at is None
