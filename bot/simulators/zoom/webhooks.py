"""Zoom's events, signed as Zoom signs them, to the address that wants them."""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import aiohttp

from bot.simulators.bell import Bell
from bot.simulators.faults import Faults

_TRIES = 3
_TIMEOUT = aiohttp.ClientTimeout(total=3)
_WRONG_SECRET = "somebody else's"  # noqa: S105 - what a forger would use

Json = dict[str, Any]


class Webhooks:
    """Delivers in order, one at a time; what is not taken is tried again, later and later.

    `faults` knows the operation "webhook:<event>" with the kinds delay, duplicate, reorder, forge
    and drop_before (never sent). Signatures carry real time, events the simulator's.

    Args:
        pause: seconds before the first repetition, doubled each time; Zoom waits five minutes.
    """

    def __init__(
        self, faults: Faults, bell: Bell, now: Callable[[], datetime], *, pause: float
    ) -> None:
        self.url: str | None = None
        self.secret = ""
        self.answers: list[tuple[str, int | None]] = []
        self._faults = faults
        self._bell = bell
        self._now = now
        self._pause = pause
        self._waiting: asyncio.Queue[Json] = asyncio.Queue()
        self._held: list[Json] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_running = False

    @property
    def is_quiet(self) -> bool:
        """Everything was delivered, or given up."""
        return self._waiting.empty() and not self._tasks

    def emit(self, event: str, about: Json) -> None:
        """Something happened; without an address nobody hears of it."""
        document = {
            "event": event,
            "event_ts": round(self._now().timestamp() * 1000),
            "payload": {"account_id": "acc_demo", "object": about},
        }
        if self.url is not None:
            self._waiting.put_nowait(document)
            if not self._is_running:
                self._is_running = True
                self._spawn(self._run())

    async def validate(self) -> bool:
        """Ask whether the address is ours, as every 72 hours."""
        plain = secrets.token_urlsafe(16)
        document = {
            "event": "endpoint.url_validation",
            "event_ts": round(self._now().timestamp() * 1000),
            "payload": {"plainToken": plain},
        }
        proof = hmac.new(self.secret.encode(), plain.encode(), hashlib.sha256).hexdigest()
        status, answer = await self._post(document, self.secret)
        return status == 200 and answer == {"plainToken": plain, "encryptedToken": proof}

    async def aclose(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self) -> None:
        while not self._waiting.empty():
            document = self._waiting.get_nowait()
            operation = f"webhook:{document['event']}"
            await self._faults.hold(operation)
            if self._faults.take(operation, "drop_before"):
                continue
            if self._faults.take(operation, "reorder"):
                self._held.append(document)
                continue
            if self._faults.take(operation, "forge"):
                await self._post(document, _WRONG_SECRET)
            times = 2 if self._faults.take(operation, "duplicate") else 1
            held, self._held = self._held, []
            for each in [document] * times + held:
                await self._deliver(each)
        self._is_running = False
        held, self._held = self._held, []
        for document in held:  # nothing came after it
            await self._deliver(document)

    async def _deliver(self, document: Json) -> None:
        if not await self._is_taken(document):
            self._spawn(self._again(document))

    async def _again(self, document: Json) -> None:
        for number in range(_TRIES):
            await asyncio.sleep(self._pause * (1 << number))
            if await self._is_taken(document):
                return

    async def _is_taken(self, document: Json) -> bool:
        status, _ = await self._post(document, self.secret)
        return status in {200, 204}

    async def _post(self, document: Json, secret: str) -> tuple[int | None, Any]:
        body = json.dumps(document).encode()
        at = str(int(time.time()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "x-zm-request-timestamp": at,
            "x-zm-signature": signature(secret, at, body),
        }
        status: int | None = None
        answer: Any = None
        if self.url is None:
            return status, answer
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as http,
                http.post(self.url, data=body, headers=headers) as reply,
            ):
                status = reply.status
                if reply.content_type == "application/json":
                    answer = await reply.json()
        except (aiohttp.ClientError, TimeoutError):
            status = None
        self.answers.append((document["event"], status))
        self._bell.ring()
        return status, answer

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._bell.ring()


def signature(secret: str, at: str, body: bytes) -> str:
    """The header `x-zm-signature`. Source: developers.zoom.us/docs/api/webhooks."""
    signed = b"v0:" + at.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
