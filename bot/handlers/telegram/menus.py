"""What Telegram shows about the bot before anybody writes: command menus, name, descriptions.

Telegram limits how often these may be set (the name to a few times a day), so each is set only
when it differs from what was set last.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import BadRequest, TelegramError

from bot.core.language import base_language
from bot.core.text import shorten
from bot.handlers.telegram.failures import reason, service_failure
from bot.handlers.telegram.render import Call, chat_id

_DESCRIPTION_LIMIT = 256
_ABOUT_LIMITS = {"name": 64, "description": 512, "short_description": 120}

_log = structlog.get_logger()

Commands = Sequence[tuple[str, str]]


class SeenHashes(Protocol):
    """Remembers, across restarts, what was published."""

    async def get(self, key: str, /) -> str | None: ...
    async def set(self, key: str, value: str, /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Who the bot is, in one language; None leaves what BotFather was told."""

    name: str | None = None
    description: str | None = None
    short_description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Menus:
    """Everything to publish, per language (BCP 47; Telegram knows the language alone).

    Args:
        commands: (name, description) of what everybody may use, in order.
        group_commands: the names among them that make sense in groups.
        admin_commands: what administrators see beside them in their own chats.
        admin_rooms: those chats.
        default_language: for people whose language is not among them.
    """

    commands: Mapping[str, Commands]
    group_commands: Collection[str] = ()
    admin_commands: Mapping[str, Commands] | None = None
    admin_rooms: Collection[str] = ()
    about: Mapping[str, About] | None = None
    default_language: str = "en"


async def publish(bot: Bot, menus: Menus, *, seen: SeenHashes) -> int:
    """Set what changed; returns the number of calls that took.

    A room that Telegram refuses (an administrator who never wrote) is left out.

    Raises:
        ServiceFailure: the rest was not set; call again later.
    """
    made = 0
    for key, call in _calls(menus):
        digest = sha256(repr(sorted(call.params.items(), key=str)).encode()).hexdigest()
        if await seen.get(key) == digest:
            continue
        try:
            await getattr(bot, call.method)(**call.params)
        except BadRequest as error:
            _log.warning("telegram.menu_refused", menu=key, cause=reason(error))
            continue
        except TelegramError as error:
            raise service_failure(error) from None
        await seen.set(key, digest)
        made += 1
    return made


def _calls(menus: Menus) -> Iterator[tuple[str, Call]]:
    """Every call there could be, each with a name that stays the same when its content changes."""
    for tag, commands in menus.commands.items():
        language = _code(menus, tag)
        grouped = [command for command in commands if command[0] in menus.group_commands]
        more = (menus.admin_commands or {}).get(tag, ())
        yield _menu("private", BotCommandScopeAllPrivateChats(), language, commands)
        if grouped:
            yield _menu("group", BotCommandScopeAllGroupChats(), language, grouped)
        for room in menus.admin_rooms:
            scope = BotCommandScopeChat(chat_id(room))
            yield _menu(f"chat {room}", scope, language, [*commands, *more])
    for tag, about in (menus.about or {}).items():
        yield from _about(about, _code(menus, tag))


def _code(menus: Menus, tag: str) -> str:
    """The default language is set for "", which Telegram shows to everybody else."""
    return "" if tag == menus.default_language else base_language(tag)


def _menu(
    where: str, scope: BotCommandScope, language: str, commands: Commands
) -> tuple[str, Call]:
    listed = [BotCommand(name, shorten(text, _DESCRIPTION_LIMIT)) for name, text in commands]
    params = {"commands": listed, "scope": scope, "language_code": language or None}
    return f"commands {where} {language}", Call("set_my_commands", params)


def _about(about: About, language: str) -> Iterator[tuple[str, Call]]:
    for field, limit in _ABOUT_LIMITS.items():
        text: str | None = getattr(about, field)
        if text is not None:
            params: dict[str, object] = {
                field: shorten(text, limit),
                "language_code": language or None,
            }
            yield f"{field} {language}", Call(f"set_my_{field}", params)
