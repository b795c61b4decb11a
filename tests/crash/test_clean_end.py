"""SIGTERM in the middle of a turn: it ends in time, and the next process answers."""

import time
from pathlib import Path

import pytest

from bot.simulators.faults import Fault
from tests.crash.databases import quiet
from tests.crash.instances import needs_fork, some_instances
from tests.stage import a_note, a_stage

pytestmark = needs_fork

_PATIENCE_SECONDS = 30.0
_LONGEST_END_SECONDS = 10.0


@pytest.mark.parametrize(
    "slow",
    [
        "sendMessage",
        pytest.param("getFile", marks=pytest.mark.soak),
        pytest.param("assistant_message", marks=pytest.mark.soak),
    ],
)
async def test_a_turn_that_runs_at_the_end_is_answered_once_by_the_next_process(
    sqlite_url: str, tmp_path: Path, slow: str
) -> None:
    async with a_stage() as stage, some_instances(tmp_path) as instances:
        environment = stage.environment(sqlite_url)
        first = await instances.start(environment)
        ana = stage.telegram.person(1001, "Ana")
        await stage.meet(ana)
        for faults in (stage.telegram.faults, stage.hume.faults):
            faults.add(Fault("delay", slow, seconds=6.0))
        note = await ana.send_voice(a_note(), 1.0)
        await stage.telegram.until(
            lambda: stage.telegram.faults.fired["delay"] + stage.hume.faults.fired["delay"] > 0,
            _PATIENCE_SECONDS,
        )
        began = time.monotonic()
        assert await first.terminate() == 0
        assert time.monotonic() - began < _LONGEST_END_SECONDS

        await instances.start(environment)
        await ana.wait(lambda m: m.kind == "voice", _PATIENCE_SECONDS, after=note)
        await quiet(sqlite_url, _PATIENCE_SECONDS)
        answers = [m for m in ana.chat.messages if m.from_bot and m.message_id > note]
        assert [m.kind for m in answers] == ["text", "voice"]
