"""What is kept of people in meetings: taken along, handed over, removed.

Who was there when stays, under an id that leads nowhere: it proves a bill. Links go.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.flows.own_records import PersonRecords
from bot.flows.ports import FlowWork


def _collect(work: FlowWork, user_id: str) -> Mapping[str, object]:
    return {
        "meetings_hosted": work.meetings.of_host(user_id),
        "meeting_links": work.registrants.of_user(user_id),
        "attendance": work.sightings.of_user(user_id),
    }


def _move(work: FlowWork, from_id: str, to_id: str, _: datetime) -> None:
    for own in (work.meetings, work.registrants, work.sightings):
        own.move_of_user(from_id, to_id)


def _remove(work: FlowWork, user_id: str) -> None:
    work.meetings.wipe_links_of_host(user_id)
    work.registrants.remove_of_user(user_id)


MEETING_RECORDS = PersonRecords(
    tables=frozenset({"meetings", "registrants", "sightings"}),
    collect=_collect,
    move=_move,
    remove=_remove,
)
