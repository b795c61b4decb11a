"""A student in Telegram and a teacher in Discord write and speak to each other."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.app import App
from bot.chat.model import Thread
from bot.simulators.discord import Person as DiscordPerson
from bot.simulators.telegram import Person
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import DiscordVisitor
from tests.relay_stage import acquainted, met, reads
from tests.stage import PATIENCE_SECONDS, a_note
from tests.visitors import JPEG

BOTH = frozenset({"telegram", "discord"})


@dataclass
class Pair:
    """Ana learns in Telegram, Ben teaches in Discord."""

    app: App
    stage: DiscordStage
    ana: Person
    ben: DiscordVisitor
    thread: Thread


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as stage:
        yield stage


@pytest.fixture
async def pair(stage: DiscordStage, sqlite_url: str) -> AsyncIterator[Pair]:
    async with a_discord_app(stage, sqlite_url, parts=BOTH) as app:
        yield await introduced(app, stage)


async def introduced(app: App, stage: DiscordStage) -> Pair:
    ana, ben = stage.telegram.person(1, "Ana"), DiscordVisitor(ben_of(stage))
    await ben.say("/start", then="Hello")
    who = await met(app, ana), ("discord", str(ben.person.user_id))
    return Pair(app, stage, ana, ben, await acquainted(app, *who))


def ben_of(stage: DiscordStage) -> DiscordPerson:
    return stage.discord.person(2001, "Ben")


async def test_texts_replies_edits_and_removals_cross(pair: Pair) -> None:
    ana, ben = pair.ana, pair.ben
    asked = await ana.send_text("When shall we meet? @everyone [here](https://evil.example)")
    seen = await ben.reads("When shall we meet?")
    said = await ben.pane.send("At five", reply_to=seen)
    answer = await reads(ana, "At five")
    await ben.pane.edit(said, "At six")
    edited = await reads(ana, "At six")
    await ben.pane.delete(said)
    await ana.chat.bell.until(
        lambda: ana.chat.find(answer.message_id) is None or None, PATIENCE_SECONDS
    )

    assert answer.reply_to == asked
    assert edited.message_id == answer.message_id
    assert not seen.pings_everyone


async def test_voice_notes_are_bubbles_on_both_sides(pair: Pair) -> None:
    ana, ben = pair.ana, pair.ben
    await ana.send_voice(a_note(), 1.0)
    heard = await ben.hears()
    await ben.reads("📝")
    await ben.pane.send_voice(a_note(2.0), 2.0)
    bubble = await ana.wait(lambda m: m.kind == "voice", PATIENCE_SECONDS)
    words = await reads(ana, "📝")

    assert heard.is_voice
    assert bubble.text == "Ben"
    assert words.reply_to == bubble.message_id


async def test_a_photo_crosses_with_its_caption(pair: Pair) -> None:
    await pair.ana.send_photo(JPEG, caption="my homework")
    seen = await pair.ben.reads("my homework")

    assert [file.mime for file in seen.attachments] == ["image/jpeg"]


async def test_reactions_cross(pair: Pair) -> None:
    ana, ben = pair.ana, pair.ben
    sent = await ana.send_text("I passed!")
    seen = await ben.reads("I passed!")
    await ben.pane.react(seen, "🎉")

    await ana.chat.bell.until(
        lambda: "🎉" in ana.chat.find(sent).reactions or None, PATIENCE_SECONDS
    )
