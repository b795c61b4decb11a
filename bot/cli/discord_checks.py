"""What the doctor looks at on Discord's side: token, intents, permissions, and how far it is."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp

from bot.cli.findings import Finding, Status
from bot.core.errors import Cause, ServiceFailure
from config.settings import DiscordSettings, Settings

SERVICE = "discord"
_TIMEOUT = aiohttp.ClientTimeout(total=10)
_USER_AGENT = "DiscordBot (https://pypi.org/project/linguaflex, 1)"
_NEEDS_BOT = (
    "`linguaflex init` asks for one; discord.com/developers makes them under Bot, Reset Token"
)
_PORTAL = "switch on Message Content Intent in discord.com/developers, under Bot"
_CONTENT_FLAGS = 1 << 18 | 1 << 19  # granted, or granted to an app in few servers
_ADMINISTRATOR = 1 << 3
# Why each is needed stands in README.md.
PERMISSIONS = {
    "Manage Channels": 1 << 4,
    "Add Reactions": 1 << 6,
    "View Channels": 1 << 10,
    "Send Messages": 1 << 11,
    "Attach Files": 1 << 15,
    "Read Message History": 1 << 16,
    "Connect": 1 << 20,
    "Speak": 1 << 21,
    "Manage Threads": 1 << 34,
    "Create Private Threads": 1 << 36,
    "Send Messages in Threads": 1 << 38,
    "Create Events": 1 << 44,
    "Send Voice Messages": 1 << 46,
}


@dataclass(frozen=True, slots=True)
class _Answer:
    body: Any
    seconds: float


async def check_discord(settings: Settings) -> Sequence[Finding]:
    """Who the bot is there, what it may read, and what it may do in its servers."""
    discord = settings.discord
    if discord.token is None:
        detail = "LINGUAFLEX_DISCORD__TOKEN is not set: Discord is off"
        return [Finding("discord.token", Status.WARN, detail, _NEEDS_BOT)]
    try:
        me = await _ask(discord, "/users/@me")
        app = await _ask(discord, "/applications/@me")
        guilds = await _ask(discord, "/users/@me/guilds")
    except ServiceFailure as failure:
        return [_refused(failure, discord)]
    name = me.body.get("username", "?")
    detail = f"Discord knows it as {name} and answers in {me.seconds * 1000:.0f} ms"
    return [
        Finding("discord.token", Status.OK, detail),
        content_finding(app.body, discord),
        *guild_findings(guilds.body, str(app.body["id"])),
    ]


def content_finding(app: Mapping[str, Any], discord: DiscordSettings) -> Finding:
    """Whether the bot may read what it is set to read."""
    if not discord.message_content:
        detail = (
            "private chats, commands and messages that name the bot are read; others in servers"
            " are not (LINGUAFLEX_DISCORD__MESSAGE_CONTENT): threads with students need that"
        )
        return Finding("discord.intents", Status.OK, detail)
    if int(app.get("flags") or 0) & _CONTENT_FLAGS:
        return Finding("discord.intents", Status.OK, "messages in servers are read")
    detail = "LINGUAFLEX_DISCORD__MESSAGE_CONTENT is true, and Discord does not allow it"
    return Finding("discord.intents", Status.FAIL, detail, _PORTAL)


def guild_findings(guilds: Sequence[Mapping[str, Any]], app_id: str) -> Sequence[Finding]:
    """What is missing in the servers the bot is in; who is in none gets the invitation."""
    if not guilds:
        detail = "the bot is in no server: people reach it once they share one with it"
        return [Finding("discord.servers", Status.WARN, detail, f"open {invitation(app_id)}")]
    findings = []
    for guild in guilds:
        rights = int(guild.get("permissions") or 0)
        missing = [
            name
            for name, bit in PERMISSIONS.items()
            if not rights & bit and not rights & _ADMINISTRATOR
        ]
        if missing:
            detail = f"in server {guild['id']} the bot lacks: {', '.join(missing)}"
            remedy = f"its manager opens {invitation(app_id)}"
            findings.append(Finding("discord.servers", Status.WARN, detail, remedy))
    fine = f"in {len(guilds)} servers, with every permission it needs"
    return findings or [Finding("discord.servers", Status.OK, fine)]


def invitation(app_id: str) -> str:
    """The page where the manager of a server invites the bot."""
    query = {
        "client_id": app_id,
        "scope": "bot applications.commands",
        "permissions": sum(PERMISSIONS.values()),
    }
    return f"https://discord.com/oauth2/authorize?{urlencode(query)}"


def _refused(failure: ServiceFailure, discord: DiscordSettings) -> Finding:
    remedy = _NEEDS_BOT
    if failure.cause is not Cause.MISCONFIGURED:
        host = urlsplit(discord.api_url).netloc.rpartition("@")[2]
        remedy = f"is {host} (LINGUAFLEX_DISCORD__API_URL) reachable from here?"
    return Finding("discord.token", Status.FAIL, str(failure), remedy)


async def _ask(discord: DiscordSettings, path: str) -> _Answer:
    """Raises ServiceFailure: MISCONFIGURED for a refused token, else why there is no answer."""
    token = discord.token.get_secret_value() if discord.token else ""
    headers = {"Authorization": f"Bot {token}", "User-Agent": _USER_AGENT}
    began = time.monotonic()
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, headers=headers) as http,
            http.get(discord.api_url.rstrip("/") + path, allow_redirects=False) as reply,
        ):
            if reply.status == 401:
                raise ServiceFailure(SERVICE, Cause.MISCONFIGURED, "the token was refused")
            if reply.status != 200:
                raise ServiceFailure(SERVICE, Cause.BUSY, f"HTTP {reply.status}")
            return _Answer(await reply.json(content_type=None), time.monotonic() - began)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        cause = type(error).__name__
    raise ServiceFailure(SERVICE, Cause.UNREACHABLE, cause)
