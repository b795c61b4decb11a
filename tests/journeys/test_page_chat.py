"""The conversation on the demo page, in a real browser."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from tests.page_stage import A_NOTE, Stage, a_browser, a_stage, needs_chromium

pytestmark = [pytest.mark.browser, needs_chromium]

HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as stage:
        yield stage


@pytest.fixture
async def page(stage: Stage) -> AsyncIterator[Page]:
    async with a_browser(stage) as page:
        yield page


async def test_start_is_offered_until_somebody_wrote(stage: Stage, page: Page):
    await page.get_by_role("button", name="Start").click()
    await expect(page.locator("#log .is-mine")).to_contain_text("/start")
    await expect(page.locator("#welcome")).to_be_hidden()
    assert [message.text for message in stage.student.chat.messages] == ["/start"]


async def test_words_are_shown_as_formatted_and_never_become_markup(stage: Stage, page: Page):
    await stage.say(HOSTILE)
    html = (
        "<b>bold</b> 👩‍🏫 <i>after</i> <code>a&lt;b</code> <a href='https://example.com/'>link</a>"
    )
    await stage.say(html, parse_mode="HTML")
    plain, formatted = page.locator("#log .text").nth(0), page.locator("#log .text").nth(1)
    await expect(plain).to_have_text(HOSTILE)
    await expect(formatted.locator("strong")).to_have_text("bold")
    await expect(formatted.locator("em")).to_have_text("after")
    await expect(formatted.locator("code")).to_have_text("a<b")
    await expect(formatted.locator("a")).to_have_attribute("rel", "noopener noreferrer")
    assert await page.locator("#log img, #log script").count() == 0


async def test_a_long_quote_is_folded_and_a_short_one_is_not(stage: Stage, page: Page):
    for text in ("word " * 120, "short"):
        html = f"Answer\n<blockquote expandable>{text}</blockquote>"
        await stage.say(html, parse_mode="HTML")
    folds = page.locator(".fold")
    unfold = folds.nth(0).get_by_role("button", name="Show all")
    await expect(folds.nth(1).get_by_role("button")).to_have_count(0)
    before = await folds.nth(0).evaluate("node => node.clientHeight")
    await unfold.click()
    await expect(folds.nth(0).get_by_role("button", name="Show less")).to_be_visible()
    assert await folds.nth(0).evaluate("node => node.clientHeight") > before * 2


async def test_edits_deletions_reactions_and_signs_of_life_are_seen(stage: Stage, page: Page):
    kept, gone = await stage.say("first"), await stage.say("second")
    await stage.bot("editMessageText", chat_id=1001, message_id=kept, text="first, better")
    await stage.bot("deleteMessage", chat_id=1001, message_id=gone)
    mine = await stage.student.send_text("mine")
    reaction = [{"type": "emoji", "emoji": "👀"}]
    await stage.bot("setMessageReaction", chat_id=1001, message_id=mine, reaction=reaction)
    await stage.bot("sendChatAction", chat_id=1001, action="record_voice")
    await expect(page.locator("#bot-state")).to_have_text("recording voice…")
    await expect(page.locator("#log .text")).to_have_text(["first, better", "mine"])
    await expect(page.locator("#log .is-theirs")).to_contain_text("edited")
    await expect(page.get_by_label("Reaction 👀")).to_be_visible()
    await stage.say("done")
    await expect(page.locator("#bot-state")).to_have_text("bot")


async def test_a_button_waits_for_its_answer_which_is_shown(stage: Stage, page: Page):
    keyboard = {"inline_keyboard": [[{"text": "Slower", "callback_data": "v1:slow"}]]}
    await stage.say("Reply", reply_markup=keyboard)
    button = page.get_by_role("button", name="Slower")
    await button.click()
    await expect(button).to_have_class("key is-waiting")
    (update,) = await stage.bot("getUpdates", timeout=5)
    assert update["callback_query"]["data"] == "v1:slow"
    query_id = update["callback_query"]["id"]
    await stage.bot("answerCallbackQuery", callback_query_id=query_id, text="Speaking slowly")
    await expect(page.locator(".toast")).to_have_text("Speaking slowly")
    await expect(button).to_have_class("key")


async def test_an_alert_waits_until_it_is_read(stage: Stage, page: Page):
    keyboard = {"inline_keyboard": [[{"text": "End", "callback_data": "end"}]]}
    await stage.say("Reply", reply_markup=keyboard)
    await page.get_by_role("button", name="End", exact=True).click()
    (update,) = await stage.bot("getUpdates", timeout=5)
    answer = {"text": "Really", "show_alert": True}
    await stage.bot(
        "answerCallbackQuery", callback_query_id=update["callback_query"]["id"], **answer
    )
    await expect(page.get_by_role("dialog")).to_contain_text("Really")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_link_to_the_bot_starts_it_with_the_payload(stage: Stage, page: Page):
    url = f"https://t.me/{stage.telegram.bot.username}?start=abc123"
    keyboard = {"inline_keyboard": [[{"text": "Join", "url": url}]]}
    await stage.say("Invitation", reply_markup=keyboard)
    await page.get_by_role("button", name="Join").click()
    await expect(page.locator("#log .is-mine")).to_contain_text("/start abc123")


async def test_the_command_menu_works_with_the_keyboard_alone(stage: Stage, page: Page):
    commands = [
        {"command": "talk", "description": "Practise"},
        {"command": "report", "description": "Last practice"},
        {"command": "review", "description": "Words"},
    ]
    await stage.bot("setMyCommands", commands=commands)
    await page.keyboard.press("Tab")  # the way past the header
    await page.keyboard.press("Enter")
    await expect(page.locator("#input")).to_be_focused()
    await page.keyboard.type("/re")
    options = page.get_by_role("option")
    await expect(options).to_have_text(["/reportLast practice", "/reviewWords"])
    await page.keyboard.press("Escape")
    await expect(options).to_have_count(0)
    await page.keyboard.type("v")
    await page.keyboard.press("Enter")
    await expect(page.locator("#log .is-mine")).to_contain_text("/review")


async def test_enter_sends_and_shift_enter_breaks_the_line(stage: Stage, page: Page):
    await page.locator("#input").focus()
    await page.keyboard.type("one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    await page.keyboard.press("Enter")
    await expect(page.locator("#log .is-mine")).to_contain_text("two")
    assert [message.text for message in stage.student.chat.messages] == ["one\ntwo"]


async def test_the_phone_number_is_shared_only_after_a_yes(stage: Stage, page: Page):
    keys = {"keyboard": [[{"text": "Share my number", "request_contact": True}], ["Not now"]]}
    await stage.say("Your number?", reply_markup=keys)
    await page.get_by_role("button", name="Share my number").click()
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Share my number").click()
    await page.get_by_role("button", name="OK").click()
    await expect(page.locator("#log .is-mine")).to_have_count(1)
    (contact,) = [one for one in stage.student.chat.messages if not one.from_bot]
    assert contact.kind == "contact"
    await stage.say("Thank you", reply_markup={"remove_keyboard": True})
    await expect(page.get_by_role("button", name="Not now")).to_have_count(0)


async def test_a_sample_note_is_sent_as_the_students_voice(stage: Stage, page: Page):
    await page.get_by_role("button", name="Send “I had a great time this week.”").click()
    await expect(page.locator("#log .is-mine.is-voice")).to_have_count(1)
    (note,) = stage.student.chat.messages
    assert note.file is not None
    assert note.file.data == A_NOTE


async def test_a_picture_is_sent_as_a_jpeg_and_shown(stage: Stage, page: Page):
    picture = await page.screenshot()
    await page.locator("#photo-input").set_input_files(
        {"name": "photo.png", "mimeType": "image/png", "buffer": picture}
    )
    image = page.locator("#log img.photo")
    await expect(image).to_be_visible()
    assert await image.evaluate("async node => (await node.decode(), node.naturalWidth)") == 1280
    (photo,) = stage.student.chat.messages
    assert photo.file is not None
    assert photo.file.mime == "image/jpeg"


async def test_blocking_takes_the_message_box_away_until_unblocked(stage: Stage, page: Page):
    await page.get_by_role("button", name="Chat menu").click()
    await page.get_by_role("button", name="Block the bot").click()
    await expect(page.locator("#input")).to_be_hidden()
    assert stage.student.chat.is_blocked
    await page.get_by_role("button", name="Unblock the bot").click()
    await expect(page.locator("#input")).to_be_visible()
    assert not stage.student.chat.is_blocked


async def test_the_student_answers_changes_and_reacts_to_messages(stage: Stage, page: Page):
    await stage.say("How was it?")
    theirs, mine = page.locator("#log .is-theirs"), page.locator("#log .is-mine")
    await theirs.hover()
    await theirs.get_by_role("button", name="Reply").click()
    await expect(page.locator("#context-text")).to_have_text("Replying to LinguaFlex")
    await page.keyboard.type("Goood")
    await page.keyboard.press("Enter")
    await expect(mine.locator(".reply-quote")).to_contain_text("How was it?")
    await mine.hover()
    await mine.get_by_role("button", name="Edit").click()
    await page.locator("#input").fill("Good")
    await page.keyboard.press("Enter")
    await expect(mine).to_contain_text("edited")
    await theirs.hover()
    await theirs.get_by_role("button", name="Add reaction").click()
    await theirs.get_by_role("button", name="React with 👍").click()
    await expect(page.get_by_label("Reaction 👍")).to_be_visible()
    asked, answer = stage.student.chat.messages
    assert (answer.text, answer.reply_to) == ("Good", asked.message_id)
    assert asked.reactions == ("👍",)
