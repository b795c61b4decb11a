"""What a student and a teacher write to each other, and where each of them reads it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.core.entity import Entity
from bot.messaging.model import Address, Attachment, MediaKind


class DeliveryState(StrEnum):
    """How far a message came. Platforms tell bots nothing about reading."""

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class ContentKind(StrEnum):
    """What a message is made of."""

    TEXT = "text"
    VOICE = "voice"
    FILE = "file"


class ReportReason(StrEnum):
    """Why somebody is reported."""

    SPAM = "spam"
    INSULT = "insult"
    UNSAFE = "unsafe"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread(Entity):
    """What one student and one teacher have to do with each other; one per pair.

    Args:
        student_place, teacher_place: a room that belongs to this thread alone, as `place_key`;
            None: their private chat.
        student_muted, teacher_muted: this side wants nothing for a while; it is kept for them.
        student_blocked, teacher_blocked: this side wants nothing any more; nobody can write.
    """

    student_id: str
    teacher_id: str
    opened_at: datetime
    student_place: str | None = None
    teacher_place: str | None = None
    student_muted: bool = False
    teacher_muted: bool = False
    student_blocked: bool = False
    teacher_blocked: bool = False

    def has(self, user_id: str) -> bool:
        return user_id in (self.student_id, self.teacher_id)

    def partner_of(self, user_id: str) -> str:
        return self.teacher_id if user_id == self.student_id else self.student_id

    def place_of(self, user_id: str) -> Address | None:
        key = self.student_place if user_id == self.student_id else self.teacher_place
        return None if key is None else parse_place(key)

    def has_muted(self, user_id: str) -> bool:
        return self.student_muted if user_id == self.student_id else self.teacher_muted

    def has_blocked(self, user_id: str) -> bool:
        return self.student_blocked if user_id == self.student_id else self.teacher_blocked

    def joined(self, other: "Thread") -> "Thread":
        """With what the same two people have in another thread: no block or mute is lost."""
        return replace(
            self,
            student_place=self.student_place or other.student_place,
            teacher_place=self.teacher_place or other.teacher_place,
            student_muted=self.student_muted or other.student_muted,
            teacher_muted=self.teacher_muted or other.teacher_muted,
            student_blocked=self.student_blocked or other.student_blocked,
            teacher_blocked=self.teacher_blocked or other.teacher_blocked,
        )

    def placed(self, user_id: str, place: Address | None) -> "Thread":
        key = None if place is None else place_key(place)
        if user_id == self.student_id:
            return replace(self, student_place=key)
        return replace(self, teacher_place=key)

    def muted(self, user_id: str, *, is_muted: bool) -> "Thread":
        if user_id == self.student_id:
            return replace(self, student_muted=is_muted)
        return replace(self, teacher_muted=is_muted)

    def blocked(self, user_id: str, *, is_blocked: bool) -> "Thread":
        if user_id == self.student_id:
            return replace(self, student_blocked=is_blocked)
        return replace(self, teacher_blocked=is_blocked)


def place_key(address: Address) -> str:
    """A place as one word that can be looked up; no platform's ids have a colon."""
    return ":".join(filter(None, (address.platform, address.room, address.thread)))


def parse_place(key: str) -> Address:
    """The place a `place_key` tells of."""
    platform, room, *thread = key.split(":")
    return Address(platform, room, thread[0] if thread else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage(Entity):
    """One message as its author wants it; what the partner sees are its `Copy` rows.

    Args:
        source_place, source_id: where its author wrote it; None for a translation.
        text: what was typed, or the caption; sealed with its author's key, as are the next two.
        attachment: of a file, until its last copy was sent.
        transcript: what was said in a voice note, in the language that was spoken.
        reply_to_id: the message of this thread that it answers.
        original_id: for a translation, the message it translates.
        revision: how often its text was changed, or it was shown anew in another place.
        is_held: the partner has muted its author; it is shown once they listen again.
    """

    thread_id: str
    sender_id: str
    kind: ContentKind
    at: datetime
    source_place: str | None = None
    source_id: str | None = None
    text: str = ""
    attachment: Attachment | None = None
    transcript: str | None = None
    language: str | None = None
    reply_to_id: str | None = None
    original_id: str | None = None
    is_translation: bool = False
    revision: int = 0
    edited_at: datetime | None = None
    is_held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One part of a message in the room of the partner.

    Args:
        key: of the outbox row that sends it.
        position: parts of the text count from 0; sound of its own and a transcript come after.
        ref: what the platform calls it, once it was sent.
    """

    key: str
    message_id: str
    position: int
    place: str
    ref: str | None = None
    state: DeliveryState = DeliveryState.SENT

    @property
    def address(self) -> Address:
        return parse_place(self.place)

    @property
    def is_added(self) -> bool:
        """It came with an edit, after the message had been shown: its key says so."""
        return f":{ADDED}" in self.key


ADDED = "+"
SOUND_POSITION = 500  # of a voice note where it cannot carry the words that go with it
TRANSCRIPT_POSITION = 1_000
DELIVERED_SIGN = "👌"  # under the author's message; Telegram lets bots use few signs


def delivery_of(copies: Sequence[Copy]) -> DeliveryState:
    """The state of a message by the states of its parts."""
    states = {copy.state for copy in copies if copy.position < TRANSCRIPT_POSITION}
    if DeliveryState.FAILED in states:
        return DeliveryState.FAILED
    return DeliveryState.DELIVERED if states == {DeliveryState.DELIVERED} else DeliveryState.SENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A message on its way, without its text.

    Args:
        source_place, source_id: where its author wrote it; None for a translation.
        copies: by position.
    """

    message_id: str
    sender_id: str
    source_place: str | None
    source_id: str | None
    is_translation: bool
    copies: Sequence[Copy]

    @property
    def has_arrived(self) -> bool:
        """As it was first shown; parts that an edit added change nothing in that."""
        first = [copy for copy in self.copies if not copy.is_added]
        return delivery_of(first) is DeliveryState.DELIVERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """To whom a person's plain messages go.

    Args:
        is_told: the first message after the choice was answered with whom it went to.
    """

    user_id: str
    thread_id: str
    is_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """The channel in which a teacher wants a room of their own for every student."""

    user_id: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Entity):
    """Somebody told us that something is wrong in a thread."""

    thread_id: str
    reporter_id: str
    reason: ReportReason
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Something a person sends to their partner, before the rules looked at it.

    Args:
        place, message_id: where they wrote it.
        reply_to_id: the message of the thread that it answers.
    """

    place: str
    message_id: str
    text: str = ""
    attachment: Attachment | None = None
    size: int = 0
    reply_to_id: str | None = None

    @property
    def kind(self) -> ContentKind:
        if self.attachment is None:
            return ContentKind.TEXT
        is_voice = self.attachment.kind is MediaKind.VOICE
        return ContentKind.VOICE if is_voice else ContentKind.FILE
