"""Threads and forum posts over REST."""

from datetime import datetime

from bot.simulators.discord import changes
from bot.simulators.discord.call import Call
from bot.simulators.discord.content import read_message
from bot.simulators.discord.errors import invalid, missing, refusal, too_long
from bot.simulators.discord.message_wire import message_for_bot
from bot.simulators.discord.model import Channel, ChannelKind, Guild, Json
from bot.simulators.discord.permissions import Permission
from bot.simulators.discord.snowflake import parse_id
from bot.simulators.discord.thread_life import add_member, open_thread, remove_member
from bot.simulators.discord.wire import channel_json, member_json, thread_member_json
from bot.simulators.discord.world import World

_MINUTES = (60, 1440, 4320, 10080)
_CREATES = {
    ChannelKind.PUBLIC_THREAD: Permission.CREATE_PUBLIC_THREADS,
    ChannelKind.PRIVATE_THREAD: Permission.CREATE_PRIVATE_THREADS,
}


def create_thread(world: World, call: Call) -> Json:
    """A thread without a message; in a forum a post, whose first message comes along."""
    parent = _parent(world, call)
    name, minutes = check_name(call.fields), read_minutes(call.fields)
    if parent.kind is ChannelKind.FORUM:
        return _create_post(world, parent, name, minutes, call)
    if parent.kind is not ChannelKind.TEXT:
        raise refusal(50024)
    kind = call.fields.get("type") or ChannelKind.PRIVATE_THREAD
    if kind not in _CREATES:
        raise invalid("type", "BASE_TYPE_CHOICES", "Value must be one of (11, 12).")
    world.require(parent, _CREATES[ChannelKind(kind)])
    thread = open_thread(
        world,
        parent,
        world.bot.user_id,
        name,
        kind=ChannelKind(kind),
        minutes=minutes,
        is_invitable=call.fields.get("invitable", True),
    )
    return channel_json(world, thread)


def create_thread_from_message(world: World, call: Call) -> Json:
    """A public thread under a message, with the message's id."""
    parent = _parent(world, call)
    world.require(parent, Permission.CREATE_PUBLIC_THREADS)
    message = world.message(parent, call.path["message_id"])
    if message.message_id in world.channels:
        raise refusal(160004)
    name, minutes = check_name(call.fields), read_minutes(call.fields)
    bot = world.bot.user_id
    thread = open_thread(world, parent, bot, name, start=message, minutes=minutes)
    return channel_json(world, thread)


def join_thread(world: World, call: Call) -> None:
    """Make the bot a member; of a private thread it must be one already, or manage threads."""
    channel = _thread(world, call)
    _awake(channel)
    add_member(world, channel, world.bot.user_id)


def leave_thread(world: World, call: Call) -> None:
    """Make the bot no member any more."""
    channel = _thread(world, call)
    _awake(channel)
    remove_member(world, channel, world.bot.user_id)


def add_thread_member(world: World, call: Call) -> None:
    """Add somebody who sees the channel the thread is in."""
    channel = _thread(world, call)
    _awake(channel)
    world.require(channel, Permission.SEND_MESSAGES_IN_THREADS)
    if channel.thread and not channel.thread.is_invitable:
        _owns_or_manages(world, channel)
    user_id = parse_id(call.path["user_id"]) or 0
    home = world.channels[channel.parent_id or 0]
    if user_id not in world.guilds[channel.guild_id or 0].members:
        raise refusal(10007)
    if Permission.VIEW_CHANNEL not in world.rights(user_id, home):
        raise refusal(50001)
    add_member(world, channel, user_id, by=world.bot.user_id)


def delete_thread_member(world: World, call: Call) -> None:
    """Remove somebody; for a thread's owner, if it is private, or with MANAGE_THREADS."""
    channel = _thread(world, call)
    _awake(channel)
    _owns_or_manages(world, channel)
    user_id = parse_id(call.path["user_id"]) or 0
    if channel.thread and user_id not in channel.thread.members:
        raise refusal(10007)
    remove_member(world, channel, user_id)


def get_thread_member(world: World, call: Call) -> Json:
    """One member of a thread."""
    channel = _thread(world, call)
    name = call.path["user_id"]
    user_id = world.bot.user_id if name == "@me" else parse_id(name) or 0
    try:
        return _member(world, channel, user_id, call)
    except KeyError:
        raise refusal(10007) from None


def list_thread_members(world: World, call: Call) -> list[Json]:
    """Needs the privileged GUILD_MEMBERS intent."""
    channel = _thread(world, call)
    if not world.members_allowed:
        raise refusal(50001)
    members = channel.thread.members if channel.thread else {}
    return [_member(world, channel, user_id, call) for user_id in members]


def get_active_threads(world: World, call: Call) -> Json:
    """All the threads of a guild that the bot sees and that are not archived."""
    guild = world.guild(call.path["guild_id"])
    threads = [each for each in _visible(world, guild) if not _is_archived(each)]
    threads.sort(key=lambda each: -each.channel_id)
    return _listed(world, threads, has_more=False)


def list_public_archived(world: World, call: Call) -> Json:
    """The last archived first."""
    return _archived(world, call, ChannelKind.PUBLIC_THREAD, only_mine=False)


def list_private_archived(world: World, call: Call) -> Json:
    """The last archived first; needs MANAGE_THREADS."""
    world.require(world.channel(call.path["channel_id"]), Permission.MANAGE_THREADS)
    return _archived(world, call, ChannelKind.PRIVATE_THREAD, only_mine=False)


def list_my_private_archived(world: World, call: Call) -> Json:
    """Those the bot is a member of."""
    return _archived(world, call, ChannelKind.PRIVATE_THREAD, only_mine=True)


def check_name(body: Json) -> str:
    """Raises ApiError 50035."""
    name = body.get("name")
    if name is None:
        raise missing("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 100:
        raise too_long("name", 100, 1)
    return name


def read_minutes(body: Json, default: int = 4320) -> int:
    """After how many idle minutes a thread is archived. Raises ApiError 50035."""
    minutes = body.get("auto_archive_duration") or default
    if minutes not in _MINUTES:
        reason = f"Value must be one of {_MINUTES}."
        raise invalid("auto_archive_duration", "BASE_TYPE_CHOICES", reason)
    return int(minutes)


def _create_post(world: World, parent: Channel, name: str, minutes: int, call: Call) -> Json:
    world.require(parent, Permission.SEND_MESSAGES)
    body = call.fields.get("message")
    if not isinstance(body, dict):
        raise missing("message")
    read = read_message(world, parent, body, call)
    bot = world.bot.user_id
    thread = open_thread(world, parent, bot, name, minutes=minutes)
    first = changes.post(world, thread, bot, message_id=thread.channel_id, **read)
    return channel_json(world, thread) | {"message": message_for_bot(world, first)}


def _parent(world: World, call: Call) -> Channel:
    channel = world.channel(call.path["channel_id"])
    if channel.is_dm:
        raise refusal(50003)
    if channel.thread:
        raise refusal(50024)
    world.require(channel)
    return channel


def _thread(world: World, call: Call) -> Channel:
    channel = world.channel(call.path["channel_id"])
    if channel.thread is None:
        raise refusal(50024)
    world.require(channel)
    return channel


def _awake(channel: Channel) -> None:
    if _is_archived(channel):
        raise refusal(50083)


def _is_archived(channel: Channel) -> bool:
    return channel.thread is not None and channel.thread.is_archived


def _owns_or_manages(world: World, channel: Channel) -> None:
    bot = world.bot.user_id
    if channel.thread and channel.thread.owner_id == bot:
        return
    world.require(channel, Permission.MANAGE_THREADS)


def _member(world: World, channel: Channel, user_id: int, call: Call) -> Json:
    data = thread_member_json(channel, user_id)
    if call.query.get("with_member", "").lower() in ("true", "1"):
        member = world.guilds[channel.guild_id or 0].members[user_id]
        data["member"] = member_json(world, member)
    return data


def _visible(world: World, guild: Guild) -> list[Channel]:
    threads = (world.channels[thread_id] for thread_id in guild.thread_ids)
    return [thread for thread in threads if world.bot_sees(thread)]


def _archived(world: World, call: Call, kind: ChannelKind, *, only_mine: bool) -> Json:
    parent = _parent(world, call)
    world.require(parent, Permission.READ_MESSAGE_HISTORY)
    bot = world.bot.user_id
    found = [
        each
        for each in _visible(world, world.guilds[parent.guild_id or 0])
        if each.parent_id == parent.channel_id
        and each.kind is kind
        and _is_archived(each)
        and not (only_mine and each.thread and bot not in each.thread.members)
    ]
    found.sort(key=_archived_at, reverse=True)
    if before := call.query.get("before"):
        found = [each for each in found if _is_before(each, before)]
    limit = call.number("limit", 50, 2, 100)
    return _listed(world, found[:limit], has_more=len(found) > limit)


def _archived_at(channel: Channel) -> tuple[datetime, int]:
    thread = channel.thread
    if thread is None:
        raise refusal(50024)
    return thread.archived_at, channel.channel_id


def _is_before(channel: Channel, before: str) -> bool:
    """`before` is a moment, or for one's own threads an id."""
    if before.isdigit():
        return channel.channel_id < int(before)
    return _archived_at(channel)[0] < datetime.fromisoformat(before)


def _listed(world: World, threads: list[Channel], *, has_more: bool) -> Json:
    bot = world.bot.user_id
    mine = [each for each in threads if each.thread and bot in each.thread.members]
    return {
        "threads": [channel_json(world, each) for each in threads],
        "members": [thread_member_json(each, bot) for each in mine],
        "has_more": has_more,
    }
