"""What other processes committed, as PostgreSQL tells it (LISTEN/NOTIFY)."""

import asyncio
from collections.abc import Callable

import asyncpg
import structlog
from sqlalchemy.engine import make_url

from bot.storage.work import CHANNEL

_log = structlog.get_logger()

ALL = "all"
_CONNECT_TIMEOUT_SECONDS = 10
_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 15.0


class PostgresListener:
    """Listens on a connection of its own, and connects anew when it is lost.

    Args:
        on_notice: called in the loop with "jobs", "outbox" or "inbox <lane>"; with "all" once it
            listens, also after a gap, since anything may have happened before.
    """

    def __init__(self, url: str, on_notice: Callable[[str], None]) -> None:
        self._dsn = make_url(url).set(drivername="postgresql").render_as_string(False)
        self._on_notice = on_notice
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="postgres listener")

    async def aclose(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        wait = _FIRST_WAIT_SECONDS
        while True:
            try:
                connection = await asyncpg.connect(self._dsn, timeout=_CONNECT_TIMEOUT_SECONDS)
                wait = _FIRST_WAIT_SECONDS
                await self._listen(connection)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("listener.failed", cause=type(error).__name__)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    async def _listen(self, connection: asyncpg.Connection) -> None:
        """Pass notices on until the connection ends."""
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        try:
            await connection.add_listener(CHANNEL, self._receive)
            self._tell(ALL)
            await ended.wait()
            _log.warning("listener.lost")
        finally:
            connection.terminate()

    def _receive(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self._tell(str(payload))

    def _tell(self, notice: str) -> None:
        try:
            self._on_notice(notice)
        except Exception:  # a broken ear must not end the listening
            _log.exception("listener.notice_failed")
