"""A simulated Telegram with one person, and a bot's bare HTTP client."""

import json
import struct
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from bot.simulators.telegram import Person, TelegramSimulator, find_spec


class Time:
    """A clock for people to read and a stopwatch for limits, both moved by hand."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 5, 4, 12, tzinfo=UTC) + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed


class BotApi:
    """Calls methods with JSON bodies; `upload` sends multipart."""

    def __init__(self, session: aiohttp.ClientSession, sim: TelegramSimulator) -> None:
        self._session = session
        self._base = f"{sim.url}/bot{sim.token}"
        self.files = f"{sim.url}/file/bot{sim.token}"

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        async with self._session.post(f"{self._base}/{method}", json=params) as answer:
            envelope: dict[str, Any] = await answer.json()
            assert answer.status == (200 if envelope["ok"] else envelope["error_code"])
            return envelope

    async def result(self, method: str, **params: Any) -> Any:
        envelope = await self.call(method, **params)
        assert envelope["ok"], envelope
        return envelope["result"]

    async def refusal(self, method: str, **params: Any) -> tuple[int, str]:
        envelope = await self.call(method, **params)
        assert not envelope["ok"], envelope
        return envelope["error_code"], envelope["description"]

    async def send(self, text: str = "hello", chat_id: int = 1001, **params: Any) -> int:
        sent = await self.result("sendMessage", chat_id=chat_id, text=text, **params)
        return int(sent["message_id"])

    async def upload(
        self, method: str, part: str, data: bytes, filename: str, **params: Any
    ) -> dict[str, Any]:
        form = aiohttp.FormData()
        for name, value in params.items():
            form.add_field(name, value if isinstance(value, str) else json.dumps(value))
        content = BytesIO(data)  # aiohttp warns of large plain bytes
        form.add_field(part, content, filename=filename, content_type="application/octet-stream")
        async with self._session.post(f"{self._base}/{method}", data=form) as answer:
            envelope: dict[str, Any] = await answer.json()
            return envelope

    async def updates(self, offset: int = 0, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.result("getUpdates", offset=offset, **params)
        return found

    async def download(self, path: str) -> tuple[int, bytes]:
        async with self._session.get(f"{self.files}/{path}") as answer:
            return answer.status, await answer.read()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def sim(time: Time) -> AsyncIterator[TelegramSimulator]:
    """Checked against the specification where that is at hand."""
    simulator = TelegramSimulator(
        clock=time.now, monotonic=time.monotonic, spec=find_spec(), webhook_pause=0.001
    )
    async with simulator:
        yield simulator


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def api(session: aiohttp.ClientSession, sim: TelegramSimulator) -> BotApi:
    return BotApi(session, sim)


@pytest.fixture
async def ana(sim: TelegramSimulator, api: BotApi) -> Person:
    """She has pressed START, and the bot has seen it."""
    person = sim.person(1001, "Ana", "es")
    await person.send_text("/start")
    (update,) = await api.updates()
    await api.updates(update["update_id"] + 1)
    return person


@pytest.fixture
def ogg() -> Callable[..., bytes]:
    """Builds Ogg Opus as far as Telegram looks at it: header, channels, length."""

    def build(seconds: float = 1.0, channels: int = 1) -> bytes:
        pre_skip = 312
        head = b"OpusHead" + struct.pack("<BBHIhB", 1, channels, pre_skip, 48_000, 0, 0)
        granule = int(seconds * 48_000) + pre_skip
        return _page(head, 0) + _page(b"OpusTags" + bytes(8), 0) + _page(b"\xf8" * 40, granule)

    return build


def _page(payload: bytes, granule: int) -> bytes:
    header = b"OggS" + struct.pack("<BBqIIIB", 0, 0, granule, 1, 0, 0, 1) + bytes([len(payload)])
    return header + payload


@pytest.fixture
def png() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 320, 200) + bytes(9)
