"""A message as the bot sends it: read from the body, and refused as Discord would."""

import base64
import binascii
import mimetypes
import re
from typing import Any

from bot.simulators.discord.call import Call, Upload
from bot.simulators.discord.cdn import MAX_FILE
from bot.simulators.discord.components import check_message_components
from bot.simulators.discord.errors import invalid, refusal, too_long
from bot.simulators.discord.mentions import read_pings
from bot.simulators.discord.model import Attachment, Channel, Json, Message, MessageFlag
from bot.simulators.discord.permissions import Permission
from bot.simulators.discord.snowflake import parse_id
from bot.simulators.discord.world import World
from bot.simulators.telegram.files import image_size

LONGEST = 2000  # characters; the OpenAPI document says 4000, which is what some people may type
_MOST_FILES = 10
_MOST_WAVEFORM = 256
_EMBED_LENGTHS = {"title": 256, "description": 4096}
_SETTABLE = (
    MessageFlag.SUPPRESS_EMBEDS
    | MessageFlag.SUPPRESS_NOTIFICATIONS
    | MessageFlag.IS_VOICE_MESSAGE
    | MessageFlag.IS_COMPONENTS_V2
)
_UNSAFE = re.compile(r"[^\w.\-]+")


def read_message(
    world: World, channel: Channel, body: Json, call: Call, *, is_answer: bool = False
) -> dict[str, Any]:
    """Members of a `Message` for a body that creates one.

    Args:
        is_answer: to an interaction, which may carry files whatever the channel allows.

    Raises:
        ApiError: 50006, 50013, 50035, 501xx, 40005.
    """
    flags = MessageFlag(_integer(body, "flags")) & _SETTABLE
    read: dict[str, Any] = {"flags": flags, "tts": bool(body.get("tts"))}
    read |= read_content(world, body, flags)
    read["attachments"] = _attachments(world, body, call)
    if read["attachments"] and not is_answer:
        world.require(channel, Permission.ATTACH_FILES)
    if MessageFlag.IS_VOICE_MESSAGE in flags:
        check_voice(world, channel, read)
    check_not_empty(read)
    return read


def read_content(world: World, body: Json, flags: MessageFlag) -> dict[str, Any]:
    """Text, embeds, components and pings, as far as the body names them."""
    read: dict[str, Any] = {}
    is_v2 = MessageFlag.IS_COMPONENTS_V2 in flags
    if "content" in body:
        content = body["content"] or ""
        if not isinstance(content, str):
            raise invalid("content", "STRING_TYPE_CONVERT", "Could not interpret as string.")
        if len(content) > LONGEST:
            raise too_long("content", LONGEST)
        read["content"] = content.strip()
        read |= read_pings(world, content, body.get("allowed_mentions"))
    if "embeds" in body:
        read["embeds"] = _embeds(body["embeds"] or [])
    if "components" in body:
        read["components"] = check_message_components(body["components"] or [], is_v2=is_v2)
    if is_v2 and (read.get("content") or read.get("embeds")):
        reason = "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
        raise invalid("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", reason)
    return read


def read_changes(world: World, message: Message, body: Json, call: Call) -> dict[str, Any]:
    """Members of a `Message` to change for a body that edits one. Raises ApiError."""
    if message.is_voice:
        raise invalid("content", "VOICE_MESSAGE_NOT_EDITABLE", "Voice messages cannot be edited.")
    flags = message.flags & ~MessageFlag.LOADING
    if body.get("flags") is not None:
        settable = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.IS_COMPONENTS_V2
        flags = (flags & ~settable) | (MessageFlag(_integer(body, "flags")) & settable)
    read: dict[str, Any] = {"flags": flags} | read_content(world, body, flags)
    if "attachments" in body or call.uploads:
        named = body.get("attachments")
        ids = {parse_id(each.get("id")) for each in named or ()}
        kept = tuple(
            each for each in message.attachments if named is None or each.attachment_id in ids
        )
        read["attachments"] = kept + _attachments(world, body, call)
    check_not_empty(_as_changed(message, read))
    return read


def check_not_empty(read: dict[str, Any]) -> None:
    """Raises ApiError 50006 where a message would have nothing in it."""
    if not any(read.get(name) for name in ("content", "embeds", "attachments", "components")):
        raise refusal(50006)


def check_voice(world: World, channel: Channel, read: dict[str, Any]) -> None:
    """The rules of voice messages (message.mdx). Raises ApiError."""
    if Permission.SEND_VOICE_MESSAGES not in world.rights(world.bot.user_id, channel):
        raise refusal(50173)
    attachments: tuple[Attachment, ...] = read["attachments"]
    if len(attachments) != 1 or not attachments[0].mime.startswith("audio/"):
        raise refusal(50160)
    if attachments[0].seconds is None or attachments[0].waveform is None:
        raise refusal(50161)
    if read.get("content") or read.get("embeds") or read.get("components"):
        reason = "Voice messages do not support additional content."
        raise invalid("content", "VOICE_MESSAGE_ADDITIONAL_CONTENT", reason)


def _as_changed(message: Message, read: dict[str, Any]) -> dict[str, Any]:
    names = ("content", "embeds", "attachments", "components")
    return {name: getattr(message, name) for name in names} | read


def _attachments(world: World, body: Json, call: Call) -> tuple[Attachment, ...]:
    """New attachments: one for every file, with what the body says of it."""
    if len(call.uploads) > _MOST_FILES:
        raise refusal(30015)
    said = {parse_id(each.get("id")): each for each in body.get("attachments") or ()}
    return tuple(
        _attachment(world, upload, said.get(number, {}), f"attachments.{number}")
        for number, upload in sorted(call.uploads.items())
    )


def _mime(upload: Upload, filename: str) -> str:
    """What the part says it is; where it says nothing, what its name promises."""
    if upload.mime != "application/octet-stream":
        return upload.mime
    return mimetypes.guess_type(filename)[0] or upload.mime


def _attachment(world: World, upload: Upload, said: Json, where: str) -> Attachment:
    if len(upload.data) > MAX_FILE:
        raise refusal(40005)
    waveform, seconds = said.get("waveform"), said.get("duration_secs")
    if waveform is not None:
        _check_waveform(waveform, f"{where}.waveform")
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int | float)):
        raise invalid(f"{where}.duration_secs", "FLOAT_TYPE_COERCE", f"{seconds} is not float.")
    width, height = image_size(upload.data) or (None, None)
    filename = _UNSAFE.sub("_", said.get("filename") or upload.filename) or "unknown"
    attachment = Attachment(
        attachment_id=world.new_id(),
        filename=filename,
        mime=upload.mime if "waveform" in said else _mime(upload, filename),
        size=len(upload.data),
        seconds=seconds,
        waveform=waveform,
        width=width,
        height=height,
        description=said.get("description"),
    )
    world.cdn.keep(attachment.attachment_id, upload.data)
    return attachment


def _check_waveform(waveform: object, where: str) -> None:
    try:
        points = base64.b64decode(str(waveform), validate=True)
    except binascii.Error:
        raise invalid(where, "BASE64_TYPE", "Not base64.") from None
    if not 1 <= len(points) <= _MOST_WAVEFORM:
        raise too_long(where, _MOST_WAVEFORM, 1)


def _embeds(embeds: list[Json]) -> tuple[Json, ...]:
    if len(embeds) > 10:
        raise too_long("embeds", 10)
    total = 0
    for index, embed in enumerate(embeds):
        for name, longest in _EMBED_LENGTHS.items():
            if len(embed.get(name) or "") > longest:
                raise too_long(f"embeds.{index}.{name}", longest)
        total += sum(len(text) for text in _texts(embed))
        _check_fields(embed.get("fields") or [], f"embeds.{index}.fields")
    if total > 6000:
        reason = "Embed size exceeds maximum size of 6000"
        raise invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", reason)
    return tuple(_as_shown(embed) for embed in embeds)


def _as_shown(embed: Json) -> Json:
    shown = embed | {"type": "rich"}
    if "fields" in embed:
        shown["fields"] = [{"inline": False} | field for field in embed["fields"]]
    return shown


def _check_fields(fields: list[Json], where: str) -> None:
    if len(fields) > 25:
        raise too_long(where, 25)
    for index, field in enumerate(fields):
        for name, longest in (("name", 256), ("value", 1024)):
            if not 1 <= len(field.get(name) or "") <= longest:
                raise too_long(f"{where}.{index}.{name}", longest, 1)


def _texts(embed: Json) -> list[str]:
    footer, author = embed.get("footer") or {}, embed.get("author") or {}
    texts = [embed.get("title"), embed.get("description"), footer.get("text"), author.get("name")]
    for field in embed.get("fields") or ():
        texts += [field.get("name"), field.get("value")]
    return [text for text in texts if text]


def _integer(body: Json, name: str) -> int:
    value = body.get(name) or 0
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
    return value
