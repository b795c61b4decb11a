"""Our objects as JSON of the API."""

from datetime import datetime

from bot.simulators.discord.gatherings import ScheduledEvent, VoiceState
from bot.simulators.discord.model import (
    Account,
    Channel,
    Guild,
    Json,
    Member,
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
        "user_limit": channel.user_limit,
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
        "voice_states": [_bare(voice_state_json(guild, each)) for each in guild.voices.values()],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [
            event_json(event)
            for event in (each.at(world.now()) for each in guild.events.values())
            if event.is_open
        ],
        "soundboard_sounds": [],
    }


def voice_state_json(guild: Guild, state: VoiceState) -> Json:
    """Where somebody is, and what others hear of them."""
    return {
        "guild_id": str(guild.guild_id),
        "channel_id": str(state.channel_id),
        "user_id": str(state.user_id),
        "session_id": state.session_id,
        "deaf": False,
        "mute": False,
        "self_deaf": False,
        "self_mute": state.is_muted,
        "self_stream": False,
        "self_video": False,
        "suppress": state.is_audience,
        "request_to_speak_timestamp": None,
    }


def _bare(voice_state: Json) -> Json:
    """As it stands in a guild's own description (gateway-events.mdx, "Guild Create")."""
    return {name: value for name, value in voice_state.items() if name != "guild_id"}


def event_json(event: ScheduledEvent) -> Json:
    """An entry of the calendar."""
    return {
        "id": str(event.event_id),
        "guild_id": str(event.guild_id),
        "channel_id": _text(event.channel_id),
        "creator_id": str(event.creator_id),
        "name": event.name,
        "description": event.description,
        "image": None,
        "scheduled_start_time": stamp(event.starts_at),
        "scheduled_end_time": stamp(event.ends_at) if event.ends_at else None,
        "privacy_level": 2,
        "status": int(event.status),
        "entity_type": int(event.entity),
        "entity_id": None,
        "entity_metadata": {"location": event.location} if event.location else None,
        "recurrence_rule": None,
        "guild_scheduled_event_exceptions": [],
    }


def _own_membership(thread: Channel, bot_id: int) -> Json:
    is_in = thread.thread is not None and bot_id in thread.thread.members
    return {"member": thread_member_json(thread, bot_id)} if is_in else {}


def rights_text(granted: Permission | None) -> str:
    """Permissions as the API writes them: a number in a string."""
    return str(int(granted or NOTHING))


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
