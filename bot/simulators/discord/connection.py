"""One connection to the gateway: its compression, its limits, and the session it speaks for."""

import asyncio
import json
import time
import zlib
from collections import deque
from contextlib import suppress

from aiohttp import web

from bot.simulators.discord.model import Json
from bot.simulators.discord.session import Session
from bot.simulators.faults import Faults

_SENDS, _PER_SECONDS = 120, 60.0


class GatewayClosed(Exception):
    """The connection is to be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(reason)


class Connection:
    """A WebSocket and the session that speaks through it."""

    def __init__(
        self, request: web.Request, socket: web.WebSocketResponse, is_compressed: bool
    ) -> None:
        self.socket = socket
        self._request = request
        self.session: Session | None = None
        self._deflate = zlib.compressobj() if is_compressed else None
        self._lock = asyncio.Lock()
        self._writer: asyncio.Task[None] | None = None
        self._is_ended = False
        self._received: deque[float] = deque()
        self._outgoing: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    @property
    def was_closed_by_client(self) -> bool:
        """With 1000 or 1001, which ends the session too."""
        return not self._is_ended and self.socket.close_code in (1000, 1001)

    def count(self) -> None:
        """One more payload from the client. Raises GatewayClosed 4008 above 120 in 60 seconds."""
        now = time.monotonic()
        self._received.append(now)
        while self._received[0] <= now - _PER_SECONDS:
            self._received.popleft()
        if len(self._received) > _SENDS:
            raise GatewayClosed(4008, "You are being rate limited.")

    def start(
        self, session: Session, faults: Faults, missed: list[tuple[str, str]] | None = None
    ) -> None:
        """Speak for the session from here on, beginning with what it missed."""
        self.session = session
        queue = self._outgoing
        for item in missed or ():
            queue.put_nowait(item)
        session.outgoing = queue
        self._writer = asyncio.create_task(self._write(queue, faults))

    def leave(self) -> None:
        """The session stays, and waits for somebody to resume it."""
        if self._writer is not None:
            self._writer.cancel()
        if self.session is not None and self.session.outgoing is self._outgoing:
            self.session.outgoing = None

    async def send(self, payload: Json) -> None:
        await self._send_text(json.dumps(payload, separators=(",", ":")))

    async def end(self, code: int | None, reason: str = "") -> None:
        self._is_ended = True
        if code is not None:
            await self.socket.close(code=code, message=reason.encode())
            return
        if self._request.transport is not None:
            self._request.transport.abort()

    async def _write(self, queue: asyncio.Queue[tuple[str, str]], faults: Faults) -> None:
        with suppress(ConnectionError, RuntimeError):
            while True:
                name, text = await queue.get()
                operation = f"event:{name}"
                await faults.hold(operation)
                if faults.take(operation, "drop_before"):
                    await self.end(None)
                    return
                await self._send_text(text)
                if faults.take(operation, "drop_after"):
                    await self.end(None)
                    return

    async def _send_text(self, text: str) -> None:
        if self._deflate is None:
            await self.socket.send_str(text)
            return
        async with self._lock:  # pieces of the one stream must not change places
            data = self._deflate.compress(text.encode())
            await self.socket.send_bytes(data + self._deflate.flush(zlib.Z_SYNC_FLUSH))
