"""Our objects as JSON of the API."""

from collections.abc import Iterable
from datetime import datetime

from bot.simulators.discord.model import (
    Account,
    Attachment,
    Channel,
    Guild,
    Json,
    Member,
    Message,
    Role,
)
from bot.simulators.discord.permissions import NOTHING, Permission
from bot.simulators.discord.world import World

_NOTHING_SET = (
    *("icon", "splash", "banner", "description", "discovery_splash", "home_header"),
    *("afk_channel_id", "system_channel_id", "rules_channel_id", "public_updates_channel_id"),
    *("safety_alerts_channel_id", "widget_channel_id", "application_id", "vanity_url_code"),
    *("incidents_data", "max_presences"),
)
_PLAIN_GUILD: Json = dict.fromkeys(_NOTHING_SET) | {
    "afk_timeout": 300,
    "default_message_notifications": 1,
    "emojis": [],
    "explicit_content_filter": 0,
    "features": [],
    "max_members": 500_000,
    "max_stage_video_channel_users": 50,
    "max_video_channel_users": 25,
    "mfa_level": 0,
    "nsfw": False,
    "nsfw_level": 0,
    "preferred_locale": "en-US",
    "premium_progress_bar_enabled": False,
    "premium_subscription_count": 0,
    "premium_tier": 0,
    "region": "us-east",
    "stickers": [],
    "system_channel_flags": 0,
    "verification_level": 0,
    "widget_enabled": False,
}


def stamp(moment: datetime) -> str:
    """A moment as ISO 8601."""
    return moment.isoformat(timespec="microseconds")


def user_json(account: Account) -> Json:
    """An account as everyone sees it."""
    user: Json = {
        "id": str(account.user_id),
        "username": account.username,
        "discriminator": "0000" if account.is_bot else "0",
        "global_name": None if account.is_bot else account.name,
        "avatar": None,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }
    return user | {"bot": True} if account.is_bot else user


def member_json(world: World, member: Member, *, with_user: bool = True) -> Json:
    """A member of a guild; events of messages have it without the user."""
    data: Json = {
        "roles": [str(role_id) for role_id in sorted(member.roles)],
        "joined_at": stamp(member.joined_at),
        "nick": member.nick,
        "avatar": None,
        "banner": None,
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "communication_disabled_until": None,
    }
    return data | {"user": user_json(world.accounts[member.user_id])} if with_user else data


def role_json(role: Role) -> Json:
    """A role."""
    return {
        "id": str(role.role_id),
        "name": role.name,
        "permissions": str(int(role.permissions)),
        "position": role.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "managed": role.is_managed,
        "mentionable": False,
        "flags": 0,
    }


def overwrites_json(channel: Channel) -> list[Json]:
    """What roles and members may or may not do in the channel."""
    return [
        {
            "id": str(overwrite.target_id),
            "type": int(overwrite.is_member),
            "allow": str(int(overwrite.allow)),
            "deny": str(int(overwrite.deny)),
        }
        for overwrite in channel.overwrites.values()
    ]


def channel_json(world: World, channel: Channel) -> Json:
    """Of any kind; threads get what threads have, and a DM its recipient."""
    data: Json = {
        "id": str(channel.channel_id),
        "type": int(channel.kind),
        "flags": 0,
        "last_message_id": _text(channel.last_message_id),
    }
    if channel.recipient_id is not None:
        return data | {"recipients": [user_json(world.accounts[channel.recipient_id])]}
    data |= {
        "guild_id": str(channel.guild_id),
        "name": channel.name,
        "parent_id": _text(channel.parent_id),
        "rate_limit_per_user": 0,
    }
    if channel.thread:
        return data | _thread_part(channel)
    return data | {
        "position": channel.position,
        "permission_overwrites": overwrites_json(channel),
        "topic": channel.topic,
        "nsfw": False,
        "bitrate": 64_000,
        "user_limit": 0,
        "available_tags": [],
    }


def _thread_part(channel: Channel) -> Json:
    thread = channel.thread
    if thread is None:
        return {}
    return {
        "owner_id": str(thread.owner_id),
        "message_count": thread.message_count,
        "total_message_sent": thread.message_count,
        "member_count": min(50, len(thread.members)),
        "applied_tags": [],
        "thread_metadata": {
            "archived": thread.is_archived,
            "auto_archive_duration": thread.auto_archive_minutes,
            "archive_timestamp": stamp(thread.archived_at),
            "create_timestamp": stamp(thread.created_at),
            "locked": thread.is_locked,
            "invitable": thread.is_invitable,
        },
    }


def thread_member_json(channel: Channel, user_id: int) -> Json:
    """Raises KeyError when the user is not in the thread."""
    joined_at = channel.thread.members[user_id] if channel.thread else None
    if joined_at is None:
        raise KeyError(user_id)
    return {
        "id": str(channel.channel_id),
        "user_id": str(user_id),
        "join_timestamp": stamp(joined_at),
        "flags": 1,
    }


def guild_json(guild: Guild) -> Json:
    """As `GET /guilds/{id}` has it."""
    return _PLAIN_GUILD | {
        "id": str(guild.guild_id),
        "name": guild.name,
        "owner_id": str(guild.owner_id),
        "roles": [role_json(role) for role in guild.roles.values()],
    }


def guild_create_json(world: World, guild: Guild) -> Json:
    """What the gateway says of a guild: with its channels and the threads the bot sees."""
    bot = world.bot.user_id
    threads = [world.channels[thread_id] for thread_id in sorted(guild.thread_ids)]
    return guild_json(guild) | {
        "joined_at": stamp(guild.members[bot].joined_at),
        "large": False,
        "member_count": len(guild.members),
        "members": [member_json(world, guild.members[bot])],
        "channels": [channel_json(world, world.channels[each]) for each in guild.channel_ids],
        "threads": [
            channel_json(world, thread) | _own_membership(thread, bot)
            for thread in threads
            if thread.thread and not thread.thread.is_archived and world.bot_sees(thread)
        ],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def _own_membership(thread: Channel, bot_id: int) -> Json:
    is_in = thread.thread is not None and bot_id in thread.thread.members
    return {"member": thread_member_json(thread, bot_id)} if is_in else {}


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
        data |= _reference(world, channel, message.reply_to, with_reply=with_reply)
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


def _reference(world: World, channel: Channel, reply_to: int, *, with_reply: bool) -> Json:
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


def rights_text(granted: Permission | None) -> str:
    """Permissions as the API writes them: a number in a string."""
    return str(int(granted or NOTHING))


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
