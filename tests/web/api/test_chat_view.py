"""Tokens for programs, made, used and revoked in the chat."""

from collections.abc import AsyncIterator

import pytest

from bot.accounts.api_model import ApiKey, TokenPair
from bot.accounts.api_tokens import ApiTokens
from bot.app import App
from bot.storage.work import Work
from tests.message_builders import HandClock
from tests.stage import PATIENCE_SECONDS, Stage, a_stage, an_app
from tests.visitors import Visitor, register, stored_of, user_of

URL = "https://school.example"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as built:
        yield built


@pytest.fixture
async def app(stage: Stage, sqlite_url: str) -> AsyncIterator[App]:
    web = {"public_url": f"{URL}/"}
    async with an_app(stage, sqlite_url, clock=HandClock(), web=web) as running:
        yield running


@pytest.fixture
async def ana(stage: Stage, app: App) -> Visitor:
    visitor = Visitor(stage.telegram.person(user_id=12, name="Ana", language="en"))
    await register(visitor)
    return visitor


async def keys_of(app: App, visitor: Visitor) -> list[ApiKey]:
    user = await user_of(app, visitor)
    return list(await app.storage.read(lambda work: work.api.keys.of_user(user.id)))


async def make_a_token(ana: Visitor) -> str:
    """What the chat shows, once."""
    await ana.say("/settings", then="Your settings")
    card = await ana.press("API access", then="in your name")
    assert f"Address: {URL}/api" in card.text
    await ana.press("New token", then="What is the token for?")
    shown = await ana.say("My script", then="shown only this once")
    return next(line for line in shown.text.splitlines() if line.startswith("lfr_"))


async def exchanged(app: App, refresh: str) -> object:
    tokens = ApiTokens(app.clock)
    return await app.storage.write(lambda work: tokens.exchange(work, refresh))


async def test_a_token_is_made_in_the_chat_and_works(app: App, ana: Visitor) -> None:
    refresh = await make_a_token(ana)

    assert isinstance(await exchanged(app, refresh), TokenPair)
    await ana.press("API access", then="• My script: made on November 22, 2026, last renewed")
    assert refresh not in ana.texts[-1]


async def test_a_token_is_revoked_in_the_chat_and_works_no_more(app: App, ana: Visitor) -> None:
    refresh = await make_a_token(ana)
    await ana.press("API access", then="• My script: made on November 22, 2026, not used so far")
    await ana.press("Revoke My script", then="Revoke My script?")
    await ana.press("Keep it", then="• My script")
    await ana.press("Revoke My script", then="Revoke My script?")
    await ana.press("Revoke My script", then="in your name")

    assert await keys_of(app, ana) == []
    assert await exchanged(app, refresh) is None


async def test_in_a_group_no_token_is_made(stage: Stage, app: App, ana: Visitor) -> None:
    group = stage.telegram.group(-1009, "Friends")
    await ana.person.send_text("/support", chat=group)
    shown = await ana.person.wait(lambda m: m.from_bot, PATIENCE_SECONDS, chat=group)
    await ana.person.press(shown.message_id, data="ap:new", is_forged=True, chat=group)
    await ana.person.wait(
        lambda m: m.from_bot and "private" in m.text,
        PATIENCE_SECONDS,
        chat=group,
        after=shown.message_id,
    )
    assert await keys_of(app, ana) == []


async def test_a_label_that_is_no_name_is_asked_for_again(app: App, ana: Visitor) -> None:
    await ana.say("/settings", then="Your settings")
    await ana.press("API access", then="in your name")
    await ana.press("New token", then="What is the token for?")
    await ana.say("x" * 41, then="at most 40 characters")
    await ana.say("x" * 40, then="shown only this once")


async def test_keys_are_taken_along_without_their_tokens_and_forgotten_with_the_person(
    app: App, ana: Visitor
) -> None:
    refresh = await make_a_token(ana)
    kept = await stored_of(app, ana)
    assert [key.label for key in kept.records["api_keys"]] == ["My script"]
    assert refresh not in str(kept.records)

    await ana.say("/forget", then="Remove everything about you")
    await ana.say("delete", then="Everything about you has been removed")

    def rows(work: Work) -> object:
        return work.users._connection.exec_driver_sql(
            "SELECT (SELECT count(*) FROM api_keys), (SELECT count(*) FROM api_tokens)"
        ).one()

    assert await app.storage.read(rows) == (0, 0)
