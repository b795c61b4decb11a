"""Files people sent, asked for again while their platform has trouble."""

import asyncio

import structlog

from bot.core.crash import crash_point
from bot.core.errors import ServiceFailure
from bot.messaging.model import IncomingMedia
from bot.messaging.ports import Messenger

_log = structlog.get_logger()

_WAITS_SECONDS = (0.5, 2.0, 5.0)
_LONGEST_WAIT_SECONDS = 20.0


async def fetched(messenger: Messenger, media: IncomingMedia, *, max_bytes: int) -> bytes:
    """See `Messenger.fetch`; somebody waits, so it gives up in under a minute."""
    crash_point("before fetch")
    for wait in _WAITS_SECONDS:
        try:
            data = await messenger.fetch(media, max_bytes=max_bytes)
            break
        except ServiceFailure as failure:
            asked = failure.retry_after or 0.0
            if not failure.retryable or asked > _LONGEST_WAIT_SECONDS:
                raise
            _log.warning("fetch.waits", cause=str(failure), seconds=max(wait, asked))
            await asyncio.sleep(max(wait, asked))
    else:
        data = await messenger.fetch(media, max_bytes=max_bytes)
    crash_point("after fetch")
    return data
