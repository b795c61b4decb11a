"""Slash commands, made from the command table and told to Discord only when they changed."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import structlog

from bot.core.text import shorten
from bot.handlers.discord.failures import TROUBLES, service_failure
from bot.handlers.discord.ports import SeenHashes, SlashCommand
from bot.handlers.discord.rest import Rest

_ABOUT_LIMIT = 100
_CHAT_INPUT, _STRING = 1, 3
_GUILD, _BOT_DM = 0, 1
_MANAGE_CHANNELS = 1 << 4
# Discord's locales of our interface languages (reference.mdx, "Locales").
_LOCALES = {"en": ("en-US", "en-GB"), "es": ("es-ES", "es-419")}
_NOTE = "discord.commands"

_log = structlog.get_logger()

Json = dict[str, Any]


async def publish(
    rest: Rest,
    commands: Sequence[SlashCommand],
    *,
    guild: int | None,
    seen: SeenHashes,
    default_language: str = "en",
) -> bool:
    """Replace Discord's list where ours changed; returns whether it did.

    Args:
        guild: the only server to offer them in; None: everywhere, private chats included.

    Raises:
        ServiceFailure: it was not replaced; call again later.
    """
    wanted = [_command(command, default_language, is_global=guild is None) for command in commands]
    digest = sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
    key = f"{_NOTE} {guild or 'everywhere'}"
    if await seen.get(key) == digest:
        return False
    try:
        await rest.put_commands(wanted, guild)
    except TROUBLES as error:
        raise service_failure(error) from None
    await seen.set(key, digest)
    _log.info("discord.commands_published", count=len(wanted))
    return True


def _command(command: SlashCommand, default_language: str, *, is_global: bool) -> Json:
    shown: Json = {"type": _CHAT_INPUT, "name": command.name}
    shown |= _described(command.about, default_language)
    if command.takes is not None:
        option: Json = {"type": _STRING, "name": command.takes, "required": False}
        option |= _described(command.option, default_language)
        if command.is_completed:
            option["autocomplete"] = True
        shown["options"] = [option]
    if command.is_for_managers:
        shown["default_member_permissions"] = _MANAGE_CHANNELS
    return shown | ({"contexts": [_GUILD, _BOT_DM]} if is_global else {})


def _described(about: Mapping[str, str], default_language: str) -> Json:
    words = {tag: shorten(text, _ABOUT_LIMIT) for tag, text in about.items()}
    return {
        "description": words[default_language],
        "description_localizations": {
            locale: text
            for tag, text in sorted(words.items())
            if tag != default_language
            for locale in _LOCALES.get(tag, (tag,))
        },
    }
