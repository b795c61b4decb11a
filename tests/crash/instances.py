"""Running copies of the program, to be killed at will."""

import asyncio
import atexit
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).parents[2]
CRASHED = 9
_START_SECONDS = 100  # the first start imports the program
_LOOK_SECONDS = 0.02

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@dataclass
class Instance:
    """One `linguaflex run`.

    Args:
        points: file with the crash points it passed, one a line; empty unless it was asked to.
    """

    pid: int
    log: Path
    points: Path
    _ended: asyncio.Future[int] = field(repr=False)

    @property
    def has_ended(self) -> bool:
        return self._ended.done()

    async def ended(self, within: float = 30.0) -> int:
        """Its exit status (negative: the signal that ended it). Raises TimeoutError."""
        async with asyncio.timeout(within):
            return await asyncio.shield(self._ended)

    async def kill(self) -> None:
        """`kill -9`, unless it has ended by itself."""
        if not self.has_ended:
            os.kill(self.pid, signal.SIGKILL)
        await self.ended()

    async def terminate(self, within: float = 15.0) -> int:
        """SIGTERM; its exit status."""
        os.kill(self.pid, signal.SIGTERM)
        return await self.ended(within)

    def passed(self) -> list[str]:
        """Names of the crash points passed so far, in order."""
        if not self.points.exists():
            return []
        return [line.split(" ", 1)[1] for line in self.points.read_text().splitlines()]

    async def port(self, within: float = 20.0) -> int:
        """Where its HTTP server listens, as it logs it."""
        found = None
        async with asyncio.timeout(within):
            while found is None:
                await asyncio.sleep(_LOOK_SECONDS)
                found = re.search(r"web\.listening.*port=(\d+)", self.log.read_text())
        return int(found[1])


class Instances:
    """Starts copies through the fork server."""

    def __init__(self, answers: asyncio.StreamReader, orders: IO[bytes], folder: Path) -> None:
        self._answers = answers
        self._orders = orders
        self._folder = folder
        self._count = 0
        self._running: dict[int, asyncio.Future[int]] = {}
        self._starting: asyncio.Queue[int] = asyncio.Queue()
        self._unanswered = 0
        self._reader = asyncio.create_task(self._read())

    async def start(
        self,
        environment: Mapping[str, str],
        *,
        only: str = "telegram",
        crash_at: int | str = 0,
        clock: Path | None = None,
    ) -> Instance:
        """Start one that crashes at the given point, by number or name (0: at none).

        Args:
            clock: file of a `SharedClock` it goes by; None: the machine's.
        """
        self._count += 1
        folder = self._folder / f"instance-{self._count}"
        folder.mkdir()
        log, points = folder / "log", folder / "points"
        log.touch()
        watched = {"LINGUAFLEX_CRASH_AT": str(crash_at), "LINGUAFLEX_CRASH_LOG": str(points)}
        order = {
            "env": {**environment, **watched},
            "folder": str(folder),
            "log": str(log),
            "arguments": ["run", "--only", only],
            "clock": None if clock is None else str(clock),
        }
        self._orders.write(json.dumps(order).encode() + b"\n")
        self._unanswered += 1
        async with asyncio.timeout(_START_SECONDS):
            pid = await self._starting.get()
        return Instance(pid, log, points, self._running[pid])

    async def aclose(self) -> None:
        """End whatever still runs; the fork server stays for the next test."""
        async with asyncio.timeout(_START_SECONDS):
            while self._unanswered:  # noqa: ASYNC110 - a test was cut off while it started one
                await asyncio.sleep(_LOOK_SECONDS)
            running = list(self._running.items())
            for pid, _ in running:
                os.kill(pid, signal.SIGKILL)
            for _, ended in running:
                await ended
        self._reader.cancel()

    async def _read(self) -> None:
        async for line in self._answers:
            words = json.loads(line)
            if "status" in words:
                self._running.pop(words["pid"]).set_result(words["status"])
            else:
                self._unanswered -= 1
                self._running[words["pid"]] = asyncio.get_running_loop().create_future()
                self._starting.put_nowait(words["pid"])


@asynccontextmanager
async def some_instances(folder: Path, program: Path = ROOT) -> AsyncIterator[Instances]:
    """For one test; the program is imported once, however many tests start it.

    Args:
        program: where it lies, with the fork server of its time beside it.
    """
    server = _fork_server(program)
    assert server.stdin is not None
    assert server.stdout is not None
    answers = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(answers), os.fdopen(os.dup(server.stdout.fileno()))
    )
    instances = Instances(answers, server.stdin, folder)
    try:
        yield instances
    finally:
        await instances.aclose()
        transport.close()


@cache
def _fork_server(program: Path) -> subprocess.Popen[bytes]:
    """One for all tests of this process; it ends with its input."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.fork_server"],
        cwd=program,
        env={**os.environ, "PYTHONPATH": str(program)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    atexit.register(server.communicate)
    return server
