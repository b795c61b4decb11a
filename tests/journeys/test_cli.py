"""An operator's first hour, by the commands alone: simulate, init, run, doctor, and init again."""

import asyncio
import json
import os
import re
import signal
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

_PATIENCE_SECONDS = 60
CHECKS = (
    *("settings", "database", "disk", "encryption", "telegram.token", "clock"),
    *("telegram.delivery", "voice.hume", "sound", "mail", "web"),
    *("discord.token", "discord.intents", "web.public_url"),
    *("zoom.hosts", "zoom.webhooks", "stripe", "stripe.webhooks"),
)
WARNINGS = ("admins", "telegram.privacy", "discord.servers")
_SETTINGS = {
    "LINGUAFLEX_VOICE__FALLBACK": "none",
    "LINGUAFLEX_WEB__PORT": "0",
    "PYTHONUNBUFFERED": "1",
}


class Operator:
    """Types commands in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        own = {k: v for k, v in os.environ.items() if not k.upper().startswith("LINGUAFLEX_")}
        self._environment = {**own, **_SETTINGS}

    async def types(self, *words: str) -> tuple[int, str]:
        """Exit status and stdout of a command that ends by itself; nobody answers it."""
        process = await self._start(*words)
        out, err = await asyncio.wait_for(process.communicate(), _PATIENCE_SECONDS)
        assert b"Traceback" not in err, err.decode()
        return process.returncode or 0, out.decode()

    @asynccontextmanager
    async def serving(self, *words: str, until: str) -> AsyncIterator[None]:
        """A command that serves; it ends cleanly on SIGTERM, within ten seconds."""
        process = await self._start(*words)
        assert process.stdout is not None
        assert process.stderr is not None
        stream = process.stdout if words[0] == "simulate" else process.stderr
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while until not in (line := (await stream.readline()).decode()):
                    assert line, "it ended"
            yield
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.communicate(), 10)
        assert process.returncode == 0

    async def _start(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *words),
            cwd=self._folder,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path)


def statuses(printed: str) -> dict[str, str]:
    return {finding["check"]: finding["status"] for finding in json.loads(printed)}


@pytest.mark.timeout(300)  # five programs start one after the other
async def test_from_an_empty_folder_to_a_running_bot(operator, tmp_path):
    async with operator.serving("simulate", "--scripted", "--env", ".env", until="Ctrl-C"):
        status, printed = await operator.types("init", "--yes")
        assert status == 0
        assert re.search(r"^https://t\.me/linguaflex_bot\?start=admin_[\w-]{32}$", printed, re.M)
        assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600

        async with operator.serving("run", until="telegram.connected"):
            status, printed = await operator.types("doctor", "--json")
            assert status == 0
            assert statuses(printed) == dict.fromkeys(CHECKS, "ok") | dict.fromkeys(
                WARNINGS, "warn"
            )

            status, printed = await operator.types("init", "--yes")
            assert status == 1
            assert "The bot is running and has the database: stop it" in printed
