"""What is kept of people's plans: taken along, handed over, removed.

The gateway ends a subscription when it is asked to forget the customer, which billing's records do.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.flows.own_records import PersonRecords
from bot.flows.ports import FlowWork
from bot.tiers.ports import Owned


def _collect(work: FlowWork, user_id: str) -> Mapping[str, object]:
    return {
        "subscriptions": work.tiers.subscriptions.of_user(user_id),
        "plan_usage": work.tiers.usage.of_user(user_id),
        "plan_packs": work.tiers.packs.of_user(user_id),
        "plan_pages": work.tiers.pages.of_user(user_id),
    }


def _move(work: FlowWork, from_id: str, to_id: str, _: datetime) -> None:
    """What both had counts for the one who is left; of two subscriptions the better one gives."""
    for own in _kept(work):
        own.move_of_user(from_id, to_id)


def _remove(work: FlowWork, user_id: str) -> None:
    for own in _kept(work):
        own.remove_of_user(user_id)


def _kept(work: FlowWork) -> Sequence[Owned]:
    tiers = work.tiers
    return tiers.subscriptions, tiers.usage, tiers.packs, tiers.pages


TIER_RECORDS = PersonRecords(
    tables=frozenset({"subscriptions", "plan_usage", "plan_packs", "plan_pages"}),
    collect=_collect,
    move=_move,
    remove=_remove,
)
