"""A flow's button does what its step is for, whatever a modified client sends in its place."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.app import App
from bot.core.entity import short_id
from bot.i18n.catalog import texts_in
from bot.simulators.mailbox import Mailbox
from tests.rights.cast import Actor, all_rows, an_actor, settle_in, settled
from tests.stage import Stage, a_stage
from tests.visitors import an_app_with_mail, user_of

EN = texts_in("en")
ADDRESS = "ana@example.org"


@dataclass
class World:
    """Ana's account has an address; Mallory has a chat and nothing else."""

    stage: Stage
    app: App
    mallory: Actor

    async def forge(self, action: str) -> None:
        """Press what the step that is being asked does not show."""
        user = await user_of(self.app, self.mallory)
        state = await self.app.storage.read(lambda work: work.flow_states.find_of_user(user.id))
        assert state is not None
        await self.mallory.forge(f"f:{short_id(state.id)}:{state.step}:{action}")
        await settled(self.stage, self.app)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as built:
        yield built


@pytest.fixture
async def world(stage: Stage, sqlite_url: str) -> AsyncIterator[World]:
    async with Mailbox() as mailbox, an_app_with_mail(stage, sqlite_url, mailbox) as app:
        who = ("telegram", "1001")
        await app.storage.write(lambda work: settle_in(work, who, "Ana", email=ADDRESS))
        yield World(stage, app, an_actor(stage, 666, "Mallory"))


@pytest.mark.parametrize("command", ["/link", "/recover"])
async def test_no_press_stands_for_the_code_that_opens_somebodys_account(
    world: World, command: str
) -> None:
    mallory = world.mallory
    await mallory.say(command, then="Which e-mail address")
    await mallory.say(ADDRESS, then="If an account has confirmed this address")
    before = await all_rows(world.app)
    for action in ("y", "d", "s", "=", "=true", "eemail", "esure", "z", ""):
        await world.forge(action)
        assert await all_rows(world.app) == before, action
    assert "Ana" not in "\n".join(mallory.texts)


async def test_no_press_stands_for_an_answer_that_is_checked(world: World) -> None:
    mallory = world.mallory
    await mallory.say("/register", then="What brings you here?")
    await mallory.press("I want to learn", then="How old are you?")
    before = await all_rows(world.app)
    for action in ("y", "d", "esummary", "ename", "=adult2", "p²"):
        await world.forge(action)
        assert await all_rows(world.app) == before, action
    assert EN("error.unexpected") not in mallory.texts
