"""Seats taken from an announcement where others read along: told to the presser alone."""

from collections.abc import AsyncIterator

import pytest

from bot.app import App
from bot.core.entity import short_id
from bot.core.errors import NotFound
from bot.live.model import SeatStatus
from bot.simulators.discord import EVERYONE, Permission
from bot.simulators.telegram import ChatMessage, Group
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import DiscordVisitor, plain
from tests.live_stage import BOTH, a_person, a_stranger, planned, seat_of, times_read
from tests.message_builders import HandClock
from tests.stage import PATIENCE_SECONDS
from tests.visitors import Visitor

HERE = "📣 Announce live conversations here"
RIGHTS = EVERYONE | Permission.CREATE_EVENTS


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def stage(clock: HandClock) -> AsyncIterator[DiscordStage]:
    async with a_discord_stage(clock=clock.now) as running:
        yield running


@pytest.fixture
async def app(stage: DiscordStage, sqlite_url: str, clock: HandClock) -> AsyncIterator[App]:
    async with a_discord_app(stage, sqlite_url, parts=BOTH, clock=clock) as running:
        yield running


async def a_message_in(group: Group, person: Visitor) -> ChatMessage:
    """Something of the bot's with buttons, which stands there for all to see."""
    await person.person.send_text("/support", chat=group)
    return await person.person.wait(lambda m: bool(m.buttons), PATIENCE_SECONDS, chat=group)


async def notice(person: Visitor, group: Group, message: ChatMessage, data: str) -> str:
    """What a press there is answered with, for the presser's eyes alone."""
    callback = await person.person.press(message.message_id, data=data, is_forged=True, chat=group)
    answers = group.chat.callback_answers
    return await group.chat.bell.until(
        lambda: next((a.text for a in answers if a.callback_id == callback), None),
        PATIENCE_SECONDS,
    )


async def test_in_a_telegram_group_a_press_is_answered_by_a_notice_and_in_private(
    stage: DiscordStage, app: App
) -> None:
    ana = await a_person(stage, app, "discord", 1001, "Ana")
    bob = await a_person(stage, app, "telegram", 1002, "Bob")
    assert isinstance(bob, Visitor)
    made = await planned(app, ana, seats=1)
    group = stage.telegram.group(-1009, "Friends")
    message = await a_message_in(group, bob)
    standing = [(m.message_id, m.text) for m in group.chat.messages]
    join = f"lv:join:{short_id(made.id)}"

    assert await notice(bob, group, message, join) == "✅ You have a seat!"
    await bob.reads("✅ You have a seat in “Spanish over coffee”")
    assert (await seat_of(app, bob, made)).status is SeatStatus.CONFIRMED
    again = await notice(bob, group, message, join)
    assert again == "You are already in. See you there!"
    shown = await notice(bob, group, message, f"lv:open:{short_id(made.id)}")
    assert shown == "I have written to you in our private chat."
    await bob.reads("✅ You have a seat.")
    assert [(m.message_id, m.text) for m in group.chat.messages] == standing
    assert times_read(bob, "You have a seat in") == 1


async def test_who_cannot_have_a_seat_is_told_alone(stage: DiscordStage, app: App) -> None:
    ana = await a_person(stage, app, "discord", 1001, "Ana")
    bob = await a_person(stage, app, "telegram", 1002, "Bob")
    guest = a_stranger(stage, "telegram", 1009, "Guest")
    assert isinstance(bob, Visitor)
    assert isinstance(guest, Visitor)
    made = await planned(app, ana, is_public=False)
    group = stage.telegram.group(-1009, "Friends")
    message = await a_message_in(group, bob)
    standing = [(m.message_id, m.text) for m in group.chat.messages]

    told = await notice(bob, group, message, f"lv:join:{short_id(made.id)}")
    assert "code" in told
    told = await notice(guest, group, message, f"lv:join:{short_id(made.id)}")
    assert told.startswith("Write to me in private first")
    assert [(m.message_id, m.text) for m in group.chat.messages] == standing
    with pytest.raises(NotFound):
        await seat_of(app, bob, made)


async def test_on_discord_the_button_of_an_announcement_takes_the_seat_at_once(
    stage: DiscordStage, app: App
) -> None:
    ana = await a_person(stage, app, "discord", 1001, "Ana")
    ben = await a_person(stage, app, "discord", 1002, "Ben")
    assert isinstance(ana, DiscordVisitor)
    assert isinstance(ben, DiscordVisitor)
    server = stage.discord.guild("School", owner=ana.person, bot_rights=RIGHTS)
    server.add(ben.person)
    news = server.add_channel("news")
    pane = ana.person.at(news)
    await pane.run("setup")
    offer = await pane.wait(lambda m: any(b.label == HERE for b in m.buttons), PATIENCE_SECONDS)
    await pane.press(offer, label=HERE)
    await pane.wait(lambda m: "are announced in this channel" in plain(m), PATIENCE_SECONDS)
    made = await planned(app, ana)
    await app.worker.run_due()

    seen = ben.person.at(news)
    post = await seen.wait(lambda m: "Spanish over coffee" in plain(m), PATIENCE_SECONDS)
    await seen.press(post, label="✋ Take a seat")
    await ben.reads("✅ You have a seat in “Spanish over coffee”")
    assert (await seat_of(app, ben, made)).status is SeatStatus.CONFIRMED
