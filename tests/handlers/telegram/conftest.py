"""A bot of ours in front of a simulated Telegram."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import pytest

from bot.handlers.telegram.application import TelegramPlatform
from bot.handlers.telegram.messenger import TelegramMessenger
from bot.messaging.model import Incoming
from bot.messaging.ports import Received
from bot.simulators.telegram import TelegramSimulator, find_spec


@dataclass
class Inbox:
    """A `Receiver` that keeps what it is given.

    Args:
        failures: how many calls fail before one succeeds.
        on_settle: stands in for the work that follows from an event.
    """

    batches: list[list[Received]] = field(default_factory=list)
    known: dict[str, Incoming] = field(default_factory=dict)
    failures: int = 0
    on_settle: Callable[[], object] | None = None

    async def receive(self, events: Sequence[Received], /) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is full")
        self.batches.append(list(events))
        for event in events:
            self.known.setdefault(event.incoming.key, event.incoming)

    async def settle(self, keys: Sequence[str], /) -> None:
        assert set(keys) <= set(self.known)
        if self.on_settle is not None:
            await self.on_settle()

    @property
    def texts(self) -> list[str | None]:
        return [incoming.text for incoming in self.known.values()]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramSimulator]:
    async with TelegramSimulator("1:test", flood=False, spec=find_spec()) as simulator:
        yield simulator
        assert simulator.violations == []


@pytest.fixture
async def platform(telegram: TelegramSimulator, inbox: Inbox) -> AsyncIterator[TelegramPlatform]:
    built = TelegramPlatform(
        token=telegram.token,
        api_url=telegram.url,
        receiver=inbox,
        poll_seconds=20,
        retry_seconds=0.01,
    )
    await built.start()
    yield built
    await built.stop()


@pytest.fixture
def messenger(platform: TelegramPlatform) -> TelegramMessenger:
    return platform.messenger
