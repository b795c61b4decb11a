"""A spoken turn through the demo page: fake microphone, real codec, a real bot, a played reply."""

import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect
from telegram import Update
from telegram.ext import ApplicationBuilder, ContextTypes, MessageHandler, filters

from bot.simulators.telegram.files import ogg_seconds
from bot.voice.adapters.codec import PyAvCodec
from bot.voice.errors import AudioRefused
from tests.page_stage import A_NOTE, Stage, ToVoiceNote, a_browser, a_stage, needs_chromium

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture
async def codec() -> AsyncIterator[PyAvCodec]:
    codec = PyAvCodec()
    yield codec
    await codec.aclose()


@pytest.fixture
def to_voice_note(codec: PyAvCodec) -> ToVoiceNote:
    async def convert(recording: bytes) -> tuple[bytes, float]:
        try:
            pcm = await codec.decode(recording, max_seconds=60)
        except AudioRefused as error:
            raise ValueError("not a recording") from error
        voice = await codec.encode(pcm)
        return voice.ogg, voice.seconds

    return convert


@pytest.fixture
async def microphone(codec: PyAvCodec, tmp_path: Path) -> Path:
    """A learner who says the same sentence over and over."""
    pcm = await codec.decode(A_NOTE, max_seconds=60)
    file = tmp_path / "microphone.wav"
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(pcm.rate)
        out.writeframes(pcm.data)
    return file


@asynccontextmanager
async def an_echo_bot(stage: Stage) -> AsyncIterator[None]:
    """python-telegram-bot against the simulator: says every voice note back."""

    async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        assert update.message.voice is not None
        note = await (await update.message.voice.get_file()).download_as_bytearray()
        await update.message.reply_voice(bytes(note))

    builder = ApplicationBuilder().token(stage.telegram.token).job_queue(None)
    builder.base_url(f"{stage.telegram.url}/bot").base_file_url(f"{stage.telegram.url}/file/bot")
    app = builder.build()
    app.add_handler(MessageHandler(filters.VOICE, echo))
    async with app:
        await app.start()
        assert app.updater is not None
        await app.updater.start_polling(timeout=1, allowed_updates=["message"])
        try:
            yield
        finally:
            await app.updater.stop()
            await app.stop()


async def test_a_spoken_note_reaches_the_bot_and_its_reply_can_be_heard(
    to_voice_note: ToVoiceNote, microphone: Path
):
    async with (
        a_stage(to_voice_note=to_voice_note) as stage,
        an_echo_bot(stage),
        a_browser(stage, microphone=microphone) as page,
    ):
        await page.get_by_role("button", name="Record a voice note").click()
        await expect(page.locator("#record-time")).to_have_text("0:01")
        await page.get_by_role("button", name="Send", exact=True).click()
        reply = page.locator("#log .is-theirs .voice")
        await expect(reply).to_have_class("voice is-loaded")
        await reply.get_by_role("button", name="Speed 1×").click()
        await expect(reply.get_by_role("button", name="Speed 0.75×")).to_be_visible()
        await reply.get_by_role("button", name="Play").click()
        await expect(reply.locator("i.is-played").nth(3)).to_be_attached()
        await reply.get_by_role("button", name="Pause").click()
        note, answer = stage.student.chat.messages

    assert (note.kind, answer.kind) == ("voice", "voice")
    assert note.file is not None
    assert note.seconds == pytest.approx(ogg_seconds(note.file.data), abs=0.1)
    assert note.seconds is not None
    assert note.seconds > 0.8


async def test_a_held_button_records_for_as_long_as_it_is_held(
    to_voice_note: ToVoiceNote, microphone: Path
):
    async with (
        a_stage(to_voice_note=to_voice_note) as stage,
        a_browser(stage, microphone=microphone) as page,
    ):
        await page.locator("#main-button").hover()
        await page.mouse.down()
        await expect(page.locator("#record-time")).to_have_text("0:01")
        await page.mouse.up()
        await expect(page.locator("#log .is-mine.is-voice")).to_have_count(1)
        await expect(page.locator("#record-bar")).to_be_hidden()


async def test_escape_throws_the_recording_away(microphone: Path):
    async with a_stage() as stage, a_browser(stage, microphone=microphone) as page:
        await page.get_by_role("button", name="Record a voice note").click()
        await expect(page.locator("#record-time")).to_have_text("0:01")
        await page.keyboard.press("Escape")
        await expect(page.locator("#write-bar")).to_be_visible()
        await page.locator("#input").fill("typed instead")
        await page.keyboard.press("Enter")
        await expect(page.locator("#log .is-mine")).to_have_count(1)
        assert [message.kind for message in stage.student.chat.messages] == ["text"]
