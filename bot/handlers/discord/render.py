"""An `Outgoing` as bodies of Discord's REST API; pure."""

from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from bot.core.filenames import safe_filename
from bot.core.text import shorten
from bot.handlers.discord.components import message_components
from bot.handlers.discord.markdown import escaped, markdown_pieces, plain_text
from bot.messaging.model import Attachment, MediaKind, Outgoing

_SUPPRESS_EMBEDS, _EPHEMERAL, _VOICE_MESSAGE = 1 << 2, 1 << 6, 1 << 13
_NOTHING_TO_READ = "…"  # a message needs a text, even one that is only buttons
_NOTICE_LIMIT = 200
_NONCE_BYTES = 18  # 24 characters; Discord takes 25
_FLAT_WAVEFORM = b64encode(bytes(64)).decode()
_SHORTEST_VOICE_SECONDS = 0.1
_NO_PINGS: dict[str, object] = {"parse": [], "replied_user": False}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class File:
    """A file to upload."""

    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to create or change.

    Args:
        body: of the request.
        files: to upload with it, numbered as `body["attachments"]` says.
    """

    body: Json
    files: tuple[File, ...] = ()

    @property
    def is_voice(self) -> bool:
        return bool(int(self.body.get("flags", 0)) & _VOICE_MESSAGE)


def drafts(message: Outgoing, content: bytes | None = None) -> list[Draft]:
    """The messages to create, in order; [] when there is nothing to show.

    A voice message carries nothing but its sound: texts and buttons follow in one of their own.

    Raises:
        ValueError: `message` is one that no program should make (see `message_components`).
    """
    pieces = markdown_pieces(message.body)
    components = message_components(message.buttons)
    made: list[Draft] = []
    if message.attachment is not None:
        made.append(_with_file(message.attachment, content or b""))
        if pieces and not made[0].is_voice:
            made[0] = Draft(made[0].body | {"content": pieces.pop(0)}, made[0].files)
    made += [Draft(_text(piece)) for piece in pieces]
    if components and (not made or made[-1].is_voice):
        made.append(Draft(_text(_NOTHING_TO_READ)))
    if components:
        made[-1] = Draft(made[-1].body | {"components": components}, made[-1].files)
    if made and message.reply_to is not None:
        reply = {"message_id": message.reply_to, "fail_if_not_exists": False}
        made[0] = Draft(made[0].body | {"message_reference": reply}, made[0].files)
    return made


def changes(message: Outgoing) -> tuple[Json, list[Draft]]:
    """The body that changes a message, and what no longer fits, to be sent after it."""
    pieces = markdown_pieces(message.body)
    components = message_components(message.buttons)
    if not pieces:
        return {"components": components}, []
    first, *rest = pieces
    body = _text(first) | {"components": [] if rest else components}
    more = [Draft(_text(piece)) for piece in rest]
    if more and components:
        more[-1] = Draft(more[-1].body | {"components": components})
    return body, more


def as_file(draft: Draft) -> Draft:
    """A voice message as a plain audio file, where voice messages are not allowed."""
    body = {name: value for name, value in draft.body.items() if name not in {"flags"}}
    named = [{"id": each["id"], "filename": each["filename"]} for each in body["attachments"]]
    return Draft(body | {"attachments": named}, draft.files)


def whispered(body: Json) -> Json:
    """The same, for the eyes of whoever asked alone."""
    return body | {"flags": int(body.get("flags", 0)) & ~_VOICE_MESSAGE | _EPHEMERAL}


def notice(message: Outgoing) -> Json | None:
    """What a press is answered with, if anything."""
    text = shorten(plain_text(message.body), _NOTICE_LIMIT)
    return whispered(_text(escaped(text))) if text else None


def nonce(key: str, number: int) -> str:
    """The same for the same message, so that Discord makes it once."""
    digest = blake2b(f"{key}#{number}".encode(), digest_size=_NONCE_BYTES).digest()
    return urlsafe_b64encode(digest).decode()


def _text(piece: str) -> Json:
    return {"content": piece, "flags": _SUPPRESS_EMBEDS, "allowed_mentions": _NO_PINGS}


def _with_file(attachment: Attachment, content: bytes) -> Draft:
    name = safe_filename(attachment.filename)
    file = File(name, attachment.mime, content)
    described: Json = {"id": "0", "filename": name}
    body: Json = {"allowed_mentions": _NO_PINGS}
    if attachment.kind is MediaKind.VOICE:
        described |= {
            "duration_secs": max(_SHORTEST_VOICE_SECONDS, attachment.seconds or 0.0),
            "waveform": attachment.waveform or _FLAT_WAVEFORM,
        }
        body["flags"] = _VOICE_MESSAGE
    return Draft(body | {"attachments": [described]}, (file,))
