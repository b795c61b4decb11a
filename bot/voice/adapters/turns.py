"""Running one turn of an engine so that it always ends with exactly one `TurnEnd`."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine

from bot.voice.model import (
    AssistantText,
    EngineError,
    ErrorKind,
    ResumeToken,
    TurnEnd,
    TurnEvent,
    TurnStatus,
)

Emit = Callable[[TurnEvent], None]
Work = Callable[[Emit], Coroutine[None, None, None]]


class TurnFailed(Exception):
    """The engine failed inside a turn; becomes an `EngineError` event."""

    def __init__(self, kind: ErrorKind, code: str, retry_after: float | None = None) -> None:
        self.error = EngineError(kind, code, retry_after)
        super().__init__(f"{kind.value}: {code}")


class TurnRunner:
    """Runs the turns of one session, one at a time.

    The work of a turn is a task, so that `cancel` from elsewhere ends it at once, and a reader
    that goes away takes the work (and the connection it holds) with it.
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._is_cancelled = False
        self.usage: dict[str, float] = {}

    async def run(
        self, work: Work, resume: Callable[[], ResumeToken | None]
    ) -> AsyncGenerator[TurnEvent, None]:
        """Events of `work`, then one `TurnEnd`.

        A failure after a reply's text ends PARTIAL, one before it FAILED; a cancelled turn ends
        CANCELLED, and what it had not told by then is dropped.
        """
        self._is_cancelled = False
        self.usage = {}
        events: asyncio.Queue[TurnEvent | None] = asyncio.Queue()
        task = asyncio.create_task(work(events.put_nowait))
        task.add_done_callback(lambda _: events.put_nowait(None))
        self._task = task
        has_text = False
        try:
            while (event := await events.get()) is not None and not self._is_cancelled:
                has_text = has_text or isinstance(event, AssistantText)
                yield event
            if self._is_cancelled:
                status = TurnStatus.CANCELLED
            elif failure := _failure(task):
                status = TurnStatus.PARTIAL if has_text else TurnStatus.FAILED
                yield failure
            else:
                status = TurnStatus.OK
            yield TurnEnd(status=status, resume=resume(), usage=dict(self.usage))
        finally:
            await self._stop(task)

    async def cancel(self) -> None:
        """End the running turn, if there is one."""
        if self._task is not None:
            self._is_cancelled = True
            await self._stop(self._task)

    async def _stop(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.wait([task])
        if self._task is task:
            self._task = None


def _failure(task: asyncio.Task[None]) -> EngineError | None:
    error = task.exception()
    if error is None:
        return None
    if isinstance(error, TurnFailed):
        return error.error
    raise error
