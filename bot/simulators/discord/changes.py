"""What changes the world, whoever does it; every change is published once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.simulators.discord import voices
from bot.simulators.discord.message_wire import hidden, message_json, shows_content
from bot.simulators.discord.model import Channel, Json, Message
from bot.simulators.discord.wire import channel_json, member_json, user_json
from bot.simulators.discord.world import Event, World


def post(world: World, channel: Channel, author_id: int, **content: Any) -> Message:
    """Add a message; `content` are members of `Message`."""
    message = Message(
        message_id=content.pop("message_id", 0) or world.new_id(),
        channel_id=channel.channel_id,
        author_id=author_id,
        sent_at=world.now(),
        **content,
    )
    channel.put(message)
    is_first_of_post = message.message_id == channel.channel_id
    if channel.thread and not message.is_ephemeral and not is_first_of_post:
        channel.thread.message_count += 1
    if not message.is_ephemeral:
        channel.last_message_id = message.message_id
    announce(world, "MESSAGE_CREATE", message)
    return message


def edit(world: World, message: Message, *, is_silent: bool = False, **changes: Any) -> Message:
    """Change members of a message; `is_silent` leaves its time of editing as it was."""
    edited_at = message.edited_at if is_silent else world.now()
    changed = replace(message, edited_at=edited_at, revision=message.revision + 1, **changes)
    world.channels[message.channel_id].put(changed)
    announce(world, "MESSAGE_UPDATE", changed)
    return changed


def delete(world: World, message: Message) -> None:
    """Take a message away for everyone."""
    channel = world.channels[message.channel_id]
    channel.remove(message.message_id)
    data: Json = {"id": str(message.message_id), "channel_id": str(channel.channel_id)}
    if message.is_ephemeral:
        world.show("MESSAGE_DELETE", data, channel)
        return
    world.publish(_in_guild(channel, "MESSAGE_DELETE", data), channel)


def purge(world: World, channel: Channel, message_ids: Sequence[int]) -> None:
    """Take many messages away at once, as moderators' tools do."""
    for message_id in message_ids:
        channel.remove(message_id)
    data: Json = {
        "ids": [str(message_id) for message_id in message_ids],
        "channel_id": str(channel.channel_id),
    }
    world.publish(_in_guild(channel, "MESSAGE_DELETE_BULK", data), channel)


def react(world: World, message: Message, user_id: int, emoji: str) -> Message:
    """Put an emoji under a message; putting it twice is once."""
    users = message.reactions.get(emoji, ())
    if user_id in users:
        return message
    reactions = {**message.reactions, emoji: (*users, user_id)}
    return _reacted(world, message, "MESSAGE_REACTION_ADD", user_id, emoji, reactions)


def unreact(world: World, message: Message, user_id: int, emoji: str) -> Message:
    """Take an emoji away again."""
    users = message.reactions.get(emoji, ())
    if user_id not in users:
        return message
    left = tuple(each for each in users if each != user_id)
    reactions = {name: given for name, given in message.reactions.items() if name != emoji}
    if left:
        reactions[emoji] = left
    return _reacted(world, message, "MESSAGE_REACTION_REMOVE", user_id, emoji, reactions)


def _reacted(
    world: World,
    message: Message,
    event: str,
    user_id: int,
    emoji: str,
    reactions: dict[str, tuple[int, ...]],
) -> Message:
    changed = replace(message, reactions=reactions)
    channel = world.channels[message.channel_id]
    channel.put(changed)
    data: Json = {
        "user_id": str(user_id),
        "channel_id": str(message.channel_id),
        "message_id": str(message.message_id),
        "message_author_id": str(message.author_id),
        "emoji": {"id": None, "name": emoji},
        "burst": False,
        "type": 0,
    }
    if channel.guild_id is not None and event.endswith("ADD"):
        member = world.guilds[channel.guild_id].members.get(user_id)
        if member:
            data["member"] = member_json(world, member)
    world.publish(_in_guild(channel, event, data), channel)
    return changed


def announce(world: World, event: str, message: Message) -> None:
    """Publish the message as it stands; an ephemeral one only to those who watch."""
    channel = world.channels[message.channel_id]
    data = message_json(world, message)
    if message.is_ephemeral:
        world.show(event, data | {"seen_by": str(message.seen_by)}, channel)
        return
    data["channel_type"] = int(channel.kind)
    if channel.guild_id is not None:
        data["guild_id"] = str(channel.guild_id)
        member = world.guilds[channel.guild_id].members.get(message.author_id)
        if member:
            data["member"] = member_json(world, member, with_user=False)
    bare = None if shows_content(world, message) else hidden(data)
    guild_id = channel.guild_id
    world.publish(Event(name=event, data=data, hidden=bare, guild_id=guild_id), channel)


def typing(world: World, channel: Channel, user_id: int) -> None:
    """Seen by those who watch."""
    data: Json = {
        "channel_id": str(channel.channel_id),
        "user": user_json(world.accounts[user_id]),
        "timestamp": int(world.now().timestamp()),
    }
    world.show("TYPING_START", data, channel)


def announce_channel(world: World, event: str, channel: Channel) -> None:
    """Publish a channel as it stands."""
    data = channel_json(world, channel)
    world.publish(Event(name=event, data=data, guild_id=channel.guild_id), channel)


def wake(world: World, channel: Channel) -> None:
    """A message wakes an archived thread (threads.mdx)."""
    if channel.thread and channel.thread.is_archived:
        channel.thread.is_archived = False
        channel.thread.archived_at = world.now()
        announce_thread(world, "THREAD_UPDATE", channel)


def archive(world: World, channel: Channel, *, is_locked: bool) -> None:
    """Put a thread away; a locked one is not woken by messages."""
    if channel.thread:
        channel.thread.is_archived = True
        channel.thread.is_locked = is_locked
        channel.thread.archived_at = world.now()
        announce_thread(world, "THREAD_UPDATE", channel)


def archive_idle(world: World) -> None:
    """Put away every thread in which nothing happened for as long as it was told to wait."""
    for channel in list(world.channels.values()):
        thread = channel.thread
        if thread is None or thread.is_archived:
            continue
        last = channel.find(channel.last_message_id or 0)
        active_at = last.sent_at if last else thread.archived_at
        if world.now() - active_at >= timedelta(minutes=thread.auto_archive_minutes):
            archive(world, channel, is_locked=thread.is_locked)


def delete_channel(world: World, channel: Channel) -> None:
    """A channel with its threads, or a single thread."""
    guild = world.guilds[channel.guild_id or 0]
    if channel.thread is None:
        for thread_id in sorted(guild.thread_ids):
            if world.channels[thread_id].parent_id == channel.channel_id:
                delete_channel(world, world.channels[thread_id])
    voices.empty(world, channel)
    is_seen = world.bot_sees(channel)
    guild.thread_ids.discard(channel.channel_id)
    if channel.channel_id in guild.channel_ids:
        guild.channel_ids.remove(channel.channel_id)
    del world.channels[channel.channel_id]
    name = "THREAD_DELETE" if channel.thread else "CHANNEL_DELETE"
    event = Event(name=name, data=channel_json(world, channel), guild_id=channel.guild_id)
    if is_seen:
        world.listener(event)
    world.show(name, event.data, channel)


def announce_thread(world: World, event: str, thread: Channel, **more: Any) -> None:
    """Publish a thread as it stands; `more` are members of the event besides."""
    data = channel_json(world, thread) | more
    world.publish(Event(name=event, data=data, guild_id=thread.guild_id), thread)


def _in_guild(channel: Channel, name: str, data: Json) -> Event:
    if channel.guild_id is not None:
        data["guild_id"] = str(channel.guild_id)
    return Event(name=name, data=data, guild_id=channel.guild_id)
