"""Messages over REST: create, read, edit, delete, react."""

from typing import Any
from urllib.parse import unquote

from bot.simulators.discord import changes
from bot.simulators.discord.call import Call
from bot.simulators.discord.content import read_changes, read_message
from bot.simulators.discord.errors import invalid, refusal, too_long
from bot.simulators.discord.mentions import pings_author
from bot.simulators.discord.message_wire import message_for_bot
from bot.simulators.discord.model import Channel, ChannelKind, Json, Message
from bot.simulators.discord.permissions import Permission
from bot.simulators.discord.snowflake import parse_id
from bot.simulators.discord.thread_life import add_member
from bot.simulators.discord.wire import user_json
from bot.simulators.discord.world import World

_TEXTUAL = {
    ChannelKind.TEXT,
    ChannelKind.DM,
    ChannelKind.VOICE,
    ChannelKind.STAGE,
    ChannelKind.PUBLIC_THREAD,
    ChannelKind.PRIVATE_THREAD,
}
_MOST_REACTIONS = 20
_LONGEST_NONCE = 25


def create_message(world: World, call: Call) -> Json:
    """Send a message; with `enforce_nonce` sending it again changes nothing."""
    channel = world.channel(call.path["channel_id"])
    body = call.fields
    may_write(world, channel)
    nonce = _nonce(body)
    is_enforced = nonce is not None and bool(body.get("enforce_nonce"))
    if is_enforced and (known := world.nonces.find(channel, nonce)):
        return message_for_bot(world, known)
    read = read_message(world, channel, body, call)
    read |= _reply(world, channel, body, read)
    changes.wake(world, channel)
    add_member(world, channel, world.bot.user_id)
    message = changes.post(world, channel, world.bot.user_id, nonce=nonce, **read)
    if nonce is not None:
        world.nonces.remember(message, nonce)
    return message_for_bot(world, message)


def may_write(world: World, channel: Channel) -> None:
    """Raises ApiError where the bot cannot send a message."""
    if channel.kind is ChannelKind.FORUM:
        raise refusal(40058)
    if channel.kind not in _TEXTUAL:
        raise refusal(50024)
    if channel.recipient_id is not None:
        person = world.accounts[channel.recipient_id]
        if person.has_blocked or not person.takes_dms:
            raise refusal(50007)
        return
    is_thread = channel.thread is not None
    sends = Permission.SEND_MESSAGES_IN_THREADS if is_thread else Permission.SEND_MESSAGES
    world.require(channel, sends)
    is_locked = channel.thread is not None and channel.thread.is_locked
    if is_locked and Permission.MANAGE_THREADS not in world.rights(world.bot.user_id, channel):
        raise refusal(160005)


def get_message(world: World, call: Call) -> Json:
    """One message, its attachments with fresh addresses."""
    channel = world.channel(call.path["channel_id"])
    world.require(channel, Permission.READ_MESSAGE_HISTORY)
    return message_for_bot(world, world.message(channel, call.path["message_id"]))


def list_messages(world: World, call: Call) -> list[Json]:
    """The newest first; nothing at all without READ_MESSAGE_HISTORY."""
    channel = world.channel(call.path["channel_id"])
    world.require(channel)
    limit = call.number("limit", 50, 1, 100)
    if Permission.READ_MESSAGE_HISTORY not in world.rights(world.bot.user_id, channel):
        return []
    after, around = call.id_in_query("after"), call.id_in_query("around")
    if after is not None:
        found = channel.following(limit, after)
    elif around is not None:
        half = limit // 2
        found = channel.following(half, around) + channel.newest(limit - half, around + 1)
    else:
        found = channel.newest(limit, call.id_in_query("before"))
    return [message_for_bot(world, each) for each in found]


def update_message(world: World, call: Call) -> Json:
    """Change a message of the bot."""
    channel, message = _own_message(world, call)
    _is_awake(channel)
    changed = changes.edit(world, message, **read_changes(world, message, call.fields, call))
    return message_for_bot(world, changed)


def delete_message(world: World, call: Call) -> None:
    """Delete a message: its own, or with MANAGE_MESSAGES any in a guild."""
    channel = world.channel(call.path["channel_id"])
    world.require(channel)
    message = world.message(channel, call.path["message_id"])
    if message.author_id != world.bot.user_id:
        if channel.is_dm:
            raise refusal(50003)
        world.require(channel, Permission.MANAGE_MESSAGES)
    changes.delete(world, message)


def add_reaction(world: World, call: Call) -> None:
    """Put the bot's emoji under a message."""
    channel, message, emoji = _reaction(world, call)
    if emoji not in message.reactions:
        world.require(channel, Permission.ADD_REACTIONS)
        if len(message.reactions) >= _MOST_REACTIONS:
            raise refusal(30010)
    changes.react(world, message, world.bot.user_id, emoji)


def delete_own_reaction(world: World, call: Call) -> None:
    """Take the bot's emoji away."""
    _, message, emoji = _reaction(world, call)
    changes.unreact(world, message, world.bot.user_id, emoji)


def delete_user_reaction(world: World, call: Call) -> None:
    """Take somebody else's emoji away."""
    channel, message, emoji = _reaction(world, call)
    if channel.is_dm:
        raise refusal(50003)
    world.require(channel, Permission.MANAGE_MESSAGES)
    changes.unreact(world, message, parse_id(call.path["user_id"]) or 0, emoji)


def list_reactions(world: World, call: Call) -> list[Json]:
    """Who reacted with an emoji."""
    _, message, emoji = _reaction(world, call)
    users = message.reactions.get(emoji, ())
    return [user_json(world.accounts[user_id]) for user_id in users]


def trigger_typing(world: World, call: Call) -> None:
    """Show that the bot is typing."""
    channel = world.channel(call.path["channel_id"])
    may_write(world, channel)
    changes.typing(world, channel, world.bot.user_id)


def _own_message(world: World, call: Call) -> tuple[Channel, Message]:
    channel = world.channel(call.path["channel_id"])
    world.require(channel)
    message = world.message(channel, call.path["message_id"])
    if message.author_id != world.bot.user_id:
        raise refusal(50005)
    return channel, message


def _reaction(world: World, call: Call) -> tuple[Channel, Message, str]:
    channel = world.channel(call.path["channel_id"])
    world.require(channel, Permission.READ_MESSAGE_HISTORY)
    message = world.message(channel, call.path["message_id"])
    _is_awake(channel)
    emoji = unquote(call.path["emoji_name"])
    if not emoji or emoji.isascii():
        raise refusal(10014)
    return channel, message, emoji


def _is_awake(channel: Channel) -> None:
    if channel.thread and channel.thread.is_archived:
        raise refusal(50083)


def _nonce(body: Json) -> str | int | None:
    nonce = body.get("nonce")
    if isinstance(nonce, str) and len(nonce) > _LONGEST_NONCE:
        raise too_long("nonce", _LONGEST_NONCE)
    return nonce if isinstance(nonce, str | int) else None


def _reply(world: World, channel: Channel, body: Json, read: dict[str, Any]) -> dict[str, Any]:
    reference = body.get("message_reference")
    if not reference:
        return {}
    if Permission.READ_MESSAGE_HISTORY not in world.rights(world.bot.user_id, channel):
        raise refusal(160002)
    message_id = parse_id(reference.get("message_id")) or 0
    original = channel.find(message_id)
    if original is None or original.is_ephemeral:
        if reference.get("fail_if_not_exists", True):
            raise invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        return {}
    reply: dict[str, Any] = {"kind": 19, "reply_to": message_id}
    if pings_author(body.get("allowed_mentions")):
        reply["pinged"] = tuple(dict.fromkeys((*read.get("pinged", ()), original.author_id)))
    return reply
