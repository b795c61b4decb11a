"""python-telegram-bot works against the simulator, and understands its refusals."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from telegram import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    MessageReactionHandler,
    filters,
)

from bot.simulators.faults import Fault
from bot.simulators.telegram import TelegramSimulator


def _builder(sim: TelegramSimulator, token: str = ""):
    return (
        ApplicationBuilder()
        .token(token or sim.token)
        .base_url(f"{sim.url}/bot")
        .base_file_url(f"{sim.url}/file/bot")
        .job_queue(None)
    )


async def _on_start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    keyboard = [[InlineKeyboardButton("Go", callback_data="go")]]
    await update.message.reply_html(
        f"<b>Hola</b> {' '.join(context.args)}", reply_markup=InlineKeyboardMarkup(keyboard)
    )


async def _on_press(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    await update.callback_query.answer("Let's go")
    await update.callback_query.edit_message_text("Gone")


async def _on_voice(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    file = await update.message.voice.get_file()
    data = bytes(await file.download_as_bytearray())
    await update.message.reply_voice(
        data, duration=timedelta(seconds=2), caption="heard", do_quote=True
    )


async def _on_photo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    file = await update.message.photo[-1].get_file()
    await update.message.reply_photo(bytes(await file.download_as_bytearray()), caption="seen")


async def _on_reaction(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    reaction = update.message_reaction
    await context.bot.send_message(reaction.chat.id, reaction.new_reaction[0].emoji)


@pytest.fixture
async def running(sim: TelegramSimulator) -> AsyncIterator[Application]:
    """A bot polling through the library's own updater."""
    application = _builder(sim).build()
    application.add_handlers([
        CommandHandler("start", _on_start),
        CallbackQueryHandler(_on_press),
        MessageHandler(filters.VOICE, _on_voice),
        MessageHandler(filters.PHOTO, _on_photo),
        MessageReactionHandler(_on_reaction),
    ])  # fmt: skip
    async with application:
        await application.start()
        await application.updater.start_polling(
            poll_interval=0, timeout=timedelta(seconds=5), allowed_updates=Update.ALL_TYPES
        )
        yield application
        await application.updater.stop()
        await application.stop()


async def test_a_conversation_with_buttons(running, sim):
    person = sim.person()
    await person.open_link("abc")
    greeting = await person.wait()
    assert (greeting.text, greeting.html) == ("Hola abc", "<b>Hola</b> abc")
    await person.press(greeting.message_id, label="Go")
    assert (await person.wait(lambda m: m.edited)).text == "Gone"
    assert person.chat.callback_answers[-1].text == "Let's go"
    assert sim.violations == []


async def test_voice_and_pictures_travel_both_ways(running, sim, ogg, png):
    person = sim.person()
    note, picture = ogg(2), png
    sent = await person.send_voice(note, 2)
    voice = await person.wait()
    assert (voice.kind, voice.seconds, voice.text) == ("voice", 2, "heard")
    assert (sim.file(voice.file_id), voice.reply_to) == (note, sent)
    await person.send_photo(picture)
    photo = await person.wait()
    assert (photo.kind, sim.file(photo.file_id), photo.text) == ("photo", picture, "seen")
    assert sim.violations == []


async def test_reactions_reach_the_library(running, sim):
    person = sim.person()
    greeting = await person.send_text("/start")
    await person.wait()
    await person.react(greeting, "🔥")
    assert (await person.wait()).text == "🔥"


async def test_our_own_polling_hands_updates_to_the_library(sim, api):
    application = _builder(sim).updater(None).build()
    application.add_handler(CommandHandler("start", _on_start))
    person = sim.person()
    async with application:
        await person.send_text("/start")
        for body in await api.updates():
            await application.process_update(Update.de_json(body, application.bot))
    assert (await person.wait(timeout=0)).text == "Hola"


async def test_the_libraries_objects_are_read_back_whole(sim, ana):
    sim.flood = False
    bot = _builder(sim).build().bot
    async with bot:
        me = await bot.get_me()
        assert (me.id, me.is_bot, me.username) == (1, True, "linguaflex_bot")
        assert (await bot.get_chat(1001)).first_name == "Ana"
        assert (await bot.get_user_profile_photos(1001)).total_count == 0
        rows = ReplyKeyboardMarkup([[KeyboardButton("Number", request_contact=True)]])
        first = await bot.send_message(1001, "one", reply_markup=rows)
        await bot.send_message(1001, "two", reply_markup=ReplyKeyboardRemove())
        await bot.send_audio(1001, b"ID3" + bytes(9), filename="a.mp3", title="A")
        document = await bot.send_document(1001, b"data", filename="a.txt", caption="c")
        await bot.edit_message_caption(1001, document.message_id, caption="d")
        await bot.set_message_reaction(1001, first.message_id, "👌")
        await bot.send_chat_action(1001, "typing")
        await bot.copy_message(1001, 1001, document.message_id, caption="e")
        await bot.forward_message(1001, 1001, first.message_id)
        await bot.delete_message(1001, first.message_id)
        await bot.set_my_commands(
            [BotCommand("talk", "Talk")], BotCommandScopeAllPrivateChats(), language_code="es"
        )
        assert await bot.set_my_name("Lingua") is True
        assert (await bot.get_my_name()).name == "Lingua"
        assert (await bot.get_webhook_info()).url == ""
    shown = [m.text for m in ana.chat.messages if m.from_bot]
    assert shown == ["two", "", "d", "e", "one"]
    assert sim.commands_for(1001) == [{"command": "talk", "description": "Talk"}]
    assert sim.violations == []


async def test_refusals_become_the_librarys_errors(sim, ana, monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # the library's switch to its coming behaviour
    bot = _builder(sim).build().bot
    async with bot:
        with pytest.raises(BadRequest, match="not found"):
            await bot.send_message(404, "x")
        sim.group(-77, "Old").migrate()
        with pytest.raises(ChatMigrated) as moved:
            await bot.send_message(-77, "x")
        assert moved.value.new_chat_id == -1_000_000_000_077
        sim.faults.add(Fault("rate_limit", match="sendMessage", retry_after=9))
        with pytest.raises(RetryAfter) as limited:
            await bot.send_message(1001, "x")
        assert limited.value.retry_after == timedelta(seconds=9)
        await ana.block()
        with pytest.raises(Forbidden):
            await bot.send_message(1001, "x")
    stranger = _builder(sim, token="1:wrong").build().bot
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()


async def test_a_second_poller_is_told_of_the_conflict(sim, ana):
    async with _builder(sim).build().bot as one, _builder(sim).build().bot as other:
        first = asyncio.create_task(one.get_updates(timeout=timedelta(seconds=20)))
        await sim.until(lambda: sim.is_polled)
        assert await other.get_updates(timeout=timedelta(seconds=0)) == ()
        with pytest.raises(Conflict):
            await first
