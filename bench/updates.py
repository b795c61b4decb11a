"""Text updates: CPU for each and updates per second, against a bare echo in the same run."""

import asyncio
import statistics
import time
from dataclasses import dataclass

from bench.fake_api import FakeApi
from bench.process import cpu_seconds, running
from bench.table import Row

_UPDATES = 3_000
_PEOPLE = 300
_ROUNDS = 5
_LONGEST_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One bot's figures: CPU milliseconds an update, updates a second."""

    cpu_ms: float
    per_second: float


async def rows() -> list[Row]:
    """Bare and ours in turn, so that a drift of the machine meets both; medians of the rounds."""
    bare, own = [], []
    for _ in range(_ROUNDS):
        bare.append(await measure("bare"))
        own.append(await measure("ours"))
    cpu = statistics.median(o.cpu_ms / b.cpu_ms for o, b in zip(own, bare, strict=True))
    rate = statistics.median(o.per_second / b.per_second for o, b in zip(own, bare, strict=True))
    ours_ms, bare_ms = (statistics.median(m.cpu_ms for m in group) for group in (own, bare))
    ours_rate, bare_rate = (statistics.median(m.per_second for m in g) for g in (own, bare))
    return [
        Row(
            "CPU per text update, whole bot / bare echo",
            f"{cpu:.2f}x ({ours_ms:.2f} / {bare_ms:.2f} ms)",
            "at most 1.2x, aim 0.8x",
            is_met=cpu <= 1.2,
        ),
        Row(
            "text updates per second, whole bot / bare echo",
            f"{rate:.2f}x ({ours_rate:.0f} / {bare_rate:.0f})",
            "at least 1x, aim 1.5x",
            is_met=rate >= 1.0,
        ),
    ]


async def measure(kind: str, updates: int = _UPDATES) -> Measured:
    """One bot answers so many texts."""
    async with FakeApi() as api, running("-m", "bench.bots", kind, api.url) as bot:
        await asyncio.wait_for(api.polled.wait(), 60)
        await _send(api, _PEOPLE)  # everybody is known, every connection is open
        before, began = cpu_seconds(bot.pid), time.monotonic()
        await _send(api, updates)
        elapsed = time.monotonic() - began
        used = cpu_seconds(bot.pid) - before
    return Measured(1000 * used / updates, updates / elapsed)


async def _send(api: FakeApi, count: int) -> None:
    """Queue texts and wait until each was answered."""
    target = api.sent + count
    for number in range(count):
        api.text(1000 + number % _PEOPLE, f"hello number {number}")
    deadline = time.monotonic() + _LONGEST_SECONDS
    while api.sent < target:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{api.sent} of {target} were answered")
        await asyncio.sleep(0.01)
