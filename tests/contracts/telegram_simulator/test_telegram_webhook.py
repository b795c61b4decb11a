"""Delivery to a webhook."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from bot.simulators.faults import Fault

SECRET = "our_secret-1"


class Receiver:
    """The bot's side: answers with the next of `statuses`, 200 when there is none left.

    With `hold(n)` nothing is answered until `release()`; `held` is set once n requests wait.
    """

    def __init__(self) -> None:
        self.url = ""
        self.statuses: list[int] = []
        self.taken: list[dict[str, Any]] = []
        self.refused: list[str | None] = []
        self.waiting = 0
        self.held = asyncio.Event()
        self._wanted = 0
        self._gate = asyncio.Event()
        self._gate.set()

    def hold(self, wanted: int) -> None:
        self._wanted = wanted
        self._gate.clear()

    def release(self) -> None:
        self._gate.set()

    async def receive(self, request: web.Request) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        if secret != SECRET:
            self.refused.append(secret)
            return web.Response(status=401)
        self.waiting += 1
        if self.waiting == self._wanted:
            self.held.set()
        await self._gate.wait()
        self.waiting -= 1
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.taken.append(await request.json())
        return web.Response(status=status)

    @property
    def texts(self) -> list[str]:
        return [update["message"]["text"] for update in self.taken]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/webhooks/telegram", receiver.receive)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/telegram"
    yield receiver
    await runner.cleanup()


async def test_updates_are_posted_with_the_secret_and_confirmed_by_200(api, ana, sim, receiver):
    before = sim.updates_confirmed
    await api.result("setWebhook", url=receiver.url, secret_token=SECRET)
    await ana.send_text("hello")
    await sim.until(lambda: sim.updates_confirmed == before + 1)
    assert receiver.texts == ["hello"]
    info = await api.result("getWebhookInfo")
    assert (info["url"], info["pending_update_count"]) == (receiver.url, 0)


async def test_what_was_not_taken_is_posted_again(api, ana, sim, receiver):
    receiver.statuses = [500, 503]
    await api.result("setWebhook", url=receiver.url, secret_token=SECRET)
    await ana.send_text("hello")
    await sim.until(lambda: receiver.texts == ["hello"] and sim.updates_pending == 0)
    assert [delivery.status for delivery in sim.deliveries] == [500, 503, 200]
    assert "503" in (await api.result("getWebhookInfo"))["last_error_message"]


async def test_one_chats_updates_wait_for_each_other_and_other_chats_do_not(
    api, ana, sim, receiver
):
    receiver.hold(2)
    await api.result("setWebhook", url=receiver.url, secret_token=SECRET)
    for text in ("a1", "a2"):
        await ana.send_text(text)
    await sim.person(1002, "Bo").send_text("b1")
    await receiver.held.wait()
    receiver.release()
    await sim.until(lambda: sim.updates_pending == 0)
    assert sorted(receiver.texts[:2]) == ["a1", "b1"]
    assert receiver.texts[2:] == ["a2"]


async def test_no_more_connections_than_allowed_are_opened(api, sim, receiver):
    receiver.hold(3)
    await api.result("setWebhook", url=receiver.url, secret_token=SECRET, max_connections=3)
    for user_id in range(2000, 2010):
        await sim.person(user_id, "P").send_text("x")
    await receiver.held.wait()
    for _ in range(100):
        await asyncio.sleep(0)
    assert receiver.waiting == 3
    receiver.release()
    await sim.until(lambda: sim.updates_pending == 0)
    assert len(receiver.taken) == 10


async def test_a_forged_update_carries_a_wrong_secret(api, ana, sim, receiver):
    await api.result("setWebhook", url=receiver.url, secret_token=SECRET)
    sim.faults.add(Fault("forge", match="update:*"))
    await ana.send_text("hello")
    await sim.until(lambda: sim.updates_pending == 0)
    assert [(d.forged, d.status) for d in sim.deliveries] == [(True, 401), (False, 200)]
    assert receiver.texts == ["hello"]
    assert len(receiver.refused) == 1


async def test_duplicates_and_redeliveries_are_posted_too(api, ana, sim, receiver):
    before = sim.updates_confirmed
    await api.result("setWebhook", url=receiver.url, secret_token=SECRET)
    sim.faults.add(Fault("duplicate"))
    await ana.send_text("hello")
    await sim.until(lambda: sim.updates_pending == 0)
    sim.redeliver(1)
    await sim.until(lambda: sim.updates_pending == 0)
    assert receiver.texts == ["hello"] * 3
    assert sim.updates_confirmed == before + 1
    assert len({update["update_id"] for update in receiver.taken}) == 1


async def test_polling_and_a_webhook_exclude_each_other(api, ana, sim, receiver):
    poll = asyncio.create_task(api.call("getUpdates", timeout=50))
    await sim.until(lambda: sim.is_polled)
    await api.result("setWebhook", url=receiver.url, secret_token=SECRET)
    assert (await poll)["error_code"] == 409
    assert (await api.refusal("getUpdates"))[0] == 409
    await api.result("deleteWebhook", drop_pending_updates=True)
    assert await api.updates() == []


@pytest.mark.parametrize(
    "params",
    [
        {"url": "http://bot.example.org/hook"},
        {"url": "https://bot.example.org:9000/hook"},
        {"url": "https://bot.example.org/hook", "secret_token": "not allowed!"},
        {"url": "https://bot.example.org/hook", "max_connections": 101},
    ],
)
async def test_addresses_telegram_would_not_call_are_refused(api, params: dict[str, Any]):
    assert (await api.refusal("setWebhook", **params))[0] == 400
