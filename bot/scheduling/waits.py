"""Waiting for a teacher's next free hour."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.entity import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotWait(Entity):
    """Somebody who wants to be told once when an hour of this length is free."""

    user_id: str
    teacher_id: str
    gig_id: str
    minutes: int
    since: datetime
