"""A room that is gone: what waited for it arrives in private, once and in order."""

from collections.abc import AsyncIterator

import pytest

from bot.chat.policy import Limits
from bot.messaging.model import Address
from bot.storage.vault import Keyring
from bot.storage.work import Work
from tests.relay_world import ANA, BEN, RelayWorld, fresh_world

ROOM = Address("discord", "500")


@pytest.fixture
async def world(database_url: str, keyring: Keyring) -> AsyncIterator[RelayWorld]:
    """Ben had a room for Ana, which is gone; Discord is away at first."""
    made = fresh_world(database_url, keyring, relay=Limits(per_minute=1_000))
    await made.start()
    thread_id = await made.introduce()

    def unit(work: Work) -> None:
        thread = work.chat.threads.get(thread_id)
        work.chat.threads.save(thread.placed(thread.teacher_id, ROOM))

    await made.storage.write(unit)
    made.platforms[BEN].closed.add(ROOM.room)
    made.platforms[BEN].is_away = True
    yield made
    await made.stop()


async def back(world: RelayWorld) -> list[str]:
    """What Ben sees once Discord is back."""
    world.platforms[BEN].is_away = False
    await world.settled()
    await world.settled()
    return ["\n".join(message.paragraphs) for message in world.platforms[BEN].shown.values()]


async def test_what_waited_arrives_in_private_once_and_in_order(world: RelayWorld) -> None:
    own = [await world.says(ANA, f"word {n}") for n in range(3)]
    gone, *words = await back(world)
    await world.says(ANA, "word 3")
    await world.settled()

    assert gone.startswith("The room for Ana is gone")
    assert words == [f"Ana\nword {n}" for n in range(3)]
    assert [message.text for message in world.platforms[BEN].shown.values()][-1] == "word 3"
    assert set(own) <= set(world.platforms[ANA].signs)
    told = [message.paragraphs[0] for message in world.platforms[ANA].shown.values()]
    assert not [text for text in told if "could not be delivered" in text]


async def test_a_note_keeps_its_sound_and_its_words(world: RelayWorld) -> None:
    await world.speaks(ANA, b"OggS and more")
    await back(world)

    shown = world.platforms[BEN].shown.values()
    assert [message.data for message in shown if message.data] == [b"OggS and more"]


async def test_what_was_edited_and_taken_back_meanwhile_arrives_as_it_is_then(
    world: RelayWorld,
) -> None:
    first, second = await world.says(ANA, "one"), await world.says(ANA, "two")
    await world.edits(ANA, first, "one, and better")
    await world.deletes(ANA, second)
    _, *words = await back(world)

    assert words == ["Ana\none, and better"]


async def test_who_can_be_reached_nowhere_else_has_not_got_it(world: RelayWorld) -> None:
    world.platforms[BEN].closed.add(BEN[1])
    await world.says(ANA, "hello")
    await back(world)

    told = [message.paragraphs[0] for message in world.platforms[ANA].shown.values()]
    assert ["Ben does not receive messages" in text for text in told].count(True) == 1
