"""Who a message notifies: what its text names, and what `allowed_mentions` lets through."""

import re
from typing import Any

from bot.simulators.discord.errors import invalid
from bot.simulators.discord.model import Json
from bot.simulators.discord.snowflake import parse_id
from bot.simulators.discord.world import World

_USER = re.compile(r"<@!?(\d{1,20})>")
_ROLE = re.compile(r"<@&(\d{1,20})>")
_EVERYONE = re.compile(r"@(?:everyone|here)\b")


def read_pings(world: World, content: str, allowed: Json | None) -> dict[str, Any]:
    """`pinged`, `pinged_roles` and `pings_everyone` of a text. Raises ApiError 50035."""
    users = list(dict.fromkeys(int(found) for found in _USER.findall(content)))
    roles = list(dict.fromkeys(int(found) for found in _ROLE.findall(content)))
    everyone = bool(_EVERYONE.search(content))
    if allowed is not None:
        parse = allowed.get("parse") or []
        users = _let_through(users, "users", parse, allowed)
        roles = _let_through(roles, "roles", parse, allowed)
        everyone = everyone and "everyone" in parse
    known = tuple(user_id for user_id in users if user_id in world.accounts)
    return {"pinged": known, "pinged_roles": tuple(roles), "pings_everyone": everyone}


def pings_author(allowed: Json | None) -> bool:
    """Whether a reply notifies whom it answers."""
    if allowed is None:
        return True
    return bool(allowed.get("replied_user", False))


def _let_through(named: list[int], kind: str, parse: list[str], allowed: Json) -> list[int]:
    listed = {parse_id(each) for each in allowed.get(kind) or ()}
    if kind in parse:
        if listed:
            reason = f"parse:['{kind}'] and {kind}: [ids...] are mutually exclusive."
            raise invalid("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", reason)
        return named
    return [each for each in named if each in listed]
