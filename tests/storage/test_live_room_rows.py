"""Rows of rooms, on both engines: one lane for a room, files counted out, words sealed."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select

from bot.chat.policy import Limits
from bot.core.errors import Stale
from bot.core.timespan import Timespan
from bot.flows.live.room_lead import RoomLead
from bot.flows.live.room_mirror import RoomMirror
from bot.flows.live.room_talk import RoomParts, RoomTalk
from bot.flows.live.room_turns import RoomTurns
from bot.flows.live.room_unit import find_room
from bot.live.model import LiveConversation
from bot.live.room_model import LiveRoom, Member, RoomMessage, RoomMessageKind, RoomStatus, Slip
from bot.live.room_rules import RoomPolicy
from bot.messaging.model import Address, Incoming, IncomingKind, MessageRef, Sender
from bot.storage.engine import SqlStorage
from bot.storage.messaging import outbox
from bot.storage.vault import Unreadable
from bot.storage.work import Work
from tests.message_builders import NOW
from tests.relay_stage import add_person

ANA, BEN, CARLA, DAN = NAMES = tuple(str(UUID(int=number)) for number in range(1, 5))
SPAN = Timespan(NOW, NOW + timedelta(hours=1))
POLICY = RoomPolicy()


def a_conversation() -> LiveConversation:
    return LiveConversation(
        host_id=ANA,
        title="Spanish",
        language="es",
        starts_at=SPAN.start,
        ends_at=SPAN.end,
        currency="EUR",
        wall_time="2026-11-22T13:00",
        zone="Europe/Madrid",
        tz_version="2026a",
        created_at=NOW,
        prompts=("One", "Two"),
    )


async def a_running_room(storage: SqlStorage) -> str:
    """Four people in a room that runs."""

    def unit(work: Work) -> str:
        conversation = work.live.conversations.add(a_conversation())
        room = LiveRoom(
            id=conversation.id,
            leader_id=ANA,
            opened_at=NOW,
            ends_at=SPAN.end,
            status=RoomStatus.RUNNING,
            began_at=NOW,
        )
        work.live.rooms.rooms.add(room)
        for place, name in enumerate(NAMES):
            add_person(work, name)
            work.live.rooms.members.add(a_member(conversation.id, name, place))
        return conversation.id

    return await storage.write(unit)


def a_member(conversation_id: str, name: str, place: int = 0) -> Member:
    return Member(
        conversation_id=conversation_id,
        user_id=name,
        place=place,
        joined_at=NOW,
        seen_at=NOW,
        in_since=NOW,
    )


def a_message(conversation_id: str, name: str = ANA, **changes: object) -> RoomMessage:
    plain = RoomMessage(
        conversation_id=conversation_id,
        sender_id=name,
        kind=RoomMessageKind.TEXT,
        at=NOW,
        text="my own words",
        slips=(Slip(said="I goed", better="I went", why={"en": "past"}),),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def typed(name: str, number: int) -> Incoming:
    address = Address("telegram", name)
    return Incoming(
        key=f"telegram:{name}:{number}",
        kind=IncomingKind.TEXT,
        sender=Sender("telegram", name, name),
        address=address,
        at=NOW,
        message=MessageRef(address, str(number)),
        text=f"{name} {number}",
    )


async def test_everybody_reads_what_many_say_at_once_in_the_same_order(
    storage: SqlStorage,
) -> None:
    room_id = await a_running_room(storage)
    mirror, turns, lead = RoomMirror(can_translate=False), RoomTurns(POLICY), RoomLead(POLICY)
    parts = RoomParts(mirror, turns, lead, Limits(), timedelta(days=30))
    talk = RoomTalk(parts, None)  # type: ignore[arg-type] # no files here

    def says(name: str, number: int):  # type: ignore[no-untyped-def]
        def unit(work: Work) -> None:
            room = find_room(work, room_id, NOW)
            assert room is not None
            user = work.users.get(name)
            talk.say(room, user, typed(name, number), RoomMessageKind.TEXT)

        return unit

    await asyncio.gather(
        *(storage.write(says(name, number)) for number in range(5) for name in NAMES)
    )

    said = await storage.read(lambda work: work.live.rooms.messages.of_room(room_id))
    order = [message.id for message in sorted(said, key=lambda each: each.id)]
    for reader in NAMES:
        others = {message.id for message in said if message.sender_id != reader}
        read = await storage.read(partial(rows_of, reader=reader))
        assert [each for each in read if each in others] == [m for m in order if m in others]
    members = await storage.read(lambda work: work.live.rooms.members.of_room(room_id))
    assert [each.message_count for each in members] == [5, 5, 5, 5]


def rows_of(work: Work, reader: str) -> list[str]:
    """Which messages were put for somebody, in order."""
    wanted = select(outbox.c.key).where(outbox.c.user_id == reader).order_by(outbox.c.id)
    keys = work._connection.execute(wanted).scalars().all()
    return [key.split(":")[1] for key in keys if key.startswith("room:") and "sign" not in key]


async def test_a_file_goes_with_the_last_one_who_waits_for_it(storage: SqlStorage) -> None:
    room_id = await a_running_room(storage)
    message = a_message(room_id)
    await storage.write(lambda work: work.live.rooms.files.hold(message.id, "a blob", 5))

    found = await asyncio.gather(
        *(storage.write(lambda work: work.live.rooms.files.arrived(message.id)) for _ in range(7))
    )

    assert sorted(filter(None, found)) == ["a blob"]


async def test_a_person_is_once_in_a_room(storage: SqlStorage) -> None:
    room_id = await a_running_room(storage)

    with pytest.raises(Stale):
        await storage.write(lambda work: work.live.rooms.members.add(a_member(room_id, BEN)))


async def test_words_and_slips_are_unreadable_without_their_authors_key(
    storage: SqlStorage,
) -> None:
    room_id = await a_running_room(storage)
    message = a_message(room_id)
    await storage.write(lambda work: work.live.rooms.messages.add(message))
    assert await storage.read(lambda work: work.live.rooms.messages.get(message.id)) == message

    await storage.write(lambda work: work.vault.destroy(ANA))

    with pytest.raises(Unreadable):
        await storage.read(lambda work: work.live.rooms.messages.get(message.id))


async def test_two_who_turn_out_to_be_one_keep_everything_said(storage: SqlStorage) -> None:
    room_id = await a_running_room(storage)

    def unit(work: Work) -> None:
        rooms = work.live.rooms
        rooms.messages.add(a_message(room_id))
        rooms.messages.add(a_message(room_id, CARLA, recipient_id=ANA))
        ben = rooms.members.find_of(room_id, BEN)
        assert ben is not None
        rooms.members.save(replace(ben, speaking_seconds=9.0))
        rooms.members.move_of_user(ANA, BEN)
        rooms.messages.move_of_user(ANA, BEN)
        rooms.rooms.hand_over(ANA, BEN)

    await storage.write(unit)

    def read(work: Work) -> tuple[object, ...]:
        rooms = work.live.rooms
        (own,) = rooms.messages.of_user(BEN)
        (other,) = rooms.messages.of_user(CARLA)
        (member,) = rooms.members.of_user(BEN)
        leader = rooms.rooms.get(room_id).leader_id
        return own.text, other.recipient_id, member.speaking_seconds, leader

    assert await storage.read(read) == ("my own words", BEN, 9.0, BEN)
    assert await storage.read(lambda work: work.live.rooms.members.of_user(ANA)) == []
