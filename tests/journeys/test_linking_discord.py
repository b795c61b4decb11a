"""One person in Telegram and in Discord: joined there, and a practice that goes on there."""

import re
from collections.abc import AsyncIterator

import pytest

from bot.app import App
from bot.storage.work import Work
from bot.voice.session import VoiceSession
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import DiscordVisitor, plain
from tests.visitors import Visitor, register, talk_once, user_of

_TOKEN = re.compile(r"/link (\S+)")


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.fixture
async def app(stage: DiscordStage, database_url: str) -> AsyncIterator[App]:
    parts = frozenset({"telegram", "discord"})
    async with a_discord_app(stage, database_url, parts=parts) as running:
        yield running


@pytest.fixture
async def ana(stage: DiscordStage, app: App) -> Visitor:
    """Somebody registered in Telegram who is in the middle of a practice."""
    visitor = Visitor(stage.telegram.person(user_id=1001, name="Ana", language="en"))
    await register(visitor)
    await talk_once(visitor.person)
    return visitor


@pytest.fixture
def ana_there(stage: DiscordStage) -> DiscordVisitor:
    return DiscordVisitor(stage.discord.person(2001, "Ana in Discord"))


async def practice_of(app: App, visitor: Visitor) -> VoiceSession:
    user = await user_of(app, visitor)

    def find(work: Work) -> VoiceSession:
        session = work.voice_sessions.find_active(user.id)
        assert session is not None
        return session

    return await app.storage.read(find)


async def test_a_practice_begun_in_telegram_goes_on_in_discord(
    app: App, ana: Visitor, ana_there: DiscordVisitor
) -> None:
    begun = await practice_of(app, ana)
    await ana.say("/link", then="Your connected apps")
    shown = await ana.press("Code for another app", then="/link ")
    found = _TOKEN.search(shown.text)
    assert found is not None
    await ana_there.pane.run("link", code=found[1])
    summary = await ana_there.reads("The account of Ana García")
    assert "used in: Telegram" in plain(summary)
    await ana_there.press("Join", then="Done, Ana")
    await ana.reads("Your account is connected with Discord")
    await ana_there.speak(then="You said")
    await ana_there.hears()
    later = await practice_of(app, ana)
    assert (later.id, later.turn_count) == (begun.id, begun.turn_count + 1)
    await ana.say("/end", then="Your practice")


async def test_telegram_opens_by_a_link_shown_in_discord(
    app: App, stage: DiscordStage, ana_there: DiscordVisitor
) -> None:
    await register(ana_there)
    await ana_there.say("/link", then="Your connected apps")
    message = await ana_there.press("Code for another app", then="/link ")
    (link,) = [button.url for button in message.buttons if button.url]
    assert link is not None
    assert link.startswith("https://t.me/")
    fresh = Visitor(stage.telegram.person(user_id=1001, name="Ana", language="en"))
    payload = link.partition("?start=")[2]
    await fresh.say(f"/start {payload}", then="used in: Discord")
    await fresh.press("Join", then="Done, Ana")
    await ana_there.reads("Your account is connected with Telegram")
    await ana_there.say("/forget", then="Remove everything about you")
    await ana_there.press("Yes, remove everything", then="Everything about you has been removed")
    await fresh.reads("Everything about you has been removed")
