"""Running the work of a turn: it ends once, whatever the work does."""

import asyncio

import pytest

from bot.voice.adapters.turns import Emit, TurnFailed, TurnRunner
from bot.voice.model import (
    AssistantText,
    EngineError,
    ErrorKind,
    ResumeToken,
    TurnEnd,
    TurnEvent,
    TurnStatus,
)

TOKEN = ResumeToken("test", "{}")
HELLO = AssistantText(text="Hello!")
BROKEN = EngineError(ErrorKind.QUOTA, "broke", 3.0)


async def events_of(runner: TurnRunner, *told: TurnEvent, failing: bool = False) -> list[TurnEvent]:
    async def work(emit: Emit) -> None:
        for event in told:
            emit(event)
        runner.usage["seconds"] = 1.5
        if failing:
            raise TurnFailed(BROKEN.kind, BROKEN.code, BROKEN.retry_after)

    return [event async for event in runner.run(work, lambda: TOKEN)]


async def test_work_that_succeeds_ends_well_with_its_token_and_its_usage() -> None:
    end = TurnEnd(status=TurnStatus.OK, resume=TOKEN, usage={"seconds": 1.5})
    assert await events_of(TurnRunner(), HELLO) == [HELLO, end]


@pytest.mark.parametrize(
    ("told", "status"), [((), TurnStatus.FAILED), ((HELLO,), TurnStatus.PARTIAL)]
)
async def test_a_failure_is_told_and_what_was_said_before_it_counts(
    told: tuple[TurnEvent, ...], status: TurnStatus
) -> None:
    events = await events_of(TurnRunner(), *told, failing=True)
    assert events[: len(told)] == list(told)
    assert events[-2] == BROKEN
    assert isinstance(events[-1], TurnEnd)
    assert events[-1].status is status


async def test_a_bug_in_the_work_is_not_hidden() -> None:
    async def work(emit: Emit) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _ = [event async for event in TurnRunner().run(work, lambda: None)]


async def test_what_was_not_told_before_the_cancelling_is_dropped() -> None:
    runner = TurnRunner()

    async def work(emit: Emit) -> None:
        emit(HELLO)
        emit(AssistantText(text="How are you?"))

    events = []
    async for event in runner.run(work, lambda: TOKEN):
        events.append(event)
        await runner.cancel()
    assert events == [HELLO, TurnEnd(status=TurnStatus.CANCELLED, resume=TOKEN)]


async def test_a_reader_that_leaves_ends_the_work() -> None:
    ended = asyncio.Event()

    async def work(emit: Emit) -> None:
        emit(HELLO)
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    turn = TurnRunner().run(work, lambda: None)
    assert await anext(turn) == HELLO
    await turn.aclose()
    assert ended.is_set()
