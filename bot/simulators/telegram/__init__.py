"""Telegram's Bot API: a server for the bot, and people to talk to it."""

from bot.simulators.telegram.chat import Button, CallbackAnswer, Chat, ChatAction, ChatMessage
from bot.simulators.telegram.groups import Group
from bot.simulators.telegram.people import Person
from bot.simulators.telegram.server import Request
from bot.simulators.telegram.simulator import TelegramSimulator
from bot.simulators.telegram.specification import Specification, find_spec

__all__ = [
    "Button",
    "CallbackAnswer",
    "Chat",
    "ChatAction",
    "ChatMessage",
    "Group",
    "Person",
    "Request",
    "Specification",
    "TelegramSimulator",
    "find_spec",
]
