"""The simulated Discord as it stands: accounts, guilds, channels, and who watches them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.simulators.bell import Bell
from bot.simulators.discord.cdn import Cdn
from bot.simulators.discord.commands import Commands
from bot.simulators.discord.errors import refusal
from bot.simulators.discord.interaction import Interaction, Interactions
from bot.simulators.discord.model import Account, Channel, ChannelKind, Guild, Json, Message
from bot.simulators.discord.nonces import Nonces
from bot.simulators.discord.permissions import (
    EVERYTHING,
    NOTHING,
    PRIVATE,
    Permission,
    implied,
    overwritten,
)
from bot.simulators.discord.sharding import Sharding
from bot.simulators.discord.snowflake import Snowflakes, parse_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something the bot's gateway sessions may be told.

    Args:
        data: with every content.
        hidden: what a session without the message content intent gets instead; None: the same.
        guild_id: decides the shard and which intent asks for it; None for direct messages.
        is_about_members: only sessions with the GUILD_MEMBERS intent hear of it.
    """

    name: str
    data: Json
    guild_id: int | None = None
    hidden: Json | None = None
    is_about_members: bool = False


@dataclass(slots=True)
class Screen:
    """What a person's client shows besides messages.

    Args:
        toasts: errors, oldest first: "This interaction failed".
        modal: the form that is open, as the bot sent it, and the interaction that opened it.
    """

    toasts: list[str] = field(default_factory=list)
    modal: tuple[Json, Interaction] | None = None


class World:
    """Everything there is. Every change rings the bell and is published.

    Args:
        address: where the server listens, "127.0.0.1:8080"; set once it does.
        now: aware; the time shown on messages, and by which addresses and tokens expire.
        patience: seconds of real time the bot has to answer an interaction.
        content_allowed: whether the application may read the content of any message.
        members_allowed: whether it may list the members of a guild.
    """

    def __init__(self, bot: Account, now: Callable[[], datetime], bell: Bell) -> None:
        self.bot = bot
        self.now = now
        self.bell = bell
        self.new_id = Snowflakes(now)
        self.address = ""
        self.cdn = Cdn(now)
        self.nonces = Nonces(now)
        self.interactions = Interactions(now)
        self.commands = Commands(self.new_id, bot.user_id)
        self.accounts: dict[int, Account] = {bot.user_id: bot}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.screens: dict[int, Screen] = {}
        self.listener: Callable[[Event], None] = lambda _: None
        self.subscribers: set[asyncio.Queue[Json]] = set()
        self.sharding = Sharding()
        self.patience = 3.0
        self.content_allowed = True
        self.members_allowed = False
        self._dms: dict[int, int] = {}

    def channel(self, channel_id: object) -> Channel:
        """Raises ApiError 10003."""
        found = self.channels.get(parse_id(channel_id) or 0)
        if found is None:
            raise refusal(10003)
        return found

    def guild(self, guild_id: object) -> Guild:
        """A guild the bot is in. Raises ApiError 10004."""
        found = self.guilds.get(parse_id(guild_id) or 0)
        if found is None or self.bot.user_id not in found.members:
            raise refusal(10004)
        return found

    def message(self, channel: Channel, message_id: object) -> Message:
        """A message in the channel that is not ephemeral. Raises ApiError 10008."""
        found = channel.find(parse_id(message_id) or 0)
        if found is None or found.is_ephemeral:
            raise refusal(10008)
        return found

    def dm_with(self, user_id: int) -> Channel:
        """The direct messages of this person and the bot; made where there are none."""
        if user_id not in self._dms:
            channel_id = self.new_id()
            self._dms[user_id] = channel_id
            self.channels[channel_id] = Channel(
                channel_id=channel_id, kind=ChannelKind.DM, recipient_id=user_id
            )
        return self.channels[self._dms[user_id]]

    def screen(self, user_id: int) -> Screen:
        return self.screens.setdefault(user_id, Screen())

    def publish(self, event: Event, channel: Channel | None = None) -> None:
        """Tell the bot, as far as it sees the channel, and everyone who watches."""
        if channel is None or self.bot_sees(channel):
            self.listener(event)
        self.show(event.name, event.data, channel)

    def show(self, name: str, data: Json, channel: Channel | None = None) -> None:
        """Tell those who watch, and not the bot."""
        for queue in self.subscribers:
            queue.put_nowait({"type": "discord", "event": name, "data": data})
        if channel is not None:
            channel.bell.ring()
        self.bell.ring()

    def bot_sees(self, channel: Channel) -> bool:
        return Permission.VIEW_CHANNEL in self.rights(self.bot.user_id, channel)

    def require(self, channel: Channel, *needed: Permission) -> None:
        """Let the bot pass, or raise 50001 (cannot see the channel) or 50013."""
        granted = self.rights(self.bot.user_id, channel)
        if Permission.VIEW_CHANNEL not in granted:
            raise refusal(50001)
        if any(permission not in granted for permission in needed):
            raise refusal(50013)

    def rights(self, user_id: int, channel: Channel) -> Permission:
        """What the user may do in the channel, with everything considered."""
        if channel.guild_id is None:
            is_part = user_id in (self.bot.user_id, channel.recipient_id)
            return PRIVATE if is_part else NOTHING
        base = self.guild_rights(user_id, self.guilds[channel.guild_id])
        if Permission.ADMINISTRATOR in base:
            return EVERYTHING
        home = self.channels.get(channel.parent_id or 0) if channel.thread else channel
        if home is None:
            return NOTHING
        granted = implied(self._in_channel(base, user_id, home))
        is_private = channel.kind is ChannelKind.PRIVATE_THREAD
        if is_private and Permission.MANAGE_THREADS not in granted:
            return granted if channel.thread and user_id in channel.thread.members else NOTHING
        return granted

    def guild_rights(self, user_id: int, guild: Guild) -> Permission:
        """What the roles of the member give in the guild as a whole; nothing to strangers."""
        member = guild.members.get(user_id)
        if member is None:
            return NOTHING
        if guild.owner_id == user_id:
            return EVERYTHING
        granted = guild.roles[guild.guild_id].permissions
        for role_id in member.roles:
            granted |= guild.roles[role_id].permissions
        return EVERYTHING if Permission.ADMINISTRATOR in granted else granted

    def _in_channel(self, granted: Permission, user_id: int, channel: Channel) -> Permission:
        """Overwrites apply in this order: @everyone, the roles together, the member."""
        guild = self.guilds[channel.guild_id or 0]
        overwrites = channel.overwrites
        if everyone := overwrites.get(guild.guild_id):
            granted = overwritten(granted, everyone.allow, everyone.deny)
        member = guild.members.get(user_id)
        allow, deny = NOTHING, NOTHING
        for role_id in member.roles if member else ():
            if overwrite := overwrites.get(role_id):
                allow |= overwrite.allow
                deny |= overwrite.deny
        granted = overwritten(granted, allow, deny)
        if own := overwrites.get(user_id):
            granted = overwritten(granted, own.allow, own.deny)
        return granted
