"""Methods that put something into a chat: messages, files, copies, drafts, signs of life."""

from dataclasses import asdict
from typing import Any

from bot.simulators.telegram.call import Call
from bot.simulators.telegram.chat import Chat, ChatMessage
from bot.simulators.telegram.content import (
    MAX_TEXT,
    find_chat,
    find_open_chat,
    read_caption,
    read_file,
    read_formatted,
    read_placement,
    read_text,
)
from bot.simulators.telegram.errors import bad_request
from bot.simulators.telegram.files import MediaKind
from bot.simulators.telegram.markup import utf16_length
from bot.simulators.telegram.wire import Json
from bot.simulators.telegram.world import World

_ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note",
    "upload_video_note",
}  # fmt: skip
_COPIED = ("text", "entities", "html", "file", "seconds", "contact")


def send_message(world: World, call: Call) -> Json:
    """Send a text of 1 to 4096 UTF-16 units after entity parsing."""
    chat = find_open_chat(world, call)
    content = asdict(read_text(call))
    return world.json(world.post(chat, world.bot, "text", **content, **read_placement(chat, call)))


def send_file(world: World, call: Call, name: MediaKind) -> Json:
    """sendVoice, sendAudio, sendPhoto, ...: `name` is the parameter that holds the file."""
    chat = find_open_chat(world, call)
    content: dict[str, Any] = asdict(read_caption(call))
    placement = read_placement(chat, call)
    file = read_file(world, call, name)
    if chat.forbids_voice and file.kind in ("voice", "video_note"):
        raise bad_request("VOICE_MESSAGES_FORBIDDEN")
    return world.json(
        world.post(
            chat, world.bot, file.kind, file=file, seconds=file.seconds, **content, **placement
        )
    )


def send_message_draft(world: World, call: Call) -> bool:
    """Show a preview of a text that is being written; private chats only."""
    chat = find_open_chat(world, call)
    if chat.kind != "private":
        raise bad_request("message drafts can be sent only to private chats")
    if call.integer("draft_id") == 0:
        raise bad_request("draft_id must be non-zero")
    text = read_formatted(call, "text", "entities").text
    if utf16_length(text) > MAX_TEXT:
        raise bad_request("message is too long")
    chat.drafts.append(text)
    world.publish({"type": "draft", "chat_id": chat.chat_id, "text": text})
    return True


def send_chat_action(world: World, call: Call) -> bool:
    """Show a sign of life for five seconds."""
    chat = find_open_chat(world, call)
    action = call.text("action")
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    world.show_action(chat, action)
    return True


def copy_message(world: World, call: Call) -> Json:
    """Send the content again as the bot's own; caption and keyboard may be replaced."""
    chat = find_open_chat(world, call)
    original = _original(world, call, "copy")
    content: dict[str, Any] = {name: getattr(original, name) for name in _COPIED}
    if call.has("caption") and original.file is not None:
        content |= asdict(read_caption(call))
    copied = world.post(chat, world.bot, original.kind, **content, **read_placement(chat, call))
    return {"message_id": copied.message_id}


def forward_message(world: World, call: Call) -> Json:
    """Send the message again, naming who wrote it."""
    chat = find_open_chat(world, call)
    original = _original(world, call, "forward")
    content = {name: getattr(original, name) for name in (*_COPIED, "markup", "buttons")}
    placement = read_placement(chat, call)
    origin = original.forwarded_from or original.sender_id
    forwarded = world.post(
        chat, world.bot, original.kind, **{**placement, **content}, forwarded_from=origin
    )
    return world.json(forwarded)


def _original(world: World, call: Call, verb: str) -> ChatMessage:
    source: Chat = find_chat(world, call, "from_chat_id")
    original = source.find(call.integer("message_id"))
    if original is None:
        raise bad_request(f"message to {verb} not found")
    if original.kind == "service" or (original.protect_content and verb == "forward"):
        raise bad_request(f"message can't be {'copied' if verb == 'copy' else 'forwarded'}")
    return original
