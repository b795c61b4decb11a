"""What is kept of teachers' hours: taken along, handed over, removed."""

from collections.abc import Mapping
from datetime import datetime

from bot.flows.own_records import PersonRecords
from bot.flows.ports import FlowWork


def _collect(work: FlowWork, user_id: str) -> Mapping[str, object]:
    return {"availability": work.schedules.find(user_id)}


def _move(work: FlowWork, from_id: str, to_id: str, _: datetime) -> None:
    work.schedules.move_of_user(from_id, to_id)


def _remove(work: FlowWork, user_id: str) -> None:
    work.schedules.remove_of_user(user_id)


AVAILABILITY_RECORDS = PersonRecords(
    tables=frozenset({"schedules"}), collect=_collect, move=_move, remove=_remove
)
