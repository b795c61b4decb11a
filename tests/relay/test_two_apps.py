"""Two apps of one person at once: who was overtaken by the other looks again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.flows.commands import Command, CommandTable
from bot.flows.dispatch import Dispatch
from bot.flows.scene import Later, Scene
from bot.messaging.model import Address, Incoming, IncomingKind, Sender
from bot.messaging.ports import Received
from bot.storage.vault import Keyring
from bot.storage.work import Work
from tests.message_builders import NOW
from tests.relay_world import ANA, RelayWorld, fresh_world


@pytest.fixture
async def world(sqlite_url: str, keyring: Keyring) -> AsyncIterator[RelayWorld]:
    made = fresh_world(sqlite_url, keyring)
    await made.start()
    await made.introduce()
    yield made
    await made.stop()


async def test_an_event_overtaken_by_the_other_app_is_answered_from_what_is_there_then(
    world: RelayWorld,
) -> None:
    versions: list[int] = []

    def rename(scene: Scene, _: str) -> Later | None:
        versions.append(scene.user.version)
        is_overtaken = len(versions) < 3
        known = replace(scene.user, version=scene.user.version - is_overtaken)
        scene.save_user(replace(known, name="Ana Maria"))
        scene.say(scene.text("cancel.stopped"))
        return None

    parts = world.product.relay.parts
    commands = CommandTable([Command(name="rename", action=rename)])
    conversation = replace(world.product.conversation, commands=commands)
    dispatch = Dispatch(world.storage, parts.scenes, conversation, parts.turnstile)
    incoming = Incoming(
        key="telegram:rename",
        kind=IncomingKind.COMMAND,
        command="rename",
        sender=Sender(*ANA, "Ana"),
        address=Address(*ANA),
        at=NOW,
    )
    event = Received(incoming, {})
    await world.storage.write(lambda work: work.inbox.add(event, NOW, overtakes=False))
    await dispatch.handle(incoming, asyncio.Event())
    await world.settled()

    assert len(versions) == 3
    (told,) = world.platforms[ANA].shown.values()
    assert "changed" not in told.paragraphs[0]
    user = await world.storage.read(lambda work: work.users.get(_user_of(work)))
    assert user.name == "Ana Maria"


def _user_of(work: Work) -> str:
    identity = work.identities.find(*ANA)
    assert identity is not None
    return identity.user_id
