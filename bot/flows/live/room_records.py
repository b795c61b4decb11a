"""What rooms keep of people: taken along, handed over, removed.

Copies that arrived stay with those who got them, as in the relay. Who led a room is an id that
leads nowhere once that person is forgotten.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.flows.own_records import Files, PersonRecords
from bot.flows.ports import FlowWork


def _collect(work: FlowWork, user_id: str) -> Mapping[str, object]:
    rooms = work.live.rooms
    return {
        "live_rooms": rooms.members.of_user(user_id),
        "live_messages": rooms.messages.of_user(user_id),
    }


def _files(work: FlowWork, user_id: str) -> Files:
    """Voice notes that everybody in the room agreed to keep."""
    return [
        (f"live/{message.id}", message.blob_id)
        for message in work.live.rooms.messages.of_user(user_id)
        if message.blob_id is not None
    ]


def _move(work: FlowWork, from_id: str, to_id: str, _: datetime) -> None:
    rooms = work.live.rooms
    rooms.members.move_of_user(from_id, to_id)
    rooms.messages.move_of_user(from_id, to_id)
    rooms.rooms.hand_over(from_id, to_id)


def _remove(work: FlowWork, user_id: str) -> None:
    rooms = work.live.rooms
    rooms.members.remove_of_user(user_id)
    rooms.messages.remove_of_user(user_id)


ROOM_RECORDS = PersonRecords(
    tables=frozenset({"live_rooms", "live_members", "live_messages"}),
    collect=_collect,
    files=_files,
    move=_move,
    remove=_remove,
)
