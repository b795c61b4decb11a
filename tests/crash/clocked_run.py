"""`linguaflex run` by a clock that tests move: a few bytes of memory shared by all processes."""

import asyncio
import signal
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from mmap import mmap
from pathlib import Path
from struct import Struct

from bot.app import App, build
from bot.serving import Serving
from config.logging import configure
from config.settings import load_settings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NUMBER = Struct("=q")
_LOOK_SECONDS = 0.02


class SharedClock:
    """Stands still until somebody moves it, in whichever process. Implements `Clock`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with file.open("r+b") as opened:
            self._memory = mmap(opened.fileno(), _NUMBER.size)

    @classmethod
    def made(cls, file: Path, at: datetime) -> "SharedClock":
        file.write_bytes(bytes(_NUMBER.size))
        clock = cls(file)
        clock.set(at)
        return clock

    def now(self) -> datetime:
        (count,) = _NUMBER.unpack_from(self._memory)
        return _EPOCH + int(count) * _MICROSECOND

    def set(self, at: datetime) -> None:
        _NUMBER.pack_into(self._memory, 0, (at - _EPOCH) // _MICROSECOND)

    def move(self, **by: float) -> None:
        self.set(self.now() + timedelta(**by))


def run_by(file: str, arguments: Sequence[str]) -> int:
    """As `linguaflex run --only <parts>` with that clock."""
    parts = frozenset(arguments[arguments.index("--only") + 1].split(","))
    asyncio.run(_serve(SharedClock(Path(file)), parts))
    return 0


async def _serve(clock: SharedClock, parts: frozenset[str]) -> None:
    settings = load_settings()
    configure(settings.log_format, settings.log_level)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with build(settings, clock=clock) as app:
        ringing = asyncio.create_task(_ring(app, clock))
        await Serving(app, parts).run(stop)
        ringing.cancel()


async def _ring(app: App, clock: SharedClock) -> None:
    """The worker looks when the clock was moved."""
    seen = clock.now()
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if (now := clock.now()) != seen:
            seen = now
            app.worker.ring()
