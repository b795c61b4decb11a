"""Rooms in a server: seen by whom they are for, and found again when a crash cut in."""

import pytest

from bot.chat.ports import Offer
from bot.messaging.model import Address, MessageKind, Outgoing, Paragraph
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


def at(channel):
    return Address("discord", str(channel.channel_id))


async def test_a_private_thread_is_seen_by_its_guests(platform, school, ana):
    room = await platform.rooms.open(at(school.add_channel("students")), "Tom")
    assert ana.threads == []

    await platform.rooms.invite(room, ["3001", "999"])

    (thread,) = ana.threads
    assert (str(thread.channel_id), thread.kind) == (room.room, ChannelKind.PRIVATE_THREAD)
    assert thread.name == "Tom"


async def test_only_a_room_in_which_nobody_is_counts_as_left_behind(platform, school, ana):
    place, elsewhere = at(school.add_channel("students")), at(school.add_channel("others"))
    used = await platform.rooms.open(place, "Tom")
    await platform.rooms.invite(used, ["3001"])
    spoken = await platform.rooms.open(place, "Tom")
    note = Outgoing(key="k", to=spoken, kind=MessageKind.RELAY, body=(Paragraph("Hello"),))
    await platform.messenger.send(note, None)
    await platform.rooms.open(elsewhere, "Tom")
    await platform.rooms.open(place, "Tim")
    left = await platform.rooms.open(place, "Tom")

    assert await platform.rooms.find_empty(place, "Tom") == [left]


async def test_in_a_forum_it_is_a_post(platform, school, ana):
    place = at(school.add_channel("students", ChannelKind.FORUM))
    room = await platform.rooms.open(place, "@everyone")
    left = await platform.rooms.find_empty(place, "@everyone")
    await platform.rooms.invite(room, ["3001"])

    (post,) = [thread for thread in ana.threads if str(thread.channel_id) == room.room]
    assert left == [room]
    assert "\u200beveryone" in ana.at(post).messages[0].content


async def test_where_threads_are_forbidden_none_is_opened(platform, school):
    lobby = school.add_channel("students")
    school.overwrite(lobby, None, deny=Permission.CREATE_PRIVATE_THREADS)

    with pytest.raises(Undeliverable):
        await platform.rooms.open(at(lobby), "Tom")


@pytest.mark.parametrize(
    ("kind", "is_vouched", "offer"),
    [
        (ChannelKind.TEXT, True, Offer.PRIVATE),
        (ChannelKind.FORUM, True, Offer.OPEN),
        (ChannelKind.VOICE, True, Offer.NO_ROOMS),
        (ChannelKind.TEXT, False, Offer.NOT_MANAGER),
    ],
)
async def test_what_is_offered_depends_on_the_channel_and_on_who_asks(
    platform, school, kind, is_vouched, offer
):
    place = at(school.add_channel("students", kind))

    assert await platform.rooms.offer(place, "3001", is_vouched=is_vouched) is offer
