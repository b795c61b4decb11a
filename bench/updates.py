"""Text updates: CPU for each and updates per second, against a bare echo in the same run."""

import asyncio
import os
import signal
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.fake_api import FakeApi
from bench.table import Row

_UPDATES = 3_000
_PEOPLE = 300
_ROUNDS = 3
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Measured:
    """One bot's figures: CPU milliseconds an update, updates a second."""

    cpu_ms: float
    per_second: float


async def rows() -> list[Row]:
    """Bare and ours in turn, so that a drift of the machine meets both."""
    bare, own = [], []
    for _ in range(_ROUNDS):
        bare.append(await _measure("bare"))
        own.append(await _measure("ours"))
    cpu = statistics.median(o.cpu_ms / b.cpu_ms for o, b in zip(own, bare, strict=True))
    rate = statistics.median(o.per_second / b.per_second for o, b in zip(own, bare, strict=True))
    ours_ms, bare_ms = (statistics.median(m.cpu_ms for m in group) for group in (own, bare))
    ours_rate, bare_rate = (statistics.median(m.per_second for m in g) for g in (own, bare))
    return [
        Row(
            "CPU per text update, whole bot / bare echo",
            f"{cpu:.2f}x ({ours_ms:.2f} / {bare_ms:.2f} ms)",
            "at most 1.2x",
            is_met=cpu <= 1.2,
        ),
        Row(
            "text updates per second, whole bot / bare echo",
            f"{rate:.2f}x ({ours_rate:.0f} / {bare_rate:.0f})",
            "at least 1x",
            is_met=rate >= 1.0,
        ),
    ]


async def _measure(kind: str) -> Measured:
    api = FakeApi()
    await api.start()
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.bots", kind, api.url, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await asyncio.wait_for(api.polled.wait(), 60)
        await _send(api, _PEOPLE)  # everybody is known, every connection is open
        before, began = _cpu(bot.pid), time.monotonic()
        await _send(api, _UPDATES)
        elapsed = time.monotonic() - began
        used = _cpu(bot.pid) - before
    finally:
        bot.send_signal(signal.SIGTERM)
        await bot.wait()
        await api.aclose()
    return Measured(1000 * used / _UPDATES, _UPDATES / elapsed)


async def _send(api: FakeApi, count: int) -> None:
    """Queue texts and wait until each was answered."""
    target = len(api.sent_at) + count
    for number in range(count):
        api.text(1000 + number % _PEOPLE, f"hello number {number}")
    deadline = time.monotonic() + 120
    while len(api.sent_at) < target:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(api.sent_at)} of {target} were answered")
        await asyncio.sleep(0.01)


def _cpu(pid: int) -> float:
    """CPU seconds of a process so far, its own (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
