"""Downloads of what people sent, with bounds.

Addresses of attachments expire after a day, so the message is asked for each time.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from bot.core.errors import Cause, ServiceFailure
from bot.handlers.discord.failures import SERVICE, TROUBLES, service_failure
from bot.handlers.discord.rest import Rest
from bot.messaging.errors import FileTooLarge
from bot.messaging.model import IncomingMedia

_STICKERS_URL = "https://media.discordapp.net/stickers"
_SUFFIX = {"1": "png", "2": "png", "3": "json", "4": "gif"}
_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=20)
_CHUNK = 1 << 16


class Files:
    """Files by the ids that `translate` gives them."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def fetch(self, media: IncomingMedia, *, max_bytes: int) -> bytes:
        """See `Messenger.fetch`."""
        _check(media.size, max_bytes)
        try:
            url = await self._url(media.file_id)
            async with _answer(url) as reply:
                _check(reply.content_length, max_bytes)
                content = bytearray()
                async for chunk in reply.content.iter_chunked(_CHUNK):
                    content += chunk
                    _check(len(content), max_bytes)
                return bytes(content)
        except TROUBLES as error:
            raise service_failure(error) from None  # its text may quote the address

    async def _url(self, file_id: str) -> str:
        first, second, third = file_id.split("/")
        if first == "sticker":
            return f"{_STICKERS_URL}/{second}.{_SUFFIX.get(third, 'png')}"
        message = await self._rest.get_message(first, second)
        for attachment in message.get("attachments", ()):
            if attachment["id"] == third:
                return str(attachment["url"])
        raise ServiceFailure(SERVICE, Cause.REJECTED, "the file was removed")


@asynccontextmanager
async def _answer(url: str) -> AsyncIterator[aiohttp.ClientResponse]:
    async with (
        aiohttp.ClientSession(timeout=_TIMEOUT) as http,
        http.get(url, allow_redirects=False) as reply,
    ):
        if reply.status >= 500:
            raise ServiceFailure(SERVICE, Cause.BUSY, f"HTTP {reply.status} for a file")
        if reply.status != 200:
            raise ServiceFailure(SERVICE, Cause.REJECTED, f"HTTP {reply.status} for a file")
        yield reply


def _check(size: int | None, limit: int) -> None:
    if size is not None and size > limit:
        raise FileTooLarge
