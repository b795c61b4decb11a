"""The wire under python-telegram-bot: its public request hook over aiohttp.

Stock PTB sends through httpx, which is most of its cost per update; this class keeps the same
contract over the HTTP client the process has anyway. Addresses of the Bot API hold the bot's
token, so nothing raised here quotes an address or has an error behind it that does.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import aiohttp
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from telegram.request._requestparameter import RequestParameter  # RequestData asks for it

from bot.messaging.errors import FileTooLarge

_KEEP_ALIVE_SECONDS = 30
_POOL_SECONDS = 5.0
_UPLOAD_SECONDS = 60.0
_GRACE_SECONDS = 3.0
_CHUNK_BYTES = 1 << 16
_HEADERS = {"User-Agent": BaseRequest.USER_AGENT}
_FORM_HEADERS = {**_HEADERS, "Content-Type": "application/x-www-form-urlencoded"}


class ServerError(NetworkError):
    """The Bot API is up but cannot serve (5xx, or 429 without a waiting time)."""

    __slots__ = ()


class FloodWait(RetryAfter):
    """PTB's RetryAfter reads a deprecated property of its own while it is made; this one does not.

    Args:
        seconds: as Telegram asked.
    """

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        TelegramError.__init__(self, f"asked to wait {seconds:g} s")
        self._retry_after = timedelta(seconds=seconds)
        self.seconds = seconds


class AiohttpRequest(BaseRequest):
    """Talks to the Bot API over pooled, kept-alive connections.

    Args:
        connections: at most so many at once; more calls wait for a free one.
        read_timeout, connect_timeout: seconds, where a call does not say otherwise.
    """

    def __init__(
        self, *, connections: int = 64, read_timeout: float = 10.0, connect_timeout: float = 5.0
    ) -> None:
        self._connections = connections
        self._read_timeout = read_timeout
        self._connect_timeout = connect_timeout
        self._plain = self._timeout(None, BaseRequest.DEFAULT_NONE, BaseRequest.DEFAULT_NONE)
        self._session: aiohttp.ClientSession | None = None
        self._under_way = 0
        self._all_answered = asyncio.Event()

    @property
    def read_timeout(self) -> float:
        return self._read_timeout

    async def initialize(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections, keepalive_timeout=_KEEP_ALIVE_SECONDS
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
            )

    async def shutdown(self) -> None:
        """Let what is under way be answered: a message cut off here would be sent twice."""
        session, self._session = self._session, None
        if self._under_way:
            self._all_answered.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_answered.wait(), _GRACE_SECONDS)
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """See `BaseRequest.do_request`. There is one waiting time for a free connection."""
        timeout = self._plain
        has_files = request_data is not None and request_data.contains_files
        if has_files or read_timeout is not self.DEFAULT_NONE:
            upload = _seconds(write_timeout, _UPLOAD_SECONDS) if has_files else None
            timeout = self._timeout(upload, read_timeout, connect_timeout)
        body: bytes | aiohttp.FormData | None = None
        headers = _HEADERS
        if request_data is not None and has_files:
            body = _multipart(request_data)
        elif request_data is not None:
            body, headers = urlencode(request_data.json_parameters).encode(), _FORM_HEADERS
        status, payload = await self._exchange(method, url, body, headers, timeout)
        _refuse(status, payload)
        return status, payload

    async def post_form(
        self, url: str, fields: Mapping[str, str], *, read_timeout: float
    ) -> tuple[int, bytes]:
        """POST `fields` and hand back status and body as they are.

        Raises:
            TimedOut, NetworkError: no answer came.
        """
        timeout = self._timeout(None, read_timeout, self.DEFAULT_NONE)
        return await self._exchange("POST", url, urlencode(fields).encode(), _FORM_HEADERS, timeout)

    async def download(self, url: str, *, max_bytes: int) -> bytes:
        """GET a file, giving up as soon as it is larger than `max_bytes`.

        Raises:
            TimedOut, NetworkError: no or not all of it came.
            FileTooLarge: more than `max_bytes` came.
        """
        try:
            async with self._opened().get(
                url, headers=_HEADERS, timeout=self._plain, allow_redirects=False
            ) as reply:
                if reply.status != HTTPStatus.OK:
                    raise ServerError(f"file: HTTP {reply.status}")
                content = bytearray()
                async for chunk in reply.content.iter_chunked(_CHUNK_BYTES):
                    content += chunk
                    if len(content) > max_bytes:
                        raise FileTooLarge
                return bytes(content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _without_address(error) from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """As in `BaseRequest`, but an answer that is no JSON is not copied into the log."""
        try:
            document = json.loads(payload)
        except ValueError:
            raise TelegramError("the answer is not JSON") from None
        if not isinstance(document, dict):
            raise TelegramError("the answer is not an object")
        return document

    async def _exchange(
        self,
        method: str,
        url: str,
        body: bytes | aiohttp.FormData | None,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # aiohttp's own bundle of timeouts
    ) -> tuple[int, bytes]:
        self._under_way += 1
        try:
            async with self._opened().request(
                method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as reply:
                return reply.status, await reply.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _without_address(error) from None
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._all_answered.set()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("initialize() comes first")
        return self._session

    def _timeout(
        self, upload: float | None, read: object, connect: object
    ) -> aiohttp.ClientTimeout:
        """aiohttp has no timeout for writing, so an upload gets a total instead."""
        reading = _seconds(read, self._read_timeout)
        connecting = _seconds(connect, self._connect_timeout)
        waiting = None if connecting is None else connecting + _POOL_SECONDS
        total = None
        if upload is not None and reading is not None and waiting is not None:
            total = waiting + upload + reading
        return aiohttp.ClientTimeout(
            total=total, connect=waiting, sock_connect=connecting, sock_read=reading
        )


def _seconds(value: object, default: float) -> float | None:
    if value is None:
        return None
    return float(value) if isinstance(value, int | float) else default


def _multipart(data: RequestData) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in data.multipart_data.items():
        file = BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, file, filename=filename, content_type=mime)
    return form


def _refuse(status: int, payload: bytes) -> None:
    """Raise what `BaseRequest` would take for a network failure, or could not say without noise."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = retry_after(payload)
        raise ServerError("HTTP 429") if wait is None else FloodWait(wait)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise BadRequest("HTTP 413")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ServerError(f"HTTP {status}")


def as_request_data(params: Mapping[str, object]) -> RequestData:
    """Arguments of a method of `Bot` as its own code hands them to any wire."""
    return RequestData([RequestParameter.from_input(*param) for param in params.items()])


def retry_after(payload: bytes) -> float | None:
    """Seconds the Bot API asks us to wait, from the body of its answer."""
    try:
        return float(json.loads(payload)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return None


def _without_address(error: Exception) -> NetworkError:
    """What happened, without the address that aiohttp's own errors may quote."""
    name = type(error).__name__
    return TimedOut(name) if isinstance(error, asyncio.TimeoutError) else NetworkError(name)
