"""What is not carried, and what its author hears of it."""

from collections.abc import AsyncIterator

import pytest

from bot.chat.policy import Limits
from bot.messaging.model import IncomingKind
from bot.messaging.ports import Undeliverable
from bot.storage.vault import Keyring
from tests.relay_world import ANA, BEN, RelayWorld, fresh_world


@pytest.fixture
async def world(sqlite_url: str, keyring: Keyring) -> AsyncIterator[RelayWorld]:
    made = fresh_world(sqlite_url, keyring, relay=Limits(per_minute=3, characters=50))
    await made.start()
    await made.introduce()
    yield made
    await made.stop()


def shown(world: RelayWorld, who: tuple[str, str]) -> list[str]:
    return [message.paragraphs[0] for message in world.platforms[who].shown.values()]


async def test_what_a_platform_refuses_is_told_once_with_what_to_do(world: RelayWorld) -> None:
    world.platforms[BEN].refusal = Undeliverable("HTTP 400, code 50035")
    own = await world.says(ANA, "hello")
    await world.settled()

    (told,) = world.platforms[ANA].shown.values()
    assert told.paragraphs == (
        "This could not be delivered to Ben. Please send it again, or in another form.",
    )
    assert told.reply_to == own
    assert own not in world.platforms[ANA].signs


async def test_who_keeps_us_away_is_told_of(world: RelayWorld) -> None:
    world.platforms[BEN].refusal = Undeliverable("blocked", is_blocked=True)
    await world.says(ANA, "hello")
    await world.settled()

    (told,) = shown(world, ANA)
    assert "Ben does not receive messages from me" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [("x" * 51, "longer than I carry"), ("4111 1111 1111 1111", "number of a card")],
)
async def test_a_text_against_the_rules_stays_with_its_author(
    world: RelayWorld, text: str, told: str
) -> None:
    await world.says(ANA, text)
    await world.settled()

    assert [told in line for line in shown(world, ANA)] == [True]
    assert shown(world, BEN) == []


async def test_an_edit_against_the_rules_leaves_the_copy_as_it_is(world: RelayWorld) -> None:
    own = await world.says(ANA, "pay me")
    await world.edits(ANA, own, "pay me with 4111 1111 1111 1111")
    await world.settled()

    assert [message.text for message in world.platforms[BEN].shown.values()] == ["pay me"]
    assert "number of a card" in shown(world, ANA)[0]


async def test_who_writes_too_fast_is_asked_to_wait(world: RelayWorld) -> None:
    for n in range(4):
        await world.says(ANA, f"{n}")
    await world.settled()
    world.clock.move(minutes=1, seconds=1)
    await world.says(ANA, "later")
    await world.settled()

    texts = [message.text for message in world.platforms[BEN].shown.values()]
    assert texts == ["0", "1", "2", "later"]
    assert ["wait a minute" in line for line in shown(world, ANA)] == [True]


async def test_what_cannot_be_carried_is_said(world: RelayWorld) -> None:
    await world.happens(ANA, IncomingKind.OTHER, message_id="77")
    await world.settled()

    assert "cannot carry messages of this sort" in shown(world, ANA)[0]


async def test_a_phone_number_is_never_passed_on(world: RelayWorld) -> None:
    await world.happens(ANA, IncomingKind.CONTACT, text="+34600123456", message_id="78")
    await world.settled()

    assert shown(world, BEN) == []


async def test_a_stranger_cannot_edit_or_remove_what_others_wrote(world: RelayWorld) -> None:
    await world.says(ANA, "mine")
    (copy,) = world.platforms[BEN].shown
    await world.edits(BEN, copy, "not mine")
    await world.deletes(BEN, copy)
    await world.settled()

    assert [message.text for message in world.platforms[BEN].shown.values()] == ["mine"]
