"""One story on one database: the program dies as planned, and is started again each time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, repeat
from typing import Any, TypeVar

from sqlalchemy import Executable, func, or_, select
from sqlalchemy.ext.asyncio import create_async_engine

from bot.messaging.model import MessageKind
from bot.storage.jobs import jobs
from bot.storage.messaging import SendState, outbox
from bot.storage.work import Work
from tests.crash.databases import WAITING, let_leases_end
from tests.crash.instances import CRASHED, Instance, Instances
from tests.crash.school import PARTS, School, Vendors

T = TypeVar("T")
PATIENCE_SECONDS = 90.0  # longer than the lease of a job that a dying process still claimed
_LOOK_SECONDS = 0.05
_CALM_LOOKS = 2
_MOST_ROUNDS = 60
_STEP_SECONDS = 15.0
_DEAD_SECONDS = 7.0
_LAST_WORDS_SECONDS = 0.1  # a server still ends what a dead client had sent
_SHOWN = 6000  # characters of a log


@dataclass
class Excused:
    """What the kinds of the messages under way at a crash allow."""

    doubled: int = 0
    lost: int = 0


class LessonRun:
    """A program under a supervisor.

    Args:
        plan: at which point each start of it dies, by number or name; after the last one it lives.
    """

    def __init__(
        self,
        school: School,
        vendors: Vendors,
        instances: Instances,
        url: str,
        plan: Sequence[int | str],
    ) -> None:
        self.school = school
        self.vendors = vendors
        self.url = url
        self.kills: list[str] = []
        self.passed: list[str] = []
        self.excused = Excused()
        self._instances = instances
        self._plan = plan
        self._storage = school.storage(url)
        self._engine = create_async_engine(url)
        self._living: dict[int, Instance] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator["LessonRun"]:
        self._keeper = asyncio.create_task(self._keep_running())
        try:
            yield self
        finally:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
            for instance in self._living.values():
                await instance.kill()
                self.passed += instance.passed()
            await self._storage.aclose()
            await self._engine.dispose()

    async def look(self, query: Callable[[Work], T]) -> T:
        return await self._storage.read(query)

    async def quiet(self) -> None:
        """Everything that is due is done and told. Raises AssertionError."""
        try:
            await self._calm()
        except TimeoutError:
            raise AssertionError(self._lament("never quiet")) from None

    async def _calm(self) -> None:
        calm = 0
        async with asyncio.timeout(PATIENCE_SECONDS):
            while calm < _CALM_LOOKS:
                if self._keeper.done():
                    self._keeper.result()  # raises what went wrong
                await self.vendors.quiet(PATIENCE_SECONDS)
                is_busy = (
                    self.school.stage.telegram.updates_pending
                    or any(await self._row(WAITING))
                    or await self._something_is_due()
                )
                calm = 0 if is_busy else calm + 1
                await asyncio.sleep(_LOOK_SECONDS)

    async def until(self, is_so: Callable[[Work], bool]) -> None:
        """Wait, and let time pass, until it is so. Raises AssertionError."""
        for _ in range(_MOST_ROUNDS):
            await self.quiet()
            if await self.look(is_so):
                return
            self.school.clock.move(seconds=_STEP_SECONDS)
        raise AssertionError(self._lament("never came"))

    def _lament(self, what: str) -> str:
        logs = "\n".join(each.log.read_text()[-_SHOWN:] for each in self._living.values())
        return f"{what}, after {self.kills}: {logs}"

    async def later(self, at: datetime) -> None:
        """Go to an instant, unless it is past, and do what is due by then."""
        self.school.clock.set(max(at, self.school.clock.now()))
        await self.quiet()

    async def _something_is_due(self) -> bool:
        """Time passes for what is to be tried again."""
        now = self.school.clock.now()
        unfinished = jobs.c.finished_at.is_(None)
        tried = or_(jobs.c.due_at <= now, jobs.c.attempts > 0)
        wanted = select(func.count(), func.min(jobs.c.due_at)).where(unfinished, tried)
        count, first = await self._row(wanted)
        if count and first > now:
            self.school.clock.set(first)
        return bool(count)

    async def _row(self, wanted: Executable) -> Any:
        async with self._engine.connect() as connection:
            return (await connection.execute(wanted)).one()

    async def _keep_running(self) -> None:
        environment = self.school.environment(self.url, self.vendors)
        for crash_at in chain(self._plan, repeat(0)):
            instance = await self._instances.start(
                environment, only=PARTS, crash_at=crash_at, clock=self.school.clock.file
            )
            self._living[0] = instance
            status = await instance.ended(within=3600)
            assert status == CRASHED, instance.log.read_text()[-_SHOWN:]
            self.passed += instance.passed()
            self.kills.append(self.passed[-1])
            await self._excuse()
            await asyncio.sleep(_LAST_WORDS_SECONDS)
            await let_leases_end(self.url)
            self.school.clock.move(seconds=_DEAD_SECONDS)

    async def _excuse(self) -> None:
        wanted = select(outbox.c.kind, outbox.c.attempts).where(outbox.c.state == SendState.SENDING)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
        for row in rows:
            if MessageKind(row.kind).is_resent:
                self.excused.doubled += 1
            elif row.attempts:
                self.excused.lost += 1
