"""Work that must not happen in this process: a few child processes, started when needed."""

import asyncio
import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.voice.adapters.frames import READY, Frame, FrameBroken, pack, read_frame

_START_SECONDS = 60.0
_GOODBYE_SECONDS = 0.5
# What a child may see of our environment: it handles what strangers send and needs no secret.
_PASSED_ON = frozenset(
    {
        "DYLD_LIBRARY_PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "LOCALAPPDATA", "PATH",
        "PYTHONPATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "USERPROFILE", "XDG_CACHE_HOME",
    }
)  # fmt: skip


class ChildLost(Exception):
    """A child process did not answer; the next request gets a new one.

    Args:
        reason: "start" (it never got ready), "overdue" or "crashed".
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(order=True, slots=True)
class _Job:
    priority: int
    number: int
    request: bytes = field(compare=False)
    within: float = field(compare=False)
    reply: "asyncio.Future[Frame]" = field(compare=False)


class ChildPool:
    """Up to `size` processes of one command; each answers one request at a time.

    Args:
        command: starts a child that runs `frames.serve`.
        size: most processes at once.
        idle_seconds: a process without work for so long is ended; None keeps it.
        environment: added to what a child may see.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        size: int = 1,
        idle_seconds: float | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command = tuple(command)
        self._size = size
        self._idle_seconds = idle_seconds
        self._environment = environment or {}
        self._jobs: asyncio.PriorityQueue[_Job] = asyncio.PriorityQueue()
        self._numbers = itertools.count()
        self._runners: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._is_closed = False

    async def ask(self, request: Frame, *, within: float, priority: int = 0) -> Frame:
        """Have a child answer `request`.

        Cancelling the caller is safe at any time: a job that nobody waits for is not begun, and
        the answer of a running one is thrown away.

        Args:
            within: seconds from the moment a child takes it.
            priority: lower goes first.

        Raises:
            ChildLost: the child crashed, was too slow (and was killed), or could not start.
        """
        if self._is_closed:
            raise ChildLost("closed")
        reply: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._jobs.put_nowait(_Job(priority, next(self._numbers), pack(request), within, reply))
        if self._waiting < self._jobs.qsize() and len(self._runners) < self._size:
            runner = asyncio.create_task(self._run())
            self._runners.add(runner)
            runner.add_done_callback(self._runners.discard)
        return await reply

    async def aclose(self) -> None:
        """End all processes; whoever still waits gets `ChildLost`. May be called twice."""
        self._is_closed = True
        runners = tuple(self._runners)
        for runner in runners:
            runner.cancel()
        await asyncio.gather(*runners, return_exceptions=True)
        while not self._jobs.empty():
            _fail(self._jobs.get_nowait(), ChildLost("closed"))

    async def _run(self) -> None:
        child = _Child(self._command, self._environment)
        try:
            while True:
                await _answer(child, await self._next(child))
        finally:
            await child.stop()

    async def _next(self, child: "_Child") -> _Job:
        self._waiting += 1
        try:
            async with asyncio.timeout(self._idle_seconds if child.is_alive else None):
                return await self._jobs.get()
        except TimeoutError:
            await child.stop()
            return await self._jobs.get()
        finally:
            self._waiting -= 1


async def _answer(child: "_Child", job: _Job) -> None:
    if job.reply.done():
        return
    try:
        reply = await child.exchange(job.request, within=job.within)
    except ChildLost as lost:
        _fail(job, lost)
    except asyncio.CancelledError:
        _fail(job, ChildLost("closed"))
        raise
    else:
        if not job.reply.done():
            job.reply.set_result(reply)


def _fail(job: _Job, lost: ChildLost) -> None:
    if not job.reply.done():
        job.reply.set_exception(lost)


class _Child:
    """One process, started by the first exchange."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def exchange(self, request: bytes, *, within: float) -> Frame:
        process = await self._started()
        try:
            async with asyncio.timeout(within):
                return await _exchange(process, request)
        except TimeoutError:
            await self.stop(goodbye_seconds=0)
            raise ChildLost("overdue") from None
        except (OSError, EOFError, FrameBroken) as error:
            await self.stop()
            raise ChildLost("crashed") from error

    async def stop(self, *, goodbye_seconds: float = _GOODBYE_SECONDS) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:  # an idle child ends when its stdin does
            async with asyncio.timeout(goodbye_seconds):
                await process.communicate()
        except TimeoutError:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self.stop()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=self._visible_environment(),
                start_new_session=True,  # Ctrl-C is for us; the child goes when its stdin closes
            )
            async with asyncio.timeout(_START_SECONDS):
                await _hello(self._process)
        except (OSError, EOFError, FrameBroken) as error:  # TimeoutError is an OSError
            await self.stop()
            raise ChildLost("start") from error
        return self._process

    def _visible_environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name.upper() in _PASSED_ON}
        return {**kept, **self._environment}


async def _hello(process: asyncio.subprocess.Process) -> None:
    _, replies = _pipes(process)
    if not (await read_frame(replies)).header.get(READY):
        raise FrameBroken("no greeting")


async def _exchange(process: asyncio.subprocess.Process, request: bytes) -> Frame:
    requests, replies = _pipes(process)
    requests.write(request)
    await requests.drain()
    return await read_frame(replies)


def _pipes(
    process: asyncio.subprocess.Process,
) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    if process.stdin is None or process.stdout is None:
        raise FrameBroken("started without pipes")
    return process.stdin, process.stdout
