"""What the relay keeps of people: taken along, handed over, removed.

Copies that arrived stay in the partner's chat, as a letter stays with whom it was sent to: no
platform lets a bot remove everything it ever sent, and half a conversation would mislead. What is
stored here of the person's words goes, and the thread keeps an id that names nobody any more.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.flows.own_records import Files, PersonRecords
from bot.flows.ports import FlowWork


def _collect(work: FlowWork, user_id: str) -> Mapping[str, object]:
    return {
        "conversations": work.chat.threads.of_user(user_id),
        "conversation_messages": work.chat.messages.of_user(user_id),
        "conversation_reports": work.chat.reports.of_user(user_id),
    }


def _files(work: FlowWork, user_id: str) -> Files:
    """Those that wait to be sent; what was sent is not kept."""
    return [
        (f"conversations/{message.id}", message.attachment.blob_id)
        for message in work.chat.messages.of_user(user_id)
        if message.attachment is not None
    ]


def _move(work: FlowWork, from_id: str, to_id: str, at: datetime) -> None:
    work.chat.merge(from_id, to_id)


def _remove(work: FlowWork, user_id: str) -> None:
    work.chat.remove_of_user(user_id)


RELAY_RECORDS = PersonRecords(
    tables=frozenset(
        {
            "chat_threads",
            "chat_messages",
            "chat_copies",
            "chat_focuses",
            "chat_halls",
            "chat_reports",
        }
    ),
    collect=_collect,
    files=_files,
    move=_move,
    remove=_remove,
)
