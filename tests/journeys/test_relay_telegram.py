"""A student and a teacher, both on Telegram, write to each other through the bot."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.app import App
from bot.chat.model import Thread
from bot.simulators.telegram import ChatMessage, Person
from tests.relay_stage import acquainted, met, reads
from tests.stage import PATIENCE_SECONDS, Stage, a_stage, an_app


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

    assert arrived.text == "Ana\n\nGood morning!"
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
