"""A student and a teacher, both on Telegram, write to each other through the bot."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.app import App
from bot.chat.model import Thread
from bot.core.entity import short_id
from bot.simulators.telegram import ChatMessage, Person
from tests.hostile_audio import opus_note
from tests.relay_stage import WEBP, acquainted, make_admin, met, reads
from tests.stage import PATIENCE_SECONDS, Stage, a_note, a_stage, an_app, labels
from tests.visitors import JPEG


@dataclass
class Two:
    """Ana learns, Ben teaches."""

    app: App
    stage: Stage
    ana: Person
    ben: Person
    thread: Thread

    async def settled(self) -> None:
        await self.app.senders["telegram"].all_sent()


@pytest.fixture
async def two(sqlite_url: str) -> AsyncIterator[Two]:
    async with a_stage() as stage, an_app(stage, sqlite_url) as app:
        ana, ben = stage.telegram.person(1, "Ana"), stage.telegram.person(2, "Ben")
        thread = await acquainted(app, await met(app, ana), await met(app, ben))
        yield Two(app, stage, ana, ben, thread)


async def marked(person: Person, message_id: int) -> ChatMessage:
    """The person's own message once it carries a sign."""

    def find() -> ChatMessage | None:
        message = person.chat.find(message_id)
        return message if message is not None and message.reactions else None

    return await person.chat.bell.until(find, PATIENCE_SECONDS)


async def test_a_text_arrives_with_its_authors_name_and_is_marked_as_delivered(two: Two) -> None:
    sent = await two.ana.send_text("Good morning!")

    arrived = await reads(two.ben, "Good morning!")

    assert arrived.text == "Ana\nGood morning!"
    assert arrived.entities == ({"type": "bold", "offset": 0, "length": 3},)
    assert (await marked(two.ana, sent)).reactions == ("👌",)


async def test_the_first_message_after_a_choice_says_to_whom_it_went(two: Two) -> None:
    await two.ana.send_text("one")
    told = await reads(two.ana, "This went to Ben")
    await two.ana.send_text("two")
    await reads(two.ben, "two")
    await two.settled()

    after = [m for m in two.ana.chat.messages if m.from_bot and m.message_id > told.message_id]
    assert after == []


async def test_both_sides_answer_and_a_reply_keeps_its_mark(two: Two) -> None:
    question = await two.ana.send_text("When?")
    seen = await reads(two.ben, "When?")

    await two.ben.send_text("At five", reply_to=seen.message_id)
    answer = await reads(two.ana, "At five")

    assert answer.reply_to == question


async def test_edits_and_removals_reach_the_copy(two: Two) -> None:
    sent = await two.ana.send_text("Helo")
    copy = await reads(two.ben, "Helo")

    await two.ana.edit_text(sent, "Hello")
    edited = await reads(two.ben, "Hello")
    await two.ana.send_text("/delete", reply_to=sent)
    await reads(two.ana, "Taken back")
    await two.settled()

    assert edited.message_id == copy.message_id
    assert two.ben.chat.find(copy.message_id) is None


async def test_a_long_text_keeps_its_parts_in_step(two: Two) -> None:
    lines = [f"line {n} " + "x" * 900 for n in range(8)]
    sent = await two.ana.send_text("short")
    await reads(two.ben, "short")

    await two.ana.edit_text(sent, "\n".join(lines[:4]))
    await reads(two.ben, "line 3")
    await two.settled()
    grown = _from(two.ben, "line")
    await two.ana.edit_text(sent, "short again")
    await reads(two.ben, "short again")
    await two.settled()

    assert len(grown) == 1
    assert _from(two.ben, "line") == []


async def test_reactions_go_both_ways_and_can_be_taken_back(two: Two) -> None:
    sent = await two.ana.send_text("I passed!")
    copy = await reads(two.ben, "I passed!")
    await marked(two.ana, sent)

    await two.ben.react(copy.message_id, "🎉")
    await two.ana.chat.bell.until(
        lambda: two.ana.chat.find(sent).reactions == ("🎉",) or None, PATIENCE_SECONDS
    )
    await two.ana.react(sent, "❤")
    await two.ben.chat.bell.until(
        lambda: "❤" in two.ben.chat.find(copy.message_id).reactions or None, PATIENCE_SECONDS
    )


async def test_a_voice_note_arrives_as_a_bubble_and_its_words_follow(two: Two) -> None:
    await two.ana.send_voice(a_note(), 1.0)

    bubble = await two.ben.wait(lambda m: m.kind == "voice", PATIENCE_SECONDS)
    words = await reads(two.ben, "📝")

    assert (bubble.text, words.reply_to) == ("Ana", bubble.message_id)
    assert "Ana says:" in words.text


async def test_a_translation_stands_beside_the_original(two: Two) -> None:
    await two.ana.send_text("Buenos días")
    seen = await reads(two.ben, "Buenos días")

    await two.ben.press(seen.message_id, label="🌐 Translate")
    translated = await reads(two.ben, "Ana's message, translated")
    await two.ben.press(seen.message_id, label="🌐 Translate")
    await two.settled()

    assert translated.reply_to == seen.message_id
    assert len(_from(two.ben, "translated")) == 1
    assert two.ben.chat.find(seen.message_id) == seen


async def test_a_forum_has_a_topic_for_every_student(two: Two) -> None:
    school = two.stage.telegram.group(-1001, "School", is_forum=True, sees_all=True)
    school.promote(two.ben.account.user_id)
    await two.ben.send_text("/setup", chat=school)
    offer = await two.ben.wait(lambda m: bool(m.buttons), PATIENCE_SECONDS, chat=school)
    await two.ben.press(offer.message_id, label="Receive my students here", chat=school)
    opened = await two.ben.wait(
        lambda m: "This room is yours" in m.text, PATIENCE_SECONDS, chat=school
    )
    await two.ana.send_text("Here?")
    seen = await two.ben.wait(lambda m: "Here?" in m.text, PATIENCE_SECONDS, chat=school)
    await two.ben.send_text("Yes, here.", chat=school, thread_id=opened.thread_id)
    answer = await reads(two.ana, "Yes, here.")

    assert school.chat.topics[opened.thread_id or 0] == "Ana"
    assert seen.thread_id == opened.thread_id
    assert answer.text == "Ben\nYes, here."


@pytest.mark.parametrize(
    ("is_manager", "is_forum", "told"),
    [(False, True, "Only somebody who manages"), (True, False, "switch on topics")],
)
async def test_where_no_rooms_can_be_had_nobody_is_offered_any(
    two: Two, is_manager: bool, is_forum: bool, told: str
) -> None:
    school = two.stage.telegram.group(-1001, "School", is_forum=is_forum, sees_all=True)
    if is_manager:
        school.promote(two.ben.account.user_id)
    await two.ben.send_text("/setup", chat=school)
    answer = await two.ben.wait(lambda m: told in m.text, PATIENCE_SECONDS, chat=school)

    assert labels(answer) == (["📣 Announce live conversations here"] if is_manager else [])


async def test_silence_gives_no_words(two: Two) -> None:
    await two.ana.send_voice(opus_note(bytes(2 * 2 * 16_000)), 2.0)

    bubble = await two.ben.wait(lambda m: m.kind == "voice", PATIENCE_SECONDS)
    words = await reads(two.ben, "📝")

    assert words.text == "📝 Nothing could be heard in this note."
    assert words.reply_to == bubble.message_id


async def test_files_arrive_as_what_they_are(two: Two) -> None:
    await two.ana.send_photo(JPEG, caption="my homework")
    photo = await two.ben.wait(lambda m: m.kind == "photo", PATIENCE_SECONDS)
    await two.ana.send_document(b"%PDF-1.7", "../../etc/cv.pdf")
    document = await two.ben.wait(lambda m: m.kind == "document", PATIENCE_SECONDS)
    await two.ana.send_video(b"\0\0\0\x18ftypmp42", 1.0)
    video = await two.ben.wait(lambda m: m.kind == "video", PATIENCE_SECONDS)
    await two.ana.send_sticker(WEBP)
    sticker = await two.ben.wait(
        lambda m: m.kind == "photo", PATIENCE_SECONDS, after=video.message_id
    )

    assert photo.file is not None
    assert photo.file.data == JPEG
    assert photo.text == "Ana\nmy homework"
    assert document.file is not None
    assert document.file.filename == "cv.pdf"
    assert video.text == sticker.text == "Ana"


async def test_a_file_that_is_no_sound_is_refused_and_nothing_is_sent(two: Two) -> None:
    await two.ana.send_voice(b"#EXTM3U\nfile:///etc/passwd", 1.0)

    await reads(two.ana, "not a recording")
    await two.settled()

    assert [m for m in two.ben.chat.messages if m.kind == "voice"] == []


async def test_a_card_number_is_not_sent(two: Two) -> None:
    await two.ana.send_text("Take it from 4111 1111-1111 1111")

    await reads(two.ana, "number of a card")

    assert _from(two.ben, "4111") == []


async def test_a_muted_partner_is_kept_and_shown_afterwards(two: Two) -> None:
    await two.ben.send_text("/write")
    options = await reads(two.ben, "You are writing to Ana")
    await two.ben.press(options.message_id, label="🔕 Mute")
    await reads(two.ben, "You hear nothing from Ana")
    await two.ana.send_text("are you there?")
    await reads(two.ana, "This went to Ben")
    await two.settled()
    while_muted = _from(two.ben, "are you there?")

    await two.ben.press(options.message_id, label="🔔 Unmute")
    await reads(two.ben, "are you there?")

    assert while_muted == []


async def test_a_block_stops_both_and_is_not_told(two: Two) -> None:
    await two.ben.send_text("/write")
    options = await reads(two.ben, "You are writing to Ana")
    await two.ben.press(options.message_id, label="🚫 Block")
    await reads(two.ben, "Ana is blocked")

    await two.ana.send_text("hello?")
    told = await reads(two.ana, "was not sent")
    await two.ben.send_text("hm")
    await reads(two.ben, "You have blocked Ana")

    assert "block" not in told.text
    assert _from(two.ben, "hello?") == []


async def test_a_report_shows_administrators_the_last_messages(two: Two) -> None:
    boss = two.stage.telegram.person(99, "Boss")
    await met(two.app, boss)
    await make_admin(two.app, ("telegram", "99"))
    await two.ben.send_text("something rude")
    await reads(two.ana, "something rude")
    await two.ana.send_text("/write")
    options = await reads(two.ana, "You are writing to Ben")

    await two.ana.press(options.message_id, label="⚠️ Report")
    asked = await reads(two.ana, "What is wrong?")
    await two.ana.press(asked.message_id, label="Insults or harassment")
    seen = await reads(boss, "reports a conversation")

    assert "Ben: something rude" in seen.text


async def test_talk_goes_back_to_the_tutor(two: Two) -> None:
    await two.ana.send_text("/talk")
    await two.ana.wait(lambda m: "English" in labels(m), PATIENCE_SECONDS)
    await two.ana.send_text("English")
    await two.ana.wait(lambda m: m.kind == "voice", PATIENCE_SECONDS)
    await two.ana.send_text("For the tutor alone")
    await reads(two.ana, "You said")

    assert _from(two.ben, "For the tutor alone") == []


async def test_the_reply_button_chooses_the_partner(two: Two) -> None:
    await two.ben.send_text("/talk")
    await two.ben.wait(lambda m: "English" in labels(m), PATIENCE_SECONDS)
    await two.ana.send_text("Still there?")
    seen = await reads(two.ben, "Still there?")

    await two.ben.press(seen.message_id, label="↩️ Reply to Ana")
    await reads(two.ben, "You are writing to Ana")
    await two.ben.send_text("/cancel")
    await two.ben.send_text("Yes!")
    await reads(two.ana, "Yes!")


async def test_somebody_else_cannot_press_the_buttons_of_a_thread(two: Two) -> None:
    eve = two.stage.telegram.person(66, "Eve")
    await met(two.app, eve)
    shown = [m for m in eve.chat.messages if m.from_bot]
    for action in ("f", "mute", "block", "report", "t"):
        data = f"r:{action}:{short_id(two.thread.id)}"
        await eve.press(shown[-1].message_id, data=data, is_forged=True)
    await two.settled()
    await two.ana.send_text("only for Ben")
    await reads(two.ben, "only for Ben")

    assert _from(eve, "only for Ben") == []
    assert _from(eve, "Ana") == _from(eve, "Ben") == []


async def test_a_partner_who_went_away_is_told_of(two: Two) -> None:
    await two.ben.block()
    await two.ana.send_text("hello?")

    await reads(two.ana, "was not sent")


def _from(person: Person, part: str) -> list[ChatMessage]:
    """What the bot shows the person with this in it."""
    return [m for m in person.chat.messages if m.from_bot and part in m.text]
