"""The whole journey as a newcomer sees it: the demo's page, a microphone, a mailbox and a clock."""

import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import expect

from bot.i18n.catalog import texts_in
from bot.voice.adapters.codec import PyAvCodec
from bot.voice.adapters.local.espeak import spoken_languages
from bot.voice.adapters.local.speech import SpeechProcess
from bot.voice.wording import word_error_rate
from tests.demo_stage import PATIENCE_SECONDS, Visitor, a_demo, ended, write_microphone
from tests.page_stage import A_NOTE, a_browser_at, needs_chromium

SECOND_START_SECONDS = 10.0
GREAT_TIME = "had a great time"  # in what the microphone says
EN = texts_in("en")
REPORT = EN("report.title").partition(" ")[2]  # without its picture

pytestmark = [
    pytest.mark.model,
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not spoken_languages(), reason="the extra [local] is not installed"),
]


@pytest.fixture
async def codec() -> AsyncIterator[PyAvCodec]:
    codec = PyAvCodec()
    yield codec
    await codec.aclose()


@pytest.fixture
async def microphone(codec: PyAvCodec, tmp_path: Path) -> Path:
    return await write_microphone(tmp_path / "microphone.wav", codec, A_NOTE)


@needs_chromium
async def test_a_newcomer_talks_registers_goes_on_and_gets_a_report(
    codec: PyAvCodec, microphone: Path, tmp_path: Path
) -> None:
    async with a_demo() as demo:
        async with a_browser_at(demo.url, microphone=microphone) as page:
            visitor = Visitor(page)
            await page.get_by_role("button", name="Alex newcomer").click()
            first_line = await _try_now(visitor)
            await _is_spoken(codec, await visitor.newest_sound(), first_line)
            await _talk_until_the_guests_turns_are_used_up(visitor)
            await _register(visitor)
            await _go_on(visitor)
            await visitor.press("End")
            await visitor.reads(REPORT)
            await _forget_to_end(visitor)
            await _send_a_picture(visitor, tmp_path)
        status, said = await demo.interrupt()
    assert (status, said) == (0, "Ctrl-C ends it.\n")


async def _try_now(visitor: Visitor) -> str:
    """From the first click to the tutor's voice: three presses. What it says."""
    await visitor.page.locator("#start").click()
    await visitor.press("Talk now", "English")
    bubble = await visitor.hears(0)
    question = await visitor.reads("✓ English")
    await expect(question.locator(".key")).to_have_count(0)
    await bubble.get_by_role("button", name="Play").click()
    await expect(bubble.locator("i.is-played").nth(3)).to_be_attached()
    await bubble.get_by_role("button", name="Pause").click()
    return await bubble.locator(".text").inner_text()


async def _is_spoken(codec: PyAvCodec, ogg: bytes, text: str) -> None:
    """The sound really says it: it is understood by a recogniser."""
    speech = SpeechProcess()
    heard = await speech.transcribe(await codec.decode(ogg, max_seconds=60), languages=["en"])
    await speech.aclose()
    assert word_error_rate(text, heard.text) < 0.4


async def _talk_until_the_guests_turns_are_used_up(visitor: Visitor) -> None:
    reply = await visitor.speak(4)
    await visitor.reads(GREAT_TIME)
    before = await visitor.voices.count()
    await reply.get_by_role("button", name="Slower").click()
    slower = await visitor.hears(before)
    await expect(slower.locator(".voice-time")).not_to_have_text("0:00")

    await visitor.press("That’s not what I said")
    await visitor.reads("What did you say?")
    before = await visitor.voices.count()
    await visitor.write("I would like a coffee with milk, please.")
    await visitor.hears(before)

    await visitor.write("Yesterday I goed to the beach with my brother")
    await visitor.reads("(Yesterday I went to the beach with my brother)")
    await visitor.press("Explain")
    await visitor.reads("“went”")
    await visitor.press("Listen")
    for _ in range(2):
        if await visitor.told.filter(has_text="free turns").count():
            break
        await visitor.write("It was warm and we ate fish.")
    await visitor.reads("free turns")


async def _register(visitor: Visitor) -> None:
    await visitor.press("Register", "I want to learn", "18 or older", "Alex")
    await visitor.reads("e-mail address")
    await visitor.write("alex@example.org")
    mail = visitor.page.locator(".mail").first
    await expect(mail).to_be_visible()
    code = re.search(r"\b\d{6}\b", await mail.inner_text())
    assert code
    await visitor.write(code.group())
    for question, answer in (
        ("your own language", "Español"),
        ("want to learn", "English"),
        ("How well", "A2"),
        ("Which accent", "Skip"),
        ("Which voice", "Skip"),
        ("your tutor", "Skip"),
        ("which situation", "Skip"),
        ("Is everything right", "Confirm"),
    ):
        await visitor.reads(question)
        await visitor.press(answer)
    await visitor.reads(EN("register.done", name="Alex"))


async def _go_on(visitor: Visitor) -> None:
    """The conversation begun as a guest goes on, and knows the learner's language from then."""
    reply = await visitor.speak(4)
    await reply.get_by_role("button", name="Translate").click()
    await visitor.reads(EN("voice.translation"))


async def _forget_to_end(visitor: Visitor) -> None:
    """An hour later the practice ends by itself, with a report."""
    before = await visitor.voices.count()
    await visitor.write("/talk")
    await visitor.hears(before)
    answers = await visitor.told.count()
    await visitor.write("I would like a cake.")
    await expect(visitor.told).to_have_count(answers + 1)
    reports = visitor.told.filter(has_text=REPORT)
    await visitor.page.get_by_role("button", name="+1 hour").click()
    await expect(reports).to_have_count(2)


async def _send_a_picture(visitor: Visitor, folder: Path) -> None:
    picture = folder / "picture.png"
    await visitor.page.locator("#bot-letter").screenshot(path=picture)
    await visitor.write("/profile")
    await visitor.press("Picture")
    await visitor.reads("picture of yourself")
    await visitor.page.set_input_files("#photo-input", picture)
    await expect(visitor.page.locator("#log .is-theirs.is-photo")).to_have_count(1)


@needs_chromium
async def test_it_opens_with_a_student_and_a_teacher_who_know_each_other() -> None:
    async with a_demo() as demo, a_browser_at(demo.url) as page:
        student, teacher = page.locator("#log .is-theirs").last, page.locator("#dc-log")
        patience = PATIENCE_SECONDS * 1000
        await expect(student).to_contain_text("I understood every word", timeout=patience)
        await expect(teacher).to_contain_text("Ana says", timeout=patience)
        await page.locator("#dc-input").fill("See you then!")
        await page.locator("#dc-input").press("Enter")
        await expect(student).to_contain_text("See you then!")
        await page.locator("#input").fill("Thank you, Emma.")
        await page.locator("#input").press("Enter")
        await expect(teacher).to_contain_text("Thank you, Emma.")
        await page.get_by_role("button", name="Sam admin").click()
        await page.locator("#dc-input").fill("/admin")
        await page.locator("#dc-input").press("Enter")
        await expect(teacher).to_contain_text(EN("admin.title").partition(" ")[2])


async def test_a_second_start_serves_the_page_within_ten_seconds() -> None:
    async with a_demo():
        pass
    async with a_demo() as demo:
        assert demo.seconds < SECOND_START_SECONDS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_interrupt_leaves_no_process_behind(number: signal.Signals) -> None:
    async with a_demo() as demo, aiohttp.ClientSession() as http:
        async with http.post(f"{demo.url.replace('/?', '/voice?')}", data=A_NOTE) as answer:
            assert answer.status < 300, await answer.text()
        while not _speech_and_codec(family := demo.family()):
            async with http.get(f"{demo.origin}/healthz"):
                pass
        status, said = await demo.interrupt(number)
        assert (status, said) == (0, "Ctrl-C ends it.\n")
        assert await ended(family)


def _speech_and_codec(family: list[int]) -> bool:
    commands = [Path(f"/proc/{pid}/cmdline") for pid in family]
    told = " ".join(file.read_text() for file in commands if file.exists())
    return "local.worker" in told and "codec_worker" in told


async def test_a_taken_port_is_told_in_a_sentence() -> None:
    async with a_demo() as demo:
        port = demo.origin.rpartition(":")[2]
        with pytest.raises(AssertionError, match=f"port {port}: .*--port"):
            async with a_demo("--port", port):
                pass
