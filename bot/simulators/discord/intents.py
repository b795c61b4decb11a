"""Which events a session hears of (gateway.mdx, "List of Intents")."""

from enum import IntFlag

from bot.simulators.discord.world import Event


class Intent(IntFlag):
    """The intents that decide about events of this world."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_VOICE_STATES = 1 << 7
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    MESSAGE_CONTENT = 1 << 15
    GUILD_SCHEDULED_EVENTS = 1 << 16


PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
KNOWN_BITS = 0b11_0011_0001_1111_1111_1111_1111  # of all intents, also those with no event here

_PREFIXES = {  # the first that fits counts
    "MESSAGE_REACTION_": (Intent.GUILD_MESSAGE_REACTIONS, Intent.DIRECT_MESSAGE_REACTIONS),
    "MESSAGE_": (Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES),
    "GUILD_MEMBER_": (Intent.GUILD_MEMBERS, Intent.GUILD_MEMBERS),
    "GUILD_SCHEDULED_": (Intent.GUILD_SCHEDULED_EVENTS, Intent.GUILD_SCHEDULED_EVENTS),
    "VOICE_": (Intent.GUILD_VOICE_STATES, Intent.GUILD_VOICE_STATES),
    "GUILD_": (Intent.GUILDS, Intent.GUILDS),
    "CHANNEL_": (Intent.GUILDS, Intent.GUILDS),
    "THREAD_": (Intent.GUILDS, Intent.GUILDS),
}


def wants(intents: Intent, event: Event) -> bool:
    """Events under no intent, interactions above all, reach every session."""
    if event.is_about_members and Intent.GUILD_MEMBERS not in intents:
        return False
    for prefix, (in_guild, in_dm) in _PREFIXES.items():
        if event.name.startswith(prefix):
            return bool(intents & (in_dm if event.guild_id is None else in_guild))
    return True
