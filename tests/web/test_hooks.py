"""Deliveries of vendors: proved, bounded, stored once with their job, on both engines."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.core.clock import SystemClock
from bot.core.errors import Cause, ServiceFailure
from bot.core.hook import Hook, Verdict
from bot.jobs.model import Job
from bot.messaging.instance import Instance
from bot.storage.engine import SqlStorage, open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Work
from bot.web.hooks import hook_handler

PATH = "/webhooks/vendor"
BODY = b'{"id": "evt_1", "text": "a secret of Ana"}'
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def signature(body: bytes) -> str:
    return hmac.new(b"secret", body, hashlib.sha256).hexdigest()


def verify(headers: Mapping[str, str], body: bytes, real_now: datetime) -> Verdict:
    given = headers.get("x-signature", "").encode(errors="replace")
    if not hmac.compare_digest(given, signature(body).encode()):
        return Verdict.FORGED
    sent_at = datetime.fromisoformat(headers.get("x-sent", real_now.isoformat()))
    return Verdict.GENUINE if abs(real_now - sent_at) < timedelta(minutes=5) else Verdict.STALE


HOOK = Hook(
    source="vendor",
    path=PATH,
    verify=verify,
    key_of=lambda document: document.get("id"),
    job_kind="vendor.event",
    answer=lambda document: {"echo": document["challenge"]} if "challenge" in document else None,
)


@pytest.fixture
async def sqlite_storage(sqlite_url: str, keyring: Keyring) -> AsyncIterator[SqlStorage]:
    opened = open_storage(sqlite_url, keyring, Instance())
    await opened.open()
    yield opened
    await opened.aclose()


@asynccontextmanager
async def serving(storage: object) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post(PATH, hook_handler(HOOK, storage, SystemClock()))  # type: ignore[arg-type] # a storage of less
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
    finally:
        await runner.cleanup()


async def post(url: str, body: bytes = BODY, **headers: str) -> int:
    named = {"x-signature": signature(body), **{k.replace("_", "-"): v for k, v in headers.items()}}
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=BytesIO(body), headers=named) as reply,
    ):
        return reply.status


async def jobs_of(storage: SqlStorage) -> list[Job]:
    now = datetime.now(UTC)
    lease = timedelta(seconds=1)
    return list(await storage.write(lambda work: work.jobs.claim(now, now, lease, 100)))


async def test_a_delivery_is_stored_with_its_job(storage: SqlStorage) -> None:
    async with serving(storage) as url:
        assert await post(url) == 200

    event = await storage.read(lambda work: work.outside_events.find("vendor:evt_1"))
    assert event is not None
    assert (event.source, event.body) == ("vendor", BODY)
    assert [(job.id, job.payload) for job in await jobs_of(storage)] == [
        ("vendor.event/vendor:evt_1", {"event": "vendor:evt_1"})
    ]


async def test_ten_deliveries_of_one_event_at_once_are_one(storage: SqlStorage) -> None:
    async with serving(storage) as url:
        assert await asyncio.gather(*(post(url) for _ in range(10))) == [200] * 10

    assert len(await jobs_of(storage)) == 1


async def test_what_was_done_is_wiped_and_not_taken_again(storage: SqlStorage) -> None:
    async with serving(storage) as url:
        await post(url)
        assert await storage.write(lambda work: work.outside_events.done("vendor:evt_1", NOW))
        await jobs_of(storage)
        assert await post(url) == 200

    assert await storage.read(lambda work: work.outside_events.find("vendor:evt_1")) is None
    assert not await storage.write(lambda work: work.outside_events.done("vendor:evt_1", NOW))
    assert await jobs_of(storage) == []


async def test_what_was_done_long_ago_is_forgotten(storage: SqlStorage) -> None:
    def unit(work: Work) -> list[bool]:
        events = work.outside_events
        first = events.add("vendor", "vendor:1", BODY, NOW)
        events.done("vendor:1", NOW)
        events.remove_done(NOW + timedelta(days=7))
        return [first, events.add("vendor", "vendor:1", BODY, NOW)]

    assert await storage.write(unit) == [True, True]


@pytest.mark.parametrize("changed", ["", "0" * 64, signature(BODY + b" "), "ñ"])
async def test_a_forged_delivery_is_refused_and_its_body_not_logged(
    sqlite_storage: SqlStorage, changed: str
) -> None:
    with capture_logs() as logs:
        async with serving(sqlite_storage) as url:
            assert await post(url, x_signature=changed) == 401

    assert await jobs_of(sqlite_storage) == []
    assert [entry["event"] for entry in logs] == ["hook.refused"]
    assert "Ana" not in str(logs)


async def test_a_delivery_that_is_too_old_is_refused(sqlite_storage: SqlStorage) -> None:
    old = (datetime.now(UTC) - timedelta(minutes=6)).isoformat()
    async with serving(sqlite_storage) as url:
        assert await post(url, x_sent=old) == 401

    assert await jobs_of(sqlite_storage) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe"])
async def test_what_is_no_object_is_a_bad_request(sqlite_storage: SqlStorage, body: bytes) -> None:
    async with serving(sqlite_storage) as url:
        assert await post(url, body) == 400


async def test_a_body_over_a_mebibyte_is_refused(sqlite_storage: SqlStorage) -> None:
    async with serving(sqlite_storage) as url:
        assert await post(url, b" " * (1 << 19), x_signature="") == 401
        assert await post(url, BODY.ljust((1 << 20) + 1)) == 413


async def test_an_event_that_is_none_of_ours_is_answered_and_dropped(
    sqlite_storage: SqlStorage,
) -> None:
    async with serving(sqlite_storage) as url:
        assert await post(url, b'{"other": 1}') == 200

    assert await jobs_of(sqlite_storage) == []


async def test_a_question_is_answered_there_and_then(sqlite_storage: SqlStorage) -> None:
    body = b'{"challenge": "abc"}'
    async with serving(sqlite_storage) as url, aiohttp.ClientSession() as http:
        headers = {"x-signature": signature(body)}
        async with http.post(url, data=body, headers=headers) as reply:
            assert (reply.status, await reply.json()) == (200, {"echo": "abc"})


class NoStorage:
    """A database that is away."""

    async def write(self, _: object, /) -> None:
        raise ServiceFailure("database", Cause.UNREACHABLE)


async def test_while_the_database_is_away_the_vendor_is_asked_to_come_again() -> None:
    async with serving(NoStorage()) as url:
        assert await post(url) == 503
