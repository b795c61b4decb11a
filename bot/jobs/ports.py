"""What jobs need of a transaction, and what a handler is."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot.jobs.model import Job

W = TypeVar("W")


class JobQueue(Protocol):
    """Promises."""

    def put(self, *wanted: Job) -> None:
        """Promise; a job that was already put (same kind and key) stays as it is."""
        ...


class JobStore(JobQueue, Protocol):
    """What the worker does with promises."""

    def claim(
        self,
        due_by: datetime,
        real_now: datetime,
        lease: timedelta,
        limit: int,
        kinds: Collection[str] | None = None,
        /,
    ) -> Sequence[Job]: ...
    def extend(self, job_ids: Sequence[str], until: datetime, /) -> None: ...
    def release_all(self) -> None: ...
    def finish(self, job_id: str, at: datetime, error: str | None = None, /) -> bool: ...
    def postpone(self, job_id: str, due_at: datetime, error: str | None = None, /) -> None: ...
    def next_due(
        self, real_now: datetime, kinds: Collection[str] | None = None, /
    ) -> datetime | None: ...


class JobWork(Protocol):
    """The part of a transaction that the worker itself uses."""

    @property
    def jobs(self) -> JobStore: ...


Unit = Callable[[W], None]
"""What a handler wants written together with "this job is done"."""

LightHandler = Callable[[W, Job], None]
"""Reads and writes only; up to 100 share one unit."""

AwaitedHandler = Callable[[Job], Awaitable[Unit[W] | None]]
"""An `async def` that may call vendors; it must bear being run twice."""

JobHandler = LightHandler[W] | AwaitedHandler[W]
