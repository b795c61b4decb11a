"""The commands the bot has registered, checked as Discord checks them."""

import re
from collections.abc import Callable
from typing import Any

from bot.simulators.discord.errors import invalid, missing, refusal, too_long
from bot.simulators.discord.model import Json

LOCALES = {
    *("id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl"),
    *("no", "pl", "pt-BR", "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi"),
    *("th", "zh-CN", "ja", "zh-TW", "ko"),
}
CHAT, USER, MESSAGE = 1, 2, 3
SUBCOMMAND, GROUP = 1, 2
_OPTION_KINDS = range(1, 12)
_NAME = re.compile(r"[-_'\w]{1,32}")
_MOST = {CHAT: 100, USER: 15, MESSAGE: 15}
_MOST_LETTERS = 8000
_MOST_OPTIONS = 25


class Commands:
    """Global commands, and those of single guilds."""

    def __init__(self, new_id: Callable[[], int], application_id: int) -> None:
        self._new_id = new_id
        self._application_id = application_id
        self._scopes: dict[int | None, dict[int, Json]] = {}

    def of(self, guild_id: int | None) -> list[Json]:
        """Registered for this guild, or (None) everywhere."""
        return list(self._scopes.get(guild_id, {}).values())

    def available(self, guild_id: int | None) -> list[Json]:
        """What a person finds: in a guild those of the guild, and the global ones."""
        found = self.of(None)
        return found + self.of(guild_id) if guild_id is not None else found

    def get(self, guild_id: int | None, command_id: int | None) -> Json:
        """Raises ApiError 10063."""
        found = self._scopes.get(guild_id, {}).get(command_id or 0)
        if found is None:
            raise refusal(10063)
        return found

    def replace(self, guild_id: int | None, bodies: list[Json]) -> list[Json]:
        """Bulk overwrite; a command of the same name and type keeps its id."""
        known = {(each["type"], each["name"]): each["id"] for each in self.of(guild_id)}
        fresh: dict[int, Json] = {}
        for index, body in enumerate(bodies):
            check_command(body, str(index))
            key = (body.get("type", CHAT), body["name"])
            command_id = int(known.get(key) or self._new_id())
            if command_id in fresh or any(
                (each["type"], each["name"]) == key for each in fresh.values()
            ):
                reason = "Application command names must be unique"
                raise invalid(str(index), "APPLICATION_COMMANDS_DUPLICATE_NAME", reason)
            fresh[command_id] = self._complete(body, command_id, guild_id)
        self._check_number(fresh)
        self._scopes[guild_id] = fresh
        return self.of(guild_id)

    def put(self, guild_id: int | None, body: Json) -> Json:
        """Create one; of the same name and type it replaces the one there is."""
        check_command(body, "_")
        key = (body.get("type", CHAT), body["name"])
        scope = self._scopes.setdefault(guild_id, {})
        known = next((n for n, each in scope.items() if (each["type"], each["name"]) == key), None)
        command_id = known or self._new_id()
        fresh = scope | {command_id: self._complete(body, command_id, guild_id)}
        self._check_number(fresh)
        self._scopes[guild_id] = fresh
        return fresh[command_id]

    def update(self, guild_id: int | None, command_id: int | None, body: Json) -> Json:
        changed = self.get(guild_id, command_id) | body
        check_command(changed, "_")
        changed["version"] = str(self._new_id())
        self._scopes[guild_id][int(changed["id"])] = changed
        return changed

    def remove(self, guild_id: int | None, command_id: int | None) -> None:
        command = self.get(guild_id, command_id)
        del self._scopes[guild_id][int(command["id"])]

    def _complete(self, body: Json, command_id: int, guild_id: int | None) -> Json:
        defaults: Json = {
            "type": CHAT,
            "description": "",
            "options": [],
            "name_localizations": None,
            "description_localizations": None,
            "default_member_permissions": None,
            "nsfw": False,
        }
        if guild_id is None:
            defaults |= {"contexts": None, "integration_types": [0], "dm_permission": True}
        given = {name: value for name, value in body.items() if value is not None}
        if "default_member_permissions" in given:
            given["default_member_permissions"] = str(given["default_member_permissions"])
        return (
            defaults
            | given
            | {
                "id": str(command_id),
                "application_id": str(self._application_id),
                "version": str(self._new_id()),
            }
            | ({} if guild_id is None else {"guild_id": str(guild_id)})
        )

    def _check_number(self, commands: dict[int, Json]) -> None:
        for kind, most in _MOST.items():
            if sum(each["type"] == kind for each in commands.values()) > most:
                raise refusal(30032)


def check_command(body: Json, where: str) -> None:
    """Raises ApiError 50035 for what application-commands.mdx does not allow."""
    kind = body.get("type") or CHAT
    if kind not in _MOST:
        raise invalid(f"{where}.type", "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3).")
    _check_texts(body, where, is_chat=kind == CHAT)
    if kind == CHAT:
        _check_options(body.get("options") or [], f"{where}.options")
    if _letters(body) > _MOST_LETTERS:
        reason = "Command exceeds maximum size (8000)"
        raise invalid(where, "APPLICATION_COMMAND_TOO_LARGE", reason)


def _check_texts(body: Json, where: str, *, is_chat: bool) -> None:
    _check_name(body.get("name"), f"{where}.name", is_chat=is_chat)
    for locale, name in _localized(body, "name", where):
        _check_name(name, f"{where}.name_localizations.{locale}", is_chat=is_chat)
    texts = [("description", body.get("description"))] if is_chat else []
    texts += [
        (f"description_localizations.{locale}", text)
        for locale, text in _localized(body, "description", where)
    ]
    for name, text in texts:
        if text is None:
            raise missing(f"{where}.{name}")
        if not isinstance(text, str) or not 1 <= len(text) <= 100:
            raise too_long(f"{where}.{name}", 100, 1)


def _localized(body: Json, field: str, where: str) -> list[tuple[str, Any]]:
    given = body.get(f"{field}_localizations") or {}
    for locale in given:
        if locale not in LOCALES:
            place = f"{where}.{field}_localizations.{locale}"
            raise invalid(place, "ENUM_TYPE_COERCE", f'Value "{locale}" is not a valid enum value.')
    return list(given.items())


def _check_name(name: object, where: str, *, is_chat: bool) -> None:
    if name is None:
        raise missing(where)
    if not isinstance(name, str) or not 1 <= len(name) <= 32:
        raise too_long(where, 32, 1)
    if is_chat and (not _NAME.fullmatch(name) or name != name.lower()):
        reason = "Command name is invalid"
        raise invalid(where, "APPLICATION_COMMAND_INVALID_NAME", reason)


def _check_options(options: list[Json], where: str) -> None:
    if len(options) > _MOST_OPTIONS:
        raise too_long(where, _MOST_OPTIONS)
    names: set[str] = set()
    may_be_required = True
    for index, option in enumerate(options):
        place = f"{where}.{index}"
        if option.get("type") not in _OPTION_KINDS:
            raise missing(f"{place}.type")
        _check_texts(option, place, is_chat=True)
        if option["name"] in names:
            reason = "Option names must be unique"
            raise invalid(place, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", reason)
        names.add(option["name"])
        if option.get("required") and not may_be_required:
            reason = "Required options must be placed before non-required options"
            raise invalid(place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", reason)
        may_be_required = bool(option.get("required"))
        _check_choices(option, place)
        _check_options(option.get("options") or [], f"{place}.options")


def _check_choices(option: Json, where: str) -> None:
    choices = option.get("choices") or []
    if len(choices) > _MOST_OPTIONS:
        raise too_long(f"{where}.choices", _MOST_OPTIONS)
    if choices and option.get("autocomplete"):
        reason = "Autocomplete and choices are mutually exclusive"
        raise invalid(where, "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES_CONFLICT", reason)
    for index, choice in enumerate(choices):
        check_choice(choice, f"{where}.choices.{index}")


def check_choice(choice: Json, where: str) -> None:
    """A choice of an option, or one that autocompletion offers."""
    if not 1 <= len(str(choice.get("name", ""))) <= 100:
        raise too_long(f"{where}.name", 100, 1)
    value = choice.get("value")
    if value is None:
        raise missing(f"{where}.value")
    if isinstance(value, str) and not 1 <= len(value) <= 100:
        raise too_long(f"{where}.value", 100, 1)
    _localized(choice, "name", where)


def _letters(body: Json) -> int:
    """The longest localisation of each text counts."""
    total = 0
    for field in ("name", "description"):
        texts = [body.get(field) or "", *(body.get(f"{field}_localizations") or {}).values()]
        total += max(len(text) for text in texts)
    total += sum(_letters(option) for option in body.get("options") or ())
    for choice in body.get("choices") or ():
        total += len(str(choice.get("name", ""))) + len(str(choice.get("value", "")))
    return total
