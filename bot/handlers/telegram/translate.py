"""Telegram's updates in our terms; pure.

They are read as the JSON they come as: making library objects of an update only to look at a few
of their fields cost more than storing it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from telegram.constants import ChatID, ChatMemberStatus, ChatType

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
    MediaKind.VIDEO: "video",
    MediaKind.DOCUMENT: "document",
}

Object = Mapping[str, Any]


def parse_update(
    update: Object, *, bot_username: str | None = None, received_at: datetime | None = None
) -> Incoming | None:
    """What `update` says, or None when it says nothing to us.

    Args:
        update: a Bot API "Update".
        bot_username: commands named for another bot are not ours (in groups); None takes all.
        received_at: the time of a button press, which Telegram does not tell; without it the
            time of the message that carries the button stands in.

    Raises:
        LookupError, TypeError, ValueError, AttributeError: it is not what the Bot API describes.
    """
    key = f"{PLATFORM}:{int(update['update_id'])}"
    if (query := update.get("callback_query")) is not None:
        return _button(key, query, received_at)
    if (change := update.get("my_chat_member")) is not None:
        return _membership(key, change)
    if (edited := update.get("edited_message")) is not None:
        return _edited(key, edited)
    if (reaction := update.get("message_reaction")) is not None:
        return _reaction(key, reaction)
    if (message := update.get("message")) is not None:
        return _message(key, message, bot_username)
    return None


def _message(key: str, message: Object, bot_username: str | None) -> Incoming | None:
    if "migrate_to_chat_id" in message:
        return _moved(key, message)
    writer = _writer(message)
    if writer is None:
        return None
    said = _said(message, writer, bot_username)
    return None if said is None else Incoming(key=key, **_place(message, writer), **said)


def _said(message: Object, writer: Object, bot_username: str | None) -> dict[str, Any] | None:
    """The fields of `Incoming` that tell what was said; None when it was said to another bot."""
    if "text" in message:
        return _typed(message, bot_username)
    caption = message.get("caption")
    if media := _media(message):
        return {"kind": IncomingKind.MEDIA, "media": media, "text": caption}
    contact = message.get("contact")
    # Anybody can send anybody's card: only one's own proves a phone number.
    if contact is not None and contact.get("user_id") == writer["id"]:
        return {"kind": IncomingKind.CONTACT, "text": contact["phone_number"]}
    return {"kind": IncomingKind.OTHER, "text": caption}


def _typed(message: Object, bot_username: str | None) -> dict[str, Any] | None:
    text = str(message["text"])
    match = _COMMAND.fullmatch(text)
    if match is None:
        return {"kind": IncomingKind.TEXT, "text": text}
    name, addressee, rest = match.groups()
    is_ours = not (addressee and bot_username) or addressee.lower() == bot_username.lower()
    if not is_ours and _is_shared(message["chat"]):
        return None
    return {"kind": IncomingKind.COMMAND, "command": name.lower(), "text": rest or None}


def _media(message: Object) -> IncomingMedia | None:
    if photo := message.get("photo"):
        largest = max(photo, key=lambda size: int(size["width"] * size["height"]))
        return _file(MediaKind.PHOTO, largest | {"mime_type": "image/jpeg"})
    if (animation := message.get("animation")) is not None:
        return _file(MediaKind.VIDEO, animation)  # a document stands beside it, for old clients
    if (sticker := message.get("sticker")) is not None:
        return _sticker(sticker)
    for kind, name in _MEDIA.items():
        if (file := message.get(name)) is not None:
            return _file(kind, file)
    return None


def _file(kind: MediaKind, file: Object) -> IncomingMedia:
    return IncomingMedia(
        kind=kind,
        file_id=file["file_id"],
        mime=file.get("mime_type"),
        seconds=file.get("duration"),
        size=file.get("file_size"),
        filename=file.get("file_name"),
    )


def _sticker(sticker: Object) -> IncomingMedia | None:
    """A still picture; of one that moves its preview, where there is one."""
    picture: Object | None = sticker
    if sticker.get("is_animated") or sticker.get("is_video"):
        picture = sticker.get("thumbnail")
    if picture is None:
        return None
    return IncomingMedia(
        kind=MediaKind.STICKER,
        file_id=picture["file_id"],
        mime="image/webp",
        size=picture.get("file_size"),
        filename="sticker.webp",
    )


def _edited(key: str, message: Object) -> Incoming | None:
    writer = _writer(message)
    if writer is None:
        return None
    place = _place(message, writer) | {"at": _time(message.get("edit_date") or message["date"])}
    text = message.get("text", message.get("caption"))
    return Incoming(key=key, kind=IncomingKind.EDITED, text=text, **place)


def _reaction(key: str, change: Object) -> Incoming | None:
    """Of several reactions the last; one without an emoji of its own counts as none."""
    user = change.get("user")
    if user is None:  # somebody anonymous, in a group
        return None
    address = _address(change)
    reactions = change.get("new_reaction", ())  # the library leaves empty lists out
    emoji = [each["emoji"] for each in reactions if each["type"] == "emoji"]
    return Incoming(
        key=key,
        kind=IncomingKind.REACTION,
        sender=_sender(user),
        address=address,
        at=_time(change["date"]),
        is_shared=_is_shared(change["chat"]),
        message=MessageRef(address, str(change["message_id"])),
        reaction=emoji[-1] if emoji else None,
    )


def _moved(key: str, message: Object) -> Incoming:
    """The room is the subject, so it stands in where nobody is named."""
    chat, writer = message["chat"], message.get("from")
    room = str(chat["id"])
    return Incoming(
        key=key,
        kind=IncomingKind.MOVED,
        sender=_sender(writer) if writer else Sender(PLATFORM, room, chat.get("title") or ""),
        address=Address(PLATFORM, room),
        at=_time(message["date"]),
        is_shared=True,
        moved_to=str(message["migrate_to_chat_id"]),
    )


def _button(key: str, query: Object, received_at: datetime | None) -> Incoming | None:
    message = query.get("message")
    if message is None:  # a button of an inline result: we send none
        return None
    address = _address(message)
    return Incoming(
        key=key,
        kind=IncomingKind.BUTTON,
        sender=_sender(query["from"]),
        address=address,
        at=received_at or _time(message["date"]),  # 0 where the message is no longer at hand
        is_shared=_is_shared(message["chat"]),
        message=MessageRef(address, str(message["message_id"])),
        data=query.get("data"),
        callback_id=query["id"],
    )


def _membership(key: str, change: Object) -> Incoming | None:
    """A person blocks or unblocks the bot. What happens to it in groups is of no interest."""
    if _is_shared(change["chat"]):
        return None
    gone = {ChatMemberStatus.BANNED, ChatMemberStatus.LEFT}
    is_blocked = change["new_chat_member"]["status"] in gone
    return Incoming(
        key=key,
        kind=IncomingKind.BLOCKED if is_blocked else IncomingKind.UNBLOCKED,
        sender=_sender(change["from"]),
        address=_address(change),
        at=_time(change["date"]),
    )


def _writer(message: Object) -> Object | None:
    """The person who wrote; None for channels, anonymous administrators, bots, Telegram itself."""
    user: Object | None = message.get("from")
    if user is None or user["is_bot"] or user["id"] == ChatID.SERVICE_CHAT:
        return None
    return None if "sender_chat" in message else user


def _place(message: Object, writer: Object) -> dict[str, Any]:
    """The fields of `Incoming` that tell who wrote, where and when."""
    address = _address(message)
    return {
        "sender": _sender(writer),
        "address": address,
        "at": _time(message["date"]),
        "is_shared": _is_shared(message["chat"]),
        "message": MessageRef(address, str(message["message_id"])),
        "reply_to": _replied(message, address),
    }


def _replied(message: Object, address: Address) -> MessageRef | None:
    """In a topic every message replies to the one that opened it, which means nothing."""
    original = message.get("reply_to_message")
    if original is None or "forum_topic_created" in original:
        return None
    return MessageRef(address, str(original["message_id"]))


def _address(message: Object) -> Address:
    in_topic = message.get("is_topic_message") and "message_thread_id" in message
    thread = str(message["message_thread_id"]) if in_topic else None
    return Address(PLATFORM, str(message["chat"]["id"]), thread)


def _sender(user: Object) -> Sender:
    names = user["first_name"], user.get("last_name")
    return Sender(
        PLATFORM, str(user["id"]), " ".join(filter(None, names)), user.get("language_code")
    )


def _is_shared(chat: Object) -> bool:
    return bool(chat["type"] != ChatType.PRIVATE)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
