"""A meeting, the people invited to it, and what was seen of them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.core.entity import Entity
from bot.core.errors import DomainError
from bot.core.timespan import Timespan


class MeetingKind(StrEnum):
    """What a meeting is for."""

    LESSON = "lesson"
    CONVERSATION = "conversation"


class Provider(StrEnum):
    """Where people meet: on Zoom, behind a link of the teacher's own, or in a room of a platform
    that tells us who comes and goes."""

    ZOOM = "zoom"
    OWN = "own"
    ROOM = "room"


class MeetingState(StrEnum):
    """`PLANNED` until there is a link, and again while it moves to another of the vendor's hosts;
    `LINK_ASKED` while the teacher is asked for a link of their own."""

    PLANNED = "planned"
    LINK_ASKED = "link_asked"
    READY = "ready"
    ENDED = "ended"
    REMOVED = "removed"


_ALLOWED: Mapping[MeetingState, frozenset[MeetingState]] = {
    MeetingState.PLANNED: frozenset(
        {MeetingState.READY, MeetingState.LINK_ASKED, MeetingState.ENDED, MeetingState.REMOVED}
    ),
    MeetingState.LINK_ASKED: frozenset(
        {MeetingState.READY, MeetingState.ENDED, MeetingState.REMOVED}
    ),
    MeetingState.READY: frozenset(
        {
            MeetingState.PLANNED,
            MeetingState.LINK_ASKED,
            MeetingState.ENDED,
            MeetingState.REMOVED,
        }
    ),
    MeetingState.ENDED: frozenset(),
    MeetingState.REMOVED: frozenset(),
}


class IllegalMove(DomainError):
    """A meeting cannot go from its state to that one."""

    key = "error.stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting(Entity):
    """The meeting of one subject, e.g. of a booking.

    Args:
        subject_id: whose meeting it is; there is one for a subject.
        host_user_id: who leads it.
        host: the vendor's user it is made with, as configured.
        host_id: the same user, as the vendor names them in events.
        provider_id: the vendor's id of the meeting.
        join_url: for everybody; sealed. People with a link of their own get that one.
        ended_at: when it was found to have ended; what is seen later changes no interval.
        differs: webhooks and report disagree by more than a minute about somebody.
    """

    subject_id: str
    host_user_id: str
    starts_at: datetime
    ends_at: datetime
    kind: MeetingKind = MeetingKind.LESSON
    provider: Provider = Provider.ZOOM
    state: MeetingState = MeetingState.PLANNED
    host: str | None = None
    host_id: str | None = None
    provider_id: str | None = None
    join_url: str | None = None
    ended_at: datetime | None = None
    differs: bool = False

    @property
    def span(self) -> Timespan:
        """As it is planned."""
        return Timespan(self.starts_at, self.ends_at)

    @property
    def is_over(self) -> bool:
        return not _ALLOWED[self.state]

    def moved_to(self, state: MeetingState) -> "Meeting":
        """Raises IllegalMove."""
        if state is not self.state and state not in _ALLOWED[self.state]:
            raise IllegalMove
        return replace(self, state=state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrant(Entity):
    """Somebody's own way in.

    Args:
        registrant_id: how the vendor names them in events and reports.
        join_url: theirs alone; sealed.
    """

    meeting_id: str
    user_id: str
    registrant_id: str
    join_url: str


class Source(StrEnum):
    """Who says that somebody was there."""

    ZOOM_WEBHOOK = "zoom_webhook"
    ZOOM_REPORT = "zoom_report"
    VOICE_STATE = "voice_state"
    TAP = "tap"


class What(StrEnum):
    """`STAYED` is a row of a report, with both ends; `CLOSED` is about a whole instance."""

    JOINED = "joined"
    LEFT = "left"
    STAYED = "stayed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One fact about who was in a meeting; the same fact twice is one.

    Args:
        user_id: None for somebody nobody knows, and for `CLOSED`.
        instance: one opening of the meeting; a meeting that is opened again has another.
        seat: one device in an instance.
        at: when it happened, by the source's clock.
        until: the end of `STAYED`.
    """

    meeting_id: str
    source: Source
    what: What
    user_id: str | None = None
    instance: str = ""
    seat: str = ""
    at: datetime
    until: datetime | None = None

    @property
    def key(self) -> str:
        """The same for the same fact, however often it is told."""
        parts = (
            self.meeting_id,
            self.source,
            self.what,
            self.instance,
            self.seat,
            self.at.isoformat(),
            self.until.isoformat() if self.until else "",
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Somebody in the meeting; overlapping devices are one interval.

    Args:
        left_at: None while they are in.
        is_guessed: one end was not told by anybody, but follows from something else.
    """

    meeting_id: str
    user_id: str
    source: Source
    joined_at: datetime
    left_at: datetime | None
    is_guessed: bool = False
