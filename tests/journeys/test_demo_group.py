"""The demo's learners: they meet, speak in turns, end it and give stars, with nobody's help."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from bot.app import App
from bot.cli.demo_group import announce, take_part
from bot.live.model import ConversationStatus, LiveConversation, Seat
from bot.live.room_rules import RoomPolicy
from bot.storage.work import Work
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.live_stage import BOTH, a_person, look
from tests.message_builders import HandClock
from tests.room_stage import RoomStage
from tests.stage import PATIENCE_SECONDS
from tests.visitors import Anybody, user_of

NAMES = ("Wei", "Mei", "Lin")


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def app(stage: DiscordStage, sqlite_url: str, clock: HandClock) -> AsyncIterator[App]:
    async with a_discord_app(stage, sqlite_url, parts=BOTH, clock=clock) as running:
        yield running


async def test_three_learners_hold_a_conversation_in_which_a_visitor_takes_part(
    stage: DiscordStage, app: App, clock: HandClock
) -> None:
    group = [stage.telegram.person(3001 + n, name, "en") for n, name in enumerate(NAMES)]
    taking_part = asyncio.create_task(take_part(app, group, breath_seconds=0))
    await app.storage.write(announce(app, group, "Europe/Madrid"))
    ana = await a_person(stage, app, "discord", 2001, "Ana")
    await look(ana, "🇺🇸 Weekend stories")
    await ana.press("Take a seat", then="You have a seat")
    first = (await _conversations(app, ana))[0]
    room = RoomStage(app, clock, {"Ana": ana}, {"Ana": (await user_of(app, ana)).id}, first.id)
    await room.until(first.starts_at - RoomPolicy().opens_before)
    await ana.press("Come in", then="You are in")

    await room.until(first.starts_at)
    await ana.reads("Ana, your turn")
    await ana.press("Pass", then="You have passed")
    async with asyncio.timeout(3 * PATIENCE_SECONDS):
        while len([seat for seat in await _seats(app, first) if seat.stars == 5]) < 2:
            silent = await room.asked() == "Ana"  # she is passed over
            await room.later(seconds=91 if silent else 0.01)
    await ana.reads("Wei has ended the conversation")
    spoken = {seat.stars: seat.speaking_seconds for seat in await _seats(app, first)}
    assert spoken[5] > 3
    assert (await room.conversation()).status is ConversationStatus.COMPLETED
    taking_part.cancel()
    await asyncio.gather(taking_part, return_exceptions=True)


async def _conversations(app: App, person: Anybody) -> Sequence[LiveConversation]:
    user = await user_of(app, person)

    def find(work: Work) -> Sequence[LiveConversation]:
        seats = work.live.seats.of_person(user.id)
        return [work.live.conversations.get(seat.conversation_id) for seat in seats]

    return await app.storage.read(find)


async def _seats(app: App, conversation: LiveConversation) -> Sequence[Seat]:
    return await app.storage.read(lambda work: work.live.seats.of_conversation(conversation.id))
