"""`linguaflex demo` as a process of its own, and a visitor's hands on its page."""

import asyncio
import os
import re
import signal
import sys
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Locator, Page, Response, expect

from bot.voice.adapters.codec import PyAvCodec
from tests.conftest import ROOT

_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\?token=\S+")
START_SECONDS, GOODBYE_SECONDS, PATIENCE_SECONDS = 60.0, 20.0, 120.0


@dataclass
class Demo:
    """A running demo."""

    process: asyncio.subprocess.Process
    url: str
    seconds: float

    @property
    def origin(self) -> str:
        return self.url.partition("/?")[0]

    def family(self) -> list[int]:
        """The processes it has started, and theirs; all are children of one."""
        return _descendants(self.process.pid)

    async def interrupt(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Ask it to end; its exit status and everything it still had to say."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(GOODBYE_SECONDS):
            said, _ = await self.process.communicate()
        return self.process.returncode or 0, said.decode()


@asynccontextmanager
async def a_demo(*more: str) -> AsyncIterator[Demo]:
    """Started, and its page is there; `seconds` is how long that took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--no-browser", "--port", "0", *more),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            line = (await process.stdout.readline()).decode()
        address = _ADDRESS.search(line)
        assert address, line
        yield Demo(process, address.group(), loop.time() - began)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def _descendants(pid: int) -> list[int]:
    children = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            children.append(int(stat.parent.name))
    return [*children, *(grandchild for child in children for grandchild in _descendants(child))]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


async def write_microphone(file: Path, codec: PyAvCodec, recording: bytes) -> Path:
    """What the fake microphone plays: the recording, over and over, with a pause after it."""
    pcm = await codec.decode(recording, max_seconds=60)
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(pcm.rate)
        out.writeframes(pcm.data + bytes(2 * pcm.rate))
    return file


class Visitor:
    """Somebody at the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._sounds: dict[str, Response] = {}
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        if "/files/" in response.url:
            self._sounds[response.url] = response

    @property
    def told(self) -> Locator:
        """The bot's messages."""
        return self.page.locator("#log .is-theirs")

    @property
    def voices(self) -> Locator:
        return self.page.locator("#log .is-theirs.is-voice")

    async def write(self, text: str) -> None:
        await self.page.locator("#input").fill(text)
        await self.page.keyboard.press("Enter")

    async def press(self, *labels: str) -> None:
        """Press the newest button that begins so, one label after the other."""
        for label in labels:
            begins = re.compile(rf"^\W*{re.escape(label)}")
            await self.page.locator("#log .key").filter(has_text=begins).last.click()

    async def reads(self, text: str) -> Locator:
        """Wait for a message of the bot with these words in it."""
        found = self.told.filter(has_text=text).last
        await expect(found).to_be_visible(timeout=PATIENCE_SECONDS * 1000)
        return found

    async def speak(self, seconds: float) -> Locator:
        """Record a note and send it; the bubble of the reply."""
        before = await self.voices.count()
        await self.page.get_by_role("button", name="Record a voice note").click()
        enough = f"0:{round(seconds):02d}"
        await expect(self.page.locator("#record-time")).to_have_text(enough)
        await self.page.get_by_role("button", name="Send", exact=True).click()
        await expect(self.page.locator("#log .is-mine .reaction").last).to_be_visible()
        return await self.hears(before)

    async def hears(self, before: int) -> Locator:
        """Wait for the voice bubble after the first `before`, and for its sound."""
        bubble = self.voices.nth(before)
        await expect(bubble.locator(".voice.is-loaded")).to_be_visible(
            timeout=PATIENCE_SECONDS * 1000
        )
        return bubble

    async def newest_sound(self) -> bytes:
        """What the page fetched last to be played."""
        return await list(self._sounds.values())[-1].body()


async def ended(pids: Sequence[int]) -> bool:
    """Whether all are gone, after a moment if need be."""
    async with asyncio.timeout(GOODBYE_SECONDS):
        while any(is_running(pid) for pid in pids):  # noqa: ASYNC110 - nobody tells about strangers
            await asyncio.sleep(0.05)
    return True
