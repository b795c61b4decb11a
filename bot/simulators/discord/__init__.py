"""Discord: REST, gateway and attachments for the bot, and people to talk to it."""

from bot.simulators.discord.components import Button
from bot.simulators.discord.intents import PRIVILEGED, Intent
from bot.simulators.discord.interaction import Callback, Interaction
from bot.simulators.discord.manager import GuildManager
from bot.simulators.discord.menu import Shown
from bot.simulators.discord.model import (
    Attachment,
    Channel,
    ChannelKind,
    Member,
    Message,
    MessageFlag,
    Role,
)
from bot.simulators.discord.pane import Pane
from bot.simulators.discord.people import Field, Modal, Person
from bot.simulators.discord.permissions import EVERYONE, NOTHING, Permission
from bot.simulators.discord.server import Request
from bot.simulators.discord.simulator import DiscordSimulator
from bot.simulators.discord.specification import Specification, find_spec

__all__ = [
    "EVERYONE",
    "NOTHING",
    "PRIVILEGED",
    "Attachment",
    "Button",
    "Callback",
    "Channel",
    "ChannelKind",
    "DiscordSimulator",
    "Field",
    "GuildManager",
    "Intent",
    "Interaction",
    "Member",
    "Message",
    "MessageFlag",
    "Modal",
    "Pane",
    "Permission",
    "Person",
    "Request",
    "Role",
    "Shown",
    "Specification",
    "find_spec",
]
