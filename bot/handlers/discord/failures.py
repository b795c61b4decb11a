"""What discord.py raises, in our terms. Codes decide (opcodes-and-status-codes.mdx)."""

import asyncio
from http import HTTPStatus

import aiohttp
import discord

from bot.core.errors import Cause, ServiceFailure
from bot.messaging.ports import Undeliverable

SERVICE = "discord"
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK = 10003, 10008, 10015
UNKNOWN_INTERACTION, ALREADY_ANSWERED = 10062, 40060
UNKNOWN_GUILD, UNKNOWN_EVENT, FINISHED_EVENT, TOO_MANY_EVENTS = 10004, 10070, 180000, 30038
MISSING_ACCESS, EMPTY, CANNOT_DM, MISSING_PERMISSIONS = 50001, 50006, 50007, 50013
TOKEN_EXPIRED, ARCHIVED, NO_MUTUAL_GUILD, NO_VOICE_MESSAGES = 50027, 50083, 50278, 50173
_CLOSED_ROOM = {UNKNOWN_CHANNEL, MISSING_ACCESS, CANNOT_DM, NO_MUTUAL_GUILD}
_GONE_INTERACTION = {UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION, UNKNOWN_MESSAGE, TOKEN_EXPIRED}
_LONGEST_REASON = 120

# What a call may raise.
TROUBLES = (discord.DiscordException, aiohttp.ClientError, TimeoutError, OSError)


def trouble(error: BaseException, *, is_bare: bool = False) -> ServiceFailure | Undeliverable:
    """What a failed call means for the message it was to deliver.

    Args:
        is_bare: it was nothing but words, so who may not send it may send nothing there.
    """
    if isinstance(error, discord.HTTPException):
        is_refused = HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR
        is_ours = error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS)
        closed = _CLOSED_ROOM | ({MISSING_PERMISSIONS} if is_bare else set())
        if is_refused and not is_ours:
            return Undeliverable(reason(error), is_blocked=error.code in closed)
    return service_failure(error)


def service_failure(error: BaseException) -> ServiceFailure:
    """What a failed call says about the service."""
    if isinstance(error, discord.LoginFailure):
        return ServiceFailure(SERVICE, Cause.MISCONFIGURED, "the token was refused")
    if isinstance(error, discord.PrivilegedIntentsRequired):
        detail = "the Message Content intent is not switched on in the developer portal"
        return ServiceFailure(SERVICE, Cause.MISCONFIGURED, detail)
    if isinstance(error, discord.RateLimited):
        wait = error.retry_after
        return ServiceFailure(SERVICE, Cause.BUSY, "rate limit", retry_after=wait)
    if isinstance(error, discord.ConnectionClosed):
        return _closed(error)
    if isinstance(error, discord.HTTPException):
        return _answered(error)
    if isinstance(error, discord.DiscordException | asyncio.TimeoutError | OSError):
        return ServiceFailure(SERVICE, Cause.UNREACHABLE, type(error).__name__)
    return ServiceFailure(SERVICE, Cause.UNREACHABLE, type(error).__name__)


def is_expired(error: discord.HTTPException) -> bool:
    """The way to answer an interaction is closed."""
    return error.code in _GONE_INTERACTION or error.status == HTTPStatus.UNAUTHORIZED


def reason(error: discord.HTTPException) -> str:
    """Status and code; Discord's texts may quote what was sent."""
    return f"HTTP {error.status}, code {error.code}"[:_LONGEST_REASON]


def _answered(error: discord.HTTPException) -> ServiceFailure:
    if error.status == HTTPStatus.UNAUTHORIZED:
        return ServiceFailure(SERVICE, Cause.MISCONFIGURED, "the token was refused")
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = float(error.response.headers.get("Retry-After", 0)) or None
        return ServiceFailure(SERVICE, Cause.BUSY, "rate limit", retry_after=wait)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServiceFailure(SERVICE, Cause.BUSY, reason(error))
    return ServiceFailure(SERVICE, Cause.REJECTED, reason(error))


# Close codes after which connecting again is of no use (opcodes-and-status-codes.mdx); after
# 4010 and 4011 it is, with as many shards as Discord wants by then.
_FATAL = {
    4004: "the token was refused",
    4012: "the gateway's version is no longer served",
    4013: "the intents are not valid",
}


def _closed(error: discord.ConnectionClosed) -> ServiceFailure:
    if error.code in _FATAL:
        return ServiceFailure(SERVICE, Cause.MISCONFIGURED, _FATAL[error.code])
    return ServiceFailure(SERVICE, Cause.UNREACHABLE, f"the gateway closed with {error.code}")
