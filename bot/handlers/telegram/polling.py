"""Our own long poll: an update is confirmed only after whoever takes it has stored it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from telegram.error import NetworkError

from bot.core.crash import crash_point
from bot.core.errors import Cause, ServiceFailure
from bot.handlers.telegram.failures import SERVICE, service_failure
from bot.handlers.telegram.request import AiohttpRequest, retry_after

_BATCH = 100  # the most getUpdates gives
_GRACE_SECONDS = 10.0  # for the answer to a long poll that ended on time
_LONGEST_WAIT_SECONDS = 60.0
_CONFLICT_FACTOR = 10.0
_HOT_SECONDS = 0.1  # an empty answer sooner than this came from a server that does not hold polls

RawUpdate = dict[str, Any]
_log = structlog.get_logger()


class Poller:
    """Asks for updates over its own connection.

    Args:
        url: of getUpdates; it holds the token.
        prepare: runs until it succeeds once, before the first poll.
        take: stores a batch; what it raises leaves the batch unconfirmed, and it comes again.
        poll_seconds: how long the server may hold a poll that has nothing to tell.
        retry_seconds: first wait after a failure; doubles up to a minute.
    """

    def __init__(
        self,
        request: AiohttpRequest,
        url: str,
        *,
        prepare: Callable[[], Awaitable[None]],
        take: Callable[[Sequence[RawUpdate]], Awaitable[None]],
        allowed_updates: Sequence[str],
        poll_seconds: float,
        retry_seconds: float,
    ) -> None:
        self._request = request
        self._url = url
        self._prepare = prepare
        self._take = take
        self._allowed_updates = json.dumps(list(allowed_updates))
        self._poll_seconds = poll_seconds
        self._retry_seconds = retry_seconds
        self._offset = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop` is set.

        Raises:
            ServiceFailure: MISCONFIGURED, the token is refused. Everything else is waited out.
        """
        loop = asyncio.create_task(self._run())
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({loop, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if loop.done():
                loop.result()
        finally:
            loop.cancel()
            stopped.cancel()
            await asyncio.gather(loop, stopped, return_exceptions=True)

    async def _run(self) -> None:
        step: Callable[[], Awaitable[None]] = self._prepare
        failures = 0
        while True:
            try:
                await step()
            except ServiceFailure as failure:
                if failure.cause is Cause.MISCONFIGURED:
                    raise
                wait = self._wait(failures, failure.retry_after)
                _log.warning("telegram.poll_failed", cause=str(failure), wait_seconds=wait)
            except Exception:
                wait = self._wait(failures, None)
                _log.exception("telegram.batch_not_stored", wait_seconds=wait)
            else:
                step, failures = self._poll, 0
                continue
            failures += 1
            await asyncio.sleep(wait)

    def _wait(self, failures: int, asked: float | None) -> float:
        own = min(self._retry_seconds * 2.0 ** min(failures, 16), _LONGEST_WAIT_SECONDS)
        return own if asked is None else max(own, asked)

    async def _poll(self) -> None:
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        batch = await self._ask()
        if batch:
            await self._take(batch)
            self._offset = max(update["update_id"] for update in batch) + 1
        elif loop.time() - asked_at < _HOT_SECONDS:
            await asyncio.sleep(_HOT_SECONDS)

    async def _ask(self) -> list[RawUpdate]:
        fields = {
            "offset": str(self._offset),
            "limit": str(_BATCH),
            "timeout": f"{self._poll_seconds:g}",
            "allowed_updates": self._allowed_updates,
        }
        crash_point("before getUpdates")
        try:
            status, payload = await self._request.post_form(
                self._url, fields, read_timeout=self._poll_seconds + _GRACE_SECONDS
            )
        except NetworkError as error:
            raise service_failure(error) from error
        crash_point("after getUpdates")
        return self._result(status, payload)

    def _result(self, status: int, payload: bytes) -> list[RawUpdate]:
        if status == HTTPStatus.OK:
            try:
                result: list[RawUpdate] = json.loads(payload)["result"]
            except (ValueError, KeyError, TypeError):
                raise ServiceFailure(SERVICE, Cause.BUSY, "the answer is not JSON") from None
            return result
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND):
            raise ServiceFailure(SERVICE, Cause.MISCONFIGURED, "the token was refused")
        if status == HTTPStatus.CONFLICT:
            raise ServiceFailure(
                SERVICE,
                Cause.BUSY,
                "another poller, or a webhook, uses this token",
                retry_after=self._retry_seconds * _CONFLICT_FACTOR,
            )
        raise ServiceFailure(
            SERVICE, Cause.BUSY, f"HTTP {status}", retry_after=retry_after(payload)
        )
