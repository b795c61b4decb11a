"""The connections to Discord's gateway: one, or as many shards as Discord wants of this bot."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any

import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket

from bot.core.errors import Cause, ServiceFailure
from bot.handlers.discord.failures import SERVICE, TROUBLES

_LONGEST_RATE_LIMIT_SECONDS = 30.0  # the least discord.py takes; longer ones are the Sender's

_log = structlog.get_logger()

_HEARD_RAW = (  # `Hearing` reads them itself
    "INTERACTION_CREATE",
    "MESSAGE_CREATE",
    "MESSAGE_DELETE",
    "MESSAGE_REACTION_ADD",
    "MESSAGE_REACTION_REMOVE",
    "MESSAGE_UPDATE",
)

Hear = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Shard:
    """One connection of `count`: private chats belong to the first one."""

    number: int = 0
    count: int = 1

    def has(self, guild: str | None) -> bool:
        """Whether this connection tells of the server (None: of private chats)."""
        return (0 if guild is None else (int(guild) >> 22) % self.count) == self.number


@dataclass(frozen=True, slots=True)
class Advice:
    """What Discord says about its gateway and us.

    Args:
        shards: how many connections we are to hold.
        at_once: sessions that may begin together, one of each bucket (`max_concurrency`).
        sessions_left: that may begin before `resets_in_seconds` are over.
    """

    url: str
    shards: int
    at_once: int
    sessions_left: int
    resets_in_seconds: float


class Turns:
    """Who may begin a session when (gateway.mdx, "Rate Limiting").

    Args:
        seconds: between two sessions of a bucket.
    """

    def __init__(self, seconds: float) -> None:
        self.at_once = 1
        self._seconds = seconds
        self._locks: dict[int, asyncio.Lock] = {}
        self._begun: dict[int, float] = {}

    async def take(self, shard: int, *, is_first: bool) -> None:
        """Wait for this shard's turn; one whose session was lost waits the whole time."""
        bucket = shard % self.at_once
        async with self._locks.setdefault(bucket, asyncio.Lock()):
            since = self._begun.get(bucket, -self._seconds) if is_first else time.monotonic()
            await asyncio.sleep(max(0.0, since + self._seconds - time.monotonic()))
            self._begun[bucket] = time.monotonic()


class GatewayClient(discord.Client):
    """discord.py's client, which tells every payload before it makes anything of it.

    Args:
        shard: which of several connections it is; None: the only one.
        http: the REST client of another one, to be shared with it.
    """

    def __init__(
        self,
        intents: discord.Intents,
        turns: Turns,
        *,
        shard: Shard | None = None,
        http: discord.http.HTTPClient | None = None,
    ) -> None:
        super().__init__(
            intents=intents,
            shard_id=shard.number if shard else None,
            shard_count=shard.count if shard else None,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0.0,
            enable_debug_events=True,  # the payloads
            max_ratelimit_timeout=_LONGEST_RATE_LIMIT_SECONDS,
        )
        if http is not None:
            self.http = http
        for event in _HEARD_RAW:  # the library has no other way to make nothing of an event
            self._connection.parsers.pop(event, None)
        self.hear: Hear | None = None
        self.is_begun = False
        self.has_asked = asyncio.Event()
        self._turns = turns

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        if event == "socket_raw_receive" and self.hear is not None:
            self.hear(args[0])
            return
        if event == "connect":
            self.is_begun = True
        super().dispatch(event, *args, **kwargs)

    async def on_disconnect(self) -> None:
        _log.warning("discord.disconnected", shard=self.shard_id)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        await self._turns.take(shard_id or 0, is_first=initial)
        self.has_asked.set()

    async def close(self) -> None:
        """Leave the gateway; discord.py calls it when that refuses us. REST goes on."""
        if self.ws is not None:
            with suppress(*TROUBLES):
                await self.ws.close(code=1000)

    async def sign_out(self) -> None:
        """Close REST as well; nothing can be called any more."""
        if not self.is_closed():
            await super().close()


class Gateway:
    """Holds the connections, all in this process.

    Args:
        main: signed in; it is the connection where one is enough.
        hear: takes every payload.
    """

    def __init__(self, main: GatewayClient, turns: Turns, hear: Hear) -> None:
        self._main = main
        self._turns = turns
        self._hear = hear
        self._clients: Sequence[GatewayClient] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every connection has begun a session."""
        return all(client.is_begun for client in self._clients)

    async def run(self, advice: Advice) -> None:
        """Hold the connections until one of them is refused for good, or until cancelled.

        Raises:
            ServiceFailure: BUSY: beginning more sessions today would cost us the token.
            TROUBLES: why the gateway refuses us.
        """
        if advice.sessions_left < advice.shards:
            raise ServiceFailure(
                SERVICE, Cause.BUSY, "no sessions left", retry_after=advice.resets_in_seconds
            )
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(advice.url)  # the library has no other way
        self._turns.at_once = advice.at_once
        self._clients = self._made(advice.shards)
        async with AsyncExitStack() as stack:
            for client in self._clients:
                await stack.enter_async_context(client)
            await self._connect()

    async def _connect(self) -> None:
        """One after the other: one that waited for its turn while connected would time out."""
        tasks: list[asyncio.Task[Any]] = []
        try:
            for client in self._clients:
                tasks.append(asyncio.create_task(client.connect()))
                asked = asyncio.create_task(client.has_asked.wait())
                await asyncio.wait({*tasks, asked}, return_when=asyncio.FIRST_COMPLETED)
                asked.cancel()
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _made(self, count: int) -> list[GatewayClient]:
        clients = [self._main]
        if count > 1:
            _log.info("discord.shards", count=count)
            clients = [self._client(Shard(number, count)) for number in range(count)]
        for client in clients:
            client.hear, client.is_begun = self._hear, False
            client.has_asked.clear()
        return clients

    def _client(self, shard: Shard) -> GatewayClient:
        main = self._main
        return GatewayClient(main.intents, self._turns, shard=shard, http=main.http)
