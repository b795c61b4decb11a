"""kill -9 while a meeting is made: afterwards there is exactly one at Zoom, with its links."""

import asyncio
import os
import shutil
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.jobs.model import Job
from bot.meetings.model import MeetingState
from bot.messaging.instance import Instance
from bot.simulators.zoom import ZoomSimulator
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring, generate_key, parse_keys
from tests.conftest import ROOT
from tests.meetings_world import ANA, HOSTS, START, TEACHER, HandClock, World, a_lesson

_CRASHED = 9
_MADE = "after the vendor made a meeting"


@dataclass
class Booked:
    """A database in which a lesson was booked, and the Zoom it will meet on."""

    template: Path
    keys: str
    folder: Path
    clock: HandClock

    async def killed_at(self, number: int) -> tuple[list[str], ZoomSimulator]:
        """What a process passed until it was killed, started again, and came to its end."""
        file = self.folder / f"{number}.db"
        shutil.copy(self.template, file)
        url = f"sqlite+aiosqlite:///{file}"
        async with ZoomSimulator(*HOSTS, clock=self.clock.now) as zoom:
            lesson = a_lesson()
            storage = open_storage(url, Keyring(parse_keys(self.keys)), Instance())
            await storage.open()
            due = {"due_at": self.clock.now(), "payload": {"booking_id": lesson.id}}
            job = Job(kind="meeting.create", key=f"{lesson.id}:1", **due)  # type: ignore[arg-type]
            await storage.write(lambda work: work.jobs.put(job))
            await storage.aclose()
            points = await self._run(url, zoom, lesson.id, number)
            storage = open_storage(url, Keyring(parse_keys(self.keys)), Instance())
            await storage.open()
            await storage.write(lambda work: work.jobs.release_all())
            await storage.write(lambda work: work.claims.forget_others())
            world = World(storage, zoom, self.clock)
            world.lessons.subjects[lesson.id] = lesson
            await world.worker.run_due()
            assert (await world.meeting(lesson)).state is MeetingState.READY
            assert len({await world.link(lesson, person) for person in (ANA, TEACHER)}) == 2
            await world.http.aclose()
            await storage.aclose()
            return points, zoom

    async def _run(self, url: str, zoom: ZoomSimulator, lesson: str, number: int) -> list[str]:
        log = self.folder / f"{number}.log"
        crash = {"LINGUAFLEX_CRASH_LOG": str(log), "LINGUAFLEX_CRASH_AT": str(number)}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.crash.make_meeting",
            url,
            zoom.url,
            lesson,
            cwd=ROOT,
            env={**os.environ, **crash, "MEETING_KEYS": self.keys},
        )
        assert await process.wait() == (_CRASHED if number else 0)
        return [line.partition(" ")[2] for line in log.read_text().splitlines()]


@pytest.fixture
def booked(sqlite_template: Path, tmp_path: Path) -> Booked:
    return Booked(sqlite_template, generate_key(), tmp_path, HandClock(START - timedelta(days=2)))


async def sweep(booked: Booked, numbers: list[int]) -> None:
    for number in numbers:
        points, zoom = await booked.killed_at(number)
        assert len(zoom.meetings) == 1, points[-1]


async def test_a_crash_while_a_meeting_is_made_leaves_exactly_one(booked: Booked) -> None:
    points, _ = await booked.killed_at(0)

    await sweep(booked, [points.index(_MADE) + 1])


@pytest.mark.soak
async def test_a_crash_at_any_point_leaves_exactly_one(booked: Booked) -> None:
    points, _ = await booked.killed_at(0)

    await sweep(booked, list(range(1, len(points) + 1)))
