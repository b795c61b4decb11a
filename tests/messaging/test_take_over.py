"""Rows that another process left: each is sent once, and what must not double is dropped."""

import asyncio

import asyncpg

from bot.core.errors import Cause, ServiceFailure
from bot.messaging.instance import Instance
from bot.messaging.model import Change, MessageKind
from bot.messaging.outbox import Sender
from bot.storage.engine import SqlStorage, open_storage
from bot.storage.messaging import Receipt, SendState
from bot.storage.vault import Keyring
from tests.conftest import PostgresServer
from tests.message_builders import HandClock, a_message
from tests.sender_stage import Platform, a_sender, beat, put, receipt


async def test_after_a_crash_what_matters_is_sent_again_and_a_menu_under_way_is_not(
    database_url: str, keyring: Keyring
) -> None:
    dead = open_storage(database_url, keyring, Instance(senders={"test"}))
    await dead.open()
    await beat(dead, seconds=-1)
    await put(
        dead,
        a_message("menu", kind=MessageKind.PROMPT),
        a_message("answer", kind=MessageKind.TUTOR_REPLY),
        a_message("report", kind=MessageKind.REPORT),
        a_message("never begun", kind=MessageKind.PROMPT),
    )
    await dead.write(lambda work: work.outbox.begin("menu"))
    await dead.aclose()

    storage, platform = open_storage(database_url, keyring, Instance()), Platform()
    await storage.open()
    await beat(storage)
    sender = a_sender(storage, platform)
    sender.start()
    assert await sender.adopt() == 3
    await sender.drained("7")
    assert platform.keys("7") == ["answer", "report", "never begun"]
    menu = await receipt(storage, "menu")
    assert menu is not None
    assert menu.state is SendState.DROPPED
    assert await sender.adopt() == 0
    await sender.aclose()
    await storage.aclose()


async def test_what_other_processes_put_for_this_platform_is_taken_over_menus_included(
    storage: SqlStorage, platform: Platform
) -> None:
    await put(storage, a_message("menu", kind=MessageKind.PROMPT))
    sender = a_sender(storage, platform)
    sender.start()
    await sender.adopt()
    await sender.drained("7")
    assert platform.keys("7") == ["menu"]
    await sender.aclose()


async def test_a_row_whose_commit_was_never_announced_is_found_and_sent(
    storage: SqlStorage, platform: Platform
) -> None:
    storage.instance.senders.add("test")
    await put(storage, a_message("m", kind=MessageKind.PROMPT))
    sender = Sender(storage, HandClock(), platform)
    sender.start()
    assert await sender.adopt() == 1
    await sender.drained("7")
    assert platform.keys("7") == ["m"]
    await sender.aclose()


async def test_taking_over_leaves_alone_what_is_under_way_here(
    storage: SqlStorage, sender: Sender, platform: Platform
) -> None:
    platform.gate = asyncio.Event()
    await put(storage, a_message("m", kind=MessageKind.PROMPT))
    await platform.called.wait()
    assert await sender.adopt() == 0
    platform.gate.set()
    await sender.drained("7")
    assert platform.keys("7") == ["m"]
    assert await receipt(storage, "m") == Receipt("m", SendState.SENT, "id m")


async def test_closing_lets_what_is_under_way_arrive_and_gives_the_rest_back(
    storage: SqlStorage, platform: Platform
) -> None:
    sender = a_sender(storage, platform)
    sender.start()
    platform.gate = asyncio.Event()
    await put(storage, a_message("first"), a_message("menu", kind=MessageKind.PROMPT))
    await platform.called.wait()
    closing = asyncio.create_task(sender.aclose())
    await asyncio.sleep(0)
    platform.gate.set()
    await closing
    assert platform.keys("7") == ["first"]
    assert await receipt(storage, "first") == Receipt("first", SendState.SENT, "id first")
    assert await receipt(storage, "menu") == Receipt("menu", SendState.WAITING)


async def test_a_sender_that_lost_its_claim_gives_back_what_it_has_not_begun(
    storage: SqlStorage, platform: Platform
) -> None:
    sender = a_sender(storage, platform)
    sender.start()
    platform.gate = asyncio.Event()
    await put(storage, a_message("begun"), a_message("queued"), a_message("other", "8"))
    await platform.called.wait()
    storage.instance.senders.clear()
    sender.halt()
    platform.gate.set()
    await sender.all_sent()
    begun = list(platform.calls)
    await sender.aclose()
    assert "queued" not in begun
    for key in ("begun", "queued", "other"):
        state = SendState.SENT if key in begun else SendState.WAITING
        found = await receipt(storage, key)
        assert found is not None
        assert found.state is state


async def test_two_processes_that_take_over_at_once_send_each_row_once(
    postgres,
    keyring: Keyring,  # type: ignore[no-untyped-def] # its values say it
) -> None:
    url = postgres.fresh_url()
    storages = [open_storage(url, keyring, Instance()) for _ in range(3)]
    for storage in storages:
        await storage.open()
        await beat(storage)
    await put(storages[2], *(a_message(n, str(n)) for n in range(50)))
    platforms = [Platform(), Platform()]
    senders = [a_sender(s, p) for s, p in zip(storages, platforms, strict=False)]
    for sender in senders:
        sender.start()
    counts = await asyncio.gather(*(sender.adopt() for sender in senders))
    for sender in senders:
        await asyncio.gather(*(sender.drained(str(n)) for n in range(50)))
        await sender.aclose()
    for storage in storages:
        await storage.aclose()
    assert sum(counts) == 50
    sent = sorted(int(key) for p in platforms for _, key in p.sent)
    assert sent == list(range(50))


async def _two(postgres: PostgresServer, keyring: Keyring) -> tuple[SqlStorage, SqlStorage, str]:
    """Two processes on one new database."""
    url = postgres.fresh_url()
    storages = [open_storage(url, keyring, Instance()) for _ in range(2)]
    for storage in storages:
        await storage.open()
        await beat(storage)
    return storages[0], storages[1], url


async def test_what_another_process_put_for_a_room_goes_before_what_is_put_here_later(
    postgres: PostgresServer, keyring: Keyring
) -> None:
    other, ours, _ = await _two(postgres, keyring)
    platform = Platform()
    sender = a_sender(ours, platform)
    sender.start()
    await put(other, a_message("first"), a_message("second"), a_message("elsewhere", "8"))
    await put(ours, a_message("third"))
    await sender.drained("7")
    assert platform.keys("7") == ["first", "second", "third"]
    assert platform.keys("8") == []
    assert await sender.adopt() == 1
    await sender.drained("8")
    assert platform.keys("8") == ["elsewhere"]
    await sender.aclose()
    await other.aclose()
    await ours.aclose()


async def test_what_is_put_during_a_take_over_goes_after_what_is_taken_over(
    postgres: PostgresServer, keyring: Keyring
) -> None:
    dead, ours, url = await _two(postgres, keyring)
    dead.instance.senders.add("test")
    await put(dead, a_message("first"), a_message("second"))
    await beat(dead, seconds=-1)
    platform = Platform()
    sender = a_sender(ours, platform)
    sender.start()

    slow = await asyncpg.connect(url.replace("+asyncpg", ""))
    async with slow.transaction():
        await slow.execute("SELECT key FROM outbox WHERE key = 'first' FOR UPDATE")
        adopting = asyncio.create_task(sender.adopt())
        while not await slow.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await slow.execute("SELECT pg_sleep(0.01)")
        await put(ours, a_message("third"))
        assert platform.sent == []
    await slow.close()
    await adopting
    await sender.drained("7")
    assert platform.keys("7") == ["first", "second", "third"]
    await sender.aclose()
    await dead.aclose()
    await ours.aclose()


async def test_a_menu_that_waits_to_be_tried_again_survives_a_crash(
    database_url: str, keyring: Keyring
) -> None:
    dead = open_storage(database_url, keyring, Instance())
    await dead.open()
    await beat(dead, seconds=-1)
    away = Platform()
    away.troubles["menu"] = [ServiceFailure("test", Cause.BUSY, retry_after=60.0)]
    dying = a_sender(dead, away)
    dying.start()
    await put(dead, a_message("menu", kind=MessageKind.PROMPT))
    async with asyncio.timeout(10):
        while not await _error_of(dead, "menu"):  # noqa: ASYNC110 - a row rings no bell
            await asyncio.sleep(0.01)
    for task in dying._loops:
        task.cancel()
    await dead.aclose()

    storage, platform = open_storage(database_url, keyring, Instance()), Platform()
    await storage.open()
    await beat(storage)
    sender = a_sender(storage, platform)
    sender.start()
    assert await sender.adopt() == 1
    await sender.drained("7")
    assert platform.keys("7") == ["menu"]
    await sender.aclose()
    await storage.aclose()


async def test_a_sign_has_no_row_until_somebody_else_has_to_send_it(
    storage: SqlStorage, platform: Platform
) -> None:
    sender = a_sender(storage, platform)
    sender.start()
    await put(storage, a_message("sign", kind=MessageKind.SIGN, change=Change.REACT))
    await sender.drained("7")
    assert platform.keys("7") == ["sign"]
    assert await receipt(storage, "sign") is None

    platform.troubles["waits"] = [ServiceFailure("test", Cause.BUSY, retry_after=60.0)]
    await put(storage, a_message("waits", kind=MessageKind.SIGN, change=Change.REACT))
    await sender.aclose()
    assert await receipt(storage, "waits") == Receipt("waits", SendState.WAITING)


async def _error_of(storage: SqlStorage, key: str) -> str | None:
    found = await receipt(storage, key)
    return None if found is None else found.error
