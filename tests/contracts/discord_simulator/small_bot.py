"""A small bot on the real discord.py, connected to a simulated Discord."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import discord
import pytest
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket

from bot.simulators.bell import Bell
from bot.simulators.discord import DiscordSimulator


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
        self.voices: list[tuple[int, int | None, bool]] = []
        self._bell = Bell()
        self.on_text: Callable[[discord.Message], Awaitable[None]] | None = None

    async def on_message(self, message: discord.Message) -> None:
        if message.author == self.user:
            return
        self.heard.append(message)
        self._bell.ring()
        if self.on_text:
            await self.on_text(message)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Without the library's pause of five seconds before a second IDENTIFY."""

    def dispatch(self, event: str, /, *args: object) -> None:
        self.events.append((event, args[0] if args else None))
        if event == "voice_state_update":
            self.voices.append(_voice(*args))
        super().dispatch(event, *args)
        self._bell.ring()

    async def until(
        self,
        condition: Callable[[], object],
        timeout: float = 10,  # noqa: ASYNC109 - how long to wait is the caller's
    ) -> None:
        """Wait until something that came by the gateway makes `condition` true."""
        await self._bell.until(lambda: condition() or None, timeout)

    async def channel(self, channel_id: int) -> discord.TextChannel:
        """A channel, as soon as the bot has heard of it."""
        await self.until(lambda: self.get_channel(channel_id))
        return self.get_channel(channel_id)

    def named(self, event: str) -> list[object]:
        return [argument for name, argument in self.events if name == event]


def _voice(
    member: discord.Member, _: discord.VoiceState, after: discord.VoiceState
) -> tuple[int, int | None, bool]:
    """Whose it is, where, and whether they are muted; the library changes the same object again."""
    return member.id, after.channel.id if after.channel else None, after.self_mute


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


def point(sim: DiscordSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let discord.py find Discord at the simulator."""
    monkeypatch.setattr(discord.http.Route, "BASE", sim.api_url)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(sim.gateway_url))
