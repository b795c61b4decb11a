"""The command table: what can be asked for by name, by whom, and what it does.

Menus, help and every platform's command list are generated from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.accounts.model import Role, User
from bot.flows.scene import Later, Scene
from bot.i18n.catalog import texts_in

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

    def listed(self, user: User | None) -> Sequence[Command]:
        """What a person may use; None: what everybody may."""
        return [
            command
            for command in self._commands.values()
            if command.is_listed and (command.allows(user) if user else not command.roles)
        ]

    def menu(self, language: str, user: User | None = None) -> Sequence[tuple[str, str]]:
        """Names and descriptions in an interface language."""
        texts = texts_in(language)
        return [(c.name, texts(f"command.{c.name}.about")) for c in self.listed(user)]
