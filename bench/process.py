"""Processes that are measured: started, watched through /proc (Linux), ended by SIGTERM."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

VAR = Path(__file__).parents[1] / "var"
_LOG = VAR / "bench.log"
_TICKS = os.sysconf("SC_CLK_TCK")
_GOODBYE_SECONDS = 15.0


@asynccontextmanager
async def running(
    *arguments: str, environment: Mapping[str, str] | None = None, stdout: int = DEVNULL
) -> AsyncIterator[Process]:
    """`python ARGUMENTS`, until the block ends; what it logs is in var/bench.log."""
    VAR.mkdir(exist_ok=True)
    with _LOG.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            env={**os.environ, **(environment or {})},
            stdout=stdout,
            stderr=log,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), _GOODBYE_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


def cpu_seconds(pid: int) -> float:
    """CPU seconds of a process so far, its threads included, its children not."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_megabytes(pid: int) -> float:
    """Resident memory of a process, what it shares with others counted in full."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "VmRSS":
            return int(value.split()[0]) * 1024 / 1e6
    raise ValueError(f"process {pid} has no memory")
