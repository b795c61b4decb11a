"""Relayed texts: CPU for each, against the two bare echoes it stands in for, in the same run."""

import asyncio
import statistics
import time
from collections.abc import Callable

from bench.fake_api import FakeApi
from bench.fake_discord import FakeDiscord
from bench.pairs import FIRST_STUDENT, FIRST_TEACHER, PAIRS
from bench.process import cpu_seconds, running
from bench.table import Row
from bench.updates import measure

_TEXTS = 1_500
_ROUNDS = 3
_WINDOW = 16  # texts the bare Discord echo has at once: as many connections, which it then keeps
_LONGEST_SECONDS = 120.0
_QUIET_SECONDS = 0.5


async def rows() -> list[Row]:
    """Bare, bare and ours in turn, so that a drift of the machine meets all; medians."""
    telegram, discord, own = [], [], []
    for _ in range(_ROUNDS):
        telegram.append((await measure("bare", _TEXTS)).cpu_ms)
        discord.append(await _echo())
        own.append(await _relay())
    bare = [a + b for a, b in zip(telegram, discord, strict=True)]
    ratio = statistics.median(o / b for o, b in zip(own, bare, strict=True))
    ours_ms, telegram_ms, discord_ms = map(statistics.median, (own, telegram, discord))
    return [
        Row(
            "CPU per text from Telegram to Discord, whole bot / the two bare echoes together",
            f"{ratio:.2f}x ({ours_ms:.2f} / {telegram_ms:.2f} + {discord_ms:.2f} ms)",
            "at most 1.0x",
            is_met=ratio <= 1.0,
        )
    ]


async def _echo() -> float:
    """CPU milliseconds a text of the bare Discord echo."""
    async with (
        FakeDiscord() as server,
        running("-m", "bench.bots", "bare_discord", server.api_url, server.gateway_url) as bot,
    ):
        await asyncio.wait_for(server.ready.wait(), 60)
        await _write(server, PAIRS)  # everybody is known, every connection is open
        before = cpu_seconds(bot.pid)
        await _write(server, _TEXTS)
        return 1000 * (cpu_seconds(bot.pid) - before) / _TEXTS


async def _write(server: FakeDiscord, count: int) -> None:
    """Send texts, a few at once, and wait until each was answered."""
    start = server.sent
    for number in range(count):
        await until(lambda: server.sent - start > number - _WINDOW)  # noqa: B023 - awaited here
        server.text(FIRST_TEACHER + number % PAIRS, f"hello number {number}")
    await until(lambda: server.sent - start >= count)


async def _relay() -> float:
    """CPU milliseconds a text of the whole product, with all that follows from it."""
    async with FakeApi() as api, FakeDiscord() as server:
        command = ("-m", "bench.bots", "relay", api.url, server.api_url, server.gateway_url, "0")
        async with running(*command) as bot:
            await asyncio.wait_for(asyncio.gather(api.polled.wait(), server.ready.wait()), 60)
            await _pass_on(api, server, PAIRS)  # who writes to whom was told, connections are open
            before = cpu_seconds(bot.pid)
            await _pass_on(api, server, _TEXTS)
            return 1000 * (cpu_seconds(bot.pid) - before) / _TEXTS


async def _pass_on(api: FakeApi, server: FakeDiscord, count: int) -> None:
    """Queue texts of students; each has to come to its teacher, in order and once."""
    server.came.clear()
    target = server.sent + count
    for number in range(count):
        api.text(FIRST_STUDENT + number % PAIRS, f"hello number {number}")
    await until(lambda: server.sent >= target)
    await _quiet(api, server)
    for person in range(PAIRS):
        texts = [text.splitlines()[-1] for text in server.came[FIRST_TEACHER + person]]
        if texts != [f"hello number {number}" for number in range(person, count, PAIRS)]:
            raise ValueError(f"teacher {person} read {texts}")


async def _quiet(api: FakeApi, server: FakeDiscord) -> None:
    """Wait until the bot has done what follows from a message that arrived."""
    calls = -1
    while calls != api.calls + server.calls:
        calls = api.calls + server.calls
        await asyncio.sleep(_QUIET_SECONDS)


async def until(holds: Callable[[], bool]) -> None:
    """Look until it does. Raises TimeoutError."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the bot did not do what was asked of it")
        await asyncio.sleep(0.002)
