"""Sending to many chats within Telegram's published limits, and answers to people meanwhile."""

import asyncio
import math
import time
from dataclasses import dataclass
from itertools import count

from bench.fake_api import Came, FakeApi, Limits
from bench.fake_discord import FakeDiscord
from bench.pairs import FIRST_STUDENT, FIRST_TEACHER
from bench.process import running
from bench.relay import until
from bench.table import Row
from bot.simulators.telegram.errors import ApiError
from bot.simulators.telegram.flood import FloodLimits
from bot.simulators.telegram.methods import COUNTED

_CHATS = 200
_TEXTS = 600
LIMIT = 30.0  # messages a second in all (Bots FAQ, "My bot is hitting limits")
_FIRST_WRITER, _WRITERS = 90_000, 40
_WRITTEN_PER_SECOND = 5.0
_CALM_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """Somebody wrote, at this monotonic time."""

    writer: int
    at: float


@dataclass(frozen=True, slots=True)
class _Measured:
    """Messages a second, refusals, and the seconds each person waited for an answer."""

    per_second: float
    refused: int
    waits: list[float]


async def rows() -> list[Row]:
    """Teachers in Discord write to their students; others write to the bot meanwhile."""
    measured = await _measure()
    share = measured.per_second / LIMIT
    tail, middle = (_percentile(measured.waits, part) for part in (0.99, 0.5))
    return [
        Row(
            f"sending {_TEXTS} relayed texts to {_CHATS} chats / Telegram's {LIMIT:.0f} a second",
            f"{100 * share:.0f} % ({measured.per_second:.1f} a second, answers included)",
            "at least 85 %",
            is_met=share >= 0.85,
        ),
        Row("refusals (429) meanwhile", str(measured.refused), "none", measured.refused == 0),
        Row(
            f"answers to {_WRITTEN_PER_SECOND:.0f} texts a second meanwhile, p99",
            f"{1000 * tail:.0f} ms (median {1000 * middle:.0f} ms, {len(measured.waits)} answers)",
            "below 500 ms",
            is_met=tail < 0.5,
        ),
    ]


async def _measure() -> _Measured:
    async with FakeApi(telegrams_limits()) as api, FakeDiscord() as server:
        command = ("-m", "bench.bots", "relay", api.url, server.api_url, server.gateway_url)
        async with running(*command):
            await asyncio.wait_for(asyncio.gather(api.polled.wait(), server.ready.wait()), 60)
            await _greet(api)
            asked: list[_Asked] = []
            writing = asyncio.create_task(_write(api, asked))
            await _send(server)
            await until(lambda: len(_relayed(api)) >= _TEXTS)
            writing.cancel()
            await until(lambda: len(_answers(api)) >= len(asked))
        return _measured(api, asked)


def telegrams_limits() -> Limits:
    """What Telegram would refuse, at its published limits."""
    limits = FloodLimits(time.monotonic)

    def wait(method: str, chat_id: int) -> int:
        if method.lower() not in COUNTED:
            return 0
        try:
            limits.admit(chat_id)
        except ApiError as refusal:
            return refusal.parameters["retry_after"]
        return 0

    return wait


async def _greet(api: FakeApi) -> None:
    """Those who write meanwhile are known; afterwards nothing of the limits is used up."""
    for writer in range(_WRITERS):
        api.text(_FIRST_WRITER + writer, "hello")
    await until(lambda: len(_answers(api)) >= _WRITERS)
    await asyncio.sleep(_CALM_SECONDS)
    api.came.clear()


async def _send(server: FakeDiscord) -> None:
    """Texts of teachers, twice as fast as Telegram takes them: soon hundreds wait."""
    for number in range(_TEXTS):
        server.text(FIRST_TEACHER + number % _CHATS, f"hello number {number}")
        await asyncio.sleep(0.5 / LIMIT)


async def _write(api: FakeApi, asked: list[_Asked]) -> None:
    """Write at a steady pace, one after the other, until cancelled."""
    began = time.monotonic()
    for number in count():
        await asyncio.sleep(began + number / _WRITTEN_PER_SECOND - time.monotonic())
        writer = _FIRST_WRITER + number % _WRITERS
        asked.append(_Asked(writer, time.monotonic()))
        api.text(writer, f"hello number {number}")


def _measured(api: FakeApi, asked: list[_Asked]) -> _Measured:
    relayed = sorted(came.at for came in _relayed(api))
    began, ended = relayed[0], relayed[-1]
    answers = {writer: iter(_messages(api, writer)) for writer in {each.writer for each in asked}}
    waits = [next(answers[each.writer]).at - each.at for each in asked]
    counted = len(relayed) + sum(began <= came.at <= ended for came in _answers(api))
    return _Measured((counted - 1) / (ended - began), api.refused, waits)


def _relayed(api: FakeApi) -> list[Came]:
    return [came for number in range(_CHATS) for came in _messages(api, FIRST_STUDENT + number)]


def _answers(api: FakeApi) -> list[Came]:
    return [came for number in range(_WRITERS) for came in _messages(api, _FIRST_WRITER + number)]


def _messages(api: FakeApi, chat_id: int) -> list[Came]:
    return [came for came in api.came[chat_id] if came.method == "sendMessage"]


def _percentile(values: list[float], part: float) -> float:
    """The smallest value that this part of them does not exceed."""
    return sorted(values)[math.ceil(part * len(values)) - 1]
