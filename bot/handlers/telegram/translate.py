"""Telegram's updates in our terms; pure."""

import re
from datetime import UTC, datetime
from typing import Any

from telegram import (
    CallbackQuery,
    ChatMember,
    ChatMemberUpdated,
    InaccessibleMessage,
    Message,
    Update,
    User,
)
from telegram.constants import ChatID, ChatType

from bot.messaging.model import (
    Address,
    Incoming,
    IncomingKind,
    IncomingMedia,
    MediaKind,
    MessageRef,
    Sender,
)

PLATFORM = "telegram"
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w+))?(?:\s+(.*))?", re.DOTALL)
_MEDIA = {
    MediaKind.VOICE: "voice",
    MediaKind.AUDIO: "audio",
    MediaKind.VIDEO_NOTE: "video_note",
    MediaKind.DOCUMENT: "document",
}


def parse_update(
    update: Update, *, bot_username: str | None = None, received_at: datetime | None = None
) -> Incoming | None:
    """What `update` says, or None when it says nothing to us.

    Args:
        bot_username: commands named for another bot are not ours (in groups); None takes all.
        received_at: the time of a button press, which Telegram does not tell; without it the
            time of the message that carries the button stands in.
    """
    key = f"{PLATFORM}:{update.update_id}"
    if update.callback_query is not None:
        return _button(key, update.callback_query, received_at)
    if update.my_chat_member is not None:
        return _membership(key, update.my_chat_member)
    if update.edited_message is not None:
        return _edited(key, update.edited_message)
    if update.message is not None:
        return _message(key, update.message, bot_username)
    return None


def _message(key: str, message: Message, bot_username: str | None) -> Incoming | None:
    if message.migrate_to_chat_id is not None:
        return _moved(key, message)
    writer = _writer(message)
    if writer is None:
        return None
    said = _said(message, writer, bot_username)
    return None if said is None else Incoming(key=key, **_place(message, writer), **said)


def _said(message: Message, writer: User, bot_username: str | None) -> dict[str, Any] | None:
    """The fields of `Incoming` that tell what was said; None when it was said to another bot."""
    if message.text is not None:
        return _typed(message, bot_username)
    if media := _media(message):
        return {"kind": IncomingKind.MEDIA, "media": media, "text": message.caption}
    contact = message.contact
    # Anybody can send anybody's card: only one's own proves a phone number.
    if contact is not None and contact.user_id == writer.id:
        return {"kind": IncomingKind.CONTACT, "text": contact.phone_number}
    return {"kind": IncomingKind.OTHER, "text": message.caption}


def _typed(message: Message, bot_username: str | None) -> dict[str, Any] | None:
    text = message.text or ""
    match = _COMMAND.fullmatch(text)
    if match is None:
        return {"kind": IncomingKind.TEXT, "text": text}
    name, addressee, rest = match.groups()
    is_ours = not (addressee and bot_username) or addressee.lower() == bot_username.lower()
    if not is_ours and _is_shared(message.chat.type):
        return None
    return {"kind": IncomingKind.COMMAND, "command": name.lower(), "text": rest or None}


def _media(message: Message) -> IncomingMedia | None:
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return IncomingMedia(
            kind=MediaKind.PHOTO,
            file_id=largest.file_id,
            mime="image/jpeg",
            size=largest.file_size,
        )
    if message.animation is not None:  # comes with a document beside it, for old clients
        return None
    for kind, attribute in _MEDIA.items():
        if (file := getattr(message, attribute)) is not None:
            return _file(kind, file.to_dict())
    return None


def _file(kind: MediaKind, file: dict[str, Any]) -> IncomingMedia:
    """From the JSON: PTB's own `duration` warns that its type will change."""
    return IncomingMedia(
        kind=kind,
        file_id=file["file_id"],
        mime=file.get("mime_type"),
        seconds=file.get("duration"),
        size=file.get("file_size"),
        filename=file.get("file_name"),
    )


def _edited(key: str, message: Message) -> Incoming | None:
    writer = _writer(message)
    if writer is None:
        return None
    text = message.text if message.text is not None else message.caption
    place = _place(message, writer) | {"at": _aware(message.edit_date or message.date)}
    return Incoming(key=key, kind=IncomingKind.OTHER, text=text, **place)


def _moved(key: str, message: Message) -> Incoming:
    """The room is the subject, so it stands in where nobody is named."""
    room = str(message.chat.id)
    sender = (
        _sender(message.from_user)
        if message.from_user is not None
        else Sender(PLATFORM, room, message.chat.title or "")
    )
    return Incoming(
        key=key,
        kind=IncomingKind.MOVED,
        sender=sender,
        address=Address(PLATFORM, room),
        at=_aware(message.date),
        is_shared=True,
        moved_to=str(message.migrate_to_chat_id),
    )


def _button(key: str, query: CallbackQuery, received_at: datetime | None) -> Incoming | None:
    message = query.message
    if message is None:  # a button of an inline result: we send none
        return None
    address = Address(PLATFORM, str(message.chat.id))
    if isinstance(message, Message):
        address = _address(message)
    if received_at is None and isinstance(message, InaccessibleMessage):
        received_at = datetime.fromtimestamp(0, UTC)
    return Incoming(
        key=key,
        kind=IncomingKind.BUTTON,
        sender=_sender(query.from_user),
        address=address,
        at=received_at or _aware(message.date),
        is_shared=_is_shared(message.chat.type),
        message=MessageRef(address, str(message.message_id)),
        data=query.data,
        callback_id=query.id,
    )


def _membership(key: str, change: ChatMemberUpdated) -> Incoming | None:
    """A person blocks or unblocks the bot. What happens to it in groups is of no interest."""
    if change.chat.type != ChatType.PRIVATE:
        return None
    is_blocked = change.new_chat_member.status in {ChatMember.BANNED, ChatMember.LEFT}
    return Incoming(
        key=key,
        kind=IncomingKind.BLOCKED if is_blocked else IncomingKind.UNBLOCKED,
        sender=_sender(change.from_user),
        address=Address(PLATFORM, str(change.chat.id)),
        at=_aware(change.date),
    )


def _writer(message: Message) -> User | None:
    """The person who wrote; None for channels, anonymous administrators, bots, Telegram itself."""
    user = message.from_user
    if user is None or user.is_bot or user.id == ChatID.SERVICE_CHAT:
        return None
    return None if message.sender_chat is not None else user


def _place(message: Message, writer: User) -> dict[str, Any]:
    """The fields of `Incoming` that tell who wrote, where and when."""
    address = _address(message)
    return {
        "sender": _sender(writer),
        "address": address,
        "at": _aware(message.date),
        "is_shared": _is_shared(message.chat.type),
        "message": MessageRef(address, str(message.message_id)),
        "reply_to": _replied(message, address),
    }


def _replied(message: Message, address: Address) -> MessageRef | None:
    """In a topic every message replies to the one that opened it, which means nothing."""
    original = message.reply_to_message
    if original is None or original.forum_topic_created is not None:
        return None
    return MessageRef(address, str(original.message_id))


def _address(message: Message) -> Address:
    in_topic = message.is_topic_message and message.message_thread_id is not None
    thread = str(message.message_thread_id) if in_topic else None
    return Address(PLATFORM, str(message.chat.id), thread)


def _sender(user: User) -> Sender:
    return Sender(PLATFORM, str(user.id), user.full_name, user.language_code)


def _is_shared(chat_type: str) -> bool:
    return chat_type != ChatType.PRIVATE


def _aware(at: datetime) -> datetime:
    """PTB's times are aware; one without a zone, made by hand, is UTC as PTB itself takes it."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)
