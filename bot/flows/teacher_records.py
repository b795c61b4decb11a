"""What is kept of teachers and of people who look for one: taken along, handed over, removed."""

from collections.abc import Mapping
from datetime import datetime

from bot.flows.own_records import Files, PersonRecords
from bot.flows.ports import FlowWork
from bot.flows.teacher_queue import end_for_minor


def _collect(work: FlowWork, user_id: str) -> Mapping[str, object]:
    return {
        "teacher": work.teachers.find_of_user(user_id),
        "certificates": work.certificates.of_user(user_id),
        "gigs": work.gigs.ever_of_user(user_id),
        "teacher_searches": work.teacher_searches.of_user(user_id),
    }


def _files(work: FlowWork, user_id: str) -> Files:
    documents = [
        (f"certificates/{number:02d}", certificate.blob_id)
        for number, certificate in enumerate(work.certificates.of_user(user_id), 1)
    ]
    spoken = [
        (f"introductions/{number:02d}", gig.intro_id)
        for number, gig in enumerate(work.gigs.of_user(user_id), 1)
        if gig.intro_id is not None
    ]
    return [*documents, *spoken]


def _move(work: FlowWork, from_id: str, to_id: str, _: datetime) -> None:
    for own in (work.teachers, work.certificates, work.gigs, work.teacher_searches):
        own.move_of_user(from_id, to_id)
    kept = work.users.get(to_id)
    if kept.is_minor or work.users.get(from_id).is_minor:
        end_for_minor(work, kept)


def _remove(work: FlowWork, user_id: str) -> None:
    for own in (work.teachers, work.certificates, work.gigs, work.teacher_searches):
        own.remove_of_user(user_id)


TEACHER_RECORDS = PersonRecords(
    tables=frozenset({"teacher_profiles", "certificates", "gigs", "teacher_searches"}),
    collect=_collect,
    files=_files,
    move=_move,
    remove=_remove,
)
"""The audit trail is not among them: it names people by ids that lead nowhere once they left."""
