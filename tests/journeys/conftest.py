"""What most stories begin with: a stage, a clock moved by hand, and the program between them."""

from collections.abc import AsyncIterator

import pytest

from bot.app import App
from tests.message_builders import HandClock
from tests.stage import Stage, a_stage, an_app
from tests.teaching_stage import ADMIN_ID
from tests.visitors import Visitor, register


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as built:
        yield built


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def app(stage: Stage, sqlite_url: str, clock: HandClock) -> AsyncIterator[App]:
    """With an administrator in the settings."""
    async with an_app(stage, sqlite_url, clock=clock, admins=f"telegram:{ADMIN_ID}") as running:
        yield running


@pytest.fixture
async def ana(stage: Stage, app: App) -> Visitor:
    """Somebody registered."""
    visitor = Visitor(stage.telegram.person(user_id=770011223344, name="Ana", language="en"))
    await register(visitor)
    return visitor
