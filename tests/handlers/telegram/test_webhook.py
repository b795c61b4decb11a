"""Deliveries by HTTP: proven, bounded, stored before they are confirmed."""

from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from bot.core.errors import Cause, ServiceFailure
from bot.handlers.telegram.application import TelegramPlatform
from bot.handlers.telegram.webhook import SECRET_HEADER, telegram_webhook
from tests.handlers.telegram.updates import message

SECRET = "s3cret_token"
UPDATE = {"update_id": 1, "message": message(text="hi")}


@asynccontextmanager
async def serving(handler):
    app = web.Application()
    app.router.add_post("/webhooks/telegram", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/telegram"
    finally:
        await runner.cleanup()


async def post(url, *, secret: str | None = SECRET, **body) -> int:
    headers = {} if secret is None else {SECRET_HEADER: secret}
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers, **body) as r:
        return r.status


@pytest.fixture
async def hook(platform):
    async with serving(telegram_webhook(platform.take, secret=SECRET)) as url:
        yield url


async def test_an_update_is_stored_and_confirmed(hook, inbox):
    assert await post(hook, json=UPDATE) == 200
    assert inbox.texts == ["hi"]


@pytest.mark.parametrize("secret", [None, "", "wrong", "s3cret_tokeN", "ñ"])
async def test_who_does_not_know_the_secret_is_refused(hook, inbox, secret):
    assert await post(hook, secret=secret, json=UPDATE) == 403
    assert inbox.batches == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"update_id":"1"}'])
async def test_what_is_no_update_is_a_bad_request(hook, inbox, body):
    assert await post(hook, data=body) == 400
    assert inbox.batches == []


async def test_a_body_over_a_mebibyte_is_not_read_to_its_end(hook, inbox):
    assert await post(hook, data=iter_bytes(1 << 21)) == 413
    assert inbox.batches == []


async def iter_bytes(count):
    for _ in range(count >> 16):
        yield bytes(1 << 16)


async def test_what_cannot_be_stored_is_not_confirmed(hook, inbox):
    inbox.failures = 1

    assert await post(hook, json=UPDATE) == 500
    assert await post(hook, json=UPDATE) == 200
    assert inbox.texts == ["hi"]


async def test_an_update_of_no_use_is_confirmed(hook, inbox):
    assert await post(hook, json={"update_id": 5}) == 200
    assert inbox.batches == []


async def test_telegram_delivers_to_the_address_it_was_given(telegram, inbox):
    async def take(updates):
        await platform.take(updates)

    async with serving(telegram_webhook(take, secret=SECRET)) as url:
        platform = TelegramPlatform(
            token=telegram.token,
            api_url=telegram.url,
            receiver=inbox,
            webhook_url=url,
            webhook_secret=SECRET,
        )
        await platform.start()
        await platform.set_webhook()
        await telegram.person(7).send_text("by post")
        await telegram.until(lambda: telegram.updates_confirmed == 1)
        await platform.application.bot.delete_webhook()
        await platform.stop()

    assert inbox.texts == ["by post"]


async def test_a_webhook_without_a_secret_is_not_set(platform):
    with pytest.raises(ServiceFailure) as caught:
        await platform.set_webhook()

    assert caught.value.cause is Cause.MISCONFIGURED
