"""Who comes and goes in rooms of ours is heard, once, and nobody else is listened to."""

import pytest

from bot.messaging.model import Address, IncomingKind
from bot.simulators.discord import EVERYONE, ChannelKind, Permission
from bot.simulators.faults import Fault
from tests.handlers.discord.conftest import listening


@pytest.fixture
def ana(sim):
    return sim.person(3001, "Ana")


@pytest.fixture
def school(sim, ana):
    manager = sim.guild("School", bot_rights=EVERYONE | Permission.MANAGE_CHANNELS)
    manager.add(ana)
    return manager


@pytest.fixture
def room(school, rooms):
    made = school.add_channel("room", ChannelKind.VOICE)
    rooms.talks[str(school.guild_id)] = {str(made.channel_id)}
    return made


def of(inbox):
    """Kinds and people of what was heard of rooms."""
    return [
        (incoming.kind, incoming.sender.external_id)
        for incoming in inbox.known.values()
        if incoming.kind.is_presence and incoming.kind is not IncomingKind.INSIDE
    ]


async def caught_up(inbox, ana):
    """Until everything that was told before is heard."""
    await ana.dm().send("hello")
    while (await inbox.next(len(inbox.known) or 1)).kind is not IncomingKind.TEXT:
        await inbox.next(len(inbox.known) + 1)


async def test_coming_and_going_is_heard_and_a_microphone_is_not(heard, inbox, school, room, ana):
    ana.join_voice(room)
    for is_muted in (True, False, True):
        ana.mute(room, is_muted=is_muted)
    ana.leave_voice(room)
    await caught_up(inbox, ana)

    assert of(inbox) == [(IncomingKind.ENTERED, "3001"), (IncomingKind.WENT, "3001")]
    came = next(each for each in inbox.known.values() if each.kind is IncomingKind.ENTERED)
    assert (came.address, came.sender.display_name) == (
        Address("discord", str(room.channel_id)),
        "Ana",
    )
    assert came.lane == f"discord:room:{room.channel_id}"


async def test_who_walks_from_one_room_to_another_leaves_the_first(
    heard, inbox, rooms, school, room, ana
):
    other, foreign = (school.add_channel(name, ChannelKind.VOICE) for name in ("other", "foreign"))
    rooms.talks[str(school.guild_id)].add(str(other.channel_id))
    for place in (foreign, room, other, foreign):
        ana.join_voice(place)
    await caught_up(inbox, ana)

    told = [(each.kind, each.address.room) for each in inbox.known.values()]
    assert [each for each in told if each[0] in (IncomingKind.ENTERED, IncomingKind.WENT)] == [
        (IncomingKind.ENTERED, str(room.channel_id)),
        (IncomingKind.WENT, str(room.channel_id)),
        (IncomingKind.ENTERED, str(other.channel_id)),
        (IncomingKind.WENT, str(other.channel_id)),
    ]


async def test_an_event_that_is_told_twice_happened_once(sim, heard, inbox, school, room, ana):
    sim.faults.add(Fault("duplicate", match="event:VOICE_STATE_UPDATE"))
    ana.join_voice(room)
    await caught_up(inbox, ana)

    assert of(inbox) == [(IncomingKind.ENTERED, "3001")]


async def test_a_session_that_begins_anew_tells_who_is_in(platform, inbox, school, room, ana):
    ana.join_voice(room)
    async with listening(platform):
        inside = await inbox.next()

    assert (inside.kind, inside.address.room) == (IncomingKind.INSIDE, str(room.channel_id))
    assert [person.external_id for person in inside.present] == ["3001"]


async def test_what_is_missed_for_a_moment_is_told_when_the_session_goes_on(
    sim, heard, inbox, school, room, ana
):
    ana.join_voice(room)
    await inbox.next(2)
    await sim.drop_gateway()
    ana.leave_voice(room)
    await inbox.next(3)

    assert sim.connections["resumed"] == 1
    assert of(inbox) == [(IncomingKind.ENTERED, "3001"), (IncomingKind.WENT, "3001")]
