"""A platform to send to, and what tests of the sender share."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from bot.messaging.model import (
    Address,
    IncomingMedia,
    Indication,
    Outgoing,
)
from bot.messaging.outbox import Sender
from bot.messaging.ports import Pace, Settled
from bot.storage.engine import SqlStorage
from bot.storage.messaging import Receipt
from bot.storage.work import Signal
from tests.message_builders import NOW, HandClock

UNPACED = Pace(0)


class Platform:
    """A messenger that keeps what it was sent, and fails as told."""

    platform = "test"

    def __init__(self, pace: Pace = UNPACED, room_pace: Pace = UNPACED) -> None:
        self.pace = pace
        self._room_pace = room_pace
        self.sent: list[tuple[str, str]] = []
        self.bytes: list[bytes | None] = []
        self.messages: list[Outgoing] = []
        self.troubles: dict[str, list[Exception]] = {}
        self.gate: asyncio.Event | None = None
        self.calls: list[str] = []
        self.called = asyncio.Event()
        self.on_send: Callable[[], Awaitable[None]] | None = None

    def room_pace(self, address: Address, /) -> Pace:
        return self._room_pace

    async def send(self, message: Outgoing, attachment: bytes | None, /) -> str | None:
        self.calls.append(message.key)
        self.called.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.on_send is not None:
            await self.on_send()
        if self.troubles.get(message.key):
            raise self.troubles[message.key].pop(0)
        self.sent.append((message.to.room, message.key))
        self.messages.append(message)
        self.bytes.append(attachment)
        return f"id {message.key}"

    async def indicate(self, address: Address, indication: Indication, /) -> None: ...

    async def fetch(self, media: IncomingMedia, /, *, max_bytes: int) -> bytes:
        raise NotImplementedError

    def keys(self, room: str) -> list[str]:
        return [key for where, key in self.sent if where == room]


def a_sender(storage: SqlStorage, platform: Platform, on_settled: Settled | None = None) -> Sender:
    """A sender that sends what is committed for its platform, as in the app."""
    storage.instance.senders.add("test")
    sender = Sender(storage, HandClock(), platform, on_settled=on_settled)

    def listen(signals: list[Signal]) -> None:
        sender.put([signal.message for signal in signals if signal.message])

    storage.on_commit(listen)
    return sender


async def put(storage: SqlStorage, *messages: Outgoing) -> None:
    await storage.write(lambda work: work.outbox.put(*messages, at=NOW))


async def receipt(storage: SqlStorage, key: str) -> Receipt | None:
    return await storage.read(lambda work: work.outbox.find_receipt(key))


async def beat(storage: SqlStorage, seconds: float = 60.0) -> None:
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    await storage.write(lambda work: work.claims.beat(until))
