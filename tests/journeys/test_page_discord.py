"""Discord on the demo page, in a real browser, with a small bot on the other side."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import discord
import pytest
from discord import app_commands
from playwright.async_api import Page, expect

from bot.simulators.discord import Message
from bot.simulators.telegram.files import ogg_seconds
from bot.voice.adapters.codec import PyAvCodec
from tests.contracts.discord_simulator.small_bot import SmallBot, connected, point
from tests.demo_stage import write_microphone
from tests.page_stage import A_NOTE, Stage, ToVoiceNote, a_browser, a_stage, needs_chromium

pytestmark = [pytest.mark.browser, needs_chromium]

HOSTILE = '<img src=x onerror="alert(1)">'


class Form(discord.ui.Modal, title="About you"):
    name = discord.ui.TextInput(label="Your name", custom_id="name")
    story = discord.ui.TextInput(
        label="Your story", custom_id="story", style=discord.TextStyle.long, required=False
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"Hello {self.name.value}", ephemeral=True)


class Panel(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Form", custom_id="form")
    async def form(self, interaction: discord.Interaction, _: discord.ui.Button) -> None:
        await interaction.response.send_modal(Form())

    @discord.ui.button(label="Never", custom_id="never")
    async def never(self, interaction: discord.Interaction, _: discord.ui.Button) -> None:
        """Says nothing."""

    @discord.ui.select(
        custom_id="day", options=[discord.SelectOption(label=f"Day {n}") for n in range(3)]
    )
    async def day(self, interaction: discord.Interaction, select: discord.ui.Select) -> None:
        await interaction.response.send_message(f"On {select.values[0]}")


@dataclass
class Room:
    """The teacher's direct messages on the page, and who answers there."""

    stage: Stage
    bot: SmallBot
    page: Page

    @property
    def messages(self) -> list[Message]:
        return self.stage.teacher.dm().messages

    async def says(self, text: str, **more: object) -> None:
        """The bot writes."""
        private = await self.bot.create_dm(discord.Object(self.stage.teacher.user_id))
        await private.send(text, **more)

    async def sends(self, text: str) -> None:
        """The visitor types and presses Enter."""
        await self.page.locator("#dc-input").fill(text)
        await self.page.locator("#dc-input").press("Enter")

    async def reads(self, text: str) -> None:
        await expect(self.page.locator("#dc-log .dc-message").last).to_contain_text(text)

    async def does(self, name: str) -> None:
        """One of the actions with the newest message."""
        message = self.page.locator("#dc-log .dc-message").last
        await message.hover()
        await message.get_by_role("button", name=name, exact=True).click()


@pytest.fixture
async def codec() -> AsyncIterator[PyAvCodec]:
    codec = PyAvCodec()
    yield codec
    await codec.aclose()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as stage:
        yield stage


@pytest.fixture
async def bot(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SmallBot]:
    point(stage.discord, monkeypatch)
    async with connected(stage.discord) as bot:
        _give_commands(bot)
        await bot.tree.sync()
        yield bot


@pytest.fixture
async def room(stage: Stage, bot: SmallBot) -> AsyncIterator[Room]:
    async with a_browser(stage) as page:
        yield Room(stage, bot, page)


def _give_commands(bot: SmallBot) -> None:
    @bot.tree.command(name="ping", description="Answers")
    async def ping(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("pong", ephemeral=True)

    async def languages(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        known = ("Spanish", "Swedish", "Italian")
        fitting = [name for name in known if name.lower().startswith(typed.lower())]
        return [app_commands.Choice(name=name, value=name[:2].lower()) for name in fitting]

    @bot.tree.command(name="find", description="Finds a teacher")
    @app_commands.autocomplete(language=languages)
    async def find(interaction: discord.Interaction, language: str) -> None:
        await interaction.response.send_message(f"Teachers of {language}")


async def test_a_teacher_writes_replies_edits_and_deletes(room: Room):
    await room.sends("Hello")
    await room.reads("Hello")
    await room.does("Edit")
    await room.sends("Hello, better")
    await room.reads("(edited)")
    await room.says("From the bot")
    await room.reads("From the bot")
    await room.does("Reply")
    await room.sends("An answer")
    await expect(room.page.locator("#dc-log .dc-above")).to_contain_text("From the bot")
    first, second, third = room.messages
    assert (first.content, third.reply_to) == ("Hello, better", second.message_id)
    await room.does("Delete")
    await room.page.get_by_role("button", name="OK").click()
    await expect(room.page.locator("#dc-log .dc-message")).to_have_count(2)
    assert len(room.messages) == 2


async def test_reactions_are_put_and_taken_away(room: Room):
    await room.says("Well done")
    await room.does("Add reaction")
    await room.page.get_by_role("button", name="React with 👍").click()
    mine = room.page.get_by_role("button", name="Reaction 👍, 1")
    await expect(mine).to_have_attribute("aria-pressed", "true")
    await mine.click()
    await expect(mine).to_have_count(0)
    assert room.messages[0].reactions == {}


async def test_markdown_is_shown_as_discord_shows_it_and_never_becomes_markup(room: Room):
    await room.says(f"**bold** *soft* ~~gone~~ ||secret|| \\*plain\\* `a*b*c` {HOSTILE}\n> quoted")
    text = room.page.locator("#dc-log .dc-text")
    await expect(text.locator("strong")).to_have_text("bold")
    await expect(text.locator("em")).to_have_text("soft")
    await expect(text.locator("s")).to_have_text("gone")
    await expect(text.locator("code")).to_have_text("a*b*c")
    await expect(text.locator("blockquote")).to_have_text("quoted")
    await expect(text).to_contain_text(f"*plain* a*b*c {HOSTILE}")
    spoiler = text.get_by_role("button", name="Hidden text")
    await spoiler.click()
    await expect(text.locator(".spoiler span")).to_be_visible()
    assert await text.locator("img").count() == 0


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        (":F", "Monday, May 4, 2026 at 6:00 PM"),
        ("", "May 4, 2026 at 6:00 PM"),
        (":d", "5/4/26"),
        (":T", "6:00:00 PM"),
    ],
)
async def test_a_moment_is_shown_in_the_style_it_asks_for(room: Room, style: str, shown: str):
    await room.says(f"<t:1777917600{style}>")
    await expect(room.page.locator("#dc-log .dc-text time")).to_have_text(shown)


async def test_a_slash_command_is_picked_with_the_keyboard_and_answered_in_private(room: Room):
    await room.page.locator("#dc-input").press_sequentially("/")
    options = room.page.locator("#dc-picker").get_by_role("option")
    await expect(options).to_have_count(2)
    await room.page.locator("#dc-input").press_sequentially("pi")
    await expect(options).to_have_text(["/pingAnswers"])
    await room.page.locator("#dc-input").press("Enter")
    await room.reads("pong")
    await expect(room.page.locator(".dc-private")).to_have_text("Only you can see this")


async def test_an_option_is_completed_by_the_bot(room: Room):
    await room.sends("/find")
    option = room.page.locator("#dc-command input")
    await option.press_sequentially("sw")
    await expect(room.page.locator("#dc-picker").get_by_role("option")).to_have_text(["Swedish"])
    await option.press("Enter")
    await expect(option).to_have_value("Swedish")
    await option.press("Enter")
    await room.reads("Teachers of sw")


async def test_a_button_opens_a_form_that_is_filled_in_and_sent(room: Room):
    await room.says("Panel", view=Panel())
    await room.page.get_by_role("button", name="Form", exact=True).click()
    form = room.page.get_by_role("dialog", name="About you")
    await form.get_by_label("Your name").fill("Emma")
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_have_count(0)
    await room.reads("Hello Emma")


async def test_a_menu_is_chosen_from(room: Room):
    await room.says("Panel", view=Panel())
    await room.page.locator(".dc-select").select_option("Day 2")
    await room.reads("On Day 2")


async def test_a_button_nobody_answers_fails_in_words(room: Room):
    room.stage.discord.patience = 0.3
    await room.says("Panel", view=Panel())
    await room.page.get_by_role("button", name="Never").click()
    await expect(room.page.locator("#dc-toasts")).to_have_text("This interaction failed")


async def test_a_file_is_sent_and_a_picture_shown(room: Room):
    picture = await room.page.locator("#dc-title").screenshot()
    for name, mime, data in (("a.png", "image/png", picture), ("b.txt", "text/plain", b"words")):
        await room.page.locator("#dc-file-input").set_input_files(
            {"name": name, "mimeType": mime, "buffer": data}
        )
    await expect(room.page.locator(".dc-file")).to_contain_text("b.txt")
    image = room.page.locator("img.dc-image")
    assert await image.evaluate("async node => (await node.decode(), node.naturalWidth)") > 0
    assert {message.attachments[0].filename for message in room.messages} == {"a.png", "b.txt"}


async def test_channels_threads_and_people_are_changed_between(room: Room):
    thread = await room.stage.teacher.at(room.stage.lobby).start_thread("Ana", is_private=True)
    channels = room.page.get_by_role("navigation", name="Channels")
    await channels.get_by_role("button", name="Ana").click()
    await room.sends("In the thread")
    await room.reads("In the thread")
    assert [m.content for m in room.stage.teacher.at(thread).messages][-1:] == ["In the thread"]
    await room.page.get_by_role("button", name="Sam admin").click()
    await expect(channels.get_by_role("button", name="Ana")).to_have_count(0)
    await channels.get_by_role("button", name="lobby").click()
    await room.sends("Hello from Sam")
    await room.reads("Hello from Sam")
    (said,) = room.stage.teacher.at(room.stage.lobby).messages[-1:]
    assert (said.content, said.author_id) == ("Hello from Sam", 2002)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
async def test_a_voice_message_is_recorded_with_its_waveform(
    codec: PyAvCodec, tmp_path: Path, width: int, height: int
):
    microphone = await write_microphone(tmp_path / "microphone.wav", codec, A_NOTE)

    async def convert(recording: bytes) -> tuple[bytes, float]:
        voice = await codec.encode(await codec.decode(recording, max_seconds=60))
        return voice.ogg, voice.seconds

    to_voice_note: ToVoiceNote = convert
    async with (
        a_stage(to_voice_note=to_voice_note) as stage,
        a_browser(stage, width=width, height=height, microphone=microphone) as page,
    ):
        if width < 1000:
            await page.get_by_role("tab", name="Discord").click()
        await page.get_by_role("button", name="Record a voice message").click()
        await expect(page.locator("#dc-record-time")).to_have_text("0:01")
        await page.get_by_role("button", name="Send message").click()
        await expect(page.locator("#dc-log .voice")).to_have_class("voice is-loaded")
        (note,) = stage.teacher.dm().messages
    (sound,) = note.attachments
    assert note.is_voice
    assert sound.seconds == pytest.approx(ogg_seconds(stage.discord.file(sound)), abs=0.1)
    assert sound.waveform is not None
    assert len(set(sound.waveform)) > 4


async def test_a_sample_note_goes_out_from_the_pane_used_last(room: Room):
    await room.page.locator("#dc-input").focus()
    await expect(room.page.locator("#samples-to")).to_have_text("Goes out as Elena")
    await room.page.get_by_role("button", name="Send “I had a great time this week.”").click()
    await expect(room.page.locator("#dc-log .voice")).to_have_class("voice is-loaded")
    (note,) = room.messages
    assert room.stage.discord.file(note.attachments[0]) == A_NOTE
    assert room.stage.student.chat.messages == []
