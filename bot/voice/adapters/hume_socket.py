"""One connection to a service that speaks EVI: handshake, sending, a reader, and its end."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlencode

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from bot.voice.adapters.hume_exchange import Exchange
from bot.voice.adapters.hume_wire import (
    Frame,
    Message,
    ToolAsked,
    parse_frame,
    tool_answer,
    type_of,
)
from bot.voice.adapters.turns import TurnFailed
from bot.voice.model import ErrorKind

_log = structlog.get_logger(__name__)

# websockets logs handshake headers and frames at DEBUG: keys and words that must not be logged.
_quiet = logging.getLogger("linguaflex.hume.socket")
_quiet.setLevel(logging.WARNING)

_MAX_MESSAGE = 64 * 2**20  # a whole reply in one frame; the library's own limit is 1 MiB
_KNOWN_UNUSED = frozenset({"assistant_prosody", "tool_response", "tool_error", "session_settings"})


class _connect(connect):  # noqa: N801 - named like the function-like class it narrows
    """Follows no redirect: the library would take our key header along to another host."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the service is and what opens it; the key travels in a header, never in the URL."""

    url: str
    api_key: str | None = None
    config_id: str | None = None

    def chat_url(self, chat_group_id: str | None) -> str:
        query = {"verbose_transcription": "true"}
        if self.config_id:
            query["config_id"] = self.config_id
        if chat_group_id:
            query["resumed_chat_group_id"] = chat_group_id
        return f"{self.url.rstrip('/')}/chat?{urlencode(query)}"


class HumeSocket:
    """An open chat. A reader feeds every frame to the exchange and answers tool calls."""

    def __init__(
        self, connection: ClientConnection, exchange: Exchange, tools: frozenset[str]
    ) -> None:
        self._connection = connection
        self._exchange = exchange
        self._tools = tools
        self._news = asyncio.Event()
        self._answered: set[str] = set()
        self._close_code: int | None = None

    @property
    def is_over(self) -> bool:
        """Nothing more will come: the service refused or the connection ended."""
        return self._close_code is not None or self._exchange.error is not None

    async def send(self, message: Message) -> None:
        """Send; on a closed connection nothing happens, `until` tells why it closed."""
        with suppress(ConnectionClosed):
            await self._connection.send(json.dumps(message))

    async def until(self, is_ready: Callable[[], bool], *, silence: float) -> bool:
        """Wait until something holds; False when no frame came for `silence` seconds.

        Raises:
            TurnFailed: the service reported an error or the connection ended first.
        """
        while not is_ready():
            self.raise_if_over()
            self._news.clear()
            try:
                async with asyncio.timeout(silence):
                    await self._news.wait()
            except TimeoutError:
                return False
        return True

    async def read(self) -> None:
        """Take frames until the connection ends."""
        try:
            async for raw in self._connection:
                await self._take(raw)
        except ConnectionClosed:
            _log.debug("hume.connection_lost")
        finally:
            self._close_code = self._connection.close_code or 1006
            self._news.set()

    async def _take(self, raw: str | bytes) -> None:
        frame = parse_frame(raw)
        if frame is None and (kind := type_of(raw)) not in _KNOWN_UNUSED:
            _log.info("hume.frame_ignored", type=kind)
        if isinstance(frame, ToolAsked):
            await self._answer(frame)
        if frame is not None and not self._is_foreign(frame):
            self._exchange.take(frame)
        self._news.set()

    def _is_foreign(self, frame: Frame) -> bool:
        return isinstance(frame, ToolAsked) and frame.name not in self._tools

    async def _answer(self, call: ToolAsked) -> None:
        if call.needs_answer and call.id not in self._answered:
            self._answered.add(call.id)
            await self.send(tool_answer(call, is_known=call.name in self._tools))

    def raise_if_over(self) -> None:
        """Say why nothing more will come, if so; see `until`."""
        if (error := self._exchange.error) is not None:
            raise TurnFailed(error.kind, error.code, error.retry_after)
        if self._close_code is not None:
            kind = ErrorKind.FATAL if self._close_code == 1008 else ErrorKind.TRANSIENT
            raise TurnFailed(kind, f"closed_{self._close_code}")


@asynccontextmanager
async def open_socket(
    address: Address,
    exchange: Exchange,
    *,
    chat_group_id: str | None,
    tools: frozenset[str],
    within: float,
) -> AsyncIterator[HumeSocket]:
    """Connect and wait for the first frame, `chat_metadata`; closed at the end.

    Raises:
        TurnFailed: unreachable, refused, or no metadata `within` so many seconds.
    """
    connection = await _handshake(address, chat_group_id, within)
    socket = HumeSocket(connection, exchange, tools)
    reader = asyncio.create_task(socket.read())
    try:
        if not await socket.until(lambda: exchange.chat_group_id is not None, silence=within):
            raise TurnFailed(ErrorKind.TRANSIENT, "no_metadata")
        yield socket
    finally:
        await connection.close()
        reader.cancel()
        await asyncio.wait([reader])


async def _handshake(
    address: Address, chat_group_id: str | None, within: float
) -> ClientConnection:
    try:
        return await _connect(
            address.chat_url(chat_group_id),
            additional_headers={"X-Hume-Api-Key": address.api_key} if address.api_key else None,
            open_timeout=within,
            close_timeout=1,
            max_size=_MAX_MESSAGE,
            compression=None,
            logger=_quiet,
        )
    except InvalidStatus as error:
        raise _refusal(error) from error
    except (OSError, WebSocketException, TimeoutError) as error:
        raise TurnFailed(ErrorKind.TRANSIENT, "unreachable") from error


def _refusal(error: InvalidStatus) -> TurnFailed:
    status = error.response.status_code
    wait = error.response.headers.get("Retry-After", "")
    if status == 402:
        kind = ErrorKind.QUOTA
    elif status in (408, 425, 429) or status >= 500:
        kind = ErrorKind.TRANSIENT
    else:
        kind = ErrorKind.FATAL
    return TurnFailed(kind, f"http_{status}", float(wait) if wait.isdigit() else None)
