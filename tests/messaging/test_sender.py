"""The way out: order per room, pace per token, nothing forgotten, nothing doubled."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

import pytest

from bot.accounts.model import Identity, User
from bot.core.errors import Cause, NotFound, ServiceFailure
from bot.messaging.model import (
    Attachment,
    Change,
    MediaKind,
    MessageKind,
    Outgoing,
    SendLane,
)
from bot.messaging.outbox import Sender
from bot.messaging.ports import Pace, Undeliverable
from bot.storage.engine import SqlStorage
from bot.storage.messaging import Receipt, SendState
from bot.storage.work import Work
from tests.message_builders import NOW, HandClock, a_message
from tests.sender_stage import Platform, a_sender, put, receipt


class LaterKind(StrEnum):
    """Kinds that are to come: what else the sender must be able to put in order."""

    BROADCAST = "broadcast"

    @property
    def lane(self) -> SendLane:
        return SendLane(self.value)

    @property
    def is_resent(self) -> bool:
        return True

    @property
    def has_row(self) -> bool:
        return True


async def test_what_is_committed_goes_out_and_is_written_down(
    storage: SqlStorage, sender: Sender, platform: Platform
) -> None:
    await put(storage, a_message("m"))
    await sender.drained("7")
    assert platform.sent == [("7", "m")]
    assert await receipt(storage, "m") == Receipt("m", SendState.SENT, "id m")


async def test_a_message_put_twice_goes_out_once(
    storage: SqlStorage, sender: Sender, platform: Platform
) -> None:
    for _ in range(2):
        await put(storage, a_message("m"), a_message("m"))
    sender.put([a_message("m")])
    await sender.drained("7")
    sender.put([a_message("m")])
    await put(storage, a_message("last"))
    await sender.drained("7")
    assert platform.keys("7") == ["m", "last"]


async def test_each_room_keeps_its_order_while_rooms_do_not_wait_for_each_other(
    storage: SqlStorage, sender: Sender, platform: Platform
) -> None:
    platform.troubles["3 0"] = [ServiceFailure("test", Cause.BUSY, retry_after=0.3)]
    messages = [a_message(f"{room} {n}", str(room)) for n in range(6) for room in range(5)]
    await put(storage, *messages)
    await asyncio.gather(*(sender.drained(str(room)) for room in range(5)))
    for room in range(5):
        assert platform.keys(str(room)) == [f"{room} {n}" for n in range(6)]
    assert [where for where, _ in platform.sent[-6:]] == ["3"] * 6


async def test_a_mark_is_written_before_its_room_goes_on(
    storage: SqlStorage, sender: Sender, platform: Platform
) -> None:
    seen: list[Receipt | None] = []

    async def look() -> None:
        if len(platform.calls) == 2:
            seen.append(await receipt(storage, "first"))

    platform.on_send = look
    await put(storage, a_message("first"), a_message("second"))
    await sender.drained("7")
    assert seen == [Receipt("first", SendState.SENT, "id first")]


async def test_a_reply_goes_before_reminders_and_broadcasts_that_waited_longer(
    storage: SqlStorage, platform: Platform
) -> None:
    sender = a_sender(storage, platform)
    for n in range(3):
        late = replace(a_message(f"late {n}", f"l{n}"), kind=LaterKind.BROADCAST)  # type: ignore[arg-type] # a kind of a later version
        reminder = a_message(f"reminder {n}", f"m{n}", MessageKind.NEWS)
        relay = a_message(f"relay {n}", f"r{n}", MessageKind.RELAY)
        sender.put([late, reminder, relay])
    sender.put([a_message("reply", "me")])
    sender.start()
    await sender.all_sent()
    assert platform.calls == [
        "reply", "relay 0", "relay 1", "relay 2", "reminder 0", "reminder 1", "reminder 2",
        "late 0", "late 1", "late 2",
    ]  # fmt: skip
    await sender.aclose()


async def test_a_token_sends_no_faster_than_its_pace(storage: SqlStorage) -> None:
    platform = Platform(pace=Pace(per_second=50, burst=2))
    sender = a_sender(storage, platform)
    began = time.monotonic()
    sender.put([a_message(n, str(n)) for n in range(12)])
    sender.start()
    await asyncio.gather(*(sender.drained(str(n)) for n in range(12)))
    assert time.monotonic() - began >= 10 / 50
    assert len(platform.sent) == 12
    await sender.aclose()


async def test_a_rooms_own_pace_does_not_hold_up_other_rooms(storage: SqlStorage) -> None:
    platform = Platform(room_pace=Pace(per_second=10, burst=1))
    sender = a_sender(storage, platform)
    began = time.monotonic()
    sender.put([a_message(f"full {n}", "full") for n in range(4)])
    sender.put([a_message(f"{n}", f"{n}") for n in range(10)])
    sender.start()
    await sender.drained("full")
    assert time.monotonic() - began >= 3 / 10
    assert platform.sent[-3:] == [("full", f"full {n}") for n in (1, 2, 3)]
    await sender.aclose()


async def test_a_room_that_was_empty_for_a_moment_keeps_its_pace(storage: SqlStorage) -> None:
    platform = Platform(room_pace=Pace(per_second=10, burst=1))
    sender = a_sender(storage, platform)
    sender.start()
    began = time.monotonic()
    for number in range(4):
        sender.put([a_message(number, "7")])
        await sender.drained("7")
    assert time.monotonic() - began >= 3 / 10
    await sender.aclose()


async def test_what_is_no_new_message_needs_no_pace(storage: SqlStorage) -> None:
    platform = Platform(pace=Pace(per_second=0.001, burst=1))
    sender = a_sender(storage, platform)
    sender.start()
    sender.put([a_message(n, str(n), change=Change.ANSWER_BUTTON) for n in range(5)])
    await asyncio.gather(*(sender.drained(str(n)) for n in range(5)))
    assert len(platform.sent) == 5
    await sender.aclose()


async def test_a_refusal_for_good_is_written_down_and_the_room_goes_on(
    storage: SqlStorage, sender: Sender, platform: Platform
) -> None:
    platform.troubles["bad"] = [ServiceFailure("test", Cause.REJECTED, "too long")]
    platform.troubles["odd"] = [ValueError("cannot be rendered")]
    await put(storage, a_message("bad"), a_message("odd"), a_message("good"))
    await sender.drained("7")
    assert platform.keys("7") == ["good"]
    for key in ("bad", "odd"):
        found = await receipt(storage, key)
        assert found is not None
        assert found.state is SendState.FAILED


async def test_who_has_blocked_us_is_remembered(
    storage: SqlStorage, sender: Sender, platform: Platform
) -> None:
    ana = User(created_at=NOW, name="Ana")
    identity = Identity(platform="test", external_id="7", user_id=ana.id, room="7")
    await storage.write(lambda work: (work.users.add(ana), work.identities.add(identity)))
    platform.troubles["m"] = [Undeliverable("blocked by the user", is_blocked=True)]
    await put(storage, a_message("m"))
    await sender.drained("7")
    found = await storage.read(lambda work: work.identities.find("test", "7"))
    assert found == replace(identity, blocked_at=NOW)
    assert await receipt(storage, "m") == Receipt(
        "m", SendState.FAILED, error="blocked by the user"
    )


async def test_a_room_that_moved_gets_its_messages_in_order_at_its_new_id(
    storage: SqlStorage, sender: Sender, platform: Platform
) -> None:
    platform.gate = asyncio.Event()
    platform.troubles["a"] = [Undeliverable("moved", moved_to="-100")]
    await put(storage, a_message("a"), a_message("b"), a_message("c"))
    platform.gate.set()
    await sender.drained("7")
    assert platform.sent == [("-100", "a"), ("-100", "b"), ("-100", "c")]


async def test_a_database_that_is_away_while_sending_stops_no_room_for_good(
    storage: SqlStorage, platform: Platform
) -> None:
    storage.instance.senders.add("test")
    flaky = Flaky(storage)
    sender = Sender(flaky, HandClock(), platform)
    sender.start()
    platform.troubles["m"] = [Undeliverable("blocked", is_blocked=True)] * 2
    await put(storage, a_message("m"), a_message("next"))
    flaky.failures = 1
    sender.put([a_message("m"), a_message("next")])
    await sender.drained("7")
    assert platform.keys("7") == ["next"]
    await sender.aclose()


async def test_a_message_that_always_trips_us_is_given_up_and_the_room_goes_on(
    storage: SqlStorage, platform: Platform
) -> None:
    storage.instance.senders.add("test")
    flaky = Flaky(storage, RuntimeError("bug"))
    sender = Sender(flaky, HandClock(), platform)
    sender.start()
    bad, good = a_message("bad", kind=MessageKind.PROMPT), a_message("good")
    await put(storage, bad, good)
    flaky.failures = 5
    sender.put([bad, good])
    await sender.drained("7")
    assert platform.keys("7") == ["good"]
    assert await receipt(storage, "bad") == Receipt("bad", SendState.FAILED, error="RuntimeError")
    await sender.aclose()


class Flaky:
    """A storage whose next writes fail."""

    def __init__(self, storage: SqlStorage, error: Exception | None = None) -> None:
        self._storage = storage
        self._error = error or ServiceFailure("database", Cause.UNREACHABLE)
        self.failures = 0

    async def write(self, unit: Callable[[Work], object], /) -> object:
        if self.failures:
            self.failures -= 1
            raise self._error
        return await self._storage.write(unit)

    async def read(self, query: Callable[[Work], object], /) -> object:
        return await self._storage.read(query)


async def test_the_bytes_of_an_attachment_go_with_it_and_are_removed_unless_kept(
    storage: SqlStorage, sender: Sender, platform: Platform
) -> None:
    def add(work: Work) -> str:
        return work.blobs.add("ana", "audio/ogg", b"sound", NOW, expires_at=None)

    passing, kept = await storage.write(add), await storage.write(add)
    voice = Attachment(kind=MediaKind.VOICE, blob_id=passing, mime="audio/ogg", filename="a.ogg")
    await put(
        storage,
        a_message("passing", attachment=voice),
        a_message("kept", attachment=replace(voice, blob_id=kept, is_kept=True)),
        a_message("gone", attachment=voice),
    )
    await sender.drained("7")
    assert platform.bytes == [b"sound", b"sound"]
    assert await storage.read(lambda work: work.blobs.get(kept)) == b"sound"
    with pytest.raises(NotFound):
        await storage.read(lambda work: work.blobs.get(passing))
    gone = await receipt(storage, "gone")
    assert gone is not None
    assert gone.state is SendState.FAILED


async def test_who_waits_is_told_once_that_a_message_has_trouble(
    storage: SqlStorage, platform: Platform
) -> None:
    storage.instance.senders.add("test")
    told: list[str] = []

    async def on_trouble(message: Outgoing) -> None:
        told.append(message.key)
        raise RuntimeError("and telling fails too")

    sender = Sender(storage, HandClock(), platform, on_trouble=on_trouble)
    sender.start()
    platform.troubles["m"] = [ServiceFailure("test", Cause.UNREACHABLE) for _ in range(3)]
    await put(storage, a_message("m"))
    sender.put([a_message("m")])
    await sender.drained("7")
    assert told == ["m"]
    assert platform.keys("7") == ["m"]
    await sender.aclose()


async def test_what_waits_for_a_chat_its_reader_left_goes_nowhere(
    storage: SqlStorage, platform: Platform
) -> None:
    told: list[tuple[str, str | None]] = []
    sender = a_sender(storage, platform, lambda _, m, __, why: told.append((m.key, why)))
    sender.start()
    ana = User(created_at=NOW, name="Ana")
    await storage.write(lambda work: work.users.add(ana))
    theirs = [replace(a_message(key), user_id=ana.id) for key in ("first", "second")]
    platform.troubles["first"] = [ServiceFailure("test", Cause.UNREACHABLE, retry_after=0.3)]
    await put(storage, *theirs, a_message("somebody else's"))
    await platform.called.wait()

    await storage.write(lambda work: work.outbox.drop(ana.id, theirs[0].to, NOW))
    await sender.drained("7")

    assert platform.keys("7") == ["somebody else's"]
    assert [key for key, why in told if why] == ["first", "second"]
    await sender.aclose()
