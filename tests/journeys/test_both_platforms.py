"""The same flows on every platform: registering, practising, changing one's mind."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from bot.accounts.model import Role, UserStatus
from bot.app import App
from bot.simulators.mailbox import Mailbox
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import DiscordVisitor
from tests.stage import an_app
from tests.visitors import (
    SENDER,
    Anybody,
    Visitor,
    code_from,
    past_the_email,
    register,
    to_the_name,
    user_of,
)

ADDRESS = "Ana@Example.ORG"


@dataclass
class Town:
    """Where people live who use one of the platforms."""

    stage: DiscordStage
    platform: str

    def visitor(self, number: int = 1001, name: str = "Ana") -> Anybody:
        if self.platform == "discord":
            return DiscordVisitor(self.stage.discord.person(number, name, locale="en-US"))
        return Visitor(self.stage.telegram.person(user_id=number, name=name, language="en"))

    def app(self, url: str, **changes: Any) -> Any:
        build = a_discord_app if self.platform == "discord" else an_app
        return build(self.stage, url, parts=frozenset({self.platform}), **changes)


@pytest.fixture(params=["telegram", "discord"])
async def town(request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    async with a_discord_stage() as stage:
        yield Town(stage, request.param)


@pytest.fixture
async def app(town: Town, sqlite_url: str) -> AsyncIterator[App]:
    async with town.app(sqlite_url) as running:
        yield running


@pytest.fixture
def ana(town: Town) -> Anybody:
    return town.visitor()


async def test_a_stranger_registers_with_a_proved_address(
    town: Town, ana: Anybody, sqlite_url: str
) -> None:
    async with Mailbox() as mailbox:
        mail = {"smtp_url": mailbox.url, "from": SENDER}
        async with town.app(sqlite_url, mail=mail) as app:
            await ana.say("/start", then="Hello Ana!")
            await to_the_name(ana)
            await ana.say("Ana García", then="e-mail")
            await ana.say(ADDRESS, then="six digits")
            await ana.say(await code_from(mailbox), then="own language")
            await past_the_email(ana)
            await ana.press("Confirm", then="Welcome, Ana!")
            user = await user_of(app, ana)
    assert (user.status, user.roles) == (UserStatus.ACTIVE, frozenset({Role.STUDENT}))
    assert (user.name, user.email, user.native_language) == ("Ana García", "Ana@example.org", "es")
    assert user.email_verified_at is not None


async def test_a_restart_in_the_middle_costs_no_answer(
    town: Town, ana: Anybody, sqlite_url: str
) -> None:
    async with town.app(sqlite_url):
        await to_the_name(ana)
        await ana.say("Ana García", then="e-mail")
        await ana.press("Skip", then="own language")
    async with town.app(sqlite_url) as app:
        await past_the_email(ana)
        await ana.press("Confirm", then="Welcome, Ana!")
        assert (await user_of(app, ana)).name == "Ana García"


async def test_one_goes_back_leaves_out_and_gives_up(app: App, ana: Anybody) -> None:
    await to_the_name(ana)
    await ana.press("Back", then="How old are you?")
    await ana.press("18 or older", then="full name")
    await ana.say("42", then="full name")
    await ana.say("Ana", then="e-mail")
    await ana.press("Skip", then="own language")
    await ana.say("/back", then="e-mail")
    await ana.press("Cancel", then="Nothing was changed")
    assert not (await user_of(app, ana)).is_registered


async def test_a_field_of_the_profile_is_changed(app: App, ana: Anybody) -> None:
    await register(ana)
    await ana.say("/profile", then="Your profile")
    await ana.press("City", then="which city")
    await ana.say("Valencia", then="Saved: City")
    await ana.reads("City: Valencia")
    assert (await user_of(app, ana)).profile.city == "Valencia"


async def test_a_voice_note_is_understood_and_answered_by_voice(app: App, ana: Anybody) -> None:
    await ana.say("/talk", then="Which language")
    await ana.press("English", then="")
    await ana.hears()
    await ana.speak(then="I understood")
    await ana.hears()


async def test_who_is_forgotten_leaves_no_mark_of_the_chat(
    town: Town, ana: Anybody, sqlite_url: str
) -> None:
    async with town.app(sqlite_url):
        await register(ana)
        await ana.say("/forget", then="Remove everything about you")
        await ana.say("DELETE", then="Everything about you has been removed")
    storage = town.stage.look_at(sqlite_url)
    await storage.open()
    assert await storage.read(lambda work: work.heard_rooms.all(ana.platform)) == []
    assert await storage.read(lambda w: w.identities.find(ana.platform, ana.external_id)) is None
    await storage.aclose()


async def test_an_old_button_is_answered_politely(app: App, ana: Anybody) -> None:
    await ana.say("/register", then="What brings you here?")
    await ana.press("I want to learn", then="How old are you?")
    old = ana.button("18 or older")
    await ana.press("18 or older", then="full name")
    await _press_again(ana, old)
    await ana.reads("That button belongs to an older message")


async def test_somebody_elses_button_does_nothing(town: Town, app: App, ana: Anybody) -> None:
    bob = town.visitor(1002, "Bob")
    await ana.say("/register", then="What brings you here?")
    await bob.say("/register", then="What brings you here?")
    _, mine = ana.button("I want to learn")
    data = ana.data(mine) if isinstance(ana, DiscordVisitor) else mine
    await bob.forge(data)
    await bob.reads("That button belongs to an older message")
    await bob.press("I want to learn", then="How old are you?")


async def _press_again(ana: Anybody, old: tuple[Any, str]) -> None:
    message, shown = old
    if isinstance(ana, DiscordVisitor):
        data = next(b.custom_id for b in message.buttons if b.label == shown)
        await ana.pane.press(message, custom_id=data, is_forged=True)
    else:
        await ana.person.press(message.message_id, data=shown, is_forged=True)
