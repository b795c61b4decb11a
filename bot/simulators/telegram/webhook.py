"""Delivery of updates to a webhook, as Telegram does it."""

import asyncio
import json
import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.simulators.bell import Bell
from bot.simulators.faults import Faults
from bot.simulators.telegram.errors import bad_request
from bot.simulators.telegram.updates import Pending, UpdateQueue

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
_PORTS = {443, 80, 88, 8443}
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_ANSWER_WITHIN = aiohttp.ClientTimeout(total=10)
_LONGEST_PAUSE = 60.0
_KEPT_DELIVERIES = 10_000


@dataclass(frozen=True, slots=True)
class Hook:
    """Where updates go, and how many may be on their way at once."""

    url: str
    secret: str = ""
    max_connections: int = 40


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt: `status` is 0 when nobody answered; `forged` attempts carry a wrong secret."""

    update_id: int
    status: int
    forged: bool = False


def read_hook(url: str, secret: str, max_connections: int) -> Hook:
    """Check what setWebhook was given.

    Plain HTTP and any port are taken on loopback, as a Bot API server in local mode does.

    Raises:
        ApiError: the address or the secret is not acceptable.
    """
    parts = urlsplit(url)
    if parts.hostname not in _LOOPBACK:
        if parts.scheme != "https":
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if (parts.port or 443) not in _PORTS:
            raise bad_request(
                "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"
            )
    if secret and not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    if not 1 <= max_connections <= 100:
        raise bad_request("max_connections must be between 1 and 100")
    return Hook(url, secret, max_connections)


class WebhookSender:
    """Sends waiting updates: one at a time per chat, again until a 2xx answers.

    Args:
        pause: seconds before the first repetition (real time); doubles up to a minute.
    """

    def __init__(self, queue: UpdateQueue, bell: Bell, faults: Faults, *, pause: float) -> None:
        self.hook: Hook | None = None
        self.deliveries: deque[Delivery] = deque(maxlen=_KEPT_DELIVERIES)
        self.last_error: tuple[int, str] | None = None
        self._queue = queue
        self._bell = bell
        self._faults = faults
        self._pause = pause
        self._session: aiohttp.ClientSession | None = None
        self._dispatcher: asyncio.Task[None] | None = None
        self._sending: dict[Pending, asyncio.Task[None]] = {}

    async def point_to(self, hook: Hook | None) -> None:
        """Deliver there from here on; None: nowhere."""
        await self.aclose()
        self.hook, self.last_error = hook, None
        if hook is not None:
            self._session = aiohttp.ClientSession(timeout=_ANSWER_WITHIN)
            self._dispatcher = asyncio.create_task(self._dispatch(hook))

    async def aclose(self) -> None:
        tasks = [*self._sending.values(), *([self._dispatcher] if self._dispatcher else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._sending.clear()
        if self._session is not None:
            await self._session.close()
        self._session = self._dispatcher = None

    async def _dispatch(self, hook: Hook) -> None:
        while True:
            item = await self._bell.until(lambda: self._next(hook), timeout=None)
            task = asyncio.create_task(self._deliver(hook, item))
            self._sending[item] = task
            task.add_done_callback(lambda _, item=item: self._finish(item))  # type: ignore[misc] # a lambda's default has no type

    def _next(self, hook: Hook) -> Pending | None:
        if len(self._sending) >= hook.max_connections:
            return None
        busy = {item.lane for item in self._sending}
        return next((item for item in self._queue.waiting() if item.lane not in busy), None)

    def _finish(self, item: Pending) -> None:
        self._sending.pop(item, None)
        self._bell.ring()

    async def _deliver(self, hook: Hook, item: Pending) -> None:
        if self._faults.take(_operation(item), "forge"):
            await self._post(hook, item, forged=True)
        pause = self._pause
        while not await self._post(hook, item) or self._queue.never_acks:
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        self._queue.settle(item)

    async def _post(self, hook: Hook, item: Pending, *, forged: bool = False) -> bool:
        secret = hook.secret[::-1] + "x" if forged else hook.secret
        headers = {"Content-Type": "application/json"} | ({SECRET_HEADER: secret} if secret else {})
        status, reason = 0, "Connection failed"
        with suppress(aiohttp.ClientError, TimeoutError):
            status, reason = await self._answer(hook.url, json.dumps(item.body), headers)
        self.deliveries.append(Delivery(item.update_id, status, forged))
        taken = 200 <= status < 300
        if not taken and not forged:
            self.last_error = (status, f"Wrong response from the webhook: {reason}")
        self._bell.ring()
        return taken

    async def _answer(self, url: str, body: str, headers: dict[str, str]) -> tuple[int, str]:
        if self._session is None:
            return 0, "Connection closed"
        async with self._session.post(url, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status, f"{answer.status} {answer.reason}"

    def info(self, now: int) -> dict[str, Any]:
        """A `WebhookInfo`; `now` in Unix seconds."""
        body: dict[str, Any] = {
            "url": self.hook.url if self.hook else "",
            "has_custom_certificate": False,
            "pending_update_count": len(self._queue.waiting()),
        }
        if self.hook:
            body["max_connections"] = self.hook.max_connections
        if self.last_error:
            body |= {"last_error_date": now, "last_error_message": self.last_error[1]}
        if self._queue.allowed:
            body["allowed_updates"] = sorted(self._queue.allowed)
        return body


def _operation(item: Pending) -> str:
    kind = next(key for key in item.body if key != "update_id")
    return f"update:{kind}"
