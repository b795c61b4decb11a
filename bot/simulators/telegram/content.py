"""What a call wants to say, and where: text, reply, keyboard, thread, file."""

from dataclasses import dataclass
from typing import Any

from bot.simulators.telegram.call import Call, Upload
from bot.simulators.telegram.chat import Chat, Entity
from bot.simulators.telegram.errors import ApiError, bad_request, forbidden
from bot.simulators.telegram.files import (
    MAX_PHOTO,
    MediaKind,
    StoredFile,
    image_size,
    ogg_seconds,
    voice_kind,
)
from bot.simulators.telegram.keyboards import read_keyboard
from bot.simulators.telegram.markup import clean, find_entities, parse_html, strip, utf16_length
from bot.simulators.telegram.world import World

MAX_TEXT = 4096  # UTF-16 units after entity parsing
MAX_CAPTION = 1024
_GENERAL_TOPIC = 1


@dataclass(frozen=True, slots=True)
class Formatted:
    """Text as it will be shown."""

    text: str
    entities: tuple[Entity, ...]
    html: str | None


def read_text(call: Call) -> Formatted:
    """`text` of a message or an edit.

    Raises:
        ApiError: empty, too long, or its markup is broken.
    """
    formatted = read_formatted(call, "text", "entities")
    if not formatted.text:
        raise bad_request("message text is empty")
    if utf16_length(formatted.text) > MAX_TEXT:
        raise bad_request("message is too long")
    return formatted


def read_caption(call: Call) -> Formatted:
    """`caption` of a file; may be empty.

    Raises:
        ApiError: too long, or its markup is broken.
    """
    formatted = read_formatted(call, "caption", "caption_entities")
    if utf16_length(formatted.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return formatted


def read_formatted(call: Call, text_name: str, entities_name: str) -> Formatted:
    """The text without its markup, trimmed, with the entities the server finds added."""
    source = clean(call.text(text_name))
    mode = call.text("parse_mode").lower()
    if mode not in ("", "html"):
        raise bad_request("unsupported parse_mode")
    if mode == "html":
        text, entities = parse_html(source)
    else:
        text, entities = source, _given_entities(call.structure(entities_name))
    text, entities = strip(text, entities)
    return Formatted(text, find_entities(text, entities), source if mode == "html" else None)


def _given_entities(value: Any) -> tuple[Entity, ...]:
    entities = value or []
    if not isinstance(entities, list) or not all(
        isinstance(entity, dict)
        and isinstance(entity.get("type"), str)
        and isinstance(entity.get("offset"), int)
        and isinstance(entity.get("length"), int)
        for entity in entities
    ):
        raise bad_request("can't parse MessageEntity")
    return tuple(entities)


def find_chat(world: World, call: Call, name: str = "chat_id") -> Chat:
    """The chat a call names by id or @username.

    Raises:
        ApiError: there is none, or it has moved to a supergroup.
    """
    wanted = call.text(name)
    if not wanted:
        raise bad_request(f"{name} is empty")
    if wanted.startswith("@"):
        chat = next((c for c in world.chats.values() if c.username == wanted[1:]), None)
    else:
        chat = world.chats.get(int(wanted)) if wanted.lstrip("-").isdecimal() else None
    if chat is None:
        raise bad_request("chat not found")
    if chat.migrated_to is not None:
        raise bad_request(
            "group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to
        )
    return chat


def find_open_chat(world: World, call: Call) -> Chat:
    """The chat, if the bot may act in it.

    Raises:
        ApiError: not found, never opened by the person, or blocked.
    """
    chat = find_chat(world, call)
    if chat.is_blocked:
        if chat.kind == "private":
            raise forbidden("bot was blocked by the user")
        raise forbidden(f"bot was kicked from the {chat.kind} chat")
    if not chat.is_open:
        raise forbidden("bot can't initiate conversation with a user")
    return chat


def read_placement(chat: Chat, call: Call) -> dict[str, Any]:
    """Thread, reply and keyboard of a message to be sent, as members of `ChatMessage`."""
    markup = call.mapping("reply_markup")
    return {
        "thread_id": _thread(chat, call),
        "reply_to": _reply(chat, call),
        "markup": markup or None,
        "buttons": read_keyboard(markup, is_private=chat.kind == "private"),
        "protect_content": call.flag("protect_content"),
    }


def _thread(chat: Chat, call: Call) -> int | None:
    thread_id = call.integer("message_thread_id", 0) or None
    if thread_id is not None and thread_id not in chat.topics:
        raise bad_request("message thread not found")
    if chat.is_forum and (thread_id or _GENERAL_TOPIC) in chat.closed_topics:
        raise bad_request("TOPIC_CLOSED")
    return thread_id


def _reply(chat: Chat, call: Call) -> int | None:
    parameters = call.mapping("reply_parameters")
    message_id = parameters.get("message_id")
    if message_id is None:
        return None
    if not isinstance(message_id, int) or chat.find(message_id) is None:
        if parameters.get("allow_sending_without_reply"):
            return None
        raise bad_request("message to be replied not found")
    return message_id


def read_file(world: World, call: Call, name: MediaKind) -> StoredFile:
    """The file of a sendVoice, sendAudio, sendPhoto, ...: uploaded here, or sent before.

    What the bytes are decides what it becomes: a voice that is not one arrives as audio or
    document (Bot API, sendVoice).
    """
    upload = _upload(call, name)
    if upload is None:
        return _known_file(world, call.text(name), name)
    if not upload.data:
        raise bad_request("file must be non-empty")
    kind: MediaKind = voice_kind(upload.data) if name == "voice" else name
    dimensions = _photo_size(upload.data) if kind == "photo" else (0, 0)
    seconds = call.number("duration")
    return world.files.add(
        kind,
        upload.data,
        mime="audio/ogg" if upload.data[:4] == b"OggS" else upload.mime,
        filename=upload.filename,
        seconds=ogg_seconds(upload.data) if seconds is None else seconds,
        dimensions=dimensions,
    )


def _upload(call: Call, name: str) -> Upload | None:
    if name in call.uploads:
        return call.uploads[name]
    reference = call.text(name)
    if not reference:
        raise bad_request(f"there is no {name} in the request")
    if reference.startswith("attach://"):
        if upload := call.uploads.get(reference.removeprefix("attach://")):
            return upload
        raise bad_request("wrong file attached: no such part in the request")
    return None


def _known_file(world: World, reference: str, kind: MediaKind) -> StoredFile:
    if reference.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    stored = world.files.find(reference)
    if stored is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if stored.kind != kind:
        raise bad_request(f"type of file mismatch: can't use file of type {stored.kind} as {kind}")
    return stored


def _photo_size(data: bytes) -> tuple[int, int]:
    if len(data) > MAX_PHOTO:
        raise ApiError(
            400,
            f"Bad Request: file of size {len(data)} bytes is too big for a photo; "
            f"the maximum size is {MAX_PHOTO} bytes",
        )
    size = image_size(data)
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    return size
