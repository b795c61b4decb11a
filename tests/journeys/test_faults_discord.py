"""Discord's gateway breaks, forgets us, is away: every message is answered, and once."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.app import App
from bot.handlers.discord.translate import parse_event
from bot.messaging.ports import Received
from bot.simulators.discord import Interaction
from bot.simulators.faults import Fault
from tests.conftest import PostgresServer
from tests.discord_stage import PARTS, DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import DiscordVisitor
from tests.stage import PATIENCE_SECONDS, an_app
from tests.visitors import Visitor

LINES = 12
_UNKNOWN = re.compile(r"(?<=do not know )/\w+")


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.fixture
async def app(stage: DiscordStage, sqlite_url: str) -> AsyncIterator[App]:
    async with a_discord_app(stage, sqlite_url) as running:
        yield running


@pytest.fixture
def tom(stage: DiscordStage) -> DiscordVisitor:
    return DiscordVisitor(stage.discord.person(2001, "Tom"))


def answered(tom: DiscordVisitor) -> list[str]:
    """The words that were called unknown commands, in order."""
    return [found[0] for text in tom.texts if (found := _UNKNOWN.search(text))]


async def all_answered(stage: DiscordStage, tom: DiscordVisitor, words: list[str]) -> None:
    """Every word was answered once, in order."""
    await stage.discord.until(lambda: len(answered(tom)) >= len(words), PATIENCE_SECONDS)
    assert answered(tom) == words


async def test_a_broken_connection_is_resumed_and_nothing_is_lost(
    stage: DiscordStage, app: App, tom: DiscordVisitor
) -> None:
    words = [f"/word{number}" for number in range(LINES)]
    for number, word in enumerate(words):
        if number % 4 == 2:
            await stage.discord.drop_gateway()
        await tom.pane.send(word)
    await all_answered(stage, tom, words)
    assert stage.discord.connections["identified"] == 1
    assert stage.discord.connections["resumed"] >= 1


async def test_a_session_that_was_forgotten_is_caught_up_with(
    stage: DiscordStage, app: App, tom: DiscordVisitor
) -> None:
    await tom.pane.send("/before")
    await all_answered(stage, tom, ["/before"])
    stage.discord.invalidate_next_resume()
    await stage.discord.drop_gateway()
    words = [f"/word{number}" for number in range(LINES)]
    for word in words:
        await tom.pane.send(word)
    await all_answered(stage, tom, ["/before", *words])
    assert stage.discord.connections["identified"] == 2


async def test_what_was_said_while_discord_was_away_is_answered_in_order(
    stage: DiscordStage, app: App, tom: DiscordVisitor
) -> None:
    await tom.pane.send("/before")
    await all_answered(stage, tom, ["/before"])
    await stage.discord.go_away()
    words = [f"/away{number}" for number in range(150)]  # more than one page
    for word in words:
        await tom.pane.send(word)
    stage.discord.come_back()
    later = ["/later1", "/later2"]
    for word in later:
        await tom.pane.send(word)
    await all_answered(stage, tom, ["/before", *words, *later])


async def test_a_bot_of_several_connections_answers_what_was_said_in_an_absence(
    stage: DiscordStage, tom: DiscordVisitor, sqlite_url: str
) -> None:
    stage.discord.sharding.advised = 2
    async with a_discord_app(stage, sqlite_url):
        await tom.pane.send("/before")
        await all_answered(stage, tom, ["/before"])
        await stage.discord.until(lambda: stage.discord.shards == [(0, 2), (1, 2)])
        await stage.discord.go_away()
        words = [f"/away{number}" for number in range(LINES)]
        for word in words:
            await tom.pane.send(word)
        stage.discord.come_back()
        await all_answered(stage, tom, ["/before", *words])


async def test_what_was_said_while_the_bot_was_down_is_answered_in_order(
    stage: DiscordStage, tom: DiscordVisitor, sqlite_url: str
) -> None:
    async with a_discord_app(stage, sqlite_url):
        await tom.pane.send("/before")
        await all_answered(stage, tom, ["/before"])
    words = [f"/away{number}" for number in range(LINES)]
    for word in words:
        await tom.pane.send(word)
    async with a_discord_app(stage, sqlite_url):
        await tom.pane.send("/back1")
        await all_answered(stage, tom, ["/before", *words, "/back1"])


async def test_a_bot_that_starts_while_discord_is_away_joins_when_it_is_back(
    stage: DiscordStage, tom: DiscordVisitor, sqlite_url: str
) -> None:
    stage.discord.faults.add(Fault("drop_before", match="get_my_user"))
    async with an_app(stage, sqlite_url, parts=PARTS):
        await stage.discord.until(lambda: stage.discord.is_connected, PATIENCE_SECONDS)
        await tom.say("/hello", then="do not know /hello")


async def test_an_answer_lost_on_its_way_is_not_said_twice(
    stage: DiscordStage, app: App, tom: DiscordVisitor
) -> None:
    stage.discord.faults.add(Fault("drop_after", match="create_message"))
    await tom.pane.send("/once")
    await tom.pane.send("/twice")
    await all_answered(stage, tom, ["/once", "/twice"])


async def test_a_room_that_is_closed_to_us_is_asked_for_once(
    stage: DiscordStage, app: App, tom: DiscordVisitor
) -> None:
    await tom.pane.send("/before")
    await all_answered(stage, tom, ["/before"])
    tom.person.block()
    await tom.pane.send("/blocked")
    await stage.discord.until(lambda: stage.discord.invalid_requests > 0, PATIENCE_SECONDS)
    await app.settle([])
    assert stage.discord.invalid_requests == 1


async def test_a_refused_token_leaves_the_other_platform_serving(
    stage: DiscordStage, sqlite_url: str
) -> None:
    parts = frozenset({"telegram", "discord"})
    async with an_app(stage, sqlite_url, parts=parts, discord={"token": "another"}) as app:
        ana = Visitor(stage.telegram.person(user_id=1001, name="Ana", language="en"))
        await ana.say("/start", then="Hello Ana!")
        await ana.say("/help", then="/talk")
        metrics = (await app.metrics.render()).decode()
    assert 'linguaflex_connected{platform="telegram"} 1.0' in metrics
    assert 'linguaflex_connected{platform="discord"} 0.0' in metrics
    assert stage.discord.statuses[401] == 1
    assert stage.discord.connections["identified"] == 0


async def test_one_of_two_instances_listens_and_the_other_takes_over(
    stage: DiscordStage, tom: DiscordVisitor, postgres: PostgresServer
) -> None:
    url = postgres.fresh_url()
    async with an_app(stage, url, parts=PARTS) as second_hand:
        async with a_discord_app(stage, url):
            await tom.say("/one", then="do not know /one")
            assert stage.discord.connections["identified"] == 1
        await tom.pane.send("/two")
        await stage.discord.until(lambda: len(answered(tom)) == 2, PATIENCE_SECONDS)
        await second_hand.settle([])
    assert answered(tom) == ["/one", "/two"]


async def stored_by_a_process_that_died(
    stage: DiscordStage, url: str, asked: Interaction, **where: object
) -> None:
    """A command of Tom's that was written down and never answered."""
    person = {"id": "2001", "username": "tom", "global_name": "Tom"}
    data = {
        "id": str(asked.interaction_id),
        "type": 2,
        "token": asked.token,
        "channel_id": str(asked.channel_id),
        "data": asked.data,
        "user": person,
        **where,
    }
    body = {"t": "INTERACTION_CREATE", "d": data}
    incoming = parse_event(body)
    assert incoming is not None
    storage = stage.look_at(url)
    await storage.open()
    row, now = Received(incoming, body), datetime.now(UTC)
    await storage.write(lambda work: work.inbox.add(row, now, overtakes=False))
    await storage.aclose()


async def test_a_command_that_a_crash_cut_off_is_answered_in_an_ordinary_message(
    stage: DiscordStage, tom: DiscordVisitor, sqlite_url: str
) -> None:
    async with a_discord_app(stage, sqlite_url):
        await tom.say("/start", then="Hello Tom!")
    asked = await tom.pane.run("help")
    await stored_by_a_process_that_died(stage, sqlite_url, asked)
    async with a_discord_app(stage, sqlite_url):
        await tom.reads("/talk")
    assert not asked.is_answered


async def test_a_command_in_a_server_whose_token_died_with_us_is_answered_in_private(
    sqlite_url: str,
) -> None:
    passed = timedelta()
    async with a_discord_stage(clock=lambda: datetime.now(UTC) + passed) as stage:
        tom = DiscordVisitor(stage.discord.person(2001, "Tom"))
        school = stage.discord.guild("School", owner=tom.person)
        lobby = tom.person.at(school.add_channel("lobby"))
        async with a_discord_app(stage, sqlite_url):
            await tom.say("/start", then="Hello Tom!")
        asked = await lobby.run("help")
        person = {"id": "2001", "username": "tom", "global_name": "Tom"}
        there = {"guild_id": str(school.guild_id), "member": {"user": person}}
        await stored_by_a_process_that_died(stage, sqlite_url, asked, **there)
        passed = timedelta(minutes=16)
        async with a_discord_app(stage, sqlite_url):
            await tom.reads("I could not answer your /help in time")
            await tom.reads("/talk")
    assert [message.content for message in lobby.messages if "/talk" in message.content] == []


async def test_a_press_nobody_stored_is_told_by_discord_and_can_be_made_again(
    stage: DiscordStage, tom: DiscordVisitor, sqlite_url: str
) -> None:
    async with a_discord_app(stage, sqlite_url):
        await tom.say("/register", then="What brings you here?")
    stage.discord.patience = 0.05
    message, label = tom.button("I want to learn")
    await tom.pane.press(message, label=label)
    await stage.discord.until(lambda: bool(tom.person.toasts), PATIENCE_SECONDS)
    assert tom.person.toasts == ["This interaction failed"]
    stage.discord.patience = 3.0
    async with a_discord_app(stage, sqlite_url):
        await tom.press("I want to learn", then="How old are you?")
