"""Rooms of their own for a teacher's students: promised here, opened by a job."""

from datetime import datetime

from bot.chat.model import Thread
from bot.chat.ports import ChatWork
from bot.jobs.model import Job

OPEN_ROOM_JOB = "relay.open_room"


def want_room(work: ChatWork, thread: Thread, now: datetime, cause: str = "") -> None:
    """Have the teacher's room of a thread opened, where they chose a channel for such rooms.

    Args:
        cause: of asking again, e.g. a message the room did not take.
    """
    hall = work.chat.halls.find(thread.teacher_id)
    if hall is not None:
        key = ":".join(filter(None, (thread.id, hall.place, cause)))
        payload = {"thread": thread.id}
        work.jobs.put(Job(kind=OPEN_ROOM_JOB, key=key, due_at=now, payload=payload))
