"""Where people talk and what a server's calendar says: voice states and scheduled events."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceState:
    """Somebody in a voice or stage channel; a member is in one channel of a guild at a time.

    Args:
        session_id: of the connection; another device has another one.
        is_audience: in a stage, one of those who listen.
    """

    user_id: int
    channel_id: int
    session_id: str
    is_muted: bool = False
    is_audience: bool = False


class Entity(IntEnum):
    """What a scheduled event takes place in."""

    STAGE = 1
    VOICE = 2
    EXTERNAL = 3


class Status(IntEnum):
    """Of a scheduled event (guild-scheduled-event.mdx, "Event Status")."""

    SCHEDULED = 1
    ACTIVE = 2
    COMPLETED = 3
    CANCELED = 4


ALLOWED = {
    Status.SCHEDULED: {Status.ACTIVE, Status.CANCELED},
    Status.ACTIVE: {Status.COMPLETED},
    Status.COMPLETED: set[Status](),
    Status.CANCELED: set[Status](),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledEvent:
    """An entry of a guild's calendar.

    Args:
        channel_id: of a voice or stage event.
        location: of an external one, which also has an end.
    """

    event_id: int
    guild_id: int
    creator_id: int
    name: str
    entity: Entity
    starts_at: datetime
    ends_at: datetime | None = None
    description: str | None = None
    channel_id: int | None = None
    location: str | None = None
    status: Status = Status.SCHEDULED

    @property
    def is_open(self) -> bool:
        """It counts among the hundred a guild may have."""
        return bool(ALLOWED[self.status])

    def at(self, now: datetime) -> "ScheduledEvent":
        """As it stands by then: external ones begin and end by themselves."""
        if self.entity is not Entity.EXTERNAL or not self.is_open:
            return self
        if self.ends_at is not None and now >= self.ends_at:
            return replace(self, status=Status.COMPLETED)
        return replace(self, status=Status.ACTIVE) if now >= self.starts_at else self
