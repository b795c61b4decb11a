"""Faults on command: what goes wrong, where, and how often."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random
from typing import Literal

from aiohttp import web

FaultKind = Literal[
    "status", "rate_limit", "drop_before", "drop_after", "delay", "duplicate", "reorder", "forge"
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to go wrong.

    Args:
        kind: "status" answers `status`; "rate_limit" answers 429 with `retry_after`;
            "drop_before" cuts the connection undone, "drop_after" when done but not yet answered;
            "delay" waits `seconds` (real time) first; "duplicate" delivers an event twice;
            "reorder" delivers an event after the one that follows it; "forge" sends a copy with a
            wrong signature before the true event.
        match: pattern (`fnmatch`) of the operation, named by each simulator, e.g. "sendMessage".
        times: how often it strikes; None for always.
        skip: how many matching operations pass unharmed first.
        probability: of each matching operation, from the seed given to `Faults`.
    """

    kind: FaultKind
    match: str = "*"
    times: int | None = 1
    skip: int = 0
    probability: float = 1.0
    status: int = 500
    seconds: float = 0.0
    retry_after: int = 1


class Faults:
    """The faults a simulator is armed with. Same seed, same order of operations: same faults."""

    def __init__(self, seed: int = 0) -> None:
        self._armed: list[_Armed] = []
        self._random = Random(seed)  # noqa: S311 - reproducible, nothing secret
        self.fired: Counter[str] = Counter()

    def add(self, *faults: Fault) -> None:
        self._armed.extend(_Armed(fault, fault.times, fault.skip) for fault in faults)

    def clear(self) -> None:
        """Heal: nothing goes wrong any more. What was counted in `fired` stays."""
        self._armed.clear()

    def take(self, operation: str, *kinds: FaultKind) -> Fault | None:
        """The fault of these kinds that strikes this operation, if any; it counts as fired."""
        for armed in self._armed:
            if armed.fault.kind not in kinds or not fnmatchcase(operation, armed.fault.match):
                continue
            if armed.strikes(self._random):
                if armed.left == 0:
                    self._armed.remove(armed)
                self.fired[armed.fault.kind] += 1
                return armed.fault
        return None

    async def hold(self, operation: str) -> None:
        """Wait if a "delay" strikes this operation."""
        if delay := self.take(operation, "delay"):
            await asyncio.sleep(delay.seconds)


def cut(request: web.Request) -> web.Response:
    """Break the client's connection; return the (never delivered) answer from the handler."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


@dataclass(slots=True)
class _Armed:
    """A fault and what is left of it."""

    fault: Fault
    left: int | None
    skip: int

    def strikes(self, random: Random) -> bool:
        if self.skip > 0:
            self.skip -= 1
            return False
        if random.random() >= self.fault.probability:
            return False
        if self.left is not None:
            self.left -= 1
        return True
