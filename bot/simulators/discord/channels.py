"""Channels over REST: made, changed, opened to some and closed to others."""

from typing import Any

from bot.simulators.discord import changes
from bot.simulators.discord.call import Call
from bot.simulators.discord.errors import invalid, refusal, too_long
from bot.simulators.discord.model import Channel, ChannelKind, Json, Overwrite
from bot.simulators.discord.permissions import NOTHING, Permission
from bot.simulators.discord.snowflake import parse_id
from bot.simulators.discord.thread_life import rename
from bot.simulators.discord.threads import check_name, read_minutes
from bot.simulators.discord.wire import channel_json
from bot.simulators.discord.world import World

_MAKEABLE = {
    ChannelKind.TEXT,
    ChannelKind.VOICE,
    ChannelKind.CATEGORY,
    ChannelKind.STAGE,
    ChannelKind.FORUM,
}


def create_guild_channel(world: World, call: Call) -> Json:
    """Make a channel; needs MANAGE_CHANNELS in the guild."""
    guild = world.guild(call.path["guild_id"])
    if Permission.MANAGE_CHANNELS not in world.guild_rights(world.bot.user_id, guild):
        raise refusal(50013)
    body = call.fields
    kind = body.get("type") or ChannelKind.TEXT
    if kind not in _MAKEABLE:
        raise invalid("type", "BASE_TYPE_CHOICES", "Value must be one of (0, 2, 4, 13, 15).")
    overwrites = _overwrites(body.get("permission_overwrites") or [])
    _check_grants(world.guild_rights(world.bot.user_id, guild), overwrites)
    channel = Channel(
        channel_id=world.new_id(),
        kind=ChannelKind(kind),
        name=check_name(body),
        guild_id=guild.guild_id,
        parent_id=parse_id(body.get("parent_id")),
        position=len(guild.channel_ids),
        topic=body.get("topic"),
        user_limit=_limit(body, ChannelKind(kind)),
        overwrites=overwrites,
    )
    world.channels[channel.channel_id] = channel
    guild.channel_ids.append(channel.channel_id)
    changes.announce_channel(world, "CHANNEL_CREATE", channel)
    return channel_json(world, channel)


def update_channel(world: World, call: Call) -> Json:
    """Change a channel, or archive, wake, lock and rename a thread."""
    channel = world.channel(call.path["channel_id"])
    if channel.is_dm:
        raise refusal(50003)
    world.require(channel)
    body = call.fields
    if channel.thread is not None:
        _update_thread(world, channel, body)
        changes.announce_thread(world, "THREAD_UPDATE", channel)
        return channel_json(world, channel)
    world.require(channel, Permission.MANAGE_CHANNELS)
    if "name" in body:
        channel.name = check_name(body)
    if "topic" in body:
        channel.topic = _topic(body["topic"])
    if "user_limit" in body:
        channel.user_limit = _limit(body, channel.kind)
    if "permission_overwrites" in body:
        overwrites = _overwrites(body["permission_overwrites"] or [])
        _check_grants(world.rights(world.bot.user_id, channel), overwrites)
        channel.overwrites = overwrites
    changes.announce_channel(world, "CHANNEL_UPDATE", channel)
    return channel_json(world, channel)


def delete_channel(world: World, call: Call) -> Json:
    """Delete a channel or thread; a DM is only closed, and keeps its messages."""
    channel = world.channel(call.path["channel_id"])
    if channel.is_dm:
        return channel_json(world, channel)
    is_thread = channel.thread is not None
    world.require(channel, Permission.MANAGE_THREADS if is_thread else Permission.MANAGE_CHANNELS)
    data = channel_json(world, channel)
    changes.delete_channel(world, channel)
    return data


def set_overwrite(world: World, call: Call) -> None:
    """Allow and deny things to one role or member; needs MANAGE_ROLES."""
    channel = _guild_channel(world, call)
    body = call.fields | {"id": call.path["overwrite_id"]}
    channel.overwrites |= _overwrites([body])
    changes.announce_channel(world, "CHANNEL_UPDATE", channel)


def delete_overwrite(world: World, call: Call) -> None:
    """Let a role or member have again what they have elsewhere."""
    channel = _guild_channel(world, call)
    if channel.overwrites.pop(parse_id(call.path["overwrite_id"]) or 0, None) is None:
        raise refusal(10009)
    changes.announce_channel(world, "CHANNEL_UPDATE", channel)


def _update_thread(world: World, channel: Channel, body: Json) -> None:
    thread = channel.thread
    if thread is None:
        raise refusal(50024)
    rights = world.rights(world.bot.user_id, channel)
    manages = Permission.MANAGE_THREADS in rights
    is_waking = body.get("archived") is False and thread.is_archived
    if thread.is_archived and not is_waking:
        raise refusal(50083)
    only_wakes = is_waking and set(body) <= {"archived"}
    may_wake = Permission.SEND_MESSAGES_IN_THREADS in rights and not thread.is_locked
    owns = thread.owner_id == world.bot.user_id and "locked" not in body and not thread.is_locked
    if not (manages or owns or (only_wakes and may_wake)):
        raise refusal(50013)
    if "name" in body and check_name(body) != channel.name:
        rename(world, channel, body["name"], by=world.bot.user_id)
    thread.auto_archive_minutes = read_minutes(body, thread.auto_archive_minutes)
    thread.is_locked = _flag(body, "locked", was=thread.is_locked)
    thread.is_invitable = _flag(body, "invitable", was=thread.is_invitable)
    archived = _flag(body, "archived", was=thread.is_archived)
    if archived != thread.is_archived:
        thread.is_archived = archived
        thread.archived_at = world.now()


def _guild_channel(world: World, call: Call) -> Channel:
    channel = world.channel(call.path["channel_id"])
    if channel.is_dm:
        raise refusal(50003)
    if channel.thread:
        raise refusal(50024)
    world.require(channel, Permission.MANAGE_ROLES)
    return channel


def _overwrites(bodies: list[Json]) -> dict[int, Overwrite]:
    read: dict[int, Overwrite] = {}
    for index, body in enumerate(bodies):
        target_id = parse_id(body.get("id"))
        if target_id is None or body.get("type") not in (0, 1):
            raise invalid(f"permission_overwrites.{index}", "BASE_TYPE_REQUIRED", "id and type")
        allow, deny = _bits(body.get("allow")), _bits(body.get("deny"))
        read[target_id] = Overwrite(target_id, body["type"] == 1, allow, deny)
    return read


def _check_grants(own: Permission, overwrites: dict[int, Overwrite]) -> None:
    """Only what one has oneself can be given or taken (channel.mdx, "Modify Channel")."""
    for overwrite in overwrites.values():
        if (overwrite.allow | overwrite.deny) & ~own:
            raise refusal(50013)


def _limit(body: Json, kind: ChannelKind) -> int:
    """How many may talk at once; 0: as many as want to."""
    limit, most = body.get("user_limit") or 0, 10_000 if kind is ChannelKind.STAGE else 99
    if not isinstance(limit, int) or not 0 <= limit <= most:
        raise invalid("user_limit", "NUMBER_TYPE_MAX", f"Must be between 0 and {most}.")
    return limit


def _bits(value: Any) -> Permission:
    number = parse_id(value if value is not None else "0")
    if number is None:
        raise invalid("allow", "NUMBER_TYPE_COERCE", "Not a number.")
    return Permission(number) if number else NOTHING


def _topic(topic: Any) -> str | None:
    if topic is not None and (not isinstance(topic, str) or len(topic) > 1024):
        raise too_long("topic", 1024)
    return topic


def _flag(body: Json, name: str, *, was: bool) -> bool:
    value = body.get(name, was)
    if not isinstance(value, bool):
        raise invalid(name, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
    return value
