"""Live conversations in a server: in its calendar once, in a room for those who have a seat."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.entity import new_id
from bot.core.errors import ServiceFailure
from bot.core.timespan import Timespan
from bot.live.hall_model import Trouble
from bot.live.hall_ports import Notice, Phase, Refused
from bot.live.model import RoomKind
from bot.messaging.model import Address
from bot.simulators.discord import EVERYONE, ChannelKind, Entity, Permission, Status
from bot.simulators.faults import Fault

RIGHTS = EVERYONE | Permission.CREATE_EVENTS | Permission.MANAGE_CHANNELS


@pytest.fixture
def ana(sim):
    return sim.person(3001, "Ana")


@pytest.fixture
def ben(sim):
    return sim.person(3002, "Ben")


@pytest.fixture
def school(sim, ana, ben):
    manager = sim.guild("School", bot_rights=RIGHTS)
    manager.add(ana, ben)
    return manager


@pytest.fixture
def server(school):
    return str(school.guild_id)


@pytest.fixture
def board(school):
    talks = school.add_channel("talks", ChannelKind.CATEGORY)
    return Address("discord", str(school.add_channel("news", parent=talks).channel_id))


@pytest.fixture
def notice():
    start = datetime.now(UTC) + timedelta(hours=1)
    return Notice(
        id=new_id(),
        title="Coffee and verbs",
        about="Bring a cup.",
        span=Timespan.of(start, timedelta(hours=1)),
        phase=Phase.AHEAD,
        kind=RoomKind.DISCORD_VOICE,
        people=9,
    )


async def test_a_conversation_stands_in_the_calendar_once(platform, school, server, board, notice):
    first = await platform.halls.announce(server, board, notice)
    again = await platform.halls.announce(server, board, notice)

    (event,) = school.events
    assert first == again == str(event.event_id)
    assert (event.name, event.entity) == ("Coffee and verbs", Entity.EXTERNAL)
    assert (event.starts_at, event.ends_at) == (notice.span.start, notice.span.end)
    assert event.location == f"https://discord.com/channels/{server}/{board.room}"


async def test_somebody_elses_event_is_not_taken_for_ours(platform, school, server, board, notice):
    await platform.halls.announce(server, board, notice)
    await platform.halls.announce(server, board, replace(notice, id=new_id()))

    assert len(school.events) == 2


async def test_with_its_room_open_the_event_takes_place_there(
    platform, school, server, board, notice
):
    event = await platform.halls.announce(server, board, notice)
    room = await platform.halls.open_room(server, board, notice, {"3001": True})
    seen = []
    for phase in (Phase.AHEAD, Phase.RUNNING, Phase.OVER):
        told = replace(notice, room=room, phase=phase)
        await platform.halls.update(server, board, event, told)
        seen.append((school.events[0].entity, school.events[0].status))

    assert str(school.events[0].channel_id) == room.room
    assert seen == [
        (Entity.VOICE, Status.SCHEDULED),
        (Entity.VOICE, Status.ACTIVE),
        (Entity.VOICE, Status.COMPLETED),
    ]


async def test_what_is_called_off_or_removed_by_hand_is_not_told_of_again(
    platform, school, server, board, notice
):
    event = await platform.halls.announce(server, board, notice)

    assert not await platform.halls.update(server, board, event, replace(notice, phase=Phase.OFF))
    assert school.events[0].status is Status.CANCELED
    assert not await platform.halls.update(server, board, event, notice)
    school.guild.events.clear()
    assert not await platform.halls.update(server, board, event, notice)


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        (RoomKind.DISCORD_VOICE, ChannelKind.VOICE),
        (RoomKind.DISCORD_STAGE, ChannelKind.STAGE),
    ],
)
async def test_a_room_is_for_who_has_a_seat(
    platform, school, server, board, notice, ana, ben, kind, made
):
    school.allow_bot(RIGHTS | Permission.MUTE_MEMBERS | Permission.MOVE_MEMBERS)
    talk = replace(notice, kind=kind)
    room = await platform.halls.open_room(server, board, talk, {"3001": True})
    again = await platform.halls.open_room(server, board, talk, {"3001": True})

    channel = school.channel(f"Coffee and verbs · {notice.id[-6:]}")
    assert room == again == Address("discord", str(channel.channel_id))
    assert (channel.kind, channel.parent_id) == (made, school.channel("talks").channel_id)
    ana.join_voice(channel)
    with pytest.raises(PermissionError):
        ben.join_voice(channel)
    assert await platform.halls.admit(server, room, kind, {"3001": True, "3002": False})
    ben.join_voice(channel)
    assert school.guild.voices[ana.user_id].is_audience is False


async def test_a_room_is_removed_once(platform, school, server, board, notice):
    room = await platform.halls.open_room(server, board, notice, {"3001": True})
    await platform.halls.close_room(room)
    await platform.halls.close_room(room)

    assert [channel for channel in school.guild.channel_ids if str(channel) == room.room] == []
    assert not await platform.halls.admit(server, room, notice.kind, {"3001": True})


async def test_what_a_server_does_not_allow_is_said_by_its_name(
    platform, school, server, board, notice
):
    school.allow_bot(EVERYONE)
    troubles = []
    for call in (
        platform.halls.announce(server, board, notice),
        platform.halls.open_room(server, board, notice, {"3001": True}),
        platform.halls.server_of(Address("discord", "4711")),
    ):
        with pytest.raises(Refused) as refused:
            await call
        troubles.append(refused.value.trouble)

    assert troubles == [Trouble.EVENTS, Trouble.ROOMS, Trouble.CLOSED]


async def test_a_full_calendar_is_said_by_its_name(platform, school, server, board, notice):
    for _ in range(100):
        await platform.rest.create_event(server, an_event(notice))
    with pytest.raises(Refused) as refused:
        await platform.halls.announce(server, board, notice)

    assert refused.value.trouble is Trouble.FULL


async def test_trouble_that_passes_is_worth_another_try(
    sim, platform, school, server, board, notice
):
    sim.faults.add(Fault("drop_after", match="create_guild_channel"))
    room = None
    for _ in range(2):
        try:
            room = await platform.halls.open_room(server, board, notice, {"3001": True})
        except ServiceFailure:
            continue

    rooms = [each for each in school.guild.channel_ids if str(each) == (room and room.room)]
    assert len(rooms) == 1
    assert len(school.guild.channel_ids) == 3


def an_event(notice):
    return {
        "name": "Other",
        "privacy_level": 2,
        "entity_type": 3,
        "entity_metadata": {"location": "Here"},
        "scheduled_start_time": notice.span.start.isoformat(),
        "scheduled_end_time": notice.span.end.isoformat(),
    }
