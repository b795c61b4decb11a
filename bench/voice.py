"""Voice notes: what twenty at once cost those who type, and what a turn costs on our side."""

import asyncio
import statistics
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass

from bench.fake_api import FakeApi
from bench.process import running
from bench.table import Row
from bench.talkers import NOTE_SECONDS, begin_english, came, note_of_five_seconds

_SPEAKERS = range(9_000, 9_020)
_WRITERS = range(1_000, 1_050)
_TEXT_EVERY_SECONDS = 0.02
_TEXTS = 400
_ROUNDS = 5
_TURNS = 20
_LONGEST_SECONDS = 60.0
_NOTE = "note"


@dataclass(frozen=True, slots=True)
class _Waits:
    """Seconds from a text to its answer: half of them, and all but one in a hundred, at most."""

    p50: float
    p99: float

    def __str__(self) -> str:
        return f"{1e3 * self.p99:.0f} ms, p50 {1e3 * self.p50:.0f}"


async def rows() -> list[Row]:
    """With the engine in a process of its own, ready with its reply at once."""
    async with _stage() as (api, engine):
        shares = [await _share(api, engine) for _ in range(_TURNS)]
        rounds = [await _round(api) for _ in range(_ROUNDS)]
    more = statistics.median(busy.p99 - calm.p99 for calm, busy in rounds)
    calm, busy = (_middle(group) for group in zip(*rounds, strict=True))
    share = statistics.median(shares)
    return [
        Row(
            f"text p99 while {len(_SPEAKERS)} voice notes arrive at once, against calm",
            f"{1e3 * more:+.0f} ms ({busy} / {calm})",
            "at most 15 ms more",
            is_met=more <= 0.015,
        ),
        Row(
            f"our share of a voice turn, {NOTE_SECONDS:.0f} s note and reply, p50",
            f"{share:.2f} s (most {max(shares):.2f} s)",
            "at most 0.3 s",
            is_met=share <= 0.3,
        ),
    ]


@asynccontextmanager
async def _stage() -> AsyncIterator[tuple[FakeApi, Process]]:
    """Everybody is known, every speaker has a session, children and connections are warm."""
    note = await note_of_five_seconds()
    async with FakeApi() as api, running("-m", "bench.engine", stdout=PIPE) as engine:
        api.files[_NOTE] = note
        url = await _line(engine)
        async with running("-m", "bench.bots", "ours", api.url, environment={"BENCH_HUME": url}):
            await asyncio.wait_for(api.polled.wait(), _LONGEST_SECONDS)
            for user_id in _SPEAKERS:
                await begin_english(api, user_id, _LONGEST_SECONDS)
                await _line(engine)
            for user_id in _WRITERS:
                api.text(user_id, "hello")
            await _speak(api, _SPEAKERS)
            for _ in _SPEAKERS:
                await _line(engine)
            yield api, engine


async def _share(api: FakeApi, engine: Process) -> float:
    """Seconds from the update to the spoken reply, without those the engine had it."""
    began = time.monotonic()
    (answered,) = await _speak(api, _SPEAKERS[:1])
    heard, done = map(float, (await _line(engine)).split())
    return answered - began - (done - heard)


async def _round(api: FakeApi) -> tuple[_Waits, _Waits]:
    """Calm, then while one wave of notes after the other comes."""
    calm = await _Writing(api).take(_TEXTS)
    writing = _Writing(api)
    texts = asyncio.create_task(writing.take(_TEXTS))
    while not texts.done():
        await _speak(api, _SPEAKERS)
    return _waits(calm), _waits(await texts)


async def _speak(api: FakeApi, people: Sequence[int]) -> list[float]:
    """All of them send the note at the same moment; when each heard the reply."""
    heard = {user_id: _spoken(api, user_id) for user_id in people}
    for user_id in people:
        api.voice(user_id, _NOTE, NOTE_SECONDS)
    return [
        (await came(api, user_id, "sendVoice", heard[user_id] + 1, _LONGEST_SECONDS)).at
        for user_id in people
    ]


def _spoken(api: FakeApi, user_id: int) -> int:
    return sum(call.method == "sendVoice" for call in api.came[user_id])


@dataclass(slots=True)
class _Writing:
    """Texts at a steady pace, whatever comes of those before."""

    api: FakeApi

    async def take(self, count: int) -> list[float]:
        """Seconds from each text to its answer."""
        before = Counter({user_id: len(self.api.came[user_id]) for user_id in _WRITERS})
        asked: list[tuple[int, int, float]] = []
        due = time.monotonic()
        for number in range(count):
            user_id = _WRITERS[number % len(_WRITERS)]
            asked.append((user_id, before[user_id], time.monotonic()))
            before[user_id] += 1
            self.api.text(user_id, f"hello number {number}")
            due += _TEXT_EVERY_SECONDS
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        return [
            (await came(self.api, user_id, "sendMessage", place + 1, _LONGEST_SECONDS)).at - at
            for user_id, place, at in asked
        ]


def _waits(seconds: Sequence[float]) -> _Waits:
    return _Waits(statistics.median(seconds), statistics.quantiles(seconds, n=100)[-1])


def _middle(group: Sequence[_Waits]) -> _Waits:
    return _Waits(*(statistics.median(values) for values in zip(*map(astuple, group), strict=True)))


async def _line(process: Process) -> str:
    """The next line a process prints. Raises TimeoutError, RuntimeError when it has ended."""
    if process.stdout is None:
        raise RuntimeError("its output is not ours to read")
    line = await asyncio.wait_for(process.stdout.readline(), _LONGEST_SECONDS)
    if not line:
        raise RuntimeError("the engine ended; var/bench.log may say why")
    return line.decode().strip()
