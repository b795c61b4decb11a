"""Ticks: again and again, never twice at once, and no error ends them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.jobs.ticker import Ticker

SHORT = 0.01


@pytest.fixture
async def ticker() -> AsyncIterator[Ticker]:
    made = Ticker()
    yield made
    await made.aclose()


async def test_a_tick_that_fails_comes_again(ticker: Ticker) -> None:
    troubles: list[Exception] = [RuntimeError("bug"), ServiceFailure("zoom", Cause.BUSY)]
    well = asyncio.Event()

    async def tick() -> None:
        if troubles:
            raise troubles.pop()
        well.set()

    ticker.every(SHORT, tick, "sweep")
    ticker.start()
    await asyncio.wait_for(well.wait(), 10)
    assert troubles == []


async def test_a_slow_tick_is_never_run_twice_at_once_and_nobody_is_warned(
    ticker: Ticker, caplog: pytest.LogCaptureFixture
) -> None:
    inside, most, other = 0, 0, asyncio.Event()
    others = 0

    async def slow() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await other.wait()
        inside -= 1

    async def quick() -> None:
        nonlocal others
        others += 1
        if others == 10:
            other.set()

    ticker.every(SHORT, slow, "slow")
    ticker.every(SHORT, quick, "quick")
    ticker.start()
    await asyncio.wait_for(other.wait(), 10)
    assert most == 1
    assert caplog.messages == []


async def test_closing_ends_the_tick_under_way_and_all_later_ones_without_a_word(
    ticker: Ticker, caplog: pytest.LogCaptureFixture
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def tick() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    ticker.every(SHORT, tick, "endless")
    ticker.start()
    await asyncio.wait_for(begun.wait(), 10)
    await ticker.aclose()
    assert ended.is_set()
    assert caplog.messages == []
