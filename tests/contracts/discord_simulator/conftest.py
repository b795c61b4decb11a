"""A simulated Discord, and a small bot that lives on the real discord.py."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import discord
import pytest
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket

from bot.simulators.discord import DiscordSimulator, Person, find_spec


class Time:
    """A clock for people to read and a stopwatch for limits, both moved by hand."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 5, 4, 12, tzinfo=UTC) + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed


class SmallBot(discord.Client):
    """Repeats what it reads; keeps what it was told."""

    def __init__(self, intents: discord.Intents, **options: object) -> None:
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.01,
            **options,
        )
        self.tree = app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []
        self.events: list[tuple[str, object]] = []
        self.on_text: Callable[[discord.Message], Awaitable[None]] | None = None

    async def on_message(self, message: discord.Message) -> None:
        if message.author == self.user:
            return
        self.heard.append(message)
        if self.on_text:
            await self.on_text(message)

    def dispatch(self, event: str, /, *args: object) -> None:
        self.events.append((event, args[0] if args else None))
        super().dispatch(event, *args)

    def named(self, event: str) -> list[object]:
        return [argument for name, argument in self.events if name == event]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def sim(monkeypatch) -> AsyncIterator[DiscordSimulator]:
    """Checked against the specification where that is at hand; discord.py points to it."""
    async with DiscordSimulator(spec=find_spec(), patience=2, limits=False) as simulator:
        monkeypatch.setattr(discord.http.Route, "BASE", simulator.api_url)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(simulator.gateway_url))
        yield simulator
        assert simulator.violations == []


@asynccontextmanager
async def connected(
    sim: DiscordSimulator, intents: discord.Intents | None = None, **options: object
) -> AsyncIterator[SmallBot]:
    bot = SmallBot(intents or discord.Intents.default(), **options)
    await bot.login(sim.token)
    running = asyncio.create_task(bot.connect())
    try:
        await asyncio.wait_for(bot.wait_until_ready(), 10)
        yield bot
    finally:
        await bot.close()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def bot(sim: DiscordSimulator) -> AsyncIterator[SmallBot]:
    async with connected(sim) as small:
        yield small


@pytest.fixture
def tom(sim: DiscordSimulator) -> Person:
    return sim.person(2001, "Tom")
