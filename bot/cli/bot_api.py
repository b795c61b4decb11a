"""Asking the Bot API before there is a bot: one call, and nothing raised quotes the token."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from bot.core.errors import Cause, ServiceFailure

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
_TIMEOUT = aiohttp.ClientTimeout(total=10)
_REFUSED = {401, 403, 404}
SERVICE = "telegram"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a method answered; `date` is the server's clock, where it told."""

    result: Mapping[str, Any]
    date: datetime | None


async def ask(api_url: str, token: str, method: str) -> Answer:
    """Call a method without parameters.

    Raises:
        ServiceFailure: MISCONFIGURED for a refused token, else why there is no answer.
    """
    if not _TOKEN.fullmatch(token):
        detail = "the token does not look like 123456:ABC-DEF, as @BotFather hands them out"
        raise ServiceFailure(SERVICE, Cause.MISCONFIGURED, detail)
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as http,
            http.post(f"{api_url.rstrip('/')}/bot{token}/{method}", allow_redirects=False) as reply,
        ):
            return Answer(await _result(reply), server_time(reply.headers.get("Date")))
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        failure = ServiceFailure(SERVICE, Cause.UNREACHABLE, type(error).__name__)
    raise failure  # on its own: the error behind it may quote the address, which holds the token


async def ask_time(api_url: str) -> datetime | None:
    """The server's clock, for who has no token; None where nobody answers."""
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as http,
            http.get(api_url, allow_redirects=False) as reply,
        ):
            return server_time(reply.headers.get("Date"))
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return None


async def _result(reply: aiohttp.ClientResponse) -> Mapping[str, Any]:
    if reply.status >= 500:
        raise ServiceFailure(SERVICE, Cause.BUSY, f"HTTP {reply.status}")
    document = await reply.json(content_type=None)
    if not isinstance(document, dict) or "ok" not in document:
        raise ServiceFailure(SERVICE, Cause.REJECTED, "the answer is not the Bot API's")
    if reply.status in _REFUSED:
        raise ServiceFailure(SERVICE, Cause.MISCONFIGURED, "the token was refused")
    if not isinstance(document.get("result"), dict):
        raise ServiceFailure(SERVICE, Cause.BUSY, f"HTTP {reply.status}")
    result: dict[str, Any] = document["result"]
    return result


def server_time(header: str | None) -> datetime | None:
    """An HTTP `Date` (RFC 9110, 5.6.7) as an aware instant; None where it is none."""
    try:
        found = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return found if found.tzinfo else None
