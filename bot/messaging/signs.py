"""Signs of life while a person waits: "typing", "recording voice", refreshed until the answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.messaging.model import Address, Indication
from bot.messaging.ports import Messenger

# Telegram drops a chat action after 5 s, and with every message (Bot API, sendChatAction): after a
# transcript the sign that a reply is coming must not stay away for long.
REFRESH_SECONDS = 2.0


@asynccontextmanager
async def showing(
    messenger: Messenger, address: Address, indication: Indication
) -> AsyncIterator[None]:
    """Show `indication` in a room until the block ends."""

    async def refresh() -> None:
        while True:
            await messenger.indicate(address, indication)
            await asyncio.sleep(REFRESH_SECONDS)

    task = asyncio.create_task(refresh())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
