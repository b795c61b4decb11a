"""What comes in and what goes out, in terms that no platform owns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Address:
    """A place to write to.

    Args:
        platform: "telegram", "discord" or "mail".
        room: the platform's id of the chat, channel or mailbox.
        thread: topic or thread inside the room.
    """

    platform: str
    room: str
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, as the platform knows them.

    Args:
        external_id: the platform's id of the person.
        locale: language of their client (BCP 47), if the platform tells.
    """

    platform: str
    external_id: str
    display_name: str
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class MessageRef:
    """One message on a platform."""

    address: Address
    message_id: str


class MediaKind(StrEnum):
    """What sort of file a person sent or gets."""

    VOICE = "voice"
    AUDIO = "audio"
    VIDEO_NOTE = "video_note"
    PHOTO = "photo"
    VIDEO = "video"
    STICKER = "sticker"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMedia:
    """A file a person sent, still at the platform.

    Args:
        file_id: what the platform wants to hand the file out.
        seconds, size: as the sender's client declared them; never trusted.
    """

    kind: MediaKind
    file_id: str
    mime: str | None = None
    seconds: float | None = None
    size: int | None = None
    filename: str | None = None


class IncomingKind(StrEnum):
    """What sort of event came in.

    HIDDEN is a message of which the platform does not let us see anything. ENTERED and WENT are
    about a room where people talk; INSIDE tells who is in it, after we heard nothing for a while.
    """

    TEXT = "text"
    COMMAND = "command"
    BUTTON = "button"
    MEDIA = "media"
    CONTACT = "contact"
    FORM = "form"
    EDITED = "edited"
    DELETED = "deleted"
    REACTION = "reaction"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    MOVED = "moved"
    ENTERED = "entered"
    WENT = "went"
    INSIDE = "inside"
    OTHER = "other"
    HIDDEN = "hidden"

    @property
    def is_presence(self) -> bool:
        """It only tells who is there; nobody asked anything, and nobody is to be answered."""
        return self in {IncomingKind.ENTERED, IncomingKind.WENT, IncomingKind.INSIDE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One event from a platform.

    Args:
        key: unique outside id, e.g. "telegram:8812"; the inbox row's key.
        address: where it happened and where an answer goes.
        is_shared: more than one person is in the room.
        is_whispered: answers are shown to this person alone, whoever else is in the room.
        message: the message itself; for a button, the message that carries it; for an edit, a
            removal or a reaction, the message it is about.
        text: typed text, a caption, or a contact's phone number.
        command: without slash, lower case; `text` then holds the rest of the line.
        media, more_media: the file, and further ones of the same message.
        data: what the pressed button carries; `callback_id` is what the platform wants answered.
        form: what was filled in, by field; `data` is then what opened the form.
        reaction: the emoji a person put on `message`; None: they took theirs back.
        moved_to: the room's new id, for MOVED.
        home: the channel of which this room is a thread or a post, where the platform tells.
        present: everybody who is there, for INSIDE.
    """

    key: str
    kind: IncomingKind
    sender: Sender
    address: Address
    at: datetime
    is_shared: bool = False
    is_whispered: bool = False
    message: MessageRef | None = None
    reply_to: MessageRef | None = None
    text: str | None = None
    command: str | None = None
    media: IncomingMedia | None = None
    more_media: tuple[IncomingMedia, ...] = ()
    data: str | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    reaction: str | None = None
    callback_id: str | None = None
    moved_to: str | None = None
    home: Address | None = None
    present: tuple[Sender, ...] = ()

    @property
    def lane(self) -> str:
        """Events with the same lane are handled one at a time, in order.

        The person's own lane; a room's where the room itself is the subject.
        """
        if self.kind is IncomingKind.MOVED or self.kind.is_presence:
            return f"{self.address.platform}:room:{self.address.room}"
        return f"{self.sender.platform}:{self.sender.external_id}"


class Style(StrEnum):
    """How a paragraph looks; each platform renders it its own way.

    NAME tells who speaks: strong, and what they say begins on the next line.
    """

    PLAIN = "plain"
    STRONG = "strong"
    NAME = "name"
    QUOTE = "quote"
    FOLDED = "folded"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A piece of text in one style. `text` is plain: renderers escape it."""

    text: str
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press under a message.

    Args:
        label: already in the reader's language.
        data: comes back when pressed; at most 64 bytes.
        url: opens a page instead.
        asks_contact: asks the person to share their phone number (where the platform can).
        opens_form: opens a form to fill in; left out where the platform has none.
    """

    label: str
    data: str = ""
    url: str | None = None
    asks_contact: bool = False
    opens_form: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A stored file that goes out.

    Args:
        blob_id: where its bytes are kept, encrypted, until it is sent.
        seconds, waveform: for voice (`waveform` is base64 of up to 256 bytes).
        is_kept: the bytes stay after sending; otherwise they are removed with it.
    """

    kind: MediaKind
    blob_id: str
    mime: str
    filename: str
    seconds: float | None = None
    waveform: str | None = None
    is_kept: bool = False


class SendLane(StrEnum):
    """Who goes first when a platform's sending limit makes messages wait."""

    REPLY = "reply"
    RELAY = "relay"
    REMINDER = "reminder"
    BROADCAST = "broadcast"


class MessageKind(StrEnum):
    """What a message is to the person, which decides its lane and what a crash may do to it."""

    PROMPT = "prompt"
    NOTICE = "notice"
    TRANSCRIPT = "transcript"
    TUTOR_REPLY = "tutor_reply"
    REPORT = "report"
    EXPORT = "export"
    MAIL = "mail"
    CALLBACK = "callback"
    RELAY = "relay"
    SIGN = "sign"
    NEWS = "news"

    @property
    def lane(self) -> SendLane:
        return _LANES.get(self, SendLane.REPLY)

    @property
    def has_row(self) -> bool:
        """A sign goes out from memory: a crash may lose it, and nobody misses anything by that.

        Where another process has to send it, it is stored as what it belongs to, a RELAY.
        """
        return self is not MessageKind.SIGN

    @property
    def is_resent(self) -> bool:
        """Found half-sent after a crash: is losing it worse than sending it twice?"""
        return self not in _NOT_RESENT


_LANES = {
    MessageKind.RELAY: SendLane.RELAY,
    MessageKind.SIGN: SendLane.RELAY,
    MessageKind.NEWS: SendLane.REMINDER,
}
_NOT_RESENT = {MessageKind.PROMPT, MessageKind.NOTICE, MessageKind.CALLBACK}


LATE = "late"  # in `Outgoing.extra`: what is said first where the answer comes late


class Change(StrEnum):
    """What an outgoing row does to the room."""

    SEND = "send"
    EDIT = "edit"
    ANSWER_BUTTON = "answer_button"
    REACT = "react"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One thing to do in a room; becomes an outbox row.

    Args:
        key: unique; putting it twice is one message. Derived from what caused it.
        user_id: whom it is for (None: a room, or an address of somebody not registered).
        body: paragraphs, in order; with an attachment they are its caption where it fits.
        buttons: rows of buttons.
        reply_to: the platform's id of the message this one answers.
        target: the message to edit, delete or react to.
        target_key, reply_to_key: instead of `target` and `reply_to`: the row whose message is
            meant; what the platform calls it is looked up when this row is sent.
        reaction: an emoji, for REACT; empty takes ours back.
        callback_id: of the press or command this answers, where the platform gave one; for
            ANSWER_BUTTON, `body` is the short notice shown (may be empty).
        subject: of a mail.
        is_protected: ask the platform not to let it be forwarded.
    """

    key: str
    to: Address
    kind: MessageKind
    change: Change = Change.SEND
    user_id: str | None = None
    body: tuple[Paragraph, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    attachment: Attachment | None = None
    reply_to: str | None = None
    reply_to_key: str | None = None
    target: MessageRef | None = None
    target_key: str | None = None
    reaction: str | None = None
    callback_id: str | None = None
    subject: str | None = None
    is_protected: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All paragraphs as plain text."""
        return "\n\n".join(paragraph.text for paragraph in self.body)


class Indication(StrEnum):
    """A sign of life that is not a message."""

    TYPING = "typing"
    RECORDING_VOICE = "recording_voice"
