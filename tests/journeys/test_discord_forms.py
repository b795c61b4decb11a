"""Forms, and what is said to one person where others read along."""

from collections.abc import AsyncIterator

import pytest

from bot.app import App
from bot.simulators.discord import Pane, Person
from tests.discord_stage import DiscordStage, a_discord_app, a_discord_stage
from tests.discord_visitors import DiscordVisitor
from tests.stage import PATIENCE_SECONDS
from tests.visitors import to_the_name, user_of


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.fixture
async def app(stage: DiscordStage, sqlite_url: str) -> AsyncIterator[App]:
    async with a_discord_app(stage, sqlite_url) as running:
        yield running


@pytest.fixture
def ana(stage: DiscordStage) -> DiscordVisitor:
    return DiscordVisitor(stage.discord.person(1001, "Ana"))


async def test_name_and_address_are_told_in_one_form(app: App, ana: DiscordVisitor) -> None:
    await to_the_name(ana)
    await ana.fill_in("Ana García", "ana@example.org", then="own language")
    await ana.press("Back", then="e-mail")
    assert [text for text in ana.texts if "full name" in text] == []  # it was changed in place


async def test_a_wrong_line_is_told_and_the_right_ones_stay(app: App, ana: DiscordVisitor) -> None:
    await to_the_name(ana)
    await ana.fill_in("Ana García", "nobody at all", then="What is your e-mail")
    assert not (await ana.reads("full name")).buttons
    await ana.say("ana@example.org", then="own language")
    await ana.say("/back", then="What is your e-mail")
    await ana.press("Back", then="full name")
    message, shown = ana.button("Fill in")
    await ana.pane.press(message, label=shown)
    await ana.pane.channel.bell.until(lambda: ana.person.modal, PATIENCE_SECONDS)
    modal = ana.person.modal
    assert modal is not None
    assert [field.component.get("value") for field in modal.fields] == [
        "Ana García",
        "ana@example.org",
    ]


async def test_an_optional_line_may_stay_empty(app: App, ana: DiscordVisitor) -> None:
    await to_the_name(ana)
    await ana.fill_in("Ana García", "", then="own language")


async def test_a_form_that_was_left_open_too_long_is_stale(app: App, ana: DiscordVisitor) -> None:
    await to_the_name(ana)
    message, shown = ana.button("Fill in")
    await ana.pane.press(message, label=shown)
    await ana.pane.channel.bell.until(lambda: ana.person.modal, PATIENCE_SECONDS)
    await ana.say("Ana", then="e-mail")
    await ana.person.submit({"name": "Berta"})
    await ana.reads("That button belongs to an older message")
    await ana.press("Skip", then="own language")


async def test_an_old_fill_in_button_opens_nothing(app: App, ana: DiscordVisitor) -> None:
    await to_the_name(ana)
    message, shown = ana.button("Fill in")
    await ana.say("Ana", then="e-mail")
    await ana.pane.press(message, label=shown)
    await ana.reads("That button belongs to an older message")
    assert ana.person.modal is None


async def test_in_a_server_one_registers_unseen_by_the_others(
    stage: DiscordStage, app: App, ana: DiscordVisitor
) -> None:
    bob = stage.discord.person(1002, "Bob")
    school = stage.discord.guild("School", owner=bob)
    school.add(ana.person)
    lobby = school.add_channel("lobby")
    here = Here(ana.person, ana.person.at(lobby))
    await here.say("/register", then="What brings you here?")
    await here.press("I want to learn", then="How old are you?")
    await here.press("18 or older", then="full name")
    await here.fill_in("Ana García", "", then="own language")
    assert bob.at(lobby).messages == []
    user = await user_of(app, ana)
    state = await app.storage.read(lambda work: work.flow_states.find_of_user(user.id))
    assert state is not None
    assert state.answers["name"] == "Ana García"


async def test_in_a_server_the_tutor_is_heard_by_whoever_asked_alone(
    stage: DiscordStage, app: App, ana: DiscordVisitor
) -> None:
    bob = stage.discord.person(1002, "Bob")
    school = stage.discord.guild("School", owner=bob)
    school.add(ana.person)
    lobby = school.add_channel("lobby")
    here = Here(ana.person, ana.person.at(lobby))
    await here.say("/talk", then="Which language")
    await here.press("English", then="")
    heard = await here.pane.wait(lambda m: bool(m.attachments), PATIENCE_SECONDS)
    assert heard.attachments[0].mime == "audio/ogg"
    assert bob.at(lobby).messages == []


async def test_situations_are_suggested_and_one_is_talked_in(app: App, ana: DiscordVisitor) -> None:
    await ana.say("/talk", then="Which language")
    await ana.press("English", then="")
    await ana.hears()
    choices = await ana.pane.complete("talk", "situation", "café")
    assert [choice["name"] for choice in choices] == ["☕ In a café"]
    await ana.pane.run("talk", situation=choices[0]["value"])
    await ana.reads("In a café")
    await ana.hears()


async def test_people_talking_to_each_other_are_left_alone(
    stage: DiscordStage, app: App, ana: DiscordVisitor
) -> None:
    school = stage.discord.guild("School", owner=ana.person)
    here = Here(ana.person, ana.person.at(school.add_channel("lobby")))
    await here.pane.send("hello everybody")
    await here.pane.send("/start")
    await ana.say("/start", then="Hello Ana!")
    assert here.texts == []


class Here(DiscordVisitor):
    """A person in a channel of a server."""

    def __init__(self, person: Person, pane: Pane) -> None:
        self.person = person
        self._pane = pane

    @property
    def pane(self) -> Pane:
        return self._pane
