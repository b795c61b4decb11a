"""An `Outgoing` as calls of python-telegram-bot's `Bot`; pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil

from telegram import LinkPreviewOptions, ReplyKeyboardRemove, ReplyParameters

from bot.core.filenames import safe_filename
from bot.core.text import shorten
from bot.handlers.telegram.keyboards import asks_contact, contact_keyboard, inline_keyboard
from bot.handlers.telegram.markup import CAPTION_LIMIT, TEXT_LIMIT, html_pieces, plain_text
from bot.messaging.model import Address, Attachment, Change, MediaKind, MessageRef, Outgoing

_NOTICE_LIMIT = 200
_PHOTO_LIMIT_BYTES = 10_000_000
_NOTHING_TO_READ = "…"  # a message needs a text, even one that is only buttons
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_HTML: dict[str, object] = {"parse_mode": "HTML"}
_TIMED = {MediaKind.VOICE, MediaKind.AUDIO, MediaKind.VIDEO_NOTE, MediaKind.VIDEO}
_FILE_METHOD = {
    MediaKind.VOICE: "send_voice",
    MediaKind.AUDIO: "send_audio",
    MediaKind.VIDEO_NOTE: "send_video_note",
    MediaKind.PHOTO: "send_photo",
    MediaKind.STICKER: "send_photo",
    MediaKind.VIDEO: "send_video",
    MediaKind.DOCUMENT: "send_document",
}
_INSTEAD = {
    "send_voice": ("send_audio", "send_document", "send_message"),
    "send_audio": ("send_document",),
    "send_video_note": ("send_document",),
    "send_photo": ("send_document",),
    "send_video": ("send_document",),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the Bot API.

    Args:
        method: name of a coroutine of `telegram.Bot`.
        params: its keyword arguments.
    """

    method: str
    params: dict[str, object]


def render_outgoing(message: Outgoing, attachment: bytes | None = None) -> list[Call]:
    """What has to be called, in order; [] when there is nothing to show.

    Raises:
        ValueError: `message` is one that no program should make (see `inline_keyboard`).
    """
    match message.change:
        case Change.SEND:
            return _send(message, attachment)
        case Change.EDIT:
            return _edit(message)
        case Change.ANSWER_BUTTON:
            return [_answer(message)]
        case Change.REACT:
            return [Call("set_message_reaction", _target(message) | _reaction(message))]
        case Change.DELETE:
            return [Call("delete_message", _target(message))]


def attempts(call: Call, *, stays: bool = False) -> Iterator[Call]:
    """`call`, and what to try instead, one after the other, when Telegram refuses it.

    A topic may be closed or gone: then the room itself, unless the call `stays`. A person may
    forbid voice messages: then the same as music, as a file, as its caption. A picture may have
    odd dimensions: then a file.
    """
    yield call
    if call.params.get("message_thread_id") is not None and not stays:
        call = replace(call, params=call.params | {"message_thread_id": None})
        yield call
    for method in _INSTEAD.get(call.method, ()):
        if plainer := _as(method, call):
            yield plainer


def _as(method: str, call: Call) -> Call | None:
    params = dict(call.params)
    content = params.pop(_argument(call.method))
    filename = params.pop("filename")
    duration = params.pop("duration", None)
    if method == "send_message":
        text = params.pop("caption", None)
        return Call(method, {**params, **_text(text)}) if isinstance(text, str) else None
    params |= {_argument(method): content, "filename": filename}
    if method == "send_audio" and duration is not None:
        params["duration"] = duration
    return Call(method, params)


def _argument(method: str) -> str:
    """The parameter that takes the file: "voice" of "send_voice"."""
    return method.removeprefix("send_")


def _send(message: Outgoing, content: bytes | None) -> list[Call]:
    where = _where(message.to)
    calls: list[Call] = []
    if message.attachment is not None:
        file = _file(message.attachment, content or b"")
        takes_caption = message.attachment.kind is not MediaKind.VIDEO_NOTE
        pieces = html_pieces(message.body, CAPTION_LIMIT if takes_caption else TEXT_LIMIT)
        if takes_caption and pieces:
            file = replace(file, params=file.params | {"caption": pieces.pop(0)} | _HTML)
        calls.append(replace(file, params=where | file.params))
    else:
        pieces = html_pieces(message.body)
        if not pieces and _keyboard(message):
            pieces = [_NOTHING_TO_READ]
    calls += [Call("send_message", where | _text(piece)) for piece in pieces]
    return _completed(message, calls)


def _completed(message: Outgoing, calls: list[Call]) -> list[Call]:
    """The reply mark on the first call, the keyboard on the last, protection on all."""
    if not calls:
        return []
    if message.is_protected:
        calls = [replace(call, params=call.params | {"protect_content": True}) for call in calls]
    if message.reply_to is not None:
        reply = ReplyParameters(int(message.reply_to), allow_sending_without_reply=True)
        calls[0] = replace(calls[0], params=calls[0].params | {"reply_parameters": reply})
    if keyboard := _keyboard(message):
        calls[-1] = replace(calls[-1], params=calls[-1].params | {"reply_markup": keyboard})
    return calls


def _keyboard(message: Outgoing) -> object | None:
    if asks_contact(message.buttons):
        return contact_keyboard(message.buttons)
    if message.extra.get("remove_keyboard") and not message.buttons:
        return ReplyKeyboardRemove()
    return inline_keyboard(message.buttons)


def _edit(message: Outgoing) -> list[Call]:
    """The first piece replaces what is there; what does not fit is sent after it."""
    target = _target(message)
    keyboard = inline_keyboard(message.buttons)
    is_caption = bool(message.extra.get("is_caption"))
    pieces = html_pieces(message.body, CAPTION_LIMIT if is_caption else TEXT_LIMIT)
    if not pieces:
        return [Call("edit_message_reply_markup", target | {"reply_markup": keyboard})]
    first, *more = pieces
    if is_caption:
        calls = [Call("edit_message_caption", target | {"caption": first} | _HTML)]
    else:
        calls = [Call("edit_message_text", target | _text(first))]
    calls += [Call("send_message", _where(message.to) | _text(piece)) for piece in more]
    if keyboard:
        calls[-1] = replace(calls[-1], params=calls[-1].params | {"reply_markup": keyboard})
    return calls


def _answer(message: Outgoing) -> Call:
    if message.callback_id is None:
        raise ValueError("which button is answered?")
    params: dict[str, object] = {"callback_query_id": message.callback_id}
    if notice := shorten(plain_text(message.body), _NOTICE_LIMIT):
        params |= {"text": notice, "show_alert": bool(message.extra.get("alert"))}
    return Call("answer_callback_query", params)


def _reaction(message: Outgoing) -> dict[str, object]:
    """Nothing takes reactions back. Telegram lists its emoji without the variation selector.

    As it goes over the wire: the library's own objects cost a tenth of the whole call.
    """
    emoji = (message.reaction or "").replace("\ufe0f", "")
    return {"reaction": json.dumps([{"type": "emoji", "emoji": emoji}] if emoji else [])}


def _file(attachment: Attachment, content: bytes) -> Call:
    method = _FILE_METHOD[attachment.kind]
    if attachment.kind is MediaKind.PHOTO and len(content) > _PHOTO_LIMIT_BYTES:
        method = "send_document"
    filename = safe_filename(attachment.filename)
    params: dict[str, object] = {_argument(method): content, "filename": filename}
    if attachment.seconds is not None and attachment.kind in _TIMED:
        params["duration"] = max(1, ceil(attachment.seconds))
    return Call(method, params)


def _text(piece: str) -> dict[str, object]:
    return {"text": piece, **_HTML, "link_preview_options": _NO_PREVIEW}


def _where(to: Address) -> dict[str, object]:
    where: dict[str, object] = {"chat_id": chat_id(to.room)}
    if to.thread is not None:
        where["message_thread_id"] = int(to.thread)
    return where


def _target(message: Outgoing) -> dict[str, object]:
    target: MessageRef | None = message.target
    if target is None:
        raise ValueError(f"{message.change.value} which message?")
    return {"chat_id": chat_id(target.address.room), "message_id": int(target.message_id)}


def chat_id(room: str) -> int | str:
    """Numbers as numbers; "@channel" stays."""
    return room if room.startswith("@") else int(room)
