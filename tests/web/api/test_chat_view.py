"""Tokens for programs, made, used and revoked in the chat."""

from collections.abc import AsyncIterator

import pytest

from bot.accounts.api_model import ApiKey, TokenPair
from bot.accounts.api_tokens import ApiTokens
from bot.app import App
from bot.i18n.catalog import texts_in
from bot.simulators.mailbox import Mailbox
from bot.storage.work import Work
from tests.message_builders import HandClock
from tests.stage import PATIENCE_SECONDS, Stage, a_stage, an_app
from tests.visitors import (
    Visitor,
    an_app_with_mail,
    code_from,
    register,
    register_with_mail,
    stored_of,
    user_of,
)

EN = texts_in("en")
URL = "https://school.example"
ADDRESS = "ana@example.org"


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
    visitor = _visitor(stage, 12, "Ana")
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


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with Mailbox() as running:
        yield running


@pytest.fixture
async def posted(stage: Stage, sqlite_url: str, mailbox: Mailbox) -> AsyncIterator[App]:
    """A program that sends mails."""
    web = {"public_url": URL}
    async with an_app_with_mail(stage, sqlite_url, mailbox, HandClock(), web=web) as running:
        yield running


async def test_who_gets_back_into_an_account_ends_what_the_lost_chat_may_have_made(
    stage: Stage, posted: App, mailbox: Mailbox
) -> None:
    lost, fresh = _visitor(stage, 12, "Ana"), _visitor(stage, 13, "Nana")
    await register_with_mail(lost, mailbox, ADDRESS)
    refresh = await make_a_token(lost)
    await fresh.say("/recover", then="Which e-mail address")
    await fresh.say(ADDRESS, then="If an account has confirmed this address")
    await fresh.say(await code_from(mailbox), then="that was connected before")
    done = await fresh.press("Join", then="Done, Ana")
    assert EN("apikey.ended") in done.text
    assert await exchanged(posted, refresh) is None


async def test_two_accounts_that_become_one_keep_the_tokens_of_both(
    stage: Stage, posted: App, mailbox: Mailbox
) -> None:
    first, second = _visitor(stage, 12, "Ana"), _visitor(stage, 13, "Nana")
    await register_with_mail(first, mailbox, ADDRESS)
    await register(second)
    tokens = [await make_a_token(each) for each in (first, second)]
    await second.say("/link", then="Your connected apps")
    await second.press("Bring another account here", then="Which e-mail address")
    await second.say(ADDRESS, then="If an account has confirmed this address")
    await second.say(await code_from(mailbox), then="The account of Ana García")
    done = await second.press("Join", then="Done, Ana")
    assert EN("apikey.ended") not in done.text
    assert [key.label for key in await keys_of(posted, first)] == ["My script"] * 2
    assert all([isinstance(await exchanged(posted, each), TokenPair) for each in tokens])


def _visitor(stage: Stage, number: int, name: str) -> Visitor:
    return Visitor(stage.telegram.person(user_id=number, name=name, language="en"))
