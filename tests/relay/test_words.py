"""What a person is told of where their messages go."""

from collections.abc import AsyncIterator

import pytest

from bot.flows.introductions import RelayIntroductions
from bot.messaging.model import Address, Incoming, IncomingKind, Sender
from bot.storage.vault import Keyring
from bot.storage.work import Work
from tests.message_builders import NOW
from tests.relay_world import ANA, BEN, RelayWorld, fresh_world

Who = tuple[str, str]


@pytest.fixture
async def world(sqlite_url: str, keyring: Keyring) -> AsyncIterator[RelayWorld]:
    made = fresh_world(sqlite_url, keyring)
    await made.start()
    await made.introduce()
    yield made
    await made.stop()


def told(world: RelayWorld, who: Who) -> tuple[str, ...]:
    (shown,) = world.platforms[who].shown.values()
    return shown.paragraphs


@pytest.mark.parametrize(("who", "how"), [(ANA, "answer it with /delete"), (BEN, "delete it:")])
async def test_how_to_take_a_message_back_depends_on_the_app(
    world: RelayWorld, who: Who, how: str
) -> None:
    await world.happens(who, IncomingKind.COMMAND, command="write")
    await world.settled()

    where, back = told(world, who)
    assert "what you send here goes to them" in where
    assert how in back


async def test_in_a_whisper_the_private_chat_is_named(world: RelayWorld) -> None:
    incoming = Incoming(
        key="k",
        kind=IncomingKind.COMMAND,
        sender=Sender(*ANA, "Ana"),
        address=Address(*ANA),
        at=NOW,
        is_shared=True,
        is_whispered=True,
    )

    def unit(work: Work) -> None:
        scene = world.product.relay.parts.scenes.of(work, incoming)
        teacher = work.identities.find(*BEN)
        assert teacher is not None
        RelayIntroductions(world.product.relay.relay).introduce(scene, teacher.user_id)

    await world.storage.write(unit)
    await world.settled()

    (where,) = told(world, ANA)
    assert "in our private chat goes to them" in where
