"""A platform that is away: everything waits, in order, and arrives once."""

from collections.abc import AsyncIterator

import pytest

from bot.chat.policy import Limits
from bot.storage.vault import Keyring
from tests.relay_world import ANA, BEN, RelayWorld, fresh_world


@pytest.fixture
async def world(database_url: str, keyring: Keyring) -> AsyncIterator[RelayWorld]:
    made = fresh_world(database_url, keyring, relay=Limits(per_minute=1_000))
    await made.start()
    await made.introduce()
    yield made
    await made.stop()


def texts(world: RelayWorld, reader: tuple[str, str], author: str) -> list[str]:
    shown = world.platforms[reader].shown.values()
    return [message.text for message in shown if message.author == author]


async def test_after_an_outage_every_message_arrives_once_and_in_order(world: RelayWorld) -> None:
    world.platforms[BEN].is_away = True
    for n in range(20):
        await world.says(ANA, f"to Ben {n}")
        await world.says(BEN, f"to Ana {n}")
    while_away = texts(world, BEN, "Ana")

    world.platforms[BEN].is_away = False
    await world.settled()

    assert while_away == []
    assert texts(world, BEN, "Ana") == [f"to Ben {n}" for n in range(20)]
    assert texts(world, ANA, "Ben") == [f"to Ana {n}" for n in range(20)]


async def test_the_author_is_told_once_that_a_message_waits(world: RelayWorld) -> None:
    world.platforms[BEN].is_away = True
    for n in range(5):
        await world.says(ANA, f"to Ben {n}")
    notices = await told(world, "cannot be reached right now")
    await world.says(ANA, "one more")
    world.platforms[BEN].is_away = False
    await world.settled()

    assert notices == await told(world, "cannot be reached right now")
    assert len(notices) == 1
    assert "arrives when Discord is back" in notices[0]


async def test_what_is_edited_and_taken_back_meanwhile_arrives_as_it_is_then(
    world: RelayWorld,
) -> None:
    world.platforms[BEN].is_away = True
    kept = await world.says(ANA, "kept")
    gone = await world.says(ANA, "gone")
    await world.edits(ANA, kept, "kept, and better")
    await world.deletes(ANA, gone)
    world.platforms[BEN].is_away = False
    await world.settled()

    assert texts(world, BEN, "Ana") == ["kept, and better"]


async def test_a_restart_during_an_outage_changes_nothing(world: RelayWorld) -> None:
    world.platforms[BEN].is_away = True
    for n in range(5):
        await world.says(ANA, f"to Ben {n}")
    await world.stop()
    await world.start()
    world.platforms[BEN].is_away = False
    await world.says(ANA, "to Ben 5")
    await world.settled()

    assert texts(world, BEN, "Ana") == [f"to Ben {n}" for n in range(6)]


async def told(world: RelayWorld, part: str) -> list[str]:
    """What the bot itself told Ana, once it did."""
    await world.until(lambda: _notices(world, part) or None)
    return _notices(world, part)


def _notices(world: RelayWorld, part: str) -> list[str]:
    shown = world.platforms[ANA].shown.values()
    return [message.paragraphs[0] for message in shown if part in message.paragraphs[0]]
