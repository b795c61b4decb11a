"""The Discord platform on a simulated Discord, without the rest of the product."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from bot.handlers.discord.client import DiscordPlatform
from bot.handlers.discord.ports import Heard
from bot.messaging.forms import Form
from bot.messaging.model import Incoming
from bot.messaging.ports import Received
from bot.simulators.discord import DiscordSimulator, find_spec


class Collector:
    """Takes events as an inbox does: each key once."""

    def __init__(self) -> None:
        self.known: dict[str, Incoming] = {}
        self._came = asyncio.Event()

    async def receive(self, events: Sequence[Received], /) -> None:
        for event in events:
            self.known.setdefault(event.incoming.key, event.incoming)
        self._came.set()

    async def settle(self, keys: Sequence[str], /) -> None:
        """Everything is settled at once."""

    async def next(self, count: int = 1) -> Incoming:
        """The newest event, once there are so many."""
        async with asyncio.timeout(10):
            while len(self.known) < count:
                self._came.clear()
                await self._came.wait()
        return list(self.known.values())[-1]


class Rooms:
    """Marks in memory, which rooms are ours, and who wrote what was carried from them."""

    def __init__(self) -> None:
        self.heard: dict[str, Heard] = {}
        self.ours: set[str] = set()
        self.written: dict[tuple[str, str], str] = {}
        self.has_forgotten = asyncio.Event()
        self.has_mark = asyncio.Event()
        self.talks: dict[str, set[str]] = {}

    async def all(self) -> Sequence[Heard]:
        return list(self.heard.values())

    async def put(self, heard: Sequence[Heard], /) -> None:
        self.heard.update((each.room, each) for each in heard)
        self.has_mark.set()

    async def advance(self, heard: Sequence[Heard], /) -> Sequence[str]:
        await self.put([each for each in heard if each.room in self.heard])
        return [each.room for each in heard if each.room not in self.heard]

    async def remove(self, room: str, /) -> None:
        self.heard.pop(room, None)
        self.has_forgotten.set()

    async def is_ours(self, room: str, /) -> bool:
        return room in self.ours

    async def open_ones(self) -> Mapping[str, Collection[str]]:
        return self.talks

    async def authors(self, room: str, /) -> Mapping[str, str]:
        return {message: who for (place, message), who in self.written.items() if place == room}

    async def author_of(self, room: str, message: str, /) -> str | None:
        return self.written.get((room, message))


class Questions:
    """Forms by the data of their button, and what is suggested."""

    def __init__(self) -> None:
        self.forms: dict[str, Form] = {}
        self.choices: list[tuple[str, str]] = []

    async def form_for(self, press: Incoming, /) -> Form | None:
        return self.forms.get(press.data or "")

    async def suggest(self, asked: Incoming, /) -> Sequence[tuple[str, str]]:
        return [each for each in self.choices if (asked.text or "") in each[0]]


class Time:
    """The simulator's clock, which can be moved ahead."""

    def __init__(self) -> None:
        self.passed = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.passed

    def pass_by(self, **by: float) -> None:
        self.passed += timedelta(**by)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def sim(time: Time) -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(clock=time.now, spec=find_spec(), limits=False) as simulator:
        yield simulator
        assert simulator.violations == []


@pytest.fixture
def inbox() -> Collector:
    return Collector()


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


@pytest.fixture
def questions() -> Questions:
    return Questions()


@pytest.fixture
async def platform(
    sim: DiscordSimulator, inbox: Collector, rooms: Rooms, questions: Questions
) -> AsyncIterator[DiscordPlatform]:
    """Signed in, not listening."""
    made = a_platform(sim, inbox, rooms, questions)
    await made.start()
    yield made
    await made.stop()


def a_platform(
    sim: DiscordSimulator, inbox: Collector, rooms: Rooms, questions: Questions, **more: object
) -> DiscordPlatform:
    options: dict[str, object] = {
        "token": sim.token,
        "messages_per_second": 0,
        "identify_seconds": 0,
        **more,
    }
    return DiscordPlatform(
        receiver=inbox,
        heard=rooms,
        rooms=rooms,
        talks=rooms,
        forms=questions,
        suggestions=questions,
        api_url=sim.api_url,
        **options,
    )


@asynccontextmanager
async def listening(platform: DiscordPlatform) -> AsyncIterator[None]:
    """Connected to the gateway."""
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(platform.listen(stop, ready.set))
    try:
        await asyncio.wait_for(ready.wait(), 10)
        yield
    finally:
        stop.set()
        await task


@pytest.fixture
async def heard(platform: DiscordPlatform) -> AsyncIterator[DiscordPlatform]:
    """Listening."""
    async with listening(platform):
        yield platform
