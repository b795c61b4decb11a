"""Asking whether a typed code is right: the guess is counted in one unit, answered in another.

Between them the courier is asked, which may be a service somewhere else.
"""

import asyncio
from collections.abc import Callable

import structlog

from bot.accounts.codes import Codes
from bot.accounts.model import CodePurpose, OneTimeCode
from bot.core.crash import crash_point
from bot.core.errors import DomainError, ServiceFailure
from bot.flows.ports import FlowWork
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.messaging.model import Incoming

_log = structlog.get_logger()

Then = Callable[[Scene, bool], Later | None]


class CodeChecks:
    """Makes the `Later` of an event that is a guess."""

    def __init__(self, parts: Parts, codes: Codes) -> None:
        self._parts = parts
        self._codes = codes

    def check(
        self, scene: Scene, purpose: CodePurpose, address: str, typed: str, then: Then
    ) -> Later:
        """Hold `typed` against the person's code; `then` is told in a unit of its own."""
        code = self._codes.begin_try(scene.work, scene.user.id, address, purpose)
        return _Check(self._parts, self._codes, code, address, typed, then)


class _Check:
    """One guess. After a crash the event is a guess anew, and counts again."""

    def __init__(
        self,
        parts: Parts,
        codes: Codes,
        code: OneTimeCode | None,
        address: str,
        typed: str,
        then: Then,
    ) -> None:
        self._parts = parts
        self._codes = codes
        self._code = code
        self._address = address
        self._typed = typed
        self._then = then

    async def __call__(self, incoming: Incoming, interrupted: asyncio.Event) -> None:
        is_right = await self._is_right()

        def unit(work: FlowWork) -> Later | None:
            scene = parts.scenes.of(work, incoming, "code")
            is_first = is_right and self._code is not None and codes.use_up(work, self._code)
            later = self._then(scene, is_first)
            if later is None:
                parts.scenes.finish(scene)
            return later

        parts, codes = self._parts, self._codes
        later = await parts.storage.write(unit)
        if later is not None:
            await later(incoming, interrupted)

    async def _is_right(self) -> bool:
        if self._code is None:
            return False
        crash_point("before code check")
        try:
            is_right = await self._codes.courier.is_right(self._code, self._address, self._typed)
        except ServiceFailure as failure:
            _log.warning("code.unchecked", cause=str(failure))
            raise DomainError("code.unchecked") from failure
        crash_point("after code check")
        return is_right
