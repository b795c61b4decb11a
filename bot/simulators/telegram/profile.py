"""What the bot says about itself: commands per scope and language, name, descriptions."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from bot.simulators.telegram.call import Call
from bot.simulators.telegram.errors import bad_request

Command = dict[str, Any]

_NAME = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"(?:[a-z]{2})?")
_LIMITS = {"name": 64, "description": 512, "short_description": 120}


class BotProfile:
    """Texts by field and language; commands by scope and language ("" for every language)."""

    def __init__(self) -> None:
        self._commands: dict[tuple[str, str], list[Command]] = {}
        self._texts: defaultdict[str, dict[str, str]] = defaultdict(dict)

    def set_commands(self, call: Call) -> None:
        commands = call.structure("commands") or []
        if len(commands) > 100:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        self._commands[_place(call)] = [_checked(command) for command in commands]

    def commands(self, call: Call) -> list[Command]:
        return self._commands.get(_place(call), [])

    def delete_commands(self, call: Call) -> None:
        self._commands.pop(_place(call), None)

    def commands_for(self, user_id: int, language: str | None) -> list[Command]:
        """The menu this person sees in the private chat: the narrowest scope, their language first.

        Source: Bot API, "Determining list of commands".
        """
        for scope in (f"chat:{user_id}", "all_private_chats", "default"):
            for tag in (_base(language), ""):
                if found := self._commands.get((scope, tag)):
                    return found
        return []

    def set_text(self, field: str, call: Call) -> None:
        """Set `name`, `description` or `short_description`; empty removes it."""
        text = call.text(field)
        if len(text) > _LIMITS[field]:
            raise bad_request(f"bot {field.replace('_', ' ')} is too long")
        self._texts[field][_language(call)] = text

    def text(self, field: str, language: str | None, default: str = "") -> str:
        texts = self._texts[field]
        return texts.get(_base(language)) or texts.get("") or default


def _checked(command: Any) -> Command:
    if not isinstance(command, Mapping) or not _NAME.fullmatch(str(command.get("command", ""))):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(str(command.get("description", ""))) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command["command"], "description": command["description"]}


def _place(call: Call) -> tuple[str, str]:
    scope = call.mapping("scope") or {"type": "default"}
    key = ":".join(str(scope[name]) for name in ("type", "chat_id", "user_id") if name in scope)
    return key, _language(call)


def _language(call: Call) -> str:
    code = call.text("language_code")
    if not _LANGUAGE.fullmatch(code):
        raise bad_request("invalid language code specified")
    return code


def _base(language: str | None) -> str:
    return (language or "").replace("_", "-").split("-")[0].lower()
