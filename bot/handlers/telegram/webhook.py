"""Telegram's deliveries by HTTP."""

import hmac
import json
from collections.abc import Awaitable, Callable, Sequence

import structlog
from aiohttp import web

from bot.handlers.telegram.polling import RawUpdate

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # the name of the header
_LIMIT_BYTES = 1 << 20

Take = Callable[[Sequence[RawUpdate]], Awaitable[None]]
WebHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_log = structlog.get_logger()


def telegram_webhook(take: Take, *, secret: str) -> WebHandler:
    """A handler that answers 200 once `take` has stored the update.

    What `take` raises becomes a 500, and Telegram delivers again. Answers 403 without the secret,
    413 over 1 MiB, 400 for what is not an update.

    Args:
        take: `TelegramPlatform.take`.
        secret: as given to setWebhook; compared in constant time.
    """

    async def receive(request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            _log.warning("telegram.webhook_refused")
            return web.Response(status=403)
        body = await _bounded_body(request)
        if body is None:
            return web.Response(status=413)
        update = _update(body)
        if update is None:
            return web.Response(status=400)
        await take([update])
        return web.Response()

    return receive


async def _bounded_body(request: web.Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > _LIMIT_BYTES:
            return None
    return bytes(body)


def _update(body: bytes) -> RawUpdate | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    is_update = isinstance(document, dict) and isinstance(document.get("update_id"), int)
    return document if is_update else None
