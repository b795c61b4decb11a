"""Rooms in a server: seen by whom they are for, and the same room when asked for again."""

import pytest

from bot.messaging.model import Address
from bot.messaging.ports import Undeliverable
from bot.simulators.discord import ChannelKind, Permission


@pytest.fixture
def ana(sim):
    return sim.person(3001, "Ana")


@pytest.fixture
def bob(sim):
    return sim.person(3002, "Bob")


@pytest.fixture
def school(sim, ana, bob):
    manager = sim.guild("School", owner=bob)
    manager.add(ana)
    return manager


async def test_a_private_thread_is_seen_by_its_guests(platform, school, ana):
    lobby = school.add_channel("students")

    room = await platform.rooms.open(
        Address("discord", str(lobby.channel_id)), "Tom", nonce="t1", guests=["3001", "999"]
    )

    (thread,) = ana.threads
    assert (str(thread.channel_id), thread.kind) == (room.room, ChannelKind.PRIVATE_THREAD)
    assert thread.name.startswith("Tom · ")


async def test_asked_again_it_is_the_same_room_and_namesakes_have_their_own(platform, school, ana):
    place = Address("discord", str(school.add_channel("students").channel_id))

    rooms = [
        await platform.rooms.open(place, "Tom", nonce=nonce, guests=["3001"])
        for nonce in ("t1", "t1", "t2")
    ]

    assert rooms[0] == rooms[1] != rooms[2]
    assert len(ana.threads) == 2


async def test_in_a_forum_it_is_a_post(platform, school, ana):
    forum = school.add_channel("students", ChannelKind.FORUM)

    room = await platform.rooms.open(
        Address("discord", str(forum.channel_id)), "@everyone", nonce="t1", guests=["3001"]
    )

    (post,) = [thread for thread in ana.threads if str(thread.channel_id) == room.room]
    assert "\u200beveryone" in ana.at(post).messages[0].content


async def test_where_threads_are_forbidden_none_is_opened(platform, school):
    lobby = school.add_channel("students")
    school.overwrite(lobby, None, deny=Permission.CREATE_PRIVATE_THREADS)

    with pytest.raises(Undeliverable):
        await platform.rooms.open(
            Address("discord", str(lobby.channel_id)), "Tom", nonce="t1", guests=[]
        )
