"""Messages as JSON of the API, whole or with their contents hidden."""

from collections.abc import Iterable

from bot.simulators.discord.model import Attachment, Json, Message
from bot.simulators.discord.wire import channel_json, stamp, user_json
from bot.simulators.discord.world import World

_THREAD_START = 21


def attachment_json(world: World, channel_id: int, attachment: Attachment) -> Json:
    """An attachment with a fresh address."""
    url = world.cdn.url(channel_id, attachment)
    data: Json = {
        "id": str(attachment.attachment_id),
        "filename": attachment.filename,
        "size": attachment.size,
        "url": url,
        "proxy_url": url,
        "content_type": attachment.mime,
    }
    if attachment.waveform is not None:
        data |= {"duration_secs": attachment.seconds, "waveform": attachment.waveform}
    if attachment.width:
        data |= {"width": attachment.width, "height": attachment.height}
    if attachment.description:
        data["description"] = attachment.description
    return data


def message_json(world: World, message: Message, *, with_reply: bool = True) -> Json:
    """A message with everything in it; `hidden` makes of it what few intents leave."""
    channel = world.channels[message.channel_id]
    author = world.accounts[message.author_id]
    data: Json = {
        "id": str(message.message_id),
        "channel_id": str(message.channel_id),
        "type": message.kind,
        "author": user_json(author),
        "content": message.content,
        "timestamp": stamp(message.sent_at),
        "edited_timestamp": stamp(message.edited_at) if message.edited_at else None,
        "tts": message.tts,
        "pinned": False,
        "mention_everyone": message.pings_everyone,
        "mentions": _mentions(world, message),
        "mention_roles": [str(role_id) for role_id in message.pinged_roles],
        "attachments": [
            attachment_json(world, message.channel_id, each) for each in message.attachments
        ],
        "embeds": list(message.embeds),
        "components": list(message.components),
        "flags": int(message.flags),
    }
    if message.reactions:
        data["reactions"] = _reactions(message.reactions.items(), world.bot.user_id)
    if message.nonce is not None:
        data["nonce"] = message.nonce
    if message.asked_by is not None:
        data |= {"interaction_metadata": message.asked_by, "webhook_id": str(world.bot.user_id)}
        data["application_id"] = str(world.bot.user_id)
    if message.message_id in world.channels and channel.channel_id != message.message_id:
        data["thread"] = channel_json(world, world.channels[message.message_id])
    if message.reply_to is not None:
        data |= _reference(world, message, message.reply_to, with_reply=with_reply)
    return data


def _mentions(world: World, message: Message) -> list[Json]:
    known = (world.accounts.get(user_id) for user_id in message.pinged)
    return [user_json(account) for account in known if account]


def _reactions(reactions: Iterable[tuple[str, tuple[int, ...]]], viewer: int) -> list[Json]:
    return [
        {
            "emoji": {"id": None, "name": emoji},
            "count": len(users),
            "count_details": {"burst": 0, "normal": len(users)},
            "me": viewer in users,
            "me_burst": False,
            "burst_colors": [],
        }
        for emoji, users in reactions
        if users
    ]


def _reference(world: World, message: Message, reply_to: int, *, with_reply: bool) -> Json:
    """What a message answers; the start of a thread refers to the channel around it."""
    channel = world.channels[message.channel_id]
    if message.kind == _THREAD_START and channel.parent_id in world.channels:
        channel = world.channels[channel.parent_id]
    reference: Json = {
        "type": 0,
        "message_id": str(reply_to),
        "channel_id": str(channel.channel_id),
    }
    if channel.guild_id is not None:
        reference["guild_id"] = str(channel.guild_id)
    data: Json = {"message_reference": reference}
    if with_reply:
        original = channel.find(reply_to)
        data["referenced_message"] = (
            message_json(world, original, with_reply=False) if original else None
        )
    return data


def hidden(data: Json) -> Json:
    """The same message for an application without the message content intent."""
    bare = data | {"content": "", "attachments": [], "embeds": [], "components": []}
    if data.get("referenced_message"):
        bare["referenced_message"] = hidden(data["referenced_message"])
    return bare


def shows_content(world: World, message: Message) -> bool:
    """Content is never hidden in DMs, in the bot's own messages, or where it is mentioned."""
    bot = world.bot.user_id
    return (
        world.channels[message.channel_id].is_dm
        or message.author_id == bot
        or bot in message.pinged
    )


def message_for_bot(world: World, message: Message) -> Json:
    """A message as the API answers it to this application."""
    data = message_json(world, message)
    return data if world.content_allowed or shows_content(world, message) else hidden(data)
