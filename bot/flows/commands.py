"""The command table: what can be asked for by name, by whom, and what it does.

Menus, help and every platform's command list are generated from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.accounts.model import Role, User
from bot.flows.scene import Later, Scene
from bot.i18n.catalog import texts_in

_NO_REPLIES = frozenset({"discord"})  # a slash command there answers no message

Action = Callable[[Scene, str], Later | None]
Suggest = Callable[[Scene], Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command.

    Args:
        action: called inside the transaction with what was typed after the name.
        roles: who may use it; empty: everybody.
        overtakes: goes before what waits, and interrupts a running turn.
        is_listed: stands in menus and in the help.
        is_reply: is sent as a reply to a message; no use where commands cannot be replies.
        needs_registration: a guest is asked to register first.
        takes: name of what may be typed after it, described by `command.{name}.{takes}`.
        is_for_managers: in a server, offered to those alone who may manage it.
        suggest: (label, value) of what that could be; looks, and changes nothing.
    """

    name: str
    action: Action
    roles: frozenset[Role] = frozenset()
    overtakes: bool = False
    is_listed: bool = True
    is_reply: bool = False
    needs_registration: bool = False
    takes: str | None = None
    is_for_managers: bool = False
    suggest: Suggest | None = None

    def allows(self, user: User) -> bool:
        return not self.roles or bool(self.roles & user.roles)


class CommandTable:
    """All commands by name."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self._commands: Mapping[str, Command] = {command.name: command for command in commands}

    def find(self, name: str) -> Command | None:
        return self._commands.get(name)

    def overtakes(self, name: str | None) -> bool:
        command = self._commands.get(name or "")
        return command is not None and command.overtakes

    @property
    def all_listed(self) -> Sequence[Command]:
        """What stands in some menu, whoever may use it."""
        return [command for command in self._commands.values() if command.is_listed]

    def offered(self, platform: str) -> Sequence[Command]:
        """Those of them that can be used there, whoever may."""
        can_reply = platform not in _NO_REPLIES
        return [command for command in self.all_listed if can_reply or not command.is_reply]

    def menu(
        self, language: str, user: User | None = None, platform: str = ""
    ) -> Sequence[tuple[str, str]]:
        """Names and descriptions of what a person may use, or, without one, everybody."""
        texts = texts_in(language)
        return [
            (command.name, texts(f"command.{command.name}.about"))
            for command in self.offered(platform)
            if (command.allows(user) if user else not command.roles)
        ]
