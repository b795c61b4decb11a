"""Events, signed as Stripe signs them, to the address that wants them."""

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.simulators.bell import Bell
from bot.simulators.faults import Faults

_TRIES = 4
_TIMEOUT_SECONDS = 10.0
_WRONG_SECRET = "whsec_of_somebody_else"  # noqa: S105 - what a forger would use


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST of an event.

    Args:
        status: the answer; None: there was none.
        is_forged: it was signed with another secret, so the answer should be a refusal.
    """

    event_id: str
    event_type: str
    status: int | None
    is_forged: bool = False


class Webhooks:
    """Delivers in order, one at a time; what is not taken is tried again, later and later.

    `faults` knows the operation "webhook:<event type>" with the kinds delay, duplicate, reorder,
    forge, drop_before (never sent) and drop_after (sent; its answer counts as lost).

    Args:
        pause: seconds before the first repetition, doubled each time.
    """

    def __init__(self, faults: Faults, bell: Bell, *, pause: float) -> None:
        self.url: str | None = None
        self.secret = ""
        self.deliveries: list[Delivery] = []
        self._faults = faults
        self._bell = bell
        self._pause = pause
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._held: dict[str, Any] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_busy = False

    @property
    def is_quiet(self) -> bool:
        """Nothing waits to be delivered."""
        return self._events.empty() and not self._is_busy and len(self._tasks) <= 1

    def put(self, event: dict[str, Any]) -> None:
        """An event happened; without an address it is only listed."""
        if self.url is not None:
            self._events.put_nowait(event)

    def start(self) -> None:
        self._spawn(self._run())

    async def aclose(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self) -> None:
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
        ) as self._http:
            while True:
                event = await self._events.get()
                self._is_busy = True
                await self._pass_on(event)
                self._is_busy = False
                self._bell.ring()

    async def _pass_on(self, event: dict[str, Any]) -> None:
        operation = f"webhook:{event['type']}"
        await self._faults.hold(operation)
        if self._faults.take(operation, "drop_before"):
            return
        if self._faults.take(operation, "reorder") and self._held is None:
            self._held = event
            self._spawn(self._let_go())
            return
        if self._faults.take(operation, "forge"):
            await self._post(event, _WRONG_SECRET)
        await self._deliver(event)
        if self._faults.take(operation, "duplicate"):
            await self._deliver(event)
        if (held := self._held) is not None:
            self._held = None
            await self._deliver(held)

    async def _let_go(self) -> None:
        """A held event goes out even where no other follows."""
        await asyncio.sleep(self._pause)
        if (held := self._held) is not None:
            self._held = None
            await self._deliver(held)

    async def _deliver(self, event: dict[str, Any]) -> None:
        status = await self._post(event, self.secret)
        if self._faults.take(f"webhook:{event['type']}", "drop_after"):
            status = None
        if not _is_taken(status):
            self._spawn(self._again(event))

    async def _again(self, event: dict[str, Any]) -> None:
        for number in range(_TRIES):
            await asyncio.sleep(self._pause * (1 << number))
            if _is_taken(await self._post(event, self.secret)):
                return

    async def _post(self, event: dict[str, Any], secret: str) -> int | None:
        body = json.dumps(event, indent=2).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(secret, body, int(time.time())),
        }
        status: int | None = None
        if self.url is not None:
            try:
                async with self._http.post(self.url, data=body, headers=headers) as answer:
                    status = answer.status
            except (aiohttp.ClientError, TimeoutError):
                status = None
        is_forged = secret == _WRONG_SECRET
        self.deliveries.append(Delivery(event["id"], event["type"], status, is_forged))
        self._bell.ring()
        return status

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._bell.ring()


def signature(secret: str, body: bytes, at: int) -> str:
    """The header `Stripe-Signature`. Source: docs.stripe.com/webhooks, "Verify manually"."""
    signed = f"{at}.".encode() + body
    return f"t={at},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def _is_taken(status: int | None) -> bool:
    return status is not None and 200 <= status < 300
