"""Starting and waiting: cold start against importing the same modules, memory when idle."""

import asyncio
import statistics
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import tokens
from bench.fake_api import FakeApi
from bench.fake_discord import FakeDiscord
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
from importlib import import_module
for name in sys.argv[1:]:
    import_module(name)
mine = sys.stdlib_module_names | {"bot", "config", "__main__", "__mp_main__"}
print(*(name for name in sys.modules if name.partition(".")[0] not in mine))
"""
_ENTRY = {"telegram": "application", "discord": "client"}
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
    """`run` until every platform is connected; medians of five.

    The database is there from an earlier run, as at every start but the first.
    """
    return [*await _telegram_alone(), *await _both()]


async def _telegram_alone() -> list[Row]:
    measured = await _measure("telegram")
    heavy = [name for name in _HEAVY if name in measured.modules]
    return [
        Row(
            f"cold start of `run` / importing the same {measured.packages} packages",
            measured.ratio_text,
            "at most 1.5x",
            is_met=measured.ratio <= 1.5,
        ),
        Row(
            f"memory after {_IDLE_SECONDS:.0f} s idle",
            f"{measured.memory:.0f} MB",
            "at most 120 MB",
            is_met=measured.memory <= 120,
        ),
        Row(
            "heavy packages imported at start",
            ", ".join(heavy) or "none",
            "none (PyAV only in workers)",
            is_met=not heavy,
        ),
    ]


async def _both() -> list[Row]:
    measured = await _measure("telegram", "discord")
    return [
        Row(
            f"the same with Discord, both connected / {measured.packages} packages",
            measured.ratio_text,
            "at most 1.5x plus the libraries' own waits (none: discord.py's for guilds is 0 s)",
            is_met=measured.ratio <= 1.5,
        ),
        Row(
            f"memory with both after {_IDLE_SECONDS:.0f} s idle",
            f"{measured.memory:.0f} MB",
            "at most 160 MB",
            is_met=measured.memory <= 160,
        ),
    ]


@dataclass(frozen=True, slots=True)
class _Measured:
    """Starts on some platforms, in seconds and megabytes, beside importing the same modules."""

    modules: Sequence[str]
    imports: Sequence[float]
    starts: Sequence[float]
    memories: Sequence[float]

    @property
    def packages(self) -> int:
        return len({name.partition(".")[0].lstrip("_") for name in self.modules})

    @property
    def ratio(self) -> float:
        pairs = zip(self.starts, self.imports, strict=True)
        return statistics.median(start / imported for start, imported in pairs)

    @property
    def ratio_text(self) -> str:
        start, imported = statistics.median(self.starts), statistics.median(self.imports)
        return f"{self.ratio:.2f}x ({start:.2f} / {imported:.2f} s)"

    @property
    def memory(self) -> float:
        return statistics.median(self.memories)


async def _measure(*platforms: str) -> _Measured:
    modules = await _third_party_modules(platforms)
    starts, imports, memories = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        key = generate_key()
        await _start(folder, key, platforms)
        await _import(modules)
        for _ in range(_ROUNDS):
            imports.append(await _import(modules))
            start, memory = await _start(folder, key, platforms)
            starts.append(start)
            memories.append(memory)
    return _Measured(modules, imports, starts, memories)


async def _start(folder: str, key: str, platforms: Sequence[str]) -> tuple[float, float]:
    """Seconds until every platform is connected, and megabytes once idle.

    That is the first getUpdates, and the READY of the gateway.
    """
    async with FakeApi() as api, FakeDiscord() as server:
        connected = {"telegram": api.polled, "discord": server.ready}
        environment = _settings(folder, key, api.url)
        if "discord" in platforms:
            environment |= _discord_settings(server)
        began = time.monotonic()
        command = ("-m", "bot", "run", "--only", ",".join((*platforms, "worker")))
        async with running(*command, environment=environment) as bot:
            every = asyncio.gather(*(connected[name].wait() for name in platforms))
            await asyncio.wait_for(every, _LONGEST_SECONDS)
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


def _discord_settings(server: FakeDiscord) -> dict[str, str]:
    return {
        "LINGUAFLEX_DISCORD__TOKEN": tokens.DISCORD,
        "LINGUAFLEX_DISCORD__API_URL": server.api_url,
    }


async def _third_party_modules(platforms: Sequence[str]) -> list[str]:
    """Whatever of other people's the program has imported when it begins to serve."""
    own = ["bot.app", "bot.serving", *(f"bot.handlers.{name}.{_ENTRY[name]}" for name in platforms)]
    command = ("-c", _PROGRAM, *own)
    async with running(*command, stdout=PIPE, environment=_BYTECODE) as process:
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
