"""Chats as the people in them see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.simulators.bell import Bell
from bot.simulators.telegram.files import StoredFile

Entity = dict[str, Any]
MessageKind = Literal[
    "text",
    "voice",
    "audio",
    "video",
    "video_note",
    "photo",
    "document",
    "sticker",
    "contact",
    "service",
]
_KEPT_MESSAGES = 5_000


@dataclass(frozen=True, slots=True)
class Button:
    """One button under a message. `data` for a callback, `url` for a link; else a reply button."""

    label: str
    data: str | None = None
    url: str | None = None
    asks_contact: bool = False


@dataclass(frozen=True, slots=True)
class ChatAction:
    """A sign of life ("typing", "record_voice"); shown for five seconds."""

    action: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CallbackAnswer:
    """What a person sees after a press: nothing, a notice, or an alert to confirm."""

    callback_id: str
    text: str
    show_alert: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One message as it stands.

    Args:
        text: the text, or the caption of a file; entities already parsed away.
        entities: `MessageEntity` objects; offsets count UTF-16 units.
        html: the text as the bot sent it with `parse_mode=HTML`.
        markup: the `reply_markup` as sent; `buttons` is what a person sees of it.
        revision: how often it was edited.
        reacted: who reacted with which emoji.
    """

    message_id: int
    chat_id: int
    sender_id: int
    from_bot: bool
    kind: MessageKind
    date: datetime
    text: str = ""
    entities: tuple[Entity, ...] = ()
    html: str | None = None
    markup: Mapping[str, Any] | None = None
    buttons: tuple[tuple[Button, ...], ...] = ()
    file: StoredFile | None = None
    seconds: float | None = None
    reply_to: int | None = None
    thread_id: int | None = None
    contact: Mapping[str, Any] | None = None
    service: Mapping[str, Any] | None = None
    forwarded_from: int | None = None
    edited_at: datetime | None = None
    revision: int = 0
    reacted: tuple[tuple[int, str], ...] = ()
    protect_content: bool = False

    @property
    def file_id(self) -> str | None:
        return self.file.file_id if self.file else None

    @property
    def edited(self) -> bool:
        return self.revision > 0

    @property
    def reactions(self) -> tuple[str, ...]:
        return tuple(emoji for _, emoji in self.reacted)

    @property
    def has_inline_keyboard(self) -> bool:
        return bool(self.markup) and "inline_keyboard" in (self.markup or {})


@dataclass(slots=True, kw_only=True)
class Chat:
    """A private chat with the bot, or a group it is in.

    Args:
        is_open: somebody wrote to the bot here, so it may answer.
        is_blocked: the person blocked the bot.
        topics: names by thread id, in a forum.
        administrators: ids of the people who run a group.
        bell: rings when something in the chat changes.
        sees_all: the bot sees every message of the group (it is an admin, or privacy mode is off).
    """

    chat_id: int
    kind: Literal["private", "group", "supergroup"]
    title: str
    username: str | None = None
    is_forum: bool = False
    is_open: bool = False
    is_blocked: bool = False
    forbids_voice: bool = False
    sees_all: bool = False
    migrated_to: int | None = None
    topics: dict[int, str] = field(default_factory=dict)
    closed_topics: set[int] = field(default_factory=set)
    administrators: set[int] = field(default_factory=set)
    actions: list[ChatAction] = field(default_factory=list)
    callback_answers: list[CallbackAnswer] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    bell: Bell = field(default_factory=Bell)
    _messages: dict[int, ChatMessage] = field(default_factory=dict)

    @property
    def messages(self) -> list[ChatMessage]:
        """Everything in the chat that was not deleted, oldest first (the newest 5,000)."""
        return list(self._messages.values())

    def find(self, message_id: int) -> ChatMessage | None:
        return self._messages.get(message_id)

    def put(self, message: ChatMessage) -> None:
        """Add the message, or replace the one with its id."""
        self._messages[message.message_id] = message
        if len(self._messages) > _KEPT_MESSAGES:
            del self._messages[next(iter(self._messages))]

    def remove(self, message_id: int) -> None:
        del self._messages[message_id]
