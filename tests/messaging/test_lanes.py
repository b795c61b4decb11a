"""Lanes: one person's events in order, different people's side by side."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.messaging import lanes as lanes_module
from bot.messaging.lanes import Lanes
from bot.messaging.model import Incoming
from tests.message_builders import an_event


def incoming(key: object, person: str = "7", text: str = "hello") -> Incoming:
    return an_event(key, person, text).incoming


class Desk:
    """Handles events when told to; "/end" overtakes."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.done: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.troubles: dict[str, list[Exception]] = {}
        self.seen: dict[str, asyncio.Event] = {}
        self.interrupts: dict[str, asyncio.Event] = {}

    async def handle(self, event: Incoming, interrupted: asyncio.Event) -> None:
        name = event.key.removeprefix("test:")
        self.begun.append(name)
        self.interrupts[name] = interrupted
        self.seen.setdefault(name, asyncio.Event()).set()
        if name in self.gates:
            await self.gates[name].wait()
        if self.troubles.get(name):
            raise self.troubles[name].pop(0)
        self.done.append(name)

    def hold(self, name: str) -> None:
        self.gates[name] = asyncio.Event()

    async def until_begun(self, name: str) -> None:
        await asyncio.wait_for(self.seen.setdefault(name, asyncio.Event()).wait(), 10)


async def nothing_more(_: str) -> Sequence[Incoming]:
    return ()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def lanes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lanes]:
    monkeypatch.setattr(lanes_module, "_FIRST_WAIT_SECONDS", 0.001)
    made = Lanes(desk.handle, overtakes=lambda e: e.text == "/end", on_idle=nothing_more)
    yield made
    for gate in desk.gates.values():
        gate.set()
    await made.aclose()


async def test_one_persons_events_run_one_at_a_time_and_in_order(lanes: Lanes, desk: Desk) -> None:
    desk.hold("1")
    lanes.put([incoming(n) for n in (1, 2, 3)])
    await desk.until_begun("1")
    assert desk.begun == ["1"]
    desk.gates["1"].set()
    await lanes.finished("test:3")
    assert desk.done == ["1", "2", "3"]


async def test_a_slow_person_delays_nobody_else(lanes: Lanes, desk: Desk) -> None:
    desk.hold("slow")
    lanes.put([incoming("slow", "ana"), incoming("quick", "ben")])
    await lanes.finished("test:quick")
    assert desk.done == ["quick"]


async def test_an_event_known_here_is_not_run_twice(lanes: Lanes, desk: Desk) -> None:
    desk.hold("1")
    assert lanes.put([incoming(1), incoming(1), incoming(2)]) == 2
    await desk.until_begun("1")
    assert lanes.put([incoming(1), incoming(2)]) == 0
    desk.gates["1"].set()
    await lanes.finished("test:2")
    assert lanes.put([incoming(1)]) == 0
    assert desk.begun == ["1", "2"]


async def test_ends_overtake_what_waits_in_their_own_order_and_interrupt_what_runs(
    lanes: Lanes, desk: Desk
) -> None:
    desk.hold("1")
    lanes.put([incoming(1), incoming(2)])
    await desk.until_begun("1")
    lanes.put([incoming("end a", text="/end"), incoming(3), incoming("end b", text="/end")])
    assert desk.interrupts["1"].is_set()
    desk.gates["1"].set()
    await lanes.finished("test:3")
    assert desk.done == ["1", "end a", "end b", "2", "3"]
    assert not desk.interrupts["2"].is_set()


async def test_a_database_that_is_away_makes_the_lane_wait_and_keep_its_order(
    lanes: Lanes, desk: Desk
) -> None:
    desk.troubles["1"] = [ServiceFailure("database", Cause.UNREACHABLE)] * 4
    lanes.put([incoming(1), incoming(2)])
    await lanes.finished("test:2")
    assert desk.done == ["1", "2"]


async def test_an_event_that_breaks_us_is_left_alone_after_three_tries(
    lanes: Lanes, desk: Desk
) -> None:
    desk.troubles["1"] = [RuntimeError("bug") for _ in range(9)]
    lanes.put([incoming(1), incoming(2)])
    await lanes.finished("test:2")
    assert desk.begun == ["1", "1", "1", "2"]
    assert lanes.put([incoming(1)]) == 0


async def test_what_arrived_elsewhere_meanwhile_is_run_before_the_lane_ends(desk: Desk) -> None:
    late = [[incoming(2)], [incoming(2)], []]

    async def on_idle(_: str) -> Sequence[Incoming]:
        return late.pop(0)

    lanes = Lanes(desk.handle, overtakes=lambda e: False, on_idle=on_idle)
    lanes.put([incoming(1)])
    await lanes.finished("test:1")
    await lanes.finished("test:2")
    while lanes.is_running("test:7"):  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0)
    assert desk.done == ["1", "2"]


async def test_closing_lets_what_runs_end_and_frees_those_who_wait(
    lanes: Lanes, desk: Desk
) -> None:
    desk.hold("1")
    lanes.put([incoming(1), incoming(2)])
    await desk.until_begun("1")
    waiting = asyncio.create_task(lanes.finished("test:2"))
    closing = asyncio.create_task(lanes.aclose())
    await asyncio.sleep(0)
    desk.gates["1"].set()
    await asyncio.wait_for(asyncio.gather(closing, waiting), 10)
    assert desk.done == ["1"]
