"""Discord's gateway events in our terms; pure.

An event is kept as `{"t": its name, "d": its data}`, the names the gateway itself uses, and read
as the JSON it came as.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.handlers.discord.interactions import Asked, Interaction
from bot.messaging.model import (
    Address,
    Incoming,
    IncomingKind,
    IncomingMedia,
    MediaKind,
    MessageRef,
    Sender,
)

PLATFORM = "discord"
FORM_MARK = "!"  # in front of the data of a button that opens a form
SELECT_MARK = "="  # in front of the name of a menu, whose chosen value is the data
_EPHEMERAL = 1 << 6
_VOICE_MESSAGE = 1 << 13
_REPLY = 19
_ORDINARY = {0, _REPLY}
_COMMAND, _COMPONENT, _SUBMITTED_FORM = 2, 3, 5
_CHAT_INPUT = 1
# What is empty for who may not see it, all of which an ordinary message never is (message.mdx).
_CONTENT = ("content", "embeds", "attachments", "components", "poll", "message_snapshots")
_THREADS = {10, 11, 12}  # of announcements, public ones and posts, private ones
_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
_TYPED_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:\s+(.*))?", re.DOTALL)
_STICKER_MIME = {1: "image/png", 2: "image/apng", 3: "application/json", 4: "image/gif"}

Object = Mapping[str, Any]


def parse_event(event: Object, *, bot_id: str | None = None) -> Incoming | None:
    """What `event` says, or None when it says nothing to us.

    Args:
        event: `{"t": name, "d": data}` as the gateway sends it.
        bot_id: ours: our own doings say nothing, and mentions of us are taken out of texts.

    Raises:
        LookupError, TypeError, ValueError, AttributeError: it is not what Discord describes.
    """
    data: Object = event["d"]
    match event["t"]:
        case "MESSAGE_CREATE":
            return _message(data, bot_id)
        case "MESSAGE_UPDATE":
            return _edited(data, bot_id)
        case "MESSAGE_DELETE":
            return _deleted(data)
        case "MESSAGE_REACTION_ADD" | "MESSAGE_REACTION_REMOVE":
            return _reaction(data, bot_id, is_added=event["t"] == "MESSAGE_REACTION_ADD")
        case "INTERACTION_CREATE":
            return _interaction(data)
        case "VOICE_STATE_UPDATE" | "GUILD_CREATE" if "room" in data:
            return _presence(data)
    return None


def time_of(snowflake: str) -> datetime:
    """When the thing with this id was made."""
    return _EPOCH + timedelta(milliseconds=int(snowflake) >> 22)


def mentions(data: Object, user_id: str | None) -> bool:
    """Whether a message names this user, or answers one of theirs."""
    replied = data.get("referenced_message") or {}
    named = [*data.get("mentions", ()), replied.get("author") or {}]
    return user_id is not None and any(user.get("id") == user_id for user in named)


def _message(data: Object, bot_id: str | None) -> Incoming | None:
    if data.get("type", 0) not in _ORDINARY or not _is_person(data):
        return None
    said = _said(data, bot_id)
    return Incoming(key=f"{PLATFORM}:m:{data['id']}", **_place(data), **said)


def _said(data: Object, bot_id: str | None) -> dict[str, Any]:
    """The fields of `Incoming` that tell what was said."""
    text = _text(data, bot_id)
    if files := _files(data):
        first, *more = files
        return {
            "kind": IncomingKind.MEDIA,
            "media": first,
            "more_media": tuple(more),
            "text": text or None,
        }
    if match := _TYPED_COMMAND.fullmatch(text):
        name, rest = match.groups()
        return {"kind": IncomingKind.COMMAND, "command": name.lower(), "text": rest or None}
    if text:
        return {"kind": IncomingKind.TEXT, "text": text}
    is_hidden = "guild_id" in data and not any(data.get(name) for name in _CONTENT)
    return {"kind": IncomingKind.HIDDEN if is_hidden else IncomingKind.OTHER, "text": None}


def _text(data: Object, bot_id: str | None) -> str:
    text = str(data.get("content") or "")
    if bot_id is not None and "guild_id" in data:  # how one speaks to us in a channel
        text = re.sub(rf"^\s*<@!?{bot_id}>\s*", "", text)
    return text.strip()


def _files(data: Object) -> list[IncomingMedia]:
    is_voice = bool(int(data.get("flags") or 0) & _VOICE_MESSAGE)
    where = f"{data['channel_id']}/{data['id']}"
    files = [_file(each, where, is_voice=is_voice) for each in data.get("attachments", ())]
    return files + [_sticker(each) for each in data.get("sticker_items", ())]


def _file(file: Object, where: str, *, is_voice: bool) -> IncomingMedia:
    """Addresses expire, so the id says where the file hangs."""
    mime = file.get("content_type")
    return IncomingMedia(
        kind=MediaKind.VOICE if is_voice else _kind(mime or ""),
        file_id=f"{where}/{file['id']}",
        mime=mime,
        seconds=file.get("duration_secs"),
        size=file.get("size"),
        filename=file.get("filename"),
    )


def _kind(mime: str) -> MediaKind:
    kinds = {"audio": MediaKind.AUDIO, "image": MediaKind.PHOTO, "video": MediaKind.VIDEO}
    return kinds.get(mime.partition("/")[0], MediaKind.DOCUMENT)


def _sticker(sticker: Object) -> IncomingMedia:
    return IncomingMedia(
        kind=MediaKind.STICKER,
        file_id=f"sticker/{sticker['id']}/{sticker['format_type']}",
        mime=_STICKER_MIME.get(sticker["format_type"]),
        filename=sticker.get("name"),
    )


def _edited(data: Object, bot_id: str | None) -> Incoming | None:
    """Discord also tells here of what it did to a message itself: then nobody edited it."""
    edited_at = data.get("edited_timestamp")
    if edited_at is None or data.get("type", 0) not in _ORDINARY or not _is_person(data):
        return None
    place = _place(data) | {"at": datetime.fromisoformat(edited_at)}
    key = f"{PLATFORM}:e:{data['id']}:{edited_at}"
    return Incoming(key=key, kind=IncomingKind.EDITED, text=_text(data, bot_id), **place)


def _deleted(data: Object) -> Incoming | None:
    """Discord names nobody: who had written it (`author_id`) was added when the event came."""
    author_id = data.get("author_id")
    if author_id is None:
        return None
    address = Address(PLATFORM, data["channel_id"])
    return Incoming(
        key=f"{PLATFORM}:d:{data['id']}",
        kind=IncomingKind.DELETED,
        sender=Sender(PLATFORM, author_id, ""),
        address=address,
        at=time_of(data["id"]),
        is_shared="guild_id" in data,
        message=MessageRef(address, data["id"]),
    )


def _reaction(data: Object, bot_id: str | None, *, is_added: bool) -> Incoming | None:
    """None for an emoji of a guild's own, which means nothing elsewhere."""
    emoji, user = data["emoji"], (data.get("member") or {}).get("user") or {}
    if data["user_id"] == bot_id or user.get("bot") or emoji.get("id"):
        return None
    address = Address(PLATFORM, data["channel_id"])
    sign, heard = "+" if is_added else "-", data.get("heard", "")  # the same may be put on again
    return Incoming(
        key=f"{PLATFORM}:r:{data['message_id']}:{data['user_id']}:{sign}{emoji['name']}:{heard}",
        kind=IncomingKind.REACTION,
        sender=Sender(PLATFORM, data["user_id"], _name(user) if user else ""),
        address=address,
        at=time_of(data["message_id"]),
        is_shared="guild_id" in data,
        message=MessageRef(address, data["message_id"]),
        reaction=emoji["name"] if is_added else None,
    )


def _presence(data: Object) -> Incoming:
    """Which room it is about, and when it was (`room`, `heard_at`), was added when it came."""
    address = Address(PLATFORM, data["room"])
    said: dict[str, Any] = {"address": address, "at": datetime.fromisoformat(data["heard_at"])}
    about = f"{PLATFORM}:v:{data['room']}"
    if "voice_states" in data:
        present = tuple(_talker(state) for state in data["voice_states"])
        nobody, key = Sender(PLATFORM, "", ""), f"{about}::{data['heard']}"
        inside = IncomingKind.INSIDE
        return Incoming(key=key, kind=inside, sender=nobody, present=present, **said)
    is_in = data["channel_id"] == data["room"]
    kind = IncomingKind.ENTERED if is_in else IncomingKind.WENT
    key = f"{about}:{data['user_id']}:{data['heard']}"
    return Incoming(key=key, kind=kind, sender=_talker(data), **said)


def _talker(state: Object) -> Sender:
    user = (state.get("member") or {}).get("user")
    return Sender(PLATFORM, state["user_id"], _name(user) if user else "")


def _interaction(data: Object) -> Incoming | None:
    match data["type"]:
        case _ if data.get("channel_id") is None:
            return None
        case kind if kind == _COMMAND and data["data"].get("type", _CHAT_INPUT) == _CHAT_INPUT:
            name, rest = _command(data["data"])
            said: dict[str, Any] = {"kind": IncomingKind.COMMAND, "command": name, "text": rest}
            return _asked(data, Asked.COMMAND, said)
        case kind if kind == _COMPONENT:
            said = {"kind": IncomingKind.BUTTON, "data": _pressed(data["data"])}
            return _asked(data, Asked.COMPONENT, said)
        case kind if kind == _SUBMITTED_FORM:
            fields = dict(_fields(data["data"].get("components", ())))
            opened_by = str(data["data"]["custom_id"]).removeprefix(FORM_MARK)
            said = {"kind": IncomingKind.FORM, "data": opened_by, "form": fields}
            return _asked(data, Asked.FORM, said)
    return None


def half_typed(data: Object) -> Incoming:
    """The command somebody is typing, with what stands in its option so far."""
    name, rest = _command(data["data"])
    return _asked(
        data, Asked.COMMAND, {"kind": IncomingKind.COMMAND, "command": name, "text": rest}
    )


def _asked(data: Object, asked: Asked, said: dict[str, Any]) -> Incoming:
    user: Object = (data.get("member") or data)["user"]
    address = Address(PLATFORM, data["channel_id"])
    is_shared = "guild_id" in data
    message = data.get("message")
    is_whispered = is_shared and (
        asked is Asked.COMMAND or bool(int((message or {}).get("flags") or 0) & _EPHEMERAL)
    )
    answered = Interaction(asked, is_whispered, user["id"], data["id"], data["token"])
    return Incoming(
        key=f"{PLATFORM}:i:{data['id']}",
        sender=_sender(user, data.get("locale")),
        address=address,
        at=time_of(data["id"]),
        is_shared=is_shared,
        is_whispered=is_whispered,
        message=MessageRef(address, message["id"]) if message else None,
        callback_id=answered.text,
        home=_home(data.get("channel") or {}),
        **said,
    )


def _home(channel: Object) -> Address | None:
    """The channel a thread or a post belongs to."""
    is_thread = channel.get("type") in _THREADS and channel.get("parent_id")
    return Address(PLATFORM, str(channel["parent_id"])) if is_thread else None


def _command(data: Object) -> tuple[str, str | None]:
    """The name and what was given with it, as if it had been typed in one line."""
    words: list[str] = []

    def collect(options: Sequence[Object]) -> None:
        for option in options:
            if "options" in option or "value" not in option:
                words.append(option["name"])
                collect(option.get("options", ()))
            else:
                words.append(str(option["value"]))

    collect(data.get("options", ()))
    return data["name"], " ".join(words) or None


def _pressed(data: Object) -> str:
    custom_id = str(data["custom_id"])
    if custom_id.startswith(SELECT_MARK):
        return str(data["values"][0])
    return custom_id.removeprefix(FORM_MARK)


def _fields(components: Sequence[Object]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for component in components:
        inner = component.get("components") or [component.get("component") or {}]
        found += [(each["custom_id"], each.get("value") or "") for each in inner if each]
    return found


def _is_person(data: Object) -> bool:
    author = data.get("author") or {"bot": True}
    return not author.get("bot") and not author.get("system") and "webhook_id" not in data


def _place(data: Object) -> dict[str, Any]:
    """The fields of `Incoming` that tell who wrote, where and when."""
    address = Address(PLATFORM, data["channel_id"])
    answered = (data.get("message_reference") or {}).get("message_id")
    return {
        "sender": _sender(data["author"], None),
        "address": address,
        "at": time_of(data["id"]),
        "is_shared": "guild_id" in data,
        "message": MessageRef(address, data["id"]),
        "reply_to": MessageRef(address, str(answered)) if data.get("type", 0) == _REPLY else None,
    }


def _sender(user: Object, locale: str | None) -> Sender:
    return Sender(PLATFORM, user["id"], _name(user), locale)


def _name(user: Object) -> str:
    return str(user.get("global_name") or user["username"])
