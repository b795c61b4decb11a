"""What is kept of people who let programs act for them."""

from collections.abc import Mapping
from datetime import datetime

from bot.flows.own_records import PersonRecords
from bot.flows.ports import FlowWork


def _collect(work: FlowWork, user_id: str) -> Mapping[str, object]:
    """Keys as their person knows them; tokens are stored as hashes, which tell nobody anything."""
    return {"api_keys": work.api.keys.of_user(user_id)}


def _move(work: FlowWork, from_id: str, to_id: str, at: datetime) -> None:
    work.api.keys.move_of_user(from_id, to_id)
    work.api.requests.move_of_user(from_id, to_id)


def _remove(work: FlowWork, user_id: str) -> None:
    work.api.keys.remove_of_user(user_id)
    work.api.requests.remove_of_user(user_id)


API_RECORDS = PersonRecords(
    tables=frozenset({"api_keys", "api_tokens", "api_requests"}),
    collect=_collect,
    move=_move,
    remove=_remove,
)
