"""Accounts, guilds, channels and messages as they stand."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, IntFlag
from typing import Any

from bot.simulators.bell import Bell
from bot.simulators.discord.components import Button, buttons_in, texts_in
from bot.simulators.discord.gatherings import ScheduledEvent, VoiceState
from bot.simulators.discord.permissions import NOTHING, Permission

Json = dict[str, Any]

_KEPT_MESSAGES = 50_000
_BY_PEOPLE = {0, 19, 20, 23}


class ChannelKind(IntEnum):
    """Channel types this world has."""

    TEXT = 0
    DM = 1
    VOICE = 2
    CATEGORY = 4
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15


class MessageFlag(IntFlag):
    """Flags of a message."""

    SUPPRESS_EMBEDS = 1 << 2
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    IS_VOICE_MESSAGE = 1 << 13
    IS_COMPONENTS_V2 = 1 << 15


NO_FLAGS = MessageFlag(0)


@dataclass(slots=True)
class Account:
    """A user; `locale` is the language of their client."""

    user_id: int
    username: str
    name: str
    locale: str = "en-US"
    is_bot: bool = False
    takes_dms: bool = True
    has_blocked: bool = False


@dataclass(slots=True)
class Role:
    """A role; the higher its position, the more it counts."""

    role_id: int
    name: str
    permissions: Permission
    position: int = 1
    is_managed: bool = False


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What one role or member may or may not do in one channel."""

    target_id: int
    is_member: bool
    allow: Permission = NOTHING
    deny: Permission = NOTHING


@dataclass(slots=True)
class Member:
    """A user in a guild."""

    user_id: int
    joined_at: datetime
    roles: set[int] = field(default_factory=set)
    nick: str | None = None


@dataclass(slots=True)
class Guild:
    """A server. The role with the guild's own id is @everyone.

    Args:
        voices: who is in some voice or stage channel.
        events: the calendar, what is over or cancelled too.
    """

    guild_id: int
    name: str
    owner_id: int
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    channel_ids: list[int] = field(default_factory=list)
    thread_ids: set[int] = field(default_factory=set)
    bot_joined_at: datetime | None = None
    voices: dict[int, VoiceState] = field(default_factory=dict)
    events: dict[int, ScheduledEvent] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of a message; its bytes are with the `Cdn`.

    Args:
        seconds: length of a voice message.
        waveform: of a voice message, base64 of up to 256 bytes.
    """

    attachment_id: int
    filename: str
    mime: str
    size: int
    seconds: float | None = None
    waveform: str | None = None
    width: int | None = None
    height: int | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message.

    Args:
        kind: 0 ordinary, 19 a reply, 20 the answer to a slash command; others are written by
            Discord itself in the name of whoever did something: 1 added somebody to a thread,
            4 renamed it, 18 opened it, 21 is the start of one made from a message.
        reply_to: id of the message it answers, in the same channel.
        pinged: users it mentions so that they are notified.
        pinged_roles: the same for roles.
        pings_everyone: @everyone or @here took effect.
        reactions: who put which emoji, in order.
        seen_by: the one user an ephemeral message is for.
        asked_by: the interaction it answers, as `interaction_metadata`.
        revision: how often it was changed, reactions not counted.
    """

    message_id: int
    channel_id: int
    author_id: int
    sent_at: datetime
    content: str = ""
    kind: int = 0
    flags: MessageFlag = NO_FLAGS
    attachments: tuple[Attachment, ...] = ()
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()
    reply_to: int | None = None
    pinged: tuple[int, ...] = ()
    pinged_roles: tuple[int, ...] = ()
    pings_everyone: bool = False
    reactions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    seen_by: int | None = None
    asked_by: Json | None = None
    edited_at: datetime | None = None
    nonce: str | int | None = None
    revision: int = 0
    tts: bool = False

    @property
    def is_system(self) -> bool:
        """Written by Discord itself."""
        return self.kind not in _BY_PEOPLE

    @property
    def text(self) -> str:
        """All the words in it: content, embeds, and texts among the components."""
        embeds = [each.get(name) for each in self.embeds for name in ("title", "description")]
        texts = [self.content, *embeds, *texts_in(self.components)]
        return "\n".join(text for text in texts if text)

    @property
    def is_ephemeral(self) -> bool:
        return self.seen_by is not None

    @property
    def buttons(self) -> tuple[Button, ...]:
        """All of them, row by row."""
        return tuple(buttons_in(self.components))

    @property
    def is_thinking(self) -> bool:
        """The bot has only promised an answer."""
        return MessageFlag.LOADING in self.flags

    @property
    def is_voice(self) -> bool:
        return MessageFlag.IS_VOICE_MESSAGE in self.flags


@dataclass(slots=True, kw_only=True)
class Thread:
    """What a channel that is a thread has besides."""

    owner_id: int
    created_at: datetime
    archived_at: datetime
    auto_archive_minutes: int = 4320
    is_archived: bool = False
    is_locked: bool = False
    is_invitable: bool = True
    members: dict[int, datetime] = field(default_factory=dict)
    message_count: int = 0


@dataclass(slots=True, kw_only=True)
class Channel:
    """A channel of a guild, a thread, or the DM of one person with the bot.

    Args:
        recipient_id: the person, in a DM.
        user_limit: how many may be in a voice or stage channel at once; 0: any number.
        bell: rings when something in the channel changes.
    """

    channel_id: int
    kind: ChannelKind
    name: str = ""
    guild_id: int | None = None
    parent_id: int | None = None
    position: int = 0
    topic: str | None = None
    user_limit: int = 0
    recipient_id: int | None = None
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    thread: Thread | None = None
    last_message_id: int | None = None
    bell: Bell = field(default_factory=Bell)
    _messages: dict[int, Message] = field(default_factory=dict)
    _ids: list[int] = field(default_factory=list)
    _history: list[int] = field(default_factory=list)  # without what is ephemeral

    @property
    def is_dm(self) -> bool:
        return self.kind is ChannelKind.DM

    @property
    def messages(self) -> list[Message]:
        """All that were not deleted, ephemeral ones too, oldest first (the newest 50,000)."""
        return [self._messages[message_id] for message_id in self._ids]

    def find(self, message_id: int) -> Message | None:
        return self._messages.get(message_id)

    def put(self, message: Message) -> None:
        """Add the message, or replace the one with its id."""
        if message.message_id not in self._messages:
            insort(self._ids, message.message_id)
            if not message.is_ephemeral:
                insort(self._history, message.message_id)
            if len(self._ids) > _KEPT_MESSAGES:
                self.remove(self._ids[0])
        self._messages[message.message_id] = message

    def remove(self, message_id: int) -> None:
        del self._ids[bisect_left(self._ids, message_id)]
        if not self._messages.pop(message_id).is_ephemeral:
            del self._history[bisect_left(self._history, message_id)]

    def newest(self, limit: int, before: int | None = None) -> list[Message]:
        """Up to `limit` messages of the history below the id `before`, newest first."""
        ids = self._history
        end = len(ids) if before is None else bisect_left(ids, before)
        return self._page(end - limit, end)

    def following(self, limit: int, after: int) -> list[Message]:
        """The `limit` messages of the history right above the id `after`, newest first."""
        start = bisect_right(self._history, after)
        return self._page(start, start + limit)

    def since(self, after: int) -> list[Message]:
        """All messages above the id `after`, oldest first."""
        ids = self._ids[bisect_right(self._ids, after) :]
        return [self._messages[message_id] for message_id in ids]

    def _page(self, start: int, end: int) -> list[Message]:
        ids = self._history[max(0, start) : max(0, end)]
        return [self._messages[message_id] for message_id in reversed(ids)]
