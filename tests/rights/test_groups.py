"""In a room of many, what was shown to one person changes by nobody else's press."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

import pytest
from structlog.testing import capture_logs

from bot.app import App
from bot.simulators.telegram import ChatMessage, Group
from tests.rights.cast import Actor, all_rows, an_actor, settle_in, settled
from tests.stage import PATIENCE_SECONDS, Stage, a_stage, an_app, labels


@dataclass
class Room:
    """A group in which the bot has answered Ana; Bob is there too."""

    stage: Stage
    app: App
    group: Group
    ana: Actor
    bob: Actor

    async def ask(self, actor: Actor, command: str) -> ChatMessage:
        """The answer to a command somebody types there."""
        before = max((m.message_id for m in self.group.chat.messages), default=0)
        await actor.person.send_text(command, chat=self.group)
        return await actor.person.wait(
            lambda m: bool(m.buttons), PATIENCE_SECONDS, after=before, chat=self.group
        )

    async def press(self, actor: Actor, message: ChatMessage, data: str) -> None:
        await actor.person.press(message.message_id, data=data, is_forged=True, chat=self.group)
        await settled(self.stage, self.app)

    def shown(self, message: ChatMessage) -> tuple[str, list[str]]:
        """What stands there, and under it."""
        found = next(m for m in self.group.chat.messages if m.message_id == message.message_id)
        return found.text, labels(found)


@pytest.fixture
async def room(sqlite_url: str) -> AsyncIterator[Room]:
    async with a_stage() as stage, an_app(stage, sqlite_url) as app:
        ana, bob = an_actor(stage, 1, "Ana"), an_actor(stage, 2, "Bob")
        for actor in (ana, bob):
            who = ("telegram", actor.external_id)
            await app.storage.write(partial(settle_in, who=who, name="Somebody"))
        yield Room(stage, app, stage.telegram.group(-1009, "Friends"), ana, bob)


@pytest.mark.parametrize("data", ["s:style", "p:goals", "l:add", "v:on:recording"])
async def test_a_button_of_ones_own_changes_nothing_under_somebody_elses_answer(
    room: Room, data: str
) -> None:
    answer = await room.ask(room.ana, "/support")
    await room.ask(room.bob, "/support")
    before, shown = await all_rows(room.app), room.shown(answer)
    with capture_logs() as logs:
        await room.press(room.bob, answer, data)
    assert room.shown(answer) == shown
    assert await all_rows(room.app) == before
    assert [log["what"] for log in logs if log["event"] == "rights.refused"] == [data[0]]


async def test_what_one_person_was_asked_stays_when_another_presses_the_same_command(
    room: Room,
) -> None:
    answer = await room.ask(room.ana, "/start")
    shown = room.shown(answer)
    before = len(room.group.chat.messages)
    await room.press(room.bob, answer, "c:talk")
    assert room.shown(answer) == shown
    assert len(room.group.chat.messages) > before


async def test_ones_own_answer_is_replaced_where_it_stands(room: Room) -> None:
    answer = await room.ask(room.ana, "/support")
    shown = room.shown(answer)
    await room.press(room.ana, answer, "s:style")
    assert room.shown(answer) != shown
