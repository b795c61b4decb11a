"""The page as it is open in one tab of a browser."""

import asyncio
from dataclasses import dataclass, field

from aiohttp import web

from bot.simulators.world import Json


@dataclass(eq=False, slots=True)
class Tab:
    """One tab.

    Args:
        student: whose Telegram it shows.
        queue: what happened and is still to be told.
    """

    socket: web.WebSocketResponse
    student: str
    queue: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)
