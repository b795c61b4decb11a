"""Threads as they come, are joined and left; whoever does it."""

from dataclasses import replace

from bot.simulators.discord import changes
from bot.simulators.discord.model import Channel, ChannelKind, Json, Message, MessageFlag, Thread
from bot.simulators.discord.wire import channel_json, member_json, thread_member_json
from bot.simulators.discord.world import Event, World

_ADDED, _RENAMED, _OPENED, _START = 1, 4, 18, 21  # kinds of messages Discord writes itself


def open_thread(
    world: World,
    parent: Channel,
    owner_id: int,
    name: str,
    *,
    kind: ChannelKind = ChannelKind.PUBLIC_THREAD,
    start: Message | None = None,
    minutes: int = 4320,
    is_invitable: bool = True,
) -> Channel:
    """A thread whose first member is its owner; made from a message it has that one's id."""
    now = world.now()
    thread = Channel(
        channel_id=start.message_id if start else world.new_id(),
        kind=kind,
        name=name,
        guild_id=parent.guild_id,
        parent_id=parent.channel_id,
        thread=Thread(
            owner_id=owner_id,
            created_at=now,
            archived_at=now,
            auto_archive_minutes=minutes,
            is_invitable=is_invitable,
            members={owner_id: now},
        ),
    )
    world.channels[thread.channel_id] = thread
    world.guilds[parent.guild_id or 0].thread_ids.add(thread.channel_id)
    if start is not None:
        parent.put(replace(start, flags=start.flags | MessageFlag.HAS_THREAD))
        changes.announce(world, "MESSAGE_UPDATE", world.message(parent, start.message_id))
    _announce_new(world, thread)
    if start is not None:
        changes.post(world, thread, owner_id, kind=_START, reply_to=start.message_id)
    elif kind is ChannelKind.PUBLIC_THREAD and parent.kind is not ChannelKind.FORUM:
        changes.post(world, parent, owner_id, kind=_OPENED, content=name)
    return thread


def rename(world: World, channel: Channel, name: str, *, by: int) -> None:
    """Discord writes into the thread who did it."""
    channel.name = name
    changes.announce_thread(world, "THREAD_UPDATE", channel)
    changes.post(world, channel, by, kind=_RENAMED, content=name)


def add_member(world: World, channel: Channel, user_id: int, *, by: int | None = None) -> None:
    """Adding somebody who is there already changes nothing.

    Args:
        by: who adds; None when somebody joins by themselves.
    """
    if channel.thread is None or user_id in channel.thread.members:
        return
    channel.thread.members[user_id] = world.now()
    is_bot = user_id == world.bot.user_id
    if is_bot and channel.kind is ChannelKind.PRIVATE_THREAD:
        _announce_new(world, channel, is_new=False)  # it could not see the thread until now
    member = world.guilds[channel.guild_id or 0].members[user_id]
    added = thread_member_json(channel, user_id) | {"member": member_json(world, member)}
    _tell_members(world, channel, {"added_members": [added]}, is_bot=is_bot)
    if by is not None:
        changes.post(world, channel, by, kind=_ADDED, pinged=(user_id,))


def remove_member(world: World, channel: Channel, user_id: int) -> None:
    """Removing somebody who is not there changes nothing."""
    if channel.thread is None or user_id not in channel.thread.members:
        return
    is_bot = user_id == world.bot.user_id
    gone: Json = {"removed_member_ids": [str(user_id)]}
    if is_bot:  # it must hear of it while it still sees the thread
        _tell_members(world, channel, gone, is_bot=True)
        del channel.thread.members[user_id]
        return
    del channel.thread.members[user_id]
    _tell_members(world, channel, gone, is_bot=False)


def _announce_new(world: World, channel: Channel, *, is_new: bool = True) -> None:
    data = channel_json(world, channel) | {"newly_created": is_new}
    if channel.thread and world.bot.user_id in channel.thread.members:
        data["member"] = thread_member_json(channel, world.bot.user_id)
    world.publish(Event(name="THREAD_CREATE", data=data, guild_id=channel.guild_id), channel)


def _tell_members(world: World, channel: Channel, change: Json, *, is_bot: bool) -> None:
    data: Json = {
        "id": str(channel.channel_id),
        "guild_id": str(channel.guild_id),
        "member_count": len(channel.thread.members) if channel.thread else 0,
    }
    event = Event(
        name="THREAD_MEMBERS_UPDATE",
        data=data | change,
        guild_id=channel.guild_id,
        is_about_members=not is_bot,
    )
    world.publish(event, channel)
