"""What is kept of those who chose where live conversations are announced."""

from collections.abc import Mapping
from datetime import datetime

from bot.flows.own_records import PersonRecords
from bot.flows.ports import FlowWork


def _collect(work: FlowWork, user_id: str) -> Mapping[str, object]:
    return {"boards": work.halls.boards.of_user(user_id)}


def _move(work: FlowWork, from_id: str, to_id: str, _: datetime) -> None:
    work.halls.boards.move_of_user(from_id, to_id)


def _remove(work: FlowWork, user_id: str) -> None:
    work.halls.boards.remove_of_user(user_id)


HALL_RECORDS = PersonRecords(
    tables=frozenset({"live_boards"}), collect=_collect, move=_move, remove=_remove
)
