"""The room of a live conversation while it goes on: who is in, whose turn it is, what was said."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.core.entity import Entity
from bot.core.errors import DomainError


class RoomStatus(StrEnum):
    """The door is open before the exercise runs; what is over stays over."""

    OPEN = "open"
    RUNNING = "running"
    OVER = "over"


_ALLOWED: Mapping[RoomStatus, frozenset[RoomStatus]] = {
    RoomStatus.OPEN: frozenset({RoomStatus.RUNNING, RoomStatus.OVER}),
    RoomStatus.RUNNING: frozenset({RoomStatus.OVER}),
    RoomStatus.OVER: frozenset(),
}


class IllegalRoomMove(DomainError):
    """A room cannot go from its status to that one."""

    key = "error.stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRoom(Entity):
    """One room for each conversation, under the conversation's id.

    Args:
        leader_id: who has the host's tools at the moment.
        ends_at: with every extension.
        prompt_index: of the prompt that is talked about; -1: none yet.
        turn_number: grows with every turn, so that an old promise about one is known as such.
        turn_of: who was asked to speak; None: nobody can be asked.
    """

    leader_id: str
    opened_at: datetime
    ends_at: datetime
    status: RoomStatus = RoomStatus.OPEN
    began_at: datetime | None = None
    ended_at: datetime | None = None
    prompt_index: int = -1
    turn_number: int = 0
    turn_of: str | None = None
    turn_since: datetime | None = None

    @property
    def is_running(self) -> bool:
        return self.status is RoomStatus.RUNNING

    @property
    def is_over(self) -> bool:
        return self.status is RoomStatus.OVER

    def moved_to(self, status: RoomStatus) -> "LiveRoom":
        """Raises IllegalRoomMove."""
        if status not in _ALLOWED[self.status]:
            raise IllegalRoomMove
        return replace(self, status=status)


class Presence(StrEnum):
    """REMOVED is the host's word and lasts as long as the conversation."""

    IN = "in"
    OUT = "out"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Entity):
    """Somebody who has been in the room; one for each person and conversation.

    Args:
        place: when they first came, counted from 0.
        joined_at, left_at: the first coming and the last going.
        in_since: of the present stay; None: they are not in.
        present_seconds: of the stays that have ended.
        seen_at: when they last did something.
        speaking_seconds: of their voice notes, exactly.
        dealt, missed: see `exercise.Speaker`.
        wants_corrections: they asked for private corrections.
        may_keep: their voice may be kept, if everybody else says so too.
    """

    conversation_id: str
    user_id: str
    place: int
    joined_at: datetime
    seen_at: datetime
    presence: Presence = Presence.IN
    in_since: datetime | None = None
    left_at: datetime | None = None
    present_seconds: float = 0.0
    speaking_seconds: float = 0.0
    message_count: int = 0
    dealt: int = 0
    missed: int = 0
    is_muted: bool = False
    wants_corrections: bool = False
    may_keep: bool = False

    @property
    def is_in(self) -> bool:
        return self.presence is Presence.IN

    def entered(self, now: datetime, dealt: int) -> "Member":
        """In again; nothing changes for somebody who is in."""
        if self.is_in and self.in_since is not None:
            return self
        return replace(
            self,
            presence=Presence.IN,
            in_since=now,
            seen_at=now,
            missed=0,
            dealt=max(self.dealt, dealt),
        )

    def gone(
        self, now: datetime, began_at: datetime | None, presence: Presence = Presence.OUT
    ) -> "Member":
        """Out, with the time of this stay added; nothing is added for somebody who is out.

        Args:
            began_at: of the exercise; waiting for it at the door is no presence.
        """
        since = max(self.in_since, began_at) if self.in_since and began_at else now
        stayed = (now - since).total_seconds()
        return replace(
            self,
            presence=presence,
            in_since=None,
            left_at=self.left_at if self.in_since is None else now,
            present_seconds=self.present_seconds + max(stayed, 0.0),
        )


class RoomMessageKind(StrEnum):
    """What a message of a room is made of."""

    TEXT = "text"
    VOICE = "voice"
    IMAGE = "image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What somebody said, and how it is said better; for nobody but them.

    Args:
        why: by base language.
    """

    said: str
    better: str
    why: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomMessage(Entity):
    """What somebody wrote or said to everybody in the room, or a translation of that.

    Args:
        recipient_id: for a translation, who asked for it; others reading that language share it.
        text, transcript, slips: sealed with the author's key.
        seconds: of a voice note, measured in its sound.
        is_turn: it was their turn, and this took it.
        original_id: for a translation, the message it translates.
        source_place, source_id: where its author wrote it; None for a translation.
        blob_id: of its sound, where everybody in the room had said that voices may be kept.
    """

    conversation_id: str
    sender_id: str
    kind: RoomMessageKind
    at: datetime
    recipient_id: str | None = None
    text: str = ""
    transcript: str | None = None
    language: str | None = None
    slips: tuple[Slip, ...] = ()
    seconds: float = 0.0
    prompt_index: int = -1
    is_turn: bool = False
    is_translation: bool = False
    original_id: str | None = None
    source_place: str | None = None
    source_id: str | None = None
    blob_id: str | None = None

    @property
    def words(self) -> str:
        """What can be read of it."""
        return self.text or self.transcript or ""
