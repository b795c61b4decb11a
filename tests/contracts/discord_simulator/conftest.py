"""A simulated Discord with a small bot in it and one person."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from bot.simulators.discord import DiscordSimulator, Person, Specification, find_spec
from tests.contracts.discord_simulator.bare_client import Rest
from tests.contracts.discord_simulator.small_bot import SmallBot, connected, point

# "A channel object with a nested message object" (channel.mdx); the document has no such member.
IN_WORDS_ONLY = {"create_thread: answer: unknown member message"}


class Time:
    """The clock of the world, which can be moved ahead, and a stopwatch for its limits."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def sim(monkeypatch, time) -> AsyncIterator[DiscordSimulator]:
    """Requests and answers are checked against the specification where that is at hand."""
    simulator = DiscordSimulator(
        clock=time.now, monotonic=time.monotonic, spec=find_spec(), limits=False
    )
    async with simulator:
        point(simulator, monkeypatch)
        yield simulator
        assert simulator.violations == []
        assert wrong_answers(simulator) == []


def wrong_answers(sim: DiscordSimulator) -> list[str]:
    """What our own answers have that the document does not describe."""
    path = find_spec()
    if path is None:
        return []
    spec = Specification(path)
    found = {
        f"{request.operation}: {problem}"
        for request in sim.requests
        if request.status in (200, 201, 204)
        for problem in spec.problems_of_answer(request.operation, request.status, request.result)
    }
    return sorted(found - IN_WORDS_ONLY)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def rest(session: aiohttp.ClientSession, sim: DiscordSimulator) -> Rest:
    return Rest(session, sim)


@pytest.fixture
async def bot(sim: DiscordSimulator) -> AsyncIterator[SmallBot]:
    async with connected(sim) as small:
        yield small


@pytest.fixture
def tom(sim: DiscordSimulator) -> Person:
    return sim.person(2001, "Tom")
