"""An answer that has to ask the world first, once, and is given in one unit."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bot.flows.ports import FlowWork
from bot.flows.scene import Scene
from bot.flows.voice_turn import Parts
from bot.messaging.model import Incoming

R = TypeVar("R")


class Awaited(Generic[R]):
    """Asks outside of any transaction, then answers. Implements `Later`.

    Args:
        ask: may raise DomainError or ServiceFailure, which the person is told.
        answer: says what came of it.
    """

    def __init__(
        self, parts: Parts, ask: Callable[[], Awaitable[R]], answer: Callable[[Scene, R], None]
    ) -> None:
        self._parts = parts
        self._ask = ask
        self._answer = answer

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        result = await self._ask()

        def unit(work: FlowWork) -> None:
            scene = self._parts.scenes.of(work, incoming, "asked")
            self._answer(scene, result)
            self._parts.scenes.finish(scene)

        await self._parts.storage.write(unit)
