"""Somebody with a Discord client, driven from Python."""

from typing import Any

from bot.simulators.discord import voices
from bot.simulators.discord.asking import Asker
from bot.simulators.discord.desk import Desk
from bot.simulators.discord.forms import Modal, read_modal, submitted
from bot.simulators.discord.interaction import Interaction, Kind
from bot.simulators.discord.model import Account, Channel
from bot.simulators.discord.pane import Pane
from bot.simulators.discord.world import World


class Person:
    """A user with a client in some language."""

    def __init__(self, world: World, account: Account) -> None:
        self.account = account
        self._world = world
        self._panes: dict[int, Pane] = {}

    @property
    def user_id(self) -> int:
        return self.account.user_id

    @property
    def mention(self) -> str:
        return f"<@{self.user_id}>"

    @property
    def toasts(self) -> list[str]:
        """Errors the client showed, oldest first: "This interaction failed"."""
        return self._world.screen(self.user_id).toasts

    @property
    def modal(self) -> Modal | None:
        """The form the bot opened, until it is submitted or closed."""
        opened = self._world.screen(self.user_id).modal
        return read_modal(opened[0]) if opened else None

    @property
    def desk(self) -> Desk:
        """All that the client shows, as JSON."""
        return Desk(self._world, self.account)

    @property
    def threads(self) -> list[Channel]:
        """Threads the person is a member of and can see, archived ones too."""
        return [
            channel
            for channel in self._world.channels.values()
            if channel.thread
            and self.user_id in channel.thread.members
            and self._world.rights(self.user_id, channel)
        ]

    def dm(self) -> Pane:
        """The direct messages with the bot."""
        return self.at(self._world.dm_with(self.user_id))

    def at(self, channel: Channel) -> Pane:
        """A channel or thread as this person sees it."""
        if channel.channel_id not in self._panes:
            pane = Pane(self._world, self.account, channel)
            self._panes[channel.channel_id] = pane
        return self._panes[channel.channel_id]

    def join_voice(self, channel: Channel) -> None:
        """Come into a voice or stage channel, out of any other one of that guild.

        Raises:
            PermissionError: the client does not offer it, or it is full.
        """
        voices.join(self._world, self.user_id, channel)

    def mute(self, channel: Channel, *, is_muted: bool = True) -> None:
        """Switch one's microphone off, or on again."""
        guild = self._world.guilds[channel.guild_id or 0]
        voices.mute(self._world, self.user_id, guild, is_muted=is_muted)

    def leave_voice(self, channel: Channel) -> None:
        """Hang up."""
        voices.leave(self._world, self.user_id, self._world.guilds[channel.guild_id or 0])

    async def submit(self, values: dict[str, Any]) -> Interaction:
        """Send the open form; `values` by custom_id or label of its fields.

        Raises:
            ValueError: no form is open, or the client refuses what was filled in.
        """
        screen = self._world.screen(self.user_id)
        if screen.modal is None:
            raise ValueError("no form is open")
        modal, opened_by = screen.modal
        data = submitted(modal, values)
        channel = self._world.channels[opened_by.channel_id]
        message = channel.find(opened_by.message_id or 0)
        screen.modal = None
        asker = Asker(self._world, self.user_id, channel)
        return asker.ask(Kind.MODAL, data, message, opened_by)

    def close_modal(self) -> None:
        """Dismiss the form; the bot is told nothing."""
        self._world.screen(self.user_id).modal = None

    def close_dms(self) -> None:
        """Take no direct messages: the bot gets 50007."""
        self.account.takes_dms = False

    def open_dms(self) -> None:
        self.account.takes_dms = True

    def block(self) -> None:
        """Block the bot: it gets 50007."""
        self.account.has_blocked = True

    def unblock(self) -> None:
        self.account.has_blocked = False
