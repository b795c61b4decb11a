"""Starting and waiting: cold start against importing the same modules, memory when idle."""

import asyncio
import statistics
import tempfile
import time
from asyncio.subprocess import PIPE
from pathlib import Path

from bench import tokens
from bench.fake_api import FakeApi
from bench.process import VAR, memory_megabytes, running
from bench.table import Row
from bot.storage.vault import generate_key

_ROUNDS = 5
_IDLE_SECONDS = 5.0
_LONGEST_SECONDS = 60.0
# Belong to voice notes, payments and the other platform: none is needed to be ready.
_HEAVY = ("av", "ctranslate2", "discord", "faster_whisper", "numpy", "onnxruntime", "stripe")
_PROGRAM = """
import sys
from bot.app import build
from bot.serving import Serving
mine = sys.stdlib_module_names | {"bot", "config", "__main__", "__mp_main__"}
print(*(name for name in sys.modules if name.partition(".")[0] not in mine))
"""
_IMPORTS = """
import sys
from contextlib import suppress
from importlib import import_module
for name in sys.argv[1:]:
    with suppress(ImportError):
        import_module(name)
print("ready", flush=True)
"""
# Bytecode is where it is after a first start, whatever the machine's settings for it are.
_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(VAR / "bench-bytecode")}


async def rows() -> list[Row]:
    """`run` with Telegram configured, until it first asks for updates; medians.

    The database is there from an earlier run, as at every start but the first.
    """
    modules = await _third_party_modules()
    starts, imports, memories = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        key = generate_key()
        await _start(folder, key)
        await _import(modules)
        for _ in range(_ROUNDS):
            imports.append(await _import(modules))
            start, memory = await _start(folder, key)
            starts.append(start)
            memories.append(memory)
    ratio = statistics.median(s / i for s, i in zip(starts, imports, strict=True))
    start, imported = statistics.median(starts), statistics.median(imports)
    memory = statistics.median(memories)
    heavy = [name for name in _HEAVY if name in modules]
    packages = {name.partition(".")[0].lstrip("_") for name in modules}
    return [
        Row(
            f"cold start of `run` / importing the same {len(packages)} packages",
            f"{ratio:.2f}x ({start:.2f} / {imported:.2f} s)",
            "at most 1.5x",
            is_met=ratio <= 1.5,
        ),
        Row(
            f"memory after {_IDLE_SECONDS:.0f} s idle",
            f"{memory:.0f} MB",
            "at most 120 MB",
            is_met=memory <= 120,
        ),
        Row(
            "heavy packages imported at start",
            ", ".join(heavy) or "none",
            "none (PyAV only in workers)",
            is_met=not heavy,
        ),
    ]


async def _start(folder: str, key: str) -> tuple[float, float]:
    """Seconds until the first getUpdates, and megabytes once idle."""
    async with FakeApi() as api:
        began = time.monotonic()
        command = ("-m", "bot", "run", "--only", "telegram,worker")
        async with running(*command, environment=_settings(folder, key, api.url)) as bot:
            await asyncio.wait_for(api.polled.wait(), _LONGEST_SECONDS)
            seconds = time.monotonic() - began
            await asyncio.sleep(_IDLE_SECONDS)
            return seconds, memory_megabytes(bot.pid)


def _settings(folder: str, key: str, url: str) -> dict[str, str]:
    return {
        **_BYTECODE,
        "LINGUAFLEX_DATABASE_URL": f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}",
        "LINGUAFLEX_ENCRYPTION_KEYS": key,
        "LINGUAFLEX_TELEGRAM__TOKEN": tokens.TELEGRAM,
        "LINGUAFLEX_TELEGRAM__API_URL": url,
    }


async def _third_party_modules() -> list[str]:
    """Whatever of other people's the program has imported when it begins to serve."""
    async with running("-c", _PROGRAM, stdout=PIPE, environment=_BYTECODE) as process:
        output, _ = await asyncio.wait_for(process.communicate(), _LONGEST_SECONDS)
    return output.decode().split()


async def _import(modules: list[str]) -> float:
    """Seconds until a process has imported these modules."""
    began = time.monotonic()
    command = ("-c", _IMPORTS, *modules)
    async with running(*command, environment=_BYTECODE, stdout=PIPE) as process:
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.readline(), _LONGEST_SECONDS)
        return time.monotonic() - began
