"""Commands, buttons, menus and forms, as people use them and as the bot answers."""

import asyncio

import discord
import pytest
from discord import app_commands

WORDS = {"lesson": "clase", "book": "reservar", "Lessons": "Clases", "Book one": "Reserva una"}


class Translator(app_commands.Translator):
    async def translate(self, string, locale, context):
        return WORDS.get(string.message) if locale is discord.Locale.spain_spanish else None


class Form(discord.ui.Modal, title="About you"):
    name = discord.ui.TextInput(label="Your name", custom_id="name", min_length=2)
    level = discord.ui.Label(
        text="Level",
        component=discord.ui.Select(
            custom_id="level", options=[discord.SelectOption(label=each) for each in ("A1", "B1")]
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(
            f"{self.name.value}, {self.level.component.values[0]}", ephemeral=True
        )


class Panel(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Form", custom_id="form")
    async def form(self, interaction: discord.Interaction, _: discord.ui.Button) -> None:
        await interaction.response.send_modal(Form())

    @discord.ui.button(label="Later", custom_id="later")
    async def later(self, interaction: discord.Interaction, _: discord.ui.Button) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="changed")
        await interaction.followup.send("and more", ephemeral=True)

    @discord.ui.button(label="Never", custom_id="never")
    async def never(self, interaction: discord.Interaction, _: discord.ui.Button) -> None:
        pass

    @discord.ui.select(
        custom_id="day",
        max_values=2,
        options=[discord.SelectOption(label=f"Day {n}", value=str(n)) for n in range(3)],
    )
    async def day(self, interaction: discord.Interaction, select: discord.ui.Select) -> None:
        await interaction.response.send_message("+".join(select.values))

    @discord.ui.select(cls=discord.ui.UserSelect, custom_id="who")
    async def who(self, interaction: discord.Interaction, select: discord.ui.Select) -> None:
        await interaction.response.send_message(select.values[0].display_name)


class Survey(discord.ui.Modal, title="Survey"):
    pace = discord.ui.Label(
        text="Pace",
        component=discord.ui.RadioGroup(
            custom_id="pace",
            options=[discord.RadioGroupOption(label=each) for each in ("Slow", "Fast")],
        ),
    )
    agreed = discord.ui.Label(text="Agreed", component=discord.ui.Checkbox(custom_id="agreed"))
    friend = discord.ui.Label(
        text="Friend", component=discord.ui.UserSelect(custom_id="friend", required=True)
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        said = f"{self.pace.component.value} {self.agreed.component.value}"
        await interaction.response.send_message(said)


@pytest.fixture
async def panel(bot, tom):
    channel = await bot.create_dm(discord.Object(tom.user_id))
    await channel.send("Panel", view=Panel())
    return await tom.dm().wait()


async def test_a_form_is_opened_filled_and_answered_to_one_person(sim, tom, panel):
    await tom.dm().press(panel, label="Form")
    await sim.until(lambda: tom.modal is not None)
    assert [field.label for field in tom.modal.fields] == ["Your name", "Level"]
    with pytest.raises(ValueError, match="2 to 4000"):
        await tom.submit({"Your name": "T", "Level": ["A1"]})
    await tom.submit({"Your name": "Tom", "Level": ["B1"]})
    answer = await tom.dm().wait()
    assert (answer.content, answer.is_ephemeral, tom.modal) == ("Tom, B1", True, None)


async def test_forms_ask_with_more_than_text(bot, sim, tom):
    @bot.tree.command(description="Ask")
    async def ask(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Survey())

    await bot.tree.sync()
    await tom.dm().run("ask")
    await sim.until(lambda: tom.modal is not None)
    with pytest.raises(ValueError, match="1 to 1 are to be chosen"):
        await tom.submit({"Pace": "Fast"})
    with pytest.raises(ValueError, match="no such option"):
        await tom.submit({"Pace": "Never", "Friend": [tom]})
    await tom.submit({"Pace": "Fast", "Agreed": True, "Friend": [tom]})
    assert (await tom.dm().wait()).content == "Fast True"


async def test_layouts_are_read_and_pressed(bot, tom):
    class Layout(discord.ui.LayoutView):
        box = discord.ui.Container(
            discord.ui.TextDisplay("Welcome"),
            discord.ui.Section("Ready?", accessory=discord.ui.Button(label="Yes", custom_id="yes")),
        )

        async def interaction_check(self, interaction: discord.Interaction) -> bool:
            await interaction.response.send_message("Good")
            return False

    channel = await bot.create_dm(discord.Object(tom.user_id))
    await channel.send(view=Layout())
    shown = await tom.dm().wait()
    assert (shown.content, shown.text) == ("", "Welcome\nReady?")
    await tom.dm().press(shown, label="Yes")
    assert (await tom.dm().wait()).content == "Good"


async def test_menus_send_values_and_users(sim, tom, panel):
    ana = sim.person(2002, "Ana")
    await tom.dm().choose(panel, "Day 1", "2", custom_id="day")
    assert (await tom.dm().wait()).content == "1+2"
    await tom.dm().choose(panel, ana, custom_id="who")
    assert (await tom.dm().wait()).content == "Ana"
    with pytest.raises(ValueError, match="too few or too many"):
        await tom.dm().choose(panel, custom_id="day")
    with pytest.raises(ValueError, match="no such option"):
        await tom.dm().choose(panel, "Day 7", custom_id="day")


async def test_a_deferred_update_changes_the_message_and_more_follows(sim, tom, panel):
    await tom.dm().press(panel, custom_id="later")
    changed = await tom.dm().wait(lambda message: message.content == "changed")
    assert changed.message_id == panel.message_id
    assert (await tom.dm().wait(lambda message: message.is_ephemeral)).content == "and more"


async def test_a_press_without_an_answer_fails_before_the_persons_eyes(sim, tom, panel):
    sim.patience = 0.05
    asked = await tom.dm().press(panel, label="Never")
    await sim.until(lambda: tom.toasts)
    assert (tom.toasts, asked.has_failed) == (["This interaction failed"], True)


async def test_only_what_is_there_can_be_pressed_unless_the_client_is_forged(sim, tom, panel):
    with pytest.raises(ValueError, match="there are"):
        await tom.dm().press(panel, label="Missing")
    await tom.dm().press(panel, custom_id="later", is_forged=True)
    await tom.dm().wait(lambda message: message.content == "changed")


async def test_links_and_disabled_buttons_ask_the_bot_nothing(bot, tom):
    view = discord.ui.View()
    view.add_item(discord.ui.Button(label="Read", url="https://example.org"))
    view.add_item(discord.ui.Button(label="Off", custom_id="off", disabled=True))
    channel = await bot.create_dm(discord.Object(tom.user_id))
    await channel.send("Buttons", view=view)
    shown = await tom.dm().wait()
    for label in ("Read", "Off"):
        with pytest.raises(ValueError, match="disabled, or a link"):
            await tom.dm().press(shown, label=label)


async def test_commands_are_shown_in_the_persons_language(bot, sim, tom):
    lesson = app_commands.Group(
        name=app_commands.locale_str("lesson"), description=app_commands.locale_str("Lessons")
    )

    @lesson.command(
        name=app_commands.locale_str("book"), description=app_commands.locale_str("Book one")
    )
    async def book(interaction: discord.Interaction, with_: discord.User, hour: int) -> None:
        await interaction.response.send_message(f"{with_.display_name} {hour}")

    bot.tree.add_command(lesson)
    await bot.tree.set_translator(Translator())
    await bot.tree.sync()
    ana = sim.person(2002, "Ana", "es-ES")
    (shown,) = ana.dm().commands
    assert (shown.name, shown.canonical, shown.description) == (
        "clase reservar",
        "lesson book",
        "Reserva una",
    )
    assert not tom.dm().commands[0].is_localized
    await ana.dm().run("clase reservar", with_=tom, hour=5)
    assert (await ana.dm().wait()).content == "Tom 5"
    with pytest.raises(ValueError, match="no such options"):
        await tom.dm().run("lesson book", with_=tom, hour=5, day=1)
    with pytest.raises(ValueError, match="required"):
        await tom.dm().run("lesson book", hour=5)
    with pytest.raises(ValueError, match="does not fit"):
        await tom.dm().run("lesson book", with_=tom, hour="five")
    with pytest.raises(ValueError, match="no command"):
        await tom.dm().run("lesson")


async def test_choices_are_offered_while_typing(bot, sim, tom):
    @bot.tree.command(description="Find a teacher")
    async def find(interaction: discord.Interaction, language: str) -> None:
        await interaction.response.send_message(language)

    @find.autocomplete("language")
    async def languages(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        known = {"Spanish": "es", "Swedish": "sv", "German": "de"}
        return [
            app_commands.Choice(name=name, value=value)
            for name, value in known.items()
            if name.startswith(typed)
        ]

    await bot.tree.sync()
    choices = await tom.dm().complete("find", "language", "S")
    assert [choice["name"] for choice in choices] == ["Spanish", "Swedish"]
    await tom.dm().run("find", language=choices[0]["value"])
    assert (await tom.dm().wait()).content == "es"


async def test_a_message_is_handed_over_from_its_menu(bot, sim, tom):
    @bot.tree.context_menu(name="Report")
    async def report(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"Reported: {message.content}", ephemeral=True)

    await bot.tree.sync()
    said = await tom.dm().send("bad words")
    await tom.dm().use("Report", said)
    assert (await tom.dm().wait()).content == "Reported: bad words"
    with pytest.raises(ValueError, match="no entry"):
        await tom.dm().use("Praise", said)
    assert tom.dm().commands == []


async def test_commands_live_in_their_contexts(bot, sim, tom):
    @bot.tree.command(description="For managers")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def setup(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"{interaction.user.display_name} may")

    @bot.tree.command(description="Between us")
    @app_commands.dm_only()
    async def private(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("yes")

    await bot.tree.sync()
    owner = sim.person(2005, "Olga")
    school = sim.guild(owner=owner)
    lobby = school.add_channel("lobby")
    school.add(tom)
    with pytest.raises(ValueError, match="no command"):
        await tom.dm().run("setup")
    with pytest.raises(ValueError, match="no command"):
        await tom.at(lobby).run("setup")
    with pytest.raises(ValueError, match="no command"):
        await tom.at(lobby).run("private")
    await tom.dm().run("private")
    await owner.at(lobby).run("setup")
    assert (await owner.at(lobby).wait()).content == "Olga may"


async def test_an_answer_is_given_once_in_time_and_followed_for_a_quarter_of_an_hour(
    bot, sim, tom, time
):
    kept: list[discord.Interaction] = []
    arrived = asyncio.Event()

    @bot.tree.command(description="Keep")
    async def keep(interaction: discord.Interaction) -> None:
        kept.append(interaction)
        arrived.set()

    await bot.tree.sync()
    await tom.dm().run("keep")
    await arrived.wait()
    (asked,) = kept
    with pytest.raises(discord.NotFound) as early:
        await asked.followup.send("too early")
    assert early.value.code == 10015
    await asked.response.send_message("first")
    asked.response._response_type = None
    with pytest.raises(discord.HTTPException) as twice:
        await asked.response.send_message("second")
    assert twice.value.code == 40060
    original = await asked.original_response()
    await original.edit(content="edited")
    more = await asked.followup.send("more", wait=True)
    await more.edit(content="more and more")
    await more.delete()
    assert [message.content for message in tom.dm().messages] == ["edited"]
    time.passed += 15 * 60 + 1
    with pytest.raises(discord.HTTPException) as late:
        await asked.followup.send("too late")
    assert (late.value.status, late.value.code) == (401, 50027)


async def test_an_answer_after_the_time_is_over_is_unknown(bot, sim, tom):
    sim.patience = 0.02
    go_on = asyncio.Event()
    failures: list[int] = []

    @bot.tree.command(description="Too slow")
    async def slow(interaction: discord.Interaction) -> None:
        await go_on.wait()
        try:
            await interaction.response.send_message("at last")
        except discord.NotFound as error:
            failures.append(error.code)
            tom.dm().channel.bell.ring()

    await bot.tree.sync()
    await tom.dm().run("slow")
    await sim.until(lambda: tom.toasts)
    go_on.set()
    await tom.dm().channel.bell.until(lambda: failures or None, 5)
    assert (tom.toasts, failures) == (["The application did not respond"], [10062])


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ({"name": "Upper", "description": "x"}, "name"),
        ({"name": "a" * 33, "description": "x"}, "name"),
        ({"name": "a", "description": ""}, "description"),
        ({"name": "a", "description": "x" * 101}, "description"),
        ({"name": "a", "description": "x", "name_localizations": {"xx": "b"}}, "xx"),
        (
            {
                "name": "a",
                "description": "x",
                "options": [
                    {"type": 3, "name": "o", "description": "x"},
                    {"type": 3, "name": "p", "description": "x", "required": True},
                ],
            },
            "Required options",
        ),
    ],
)
async def test_commands_discord_does_not_take_are_refused(bot, sim, command, problem):
    with pytest.raises(discord.HTTPException) as refused:
        await bot.http.bulk_upsert_global_commands(bot.application_id, [command])
    assert refused.value.code == 50035
    assert problem in str(refused.value)
    sim.violations.clear()


async def test_registering_again_keeps_the_ids(bot, sim):
    school = sim.guild()
    body = [{"name": "a", "description": "x"}, {"name": "b", "description": "y"}]
    first = await bot.http.bulk_upsert_global_commands(bot.application_id, body)
    second = await bot.http.bulk_upsert_global_commands(bot.application_id, body[1:])
    assert [each["id"] for each in second] == [first[1]["id"]]
    guild = (bot.application_id, school.guild_id)
    await bot.http.bulk_upsert_guild_commands(*guild, body[:1])
    listed = await bot.http.get_guild_commands(*guild)
    assert [each["name"] for each in listed] == ["a"]
    await bot.http.delete_guild_command(*guild, int(listed[0]["id"]))
    assert await bot.http.get_guild_commands(*guild) == []
