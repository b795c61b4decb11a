"""Rooms of their own for a teacher's students: promised here, opened by a job."""

from datetime import datetime

from bot.chat.model import Thread
from bot.chat.ports import ChatWork
from bot.jobs.model import Job

OPEN_ROOM_JOB = "relay.open_room"


def want_room(work: ChatWork, thread: Thread, now: datetime, cause: str = "") -> None:
    """Have the teacher's room of a thread opened, where they chose a channel for such rooms.

    Asked again it is the same promise, until something has become of the thread.

    Args:
        cause: what asked for it; of rooms that cannot be opened one of a cause is told.
    """
    hall = work.chat.halls.find(thread.teacher_id)
    if hall is not None:
        payload = {
            "thread": thread.id,
            "place": hall.place,
            "instead_of": thread.teacher_place or "",
            "cause": cause or thread.id,
        }
        key = f"{thread.id}:{hall.place}:{thread.version}"
        work.jobs.put(Job(kind=OPEN_ROOM_JOB, key=key, due_at=now, payload=payload))
