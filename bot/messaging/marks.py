"""What became of messages, written down many at a time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.core.clock import Clock
from bot.core.errors import ServiceFailure
from bot.messaging.model import Outgoing
from bot.messaging.ports import OutboxStorage, OutboxWork, Settled

_log = structlog.get_logger()

_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of one message; `written` is done when it is durable."""

    message: Outgoing
    message_id: str | None
    error: str | None
    written: asyncio.Future[None]


class Marks:
    """Writes marks: those that come while a unit is being committed share the next one.

    Args:
        on_settled: told of each in the same unit. Should it fail, the mark alone is written: a
            message that has arrived must not go out again.
    """

    def __init__(
        self, storage: OutboxStorage, clock: Clock, on_settled: Settled | None = None
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._on_settled = on_settled
        self._waiting: list[Mark] = []
        self._bell = asyncio.Event()

    async def put(
        self, message: Outgoing, message_id: str | None = None, error: str | None = None
    ) -> None:
        """Return once it is written down: a crash then doubles no message of this room."""
        if not message.kind.has_row:
            return
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(Mark(message, message_id, error, written))
        self._bell.set()
        await written

    async def run(self) -> None:
        """Write what waits, until cancelled; a database that is away is asked again."""
        while True:
            await self._bell.wait()
            self._bell.clear()
            if not await self.flush():
                await asyncio.sleep(_AGAIN_SECONDS)
                self._bell.set()

    async def flush(self) -> bool:
        """Write all that waits; False when the database is away and they still wait."""
        marks, self._waiting = self._waiting, []
        try:
            await self._write(marks)
        except ServiceFailure as failure:
            _log.warning("outbox.marks_wait", count=len(marks), cause=str(failure))
            self._waiting = marks + self._waiting
            return False
        return True

    async def _write(self, marks: Sequence[Mark]) -> None:
        if not marks:
            return
        try:
            await self._storage.write(lambda work: self._settle(work, marks))
        except ServiceFailure:
            raise
        except Exception:
            if len(marks) > 1:  # one of them is broken: each goes alone
                for mark in marks:
                    await self._write([mark])
                return
            await self._write_alone(marks[0])
        for mark in marks:
            if not mark.written.done():
                mark.written.set_result(None)

    async def _write_alone(self, mark: Mark) -> None:
        _log.exception("outbox.mark_failed", key=mark.message.key)
        if self._on_settled is None:
            return
        try:
            await self._storage.write(lambda work: self._settle(work, [mark], is_told=False))
        except ServiceFailure:
            raise
        except Exception:
            _log.exception("outbox.mark_failed", key=mark.message.key)

    def _settle(self, work: OutboxWork, marks: Sequence[Mark], *, is_told: bool = True) -> None:
        at = self._clock.now()
        for mark in marks:
            message, attachment = mark.message, mark.message.attachment
            work.outbox.settle(message.key, at, message_id=mark.message_id, error=mark.error)
            if is_told and self._on_settled is not None:
                self._on_settled(work, message, mark.message_id, mark.error)
            if attachment is not None and not attachment.is_kept:
                work.blobs.remove(attachment.blob_id)
