"""Three copies of the program on one database; every now and then one of them is killed."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.claims import instances as leases
from bot.storage.jobs import jobs
from tests.crash.instances import Instances
from tests.crash.lesson_run import LessonRun
from tests.crash.school import PARTS, School, Vendors

_START_SECONDS = 10.0


class Crew(LessonRun):
    """A run by several; what the dead one held is free as soon as it is dead.

    The leases of all jobs end with it, also those the others work on: as if they were slow.

    Args:
        ports: of the web server of each.
        pause: seconds between one death and the next.
    """

    def __init__(
        self,
        school: School,
        vendors: Vendors,
        instances: Instances,
        url: str,
        ports: Sequence[int],
        *,
        pause: float,
        seed: int = 0,
    ) -> None:
        super().__init__(school, vendors, instances, url, ())
        self._ports = ports
        self._pause = pause
        self._chance = random.Random(seed)
        self._names: dict[int, str] = {}

    async def _keep_running(self) -> None:
        for slot in range(len(self._ports)):
            await self._begin(slot)
        while True:
            await asyncio.sleep(self._pause)
            slot = self._chance.randrange(len(self._ports))
            await self._living[slot].kill()
            self.kills.append((self._living[slot].passed() or ["start"])[-1])
            await self._excuse()
            await self._end_leases(self._names[slot])
            await self._begin(slot)

    async def _begin(self, slot: int) -> None:
        """Start one, and see by what name it holds its leases."""
        before = await self._lease_names()
        environment = self.school.environment(self.url, self.vendors, port=self._ports[slot])
        self._living[slot] = await self._instances.start(
            environment, only=PARTS, clock=self.school.clock.file
        )
        async with asyncio.timeout(_START_SECONDS):
            while not (fresh := await self._lease_names() - before):  # noqa: ASYNC110 - a row
                await asyncio.sleep(0.02)
        (self._names[slot],) = fresh

    async def _lease_names(self) -> set[str]:
        async with self._engine.connect() as connection:
            return set((await connection.execute(select(leases.c.id))).scalars().all())

    async def _end_leases(self, name: str) -> None:
        past = datetime.now(UTC) - timedelta(seconds=1)
        async with self._engine.begin() as connection:
            await _end(connection, name, past)


async def _end(connection: AsyncConnection, name: str, past: datetime) -> None:
    await connection.execute(update(leases).where(leases.c.id == name).values(lease_until=past))
    await connection.execute(
        update(jobs).where(jobs.c.leased_until.is_not(None)).values(leased_until=past)
    )
