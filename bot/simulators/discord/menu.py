"""The commands as a person's client offers and fills them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.simulators.discord.commands import CHAT, GROUP, SUBCOMMAND
from bot.simulators.discord.model import Account, Channel, Json
from bot.simulators.discord.permissions import Permission
from bot.simulators.discord.world import World

_STRING, _INTEGER, _BOOLEAN, _USER, _CHANNEL, _NUMBER = 3, 4, 5, 6, 7, 10
_PYTHON: dict[int, tuple[type, ...]] = {
    _STRING: (str,),
    _INTEGER: (int,),
    _BOOLEAN: (bool,),
    _NUMBER: (int, float),
}
_LONGEST = 6000


@dataclass(frozen=True, slots=True)
class Shown:
    """A command as it stands in somebody's list.

    Args:
        name: with its subcommands, "lesson book", in the person's language where there is one.
        canonical: as the bot registered it.
        is_localized: whether name or description came from the localisations.
        options: as the bot registered them.
    """

    name: str
    canonical: str
    description: str
    is_localized: bool
    options: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """A command ready to be sent.

    Args:
        user_ids: the users its options name.
    """

    data: Json
    user_ids: list[int]


def shown(world: World, account: Account, channel: Channel) -> list[Shown]:
    """What the person sees after typing "/" in this channel."""
    listed: list[Shown] = []
    for command in _usable(world, account, channel, CHAT):
        listed += _leaves(command, account.locale, ())
    return listed


def find(world: World, account: Account, channel: Channel, name: str) -> tuple[Json, list[Json]]:
    """The command and the subcommands on the way, by a name in either language.

    Raises:
        ValueError: the person has no such command here; says which there are.
    """
    words = name.split()
    for command in _usable(world, account, channel, CHAT):
        if path := _path(command, words, account.locale):
            return command, path
    there_is = [each.canonical for each in shown(world, account, channel)]
    raise ValueError(f"no command {name!r}; there are {there_is}")


def fill(
    command: Json, path: list[Json], options: Mapping[str, Any], *, focused: str | None = None
) -> Filled:
    """The `data` of the interaction. `focused` is the option being typed, for autocompletion.

    Raises:
        ValueError: what the client would not let pass.
    """
    known = {option["name"]: option for option in path[-1].get("options") or ()}
    if unknown := options.keys() - known.keys():
        raise ValueError(f"no such options: {sorted(unknown)}; there are {sorted(known)}")
    lacking = [n for n, option in known.items() if option.get("required") and n not in options]
    if lacking and focused is None:
        raise ValueError(f"required options are missing: {lacking}")
    user_ids: list[int] = []
    filled = [
        _filled(known[name], value, user_ids, is_focused=name == focused)
        for name, value in options.items()
    ]
    for step in reversed(path[1:]):
        filled = [{"type": step["type"], "name": step["name"], "options": filled}]
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return Filled(data | {"options": filled}, user_ids)


def entry(world: World, account: Account, channel: Channel, name: str, kind: int) -> Json:
    """A command of the menu under a message or a user, by a name in either language.

    Raises:
        ValueError: the menu has no such entry here.
    """
    for command in _usable(world, account, channel, kind):
        if name in (command["name"], (command["name_localizations"] or {}).get(account.locale)):
            return {"id": command["id"], "name": command["name"], "type": kind}
    raise ValueError(f"no entry {name!r} in this menu")


def _usable(world: World, account: Account, channel: Channel, kind: int) -> list[Json]:
    found = []
    for command in world.commands.available(channel.guild_id):
        contexts = command.get("contexts")
        context = 1 if channel.is_dm else 0
        if command["type"] != kind or (contexts is not None and context not in contexts):
            continue
        if channel.is_dm and command.get("dm_permission") is False:
            continue
        if _may_use(world, account, channel, command):
            found.append(command)
    return found


def _may_use(world: World, account: Account, channel: Channel, command: Json) -> bool:
    if channel.is_dm:
        return True
    rights = world.rights(account.user_id, channel)
    needed = Permission(int(command.get("default_member_permissions") or 0))
    return Permission.USE_APPLICATION_COMMANDS in rights and needed in rights


def _leaves(node: Json, locale: str, above: tuple[tuple[str, str], ...]) -> list[Shown]:
    name = (node.get("name_localizations") or {}).get(locale)
    text = (node.get("description_localizations") or {}).get(locale)
    here = (*above, (name or node["name"], node["name"]))
    below = [o for o in node.get("options") or () if o["type"] in (SUBCOMMAND, GROUP)]
    if below:
        return [leaf for each in below for leaf in _leaves(each, locale, here)]
    return [
        Shown(
            name=" ".join(local for local, _ in here),
            canonical=" ".join(canonical for _, canonical in here),
            description=text or node.get("description", ""),
            is_localized=bool(name or text),
            options=tuple(node.get("options") or ()),
        )
    ]


def _path(node: Json, words: list[str], locale: str) -> list[Json]:
    """From the command down to what is to be run; empty when the words name nothing."""
    names = {node["name"], (node.get("name_localizations") or {}).get(locale)}
    if not words or words[0] not in names:
        return []
    below = [o for o in node.get("options") or () if o["type"] in (SUBCOMMAND, GROUP)]
    if not below:
        return [node] if len(words) == 1 else []
    for each in below:
        if rest := _path(each, words[1:], locale):
            return [node, *rest]
    return []


def _filled(option: Json, value: Any, user_ids: list[int], *, is_focused: bool) -> Json:
    kind = option["type"]
    filled: Json = {"type": kind, "name": option["name"]}
    if is_focused:
        return filled | {"value": str(value), "focused": True}
    if kind == _USER:
        user_ids.append(value.user_id)
        return filled | {"value": str(value.user_id)}
    if kind == _CHANNEL:
        return filled | {"value": str(value.channel_id)}
    is_wrong_boolean = isinstance(value, bool) and kind != _BOOLEAN
    if not isinstance(value, _PYTHON.get(kind, ())) or is_wrong_boolean:
        raise ValueError(f"{option['name']}: {value!r} does not fit an option of type {kind}")
    if isinstance(value, str) and len(value) > int(option.get("max_length") or _LONGEST):
        raise ValueError(f"{option['name']}: too long")
    return filled | {"value": _chosen(option, value)}


def _chosen(option: Json, value: Any) -> Any:
    """The value itself, or that of the choice with this name."""
    choices = option.get("choices") or []
    if not choices:
        return value
    for choice in choices:
        names = {choice["name"], *(choice.get("name_localizations") or {}).values()}
        if value == choice["value"] or value in names:
            return choice["value"]
    raise ValueError(f"{option['name']}: not one of {[choice['name'] for choice in choices]}")
