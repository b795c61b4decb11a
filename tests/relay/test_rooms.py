"""Rooms for students: opened once, whatever cuts in."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from bot.chat.model import Hall, place_key
from bot.chat.ports import Offer
from bot.jobs.model import Job
from bot.messaging.model import Address
from bot.messaging.ports import Undeliverable
from bot.storage.vault import Keyring
from bot.storage.work import Work
from tests.message_builders import NOW
from tests.relay_world import BEN, RelayWorld, fresh_world

HALL = Address("discord", "100")


@dataclass
class Channel:
    """A channel in which rooms can be opened; implements `Rooms`."""

    opened: list[Address] = field(default_factory=list)
    guests: dict[Address, Sequence[str]] = field(default_factory=dict)
    is_closed: bool = False

    async def offer(self, place: Address, person: str, /, *, is_vouched: bool) -> Offer:
        return Offer.PRIVATE

    async def find_empty(self, place: Address, title: str, /) -> Sequence[Address]:
        return [room for room in self.opened if room not in self.guests]

    async def open(self, place: Address, title: str, /) -> Address:
        if self.is_closed:
            raise Undeliverable("HTTP 403, code 50013")
        self.opened.append(Address("discord", f"{len(self.opened) + 101}"))
        return self.opened[-1]

    async def invite(self, room: Address, guests: Sequence[str], /) -> None:
        self.guests[room] = guests


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
async def world(
    database_url: str, keyring: Keyring, channel: Channel
) -> AsyncIterator[tuple[RelayWorld, str]]:
    made = fresh_world(database_url, keyring)
    await made.start()
    thread_id = await made.introduce()
    made.product.relay.rooms["discord"] = channel
    yield made, thread_id
    await made.stop()


def job(thread_id: str, *, attempts: int = 1, cause: str = "press") -> Job:
    payload = {"thread": thread_id, "place": place_key(HALL), "instead_of": "", "cause": cause}
    return Job(kind="relay.open_room", key="k", due_at=NOW, payload=payload, attempts=attempts)


async def choose(world: RelayWorld, thread_id: str) -> None:
    def unit(work: Work) -> None:
        teacher = work.chat.threads.get(thread_id).teacher_id
        work.chat.halls.put(Hall(user_id=teacher, place=place_key(HALL)))

    await world.storage.write(unit)


async def place_of(world: RelayWorld, thread_id: str) -> str | None:
    return await world.storage.read(lambda work: work.chat.threads.get(thread_id).teacher_place)


async def run(world: RelayWorld, job: Job) -> None:
    unit = await world.product.relay.jobs()[job.kind](job)
    if unit is not None:
        await world.storage.write(unit)


async def test_a_room_whose_opening_a_crash_cut_off_is_taken(
    world: tuple[RelayWorld, str], channel: Channel
) -> None:
    here, thread_id = world
    await choose(here, thread_id)
    await here.product.relay.jobs()["relay.open_room"](job(thread_id))  # and never written down
    await run(here, job(thread_id, attempts=2))

    assert len(channel.opened) == 1
    assert await place_of(here, thread_id) == place_key(channel.opened[0])


async def test_a_room_that_was_written_down_is_not_taken_again(
    world: tuple[RelayWorld, str], channel: Channel
) -> None:
    here, thread_id = world
    await choose(here, thread_id)
    await run(here, job(thread_id))
    await run(here, job(thread_id, attempts=2))

    assert len(channel.opened) == 1


async def test_who_is_let_in_is_let_in_once_it_is_written_down(
    world: tuple[RelayWorld, str], channel: Channel
) -> None:
    here, thread_id = world
    await choose(here, thread_id)
    await run(here, job(thread_id))
    (room,) = channel.opened
    before = dict(channel.guests)
    payload = {"thread": thread_id, "room": place_key(room)}
    invite = Job(kind="relay.invite", key=place_key(room), due_at=NOW, payload=payload)
    unit = await here.product.relay.jobs()["relay.invite"](invite)

    assert unit is not None
    assert (before, channel.guests) == ({}, {room: [BEN[1]]})


async def test_a_teacher_who_thought_better_of_it_gets_no_room(
    world: tuple[RelayWorld, str], channel: Channel
) -> None:
    here, thread_id = world
    await run(here, job(thread_id))

    assert channel.opened == []


async def test_that_no_room_can_be_opened_is_told_once_with_what_to_do(
    world: tuple[RelayWorld, str], channel: Channel
) -> None:
    here, thread_id = world
    channel.is_closed = True
    for cause in ("press", "press", "again"):
        await choose(here, thread_id)
        await run(here, job(thread_id, cause=cause))
    await here.settled()

    told = [message.paragraphs[0] for message in here.platforms[BEN].shown.values()]
    assert len(told) == 2
    assert all("press Receive my students here again" in text for text in told)
