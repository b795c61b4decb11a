"""Webhooks of vendors: proved, stored once with the job that follows, answered at once."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol, TypeVar

import structlog
from aiohttp import web

from bot.core.clock import Clock
from bot.core.errors import ServiceFailure
from bot.core.hook import Document, Hook, Verdict
from bot.core.storage import Storage
from bot.jobs.model import Job
from bot.jobs.ports import JobQueue

_LIMIT_BYTES = 1 << 20
_READ_SECONDS = 2.0  # Zoom gives three for the whole answer
_log = structlog.get_logger()

WebHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class OutsideEvents(Protocol):
    """Events of vendors, each kept once."""

    def add(self, source: str, key: str, body: bytes, at: datetime, /) -> bool:
        """False when the event was known."""
        ...


class HookWork(Protocol):
    """What a delivery touches."""

    @property
    def outside_events(self) -> OutsideEvents: ...
    @property
    def jobs(self) -> JobQueue: ...


W = TypeVar("W", bound=HookWork)


def hook_handler(hook: Hook, storage: Storage[W], clock: Clock) -> WebHandler:
    """A handler that answers 200 once the event is stored; repetitions are answered 200 too.

    Answers 413 over 1 MiB, 401 for what is not proved or too old, 400 for what is no JSON object,
    408 for a body that takes too long, 503 while the database is away: the vendor tries again.
    """

    async def receive(request: web.Request) -> web.StreamResponse:
        try:
            async with asyncio.timeout(_READ_SECONDS):
                body = await _bounded_body(request)
        except TimeoutError:
            return web.Response(status=408)
        if body is None:
            return _refused(hook, "oversize", 413)
        verdict = hook.verify(request.headers, body, datetime.now(UTC))
        if verdict is not Verdict.GENUINE:
            return _refused(hook, verdict, 401)
        document = _document(body)
        if document is None:
            return _refused(hook, "malformed", 400)
        if (answer := hook.answer(document)) is not None:
            return web.json_response(answer)
        return await _kept(hook, storage, clock, document, body)

    return receive


async def _kept(
    hook: Hook, storage: Storage[W], clock: Clock, document: Document, body: bytes
) -> web.Response:
    identity = hook.key_of(document)
    if identity is None:
        return web.Response()
    key, now = f"{hook.source}:{identity}", clock.now()

    def unit(work: W) -> bool:
        is_fresh = work.outside_events.add(hook.source, key, body, now)
        if is_fresh:
            work.jobs.put(Job(kind=hook.job_kind, key=key, due_at=now, payload={"event": key}))
        return is_fresh

    try:
        is_fresh = await storage.write(unit)
    except ServiceFailure as failure:
        _log.warning("hook.not_stored", source=hook.source, cause=str(failure))
        return web.Response(status=503)
    if not is_fresh:
        _log.info("hook.known", source=hook.source, key=key)
    return web.Response()


def _refused(hook: Hook, reason: str, status: int) -> web.Response:
    _log.warning("hook.refused", source=hook.source, reason=str(reason))
    return web.Response(status=status)


async def _bounded_body(request: web.Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > _LIMIT_BYTES:
            return None
    return bytes(body)


def _document(body: bytes) -> Document | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
