"""A whole turn with the engine on this machine: from a voice note to the spoken reply."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.fake_api import FakeApi
from bench.process import VAR, running
from bench.table import Absent, Row
from bench.talkers import NOTE_SECONDS, begin_english, came, note_of_five_seconds
from bot.voice.adapters.local.models import RECOGNISER, SYNTHESISER, ModelStore

_CACHE = VAR / "bench-voice"  # stays, so that the fixed lines are spoken once for all runs
_LEARNER = 5_000
_NOTE = "note"
_TURNS = 10
_LONGEST_SECONDS = 120.0
_QUIET_SECONDS = 8.0
_MOST_PREPARING_SECONDS = 300.0
_QUOTED = "“"  # what only a reply with the learner's own words has


@dataclass(frozen=True, slots=True)
class _Turn:
    """Seconds from the note: to the first sign of life, to the spoken reply."""

    first_sign: float
    reply: float
    is_fixed: bool


async def rows() -> list[Row]:
    """Raises Absent without the models."""
    store = ModelStore(cache=_CACHE)
    if not (store.is_present(RECOGNISER) and store.is_present(SYNTHESISER)):
        raise Absent("the local engine's models are not installed")
    turns = await _turns()
    fixed = [turn.reply for turn in turns if turn.is_fixed]
    free = [turn.reply for turn in turns if not turn.is_fixed]
    sign = max(turn.first_sign for turn in turns)
    return [
        _reply_row("fixed lines from the cache", fixed, 2.0),
        _reply_row("a reply with the learner's words", free, 6.0),
        Row(
            "first sign of life in such a turn, latest",
            f"{sign:.2f} s",
            "within 1 s",
            is_met=sign <= 1.0,
        ),
    ]


def _reply_row(kind: str, seconds: Sequence[float], limit: float) -> Row:
    figure = f"whole local turn, {NOTE_SECONDS:.0f} s note, English: {kind}, p50"
    if not seconds:
        return Row(figure, "no such reply came", f"at most {limit:.0f} s")
    middle = statistics.median(seconds)
    value = f"{middle:.1f} s ({min(seconds):.1f} to {max(seconds):.1f}, {len(seconds)} turns)"
    return Row(figure, value, f"at most {limit:.0f} s", is_met=middle <= limit)


async def _turns() -> list[_Turn]:
    note = await note_of_five_seconds()
    environment = {"BENCH_CACHE": str(_CACHE)}
    async with (
        FakeApi() as api,
        running("-m", "bench.bots", "ours", api.url, environment=environment),
    ):
        api.files[_NOTE] = note
        await asyncio.wait_for(api.polled.wait(), _LONGEST_SECONDS)
        await begin_english(api, _LEARNER, _LONGEST_SECONDS)
        await _turn(api, 1)
        await _prepared(_CACHE / "lines")
        return [await _turn(api, number) for number in range(2, _TURNS + 2)]


async def _turn(api: FakeApi, number: int) -> _Turn:
    seen = len(api.came[_LEARNER])
    began = time.monotonic()
    api.voice(_LEARNER, _NOTE, NOTE_SECONDS)
    # The tutor's first line was a voice message too.
    reply = await came(api, _LEARNER, "sendVoice", number + 1, _LONGEST_SECONDS)
    sign = api.came[_LEARNER][seen].at - began
    said, _, _ = reply.text.partition("</blockquote>")  # a tip may follow
    return _Turn(sign, reply.at - began, is_fixed=_QUOTED not in said)


async def _prepared(lines: Path) -> None:
    """Wait until nothing more is spoken beforehand."""
    deadline = time.monotonic() + _MOST_PREPARING_SECONDS
    count, since = -1, time.monotonic()
    while time.monotonic() < min(deadline, since + _QUIET_SECONDS):
        now = _count(lines)
        if now != count:
            count, since = now, time.monotonic()
        await asyncio.sleep(0.5)


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.glob("*"))
