"""The long poll: what is confirmed was stored, whatever breaks in between."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.handlers.telegram.application import TelegramPlatform
from bot.messaging.model import IncomingKind
from bot.simulators.faults import Fault
from bot.simulators.telegram import TelegramSimulator


@asynccontextmanager
async def polling(platform):
    stop = asyncio.Event()
    task = asyncio.create_task(platform.poll(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, 1)


@pytest.fixture
def ana(telegram):
    return telegram.person(1001, "Ana", "es")


async def test_updates_reach_the_receiver_and_are_confirmed(platform, telegram, inbox, ana):
    await ana.send_text("one")
    await ana.send_text("two")

    async with polling(platform):
        await telegram.until(lambda: telegram.updates_confirmed == 2)

    assert inbox.texts == ["one", "two"]
    assert len(inbox.batches) == 1
    assert inbox.batches[0][0].body["message"]["text"] == "one"


async def test_a_stored_body_means_the_same_when_it_is_read_again(platform, telegram, inbox, ana):
    await ana.send_voice(b"OggS", 2.0)

    async with polling(platform):
        await telegram.until(lambda: telegram.updates_confirmed == 1)

    (event,) = inbox.batches[0]
    assert platform.parse(event.body) == event.incoming


async def test_what_was_not_stored_is_not_confirmed_and_comes_again(platform, telegram, inbox, ana):
    inbox.failures = 3
    await ana.send_text("keep me")

    async with polling(platform):
        await telegram.until(lambda: telegram.updates_confirmed == 1)

    polls = [r.params["offset"] for r in telegram.requests if r.method == "getUpdates"]
    assert inbox.texts == ["keep me"]
    assert polls[:4] == ["0"] * 4


async def test_an_update_delivered_again_has_the_same_key(platform, telegram, inbox, ana):
    await ana.send_text("once")

    async with polling(platform):
        await telegram.until(lambda: telegram.updates_confirmed == 1)
        telegram.redeliver()
        await telegram.until(lambda: len(inbox.batches) > 1)

    assert inbox.texts == ["once"]


async def test_a_bot_that_is_never_heard_still_has_each_update_once(platform, telegram, inbox, ana):
    telegram.never_acks = True
    await ana.send_text("once")

    async with polling(platform):
        await telegram.until(lambda: len(inbox.batches) >= 3)

    assert inbox.texts == ["once"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("drop_before", "getUpdates", times=3),
        Fault("status", "getUpdates", status=502, times=3),
        Fault("rate_limit", "getUpdates", retry_after=0, times=3),
        Fault("status", "deleteWebhook", status=500, times=3),
    ],
)
async def test_failures_are_waited_out(platform, telegram, inbox, ana, fault):
    telegram.faults.add(fault)
    await ana.send_text("patience")

    async with polling(platform):
        await telegram.until(lambda: telegram.updates_confirmed == 1)

    assert inbox.texts == ["patience"]


async def test_an_unreadable_update_blocks_nothing(platform, inbox):
    good = {
        "update_id": 2,
        "message": {
            "message_id": 1,
            "date": 1_795_341_600,
            "chat": {"id": 7, "type": "private"},
            "from": {"id": 7, "is_bot": False, "first_name": "Ana"},
            "text": "fine",
        },
    }
    unreadable = [
        {"update_id": 1, "message": {"text": "no chat"}},
        {"update_id": 3, "message": "nonsense"},
        {"update_id": 4, "callback_query": {"id": [], "from": 3}},
    ]

    await platform.take([*unreadable, good])

    assert [[event.incoming.text for event in batch] for batch in inbox.batches] == [["fine"]]


async def test_a_webhook_left_behind_is_removed_and_nothing_dropped(platform, telegram, inbox, ana):
    await platform.application.bot.set_webhook("https://127.0.0.1:1/hook", secret_token="s")
    await ana.send_text("before")

    async with polling(platform):
        await telegram.until(lambda: telegram.updates_confirmed == 1)

    assert inbox.texts == ["before"]


async def test_two_pollers_both_live_on(telegram, platform, inbox, ana):
    other = TelegramPlatform(
        token=telegram.token,
        api_url=telegram.url,
        receiver=inbox,
        poll_seconds=20,
        retry_seconds=0.01,
    )
    await other.start()

    async with polling(platform) as first, polling(other) as second:
        await telegram.until(lambda: telegram.count_409 > 0)
        assert not first.done()
        assert not second.done()
    await other.stop()


async def test_a_token_that_is_taken_back_ends_the_poll(platform, telegram):
    telegram.faults.add(Fault("status", "getUpdates", status=401))

    with pytest.raises(ServiceFailure) as caught:
        await platform.poll(asyncio.Event())

    assert caught.value.cause is Cause.MISCONFIGURED


async def test_a_refused_token_is_told_without_telling_it(inbox):
    async with TelegramSimulator("1:good") as telegram:
        platform = TelegramPlatform(token="1:bad-secret", api_url=telegram.url, receiver=inbox)
        with pytest.raises(ServiceFailure) as caught:
            await platform.start()

    assert caught.value.cause is Cause.MISCONFIGURED
    assert "secret" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert caught.value.__context__ is None


async def test_telegram_down_at_the_start_is_unreachable_and_a_second_start_works(inbox):
    async with TelegramSimulator("1:t") as telegram:
        port = int(telegram.url.rsplit(":", 1)[1])
    platform = TelegramPlatform(token="1:t", api_url=telegram.url, receiver=inbox)

    with pytest.raises(ServiceFailure) as caught:
        await platform.start()
    await telegram.start(port)
    await platform.start()

    assert caught.value.cause is Cause.UNREACHABLE
    assert platform.application.running
    await platform.stop()
    await telegram.stop()


async def test_presses_blocks_and_moves_come_through(platform, telegram, inbox, ana):
    message_id = await ana.send_text("/start")
    await ana.edit_text(message_id, "/start again")
    await ana.block()
    await ana.unblock()
    telegram.group(-55, "Class").migrate()

    async with polling(platform):
        await telegram.until(lambda: telegram.updates_pending == 0)

    assert [incoming.kind for incoming in inbox.known.values()] == [
        IncomingKind.COMMAND,
        IncomingKind.EDITED,
        IncomingKind.BLOCKED,
        IncomingKind.UNBLOCKED,
        IncomingKind.MOVED,
    ]
