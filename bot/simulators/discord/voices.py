"""Coming and going in voice and stage channels; whoever does it."""

import secrets
from dataclasses import replace

from bot.simulators.discord.gatherings import VoiceState
from bot.simulators.discord.model import Channel, ChannelKind, Guild, Json
from bot.simulators.discord.permissions import Permission
from bot.simulators.discord.wire import member_json, voice_state_json
from bot.simulators.discord.world import Event, World

_VOICE = {ChannelKind.VOICE, ChannelKind.STAGE}
_MODERATES = Permission.MANAGE_CHANNELS | Permission.MUTE_MEMBERS | Permission.MOVE_MEMBERS


def may_join(world: World, user_id: int, channel: Channel) -> bool:
    """Whether the client offers the channel, and there is room (MOVE_MEMBERS needs none)."""
    rights = world.rights(user_id, channel)
    if channel.kind not in _VOICE or Permission.CONNECT not in rights:
        return False
    inside = [each for each in _guild(world, channel).voices.values() if _is_in(each, channel)]
    is_full = 0 < channel.user_limit <= len(inside)
    return not is_full or Permission.MOVE_MEMBERS in rights


def join(world: World, user_id: int, channel: Channel) -> VoiceState:
    """Come in, from another channel of the guild or from none. Raises PermissionError."""
    if not may_join(world, user_id, channel):
        raise PermissionError(f"{user_id} may not join {channel.name}")
    rights = world.rights(user_id, channel)
    is_audience = channel.kind is ChannelKind.STAGE and _MODERATES not in rights
    guild = _guild(world, channel)
    before = guild.voices.get(user_id)
    state = VoiceState(
        user_id=user_id,
        channel_id=channel.channel_id,
        session_id=before.session_id if before else secrets.token_hex(16),
        is_audience=is_audience,
    )
    _put(world, guild, state)
    return state


def mute(world: World, user_id: int, guild: Guild, *, is_muted: bool = True) -> None:
    """Switch one's own microphone off or on; does nothing outside of a channel."""
    if state := guild.voices.get(user_id):
        _put(world, guild, replace(state, is_muted=is_muted))


def leave(world: World, user_id: int, guild: Guild) -> None:
    """Hang up; does nothing outside of a channel."""
    state = guild.voices.pop(user_id, None)
    if state is not None:
        _tell(world, guild, voice_state_json(guild, state) | {"channel_id": None}, user_id)


def empty(world: World, channel: Channel) -> None:
    """Everybody is thrown out of a channel, which is about to go."""
    guild = _guild(world, channel)
    for state in list(guild.voices.values()):
        if _is_in(state, channel):
            leave(world, state.user_id, guild)


def _put(world: World, guild: Guild, state: VoiceState) -> None:
    guild.voices[state.user_id] = state
    _tell(world, guild, voice_state_json(guild, state), state.user_id)


def _tell(world: World, guild: Guild, data: Json, user_id: int) -> None:
    member = guild.members.get(user_id)
    more = {"member": member_json(world, member)} if member else {}
    event = Event(name="VOICE_STATE_UPDATE", data=data | more, guild_id=guild.guild_id)
    if world.bot.user_id in guild.members:
        world.publish(event)


def _is_in(state: VoiceState, channel: Channel) -> bool:
    return state.channel_id == channel.channel_id


def _guild(world: World, channel: Channel) -> Guild:
    return world.guilds[channel.guild_id or 0]
