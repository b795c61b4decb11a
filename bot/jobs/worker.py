"""Runs what is due, once, and records it."""

import asyncio
import inspect
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Generic, TypeVar, cast

import structlog

from bot.core.clock import Clock
from bot.core.crash import crash_point
from bot.core.errors import Cause, DomainError, ServiceFailure, Stale
from bot.core.storage import Storage
from bot.jobs.model import MOST_ATTEMPTS, Job, backoff
from bot.jobs.ports import AwaitedHandler, JobHandler, JobWork, LightHandler, Unit

W = TypeVar("W", bound=JobWork)
_log = structlog.get_logger()

_LIGHT_IN_ONE_UNIT = 100
_AWAITED_AT_ONCE = 8
_LEASE = timedelta(seconds=60)
_LONGEST_SLEEP_SECONDS = 15.0  # a quarter of the lease: every round keeps the leases
_GRACE_SECONDS = 3.0


class _Done(Exception):
    """Another worker has finished this job meanwhile: nothing of ours may stay."""


class Worker(Generic[W]):
    """Claims due rows and runs their handlers. Due times are the app's clock's, leases real.

    A failed run is tried again later and later (`backoff`); after MOST_ATTEMPTS, or when a rule or
    a vendor says no for good, the job is finished with its error. A job of an unknown kind is left
    for a process that knows it.

    Args:
        handlers: by kind. A plain function gets (work, job) and runs with up to 99 others in one
            unit; an `async def` gets (job), may call vendors, and returns what is to be written
            together with "this job is done", or None.
        is_shared: other processes work on this database; otherwise what was claimed before a
            crash is free at once.
    """

    def __init__(
        self,
        storage: Storage[W],
        clock: Clock,
        handlers: Mapping[str, JobHandler[W]],
        *,
        is_shared: bool,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._is_shared = is_shared
        self._light: dict[str, LightHandler[W]] = {}
        self._awaited: dict[str, AwaitedHandler[W]] = {}
        for kind, handler in handlers.items():
            if inspect.iscoroutinefunction(handler):
                self._awaited[kind] = cast(AwaitedHandler[W], handler)
            else:
                self._light[kind] = cast(LightHandler[W], handler)
        self._bell = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}

    def ring(self) -> None:
        """Look at once: a job was put, or the clock was moved."""
        self._bell.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; jobs under way get a moment to end, the rest is claimed anew later."""
        try:
            await self._free_what_a_crash_held()
            while not stop.is_set():
                self._bell.clear()
                await self._rest(stop, await self._round())
        finally:
            await self._end()

    async def run_due(self) -> int:
        """Run everything that is due; returns how many jobs were begun, when all have ended."""
        count = 0
        while begun := await self._run_light() + await self._begin_awaited():
            count += begun
            await asyncio.gather(*self._running.values())
        return count

    async def _free_what_a_crash_held(self) -> None:
        if not self._is_shared:
            try:
                await self._storage.write(lambda work: work.jobs.release_all())
            except ServiceFailure as failure:
                _log.warning("worker.waits", cause=str(failure))

    async def _round(self) -> float:
        """Begin what is due; returns for how many seconds there is nothing to do."""
        try:
            await self._keep_leases()
            if await self._run_light() + await self._begin_awaited():
                return 0.0
            return await self._seconds_until_due()
        except ServiceFailure as failure:
            _log.warning("worker.waits", cause=str(failure))
        except Exception:  # the worker outlives every bug
            _log.exception("worker.failed")
        return _LONGEST_SLEEP_SECONDS

    async def _rest(self, stop: asyncio.Event, seconds: float) -> None:
        waits = [asyncio.create_task(event.wait()) for event in (stop, self._bell)]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)

    async def _seconds_until_due(self) -> float:
        has_room = len(self._running) < _AWAITED_AT_ONCE
        kinds = [*self._light, *(self._awaited if has_room else ())]
        due = await self._storage.read(lambda work: work.jobs.next_due(_real_now(), kinds))
        if due is None:
            return _LONGEST_SLEEP_SECONDS
        seconds = (due - self._clock.now()).total_seconds()
        return min(max(seconds, 0.0), _LONGEST_SLEEP_SECONDS)

    async def _keep_leases(self) -> None:
        ids = list(self._running)
        if ids:
            await self._storage.write(lambda work: work.jobs.extend(ids, _real_now() + _LEASE))

    async def _run_light(self) -> int:
        if not self._light:
            return 0
        now = self._clock.now()

        def unit(work: W) -> int:
            jobs = work.jobs.claim(now, _real_now(), _LEASE, _LIGHT_IN_ONE_UNIT, self._light)
            for job in jobs:
                self._light[job.kind](work, job)
                work.jobs.finish(job.id, now)
            return len(jobs)

        crash_point("before light jobs")
        try:
            count = await self._storage.write(unit)
        except Exception as error:
            _log.info("worker.one_by_one", cause=type(error).__name__)
            return await self._run_light_alone()
        crash_point("after light jobs")
        return count

    async def _run_light_alone(self) -> int:
        """One job of the last batch is broken: each in a unit of its own, so the rest is done."""
        now, kinds, most = self._clock.now(), self._light, _LIGHT_IN_ONE_UNIT
        jobs = await self._storage.write(
            lambda work: work.jobs.claim(now, _real_now(), _LEASE, most, kinds)
        )
        for job in jobs:
            await self._settle(job, self._as_unit(job))
        return len(jobs)

    def _as_unit(self, job: Job) -> Unit[W]:
        return lambda work: self._light[job.kind](work, job)

    async def _begin_awaited(self) -> int:
        room = _AWAITED_AT_ONCE - len(self._running)
        if not self._awaited or room <= 0:
            return 0
        now, kinds = self._clock.now(), self._awaited
        jobs = await self._storage.write(
            lambda work: work.jobs.claim(now, _real_now(), _LEASE, room, kinds)
        )
        for job in jobs:
            task = asyncio.create_task(self._run_awaited(job), name=f"job {job.id}")
            self._running[job.id] = task
            task.add_done_callback(partial(self._ended, job.id))
        return len(jobs)

    def _ended(self, job_id: str, _: asyncio.Task[None]) -> None:
        self._running.pop(job_id, None)
        self.ring()

    async def _run_awaited(self, job: Job) -> None:
        crash_point(f"before job {job.kind}")
        try:
            unit = await self._awaited[job.kind](job)
        except Exception as error:
            await self._record(job, error)
            return
        crash_point(f"after job {job.kind}")
        await self._settle(job, unit)

    async def _settle(self, job: Job, unit: Unit[W] | None) -> None:
        """Write `unit` and "done" together, or neither; what goes wrong is recorded."""
        now = self._clock.now()

        def done(work: W) -> None:
            if not work.jobs.finish(job.id, now):
                raise _Done
            if unit is not None:
                unit(work)

        try:
            await self._storage.write(done)
        except _Done:
            _log.info("job.was_done", job=job.id)
        except Exception as error:
            await self._record(job, error)

    async def _record(self, job: Job, error: Exception) -> None:
        """Have the job tried again later, or give it up."""
        now, cause = self._clock.now(), f"{type(error).__name__}: {error}"
        is_final = job.attempts >= MOST_ATTEMPTS or _is_refused(error)
        if isinstance(error, ServiceFailure | DomainError):
            _log.warning("job.failed", job=job.id, attempt=job.attempts, cause=cause)
        else:
            _log.error("job.broken", job=job.id, attempt=job.attempts, exc_info=error)
            cause = type(error).__name__  # words of a bug may hold what nobody may read
        if is_final:
            _log.error("job.given_up", job=job.id, attempt=job.attempts, cause=cause)
        again_at = now + _wait(job, error)

        def unit(work: W) -> None:
            if is_final:
                work.jobs.finish(job.id, now, cause)
            else:
                work.jobs.postpone(job.id, again_at, cause)

        try:
            await self._storage.write(unit)
        except Exception as failure:  # its lease ends, and it is run again
            _log.warning("job.not_recorded", job=job.id, cause=str(failure))

    async def _end(self) -> None:
        tasks = dict(self._running)
        if not tasks:
            return
        _, late = await asyncio.wait(tasks.values(), timeout=_GRACE_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        left = [job_id for job_id, task in tasks.items() if task in late]
        try:
            await self._storage.write(lambda work: work.jobs.extend(left, _real_now()))
        except ServiceFailure as failure:
            _log.warning("worker.leases_kept", count=len(left), cause=str(failure))


def _is_refused(error: Exception) -> bool:
    """A rule said no, or a vendor did: trying again changes nothing. A lost race may be won."""
    if isinstance(error, ServiceFailure):
        return error.cause is Cause.REJECTED
    return isinstance(error, DomainError) and not isinstance(error, Stale)


def _wait(job: Job, error: Exception) -> timedelta:
    asked = error.retry_after if isinstance(error, ServiceFailure) else None
    return max(backoff(job.attempts), timedelta(seconds=asked or 0.0))


def _real_now() -> datetime:
    return datetime.now(UTC)
