"""Kills the program at a point of a scenario, starts it again, and looks at what came of it."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from bot.messaging.model import MessageKind
from bot.simulators.telegram import ChatMessage, Person
from bot.storage.engine import SqlStorage
from bot.storage.messaging import SendState, outbox
from bot.storage.voice import turns
from bot.voice.session import TurnState
from tests.crash.databases import Databases, fetch, let_leases_end, waiting
from tests.crash.instances import CRASHED, Instance, Instances
from tests.stage import Stage, labels

PATIENCE_SECONDS = 40.0
_LOOK_SECONDS = 0.03

Act = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Scenario:
    """Something a person does, and what has to be there before.

    Args:
        prepare: talks to a running program; returns what the person does in every run.
        arrange: writes to the database afterwards, while no program runs.
        check: what is wrong in the database at the end.
    """

    name: str
    prepare: Callable[[Stage, Person], Awaitable[Act]]
    arrange: Callable[[SqlStorage], Awaitable[object]] | None = None
    check: Callable[[str], Awaitable[list[str]]] | None = None


@dataclass(frozen=True)
class Seen:
    """What a person sees of the answer: messages in order, each as one line of text."""

    messages: tuple[str, ...]
    reactions: tuple[str, ...]


@dataclass
class Verdict:
    """One run with one crash.

    Args:
        point: the name of the crash point; None when the run ended before it was reached.
        doubled, lost: messages more and fewer than in a run without a crash.
        problems: what must not be; empty in a good run.
    """

    number: int
    point: str | None
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Unsent:
    """What stood in the outbox when the process was dead."""

    resent: bool
    begun: bool


class Sweep:
    """One scenario on one engine, as often as there are points."""

    def __init__(
        self, stage: Stage, instances: Instances, databases: Databases, scenario: Scenario
    ) -> None:
        self._stage = stage
        self._instances = instances
        self._databases = databases
        self._scenario = scenario
        self._person = stage.telegram.person()
        self._prepared = ""
        self._act: Act | None = None
        self._revisions: dict[int, int] = {}
        self.points: list[str] = []
        self.expected = Seen((), ())

    @property
    def first_of_the_answer(self) -> int:
        """The number of the first point after the person's update came in."""
        return self.points.index("after getUpdates") + 1

    async def prepare(self) -> None:
        """Bring a database to where the scenario begins, then see a run without a crash."""
        self._prepared = self._databases.fresh()
        instance = await self._start(self._prepared)
        self._act = await self._scenario.prepare(self._stage, self._person)
        await self._quiet(self._prepared, instance)
        await instance.terminate()
        await self._arrange()
        self._revisions = self._now()
        url = self._databases.copy_of(self._prepared)
        before = await self._acted()
        instance = await self._start(url)
        await self._quiet(url, instance)
        self.points = instance.passed()
        self.expected = self._seen(before)
        await instance.kill()
        if problems := await self._problems_in(url):
            raise AssertionError(f"without a crash: {problems}")

    async def _arrange(self) -> None:
        if self._scenario.arrange is None:
            return
        storage = self._stage.look_at(self._prepared)
        await storage.open()
        await self._scenario.arrange(storage)
        await storage.aclose()

    async def crash_at(self, number: int) -> Verdict:
        """Crash at the n-th point, start again, and compare."""
        url = self._databases.copy_of(self._prepared)
        before = await self._acted()
        first = await self._start(url, number)
        await self._quiet(url, first)
        has_crashed = first.has_ended
        await first.kill()
        verdict = Verdict(number, first.passed()[-1] if has_crashed else None)
        if has_crashed and await first.ended() != CRASHED:
            verdict.problems.append(f"ended with {await first.ended()}: {first.log.read_text()}")
        unsent = await _unsent(url)
        early = self._seen(before)
        await let_leases_end(url)
        second = await self._start(url)
        try:
            await self._quiet(url, second)
        except TimeoutError:
            verdict.problems.append(f"never quiet: {second.log.read_text()}")
        await second.kill()
        self._judge(verdict, early, self._seen(before), unsent)
        verdict.problems += await self._problems_in(url)
        return verdict

    def _judge(self, verdict: Verdict, early: Seen, late: Seen, unsent: list[_Unsent]) -> None:
        """At most one message differs: the one whose sending the crash cut off."""
        expected, got = Counter(self.expected.messages), Counter(late.messages)
        verdict.doubled = list((got - expected).elements())
        verdict.lost = list((expected - got).elements())
        if verdict.doubled:
            is_last = verdict.doubled == list(early.messages[-1:])
            if not is_last or not any(row.resent for row in unsent):
                verdict.problems.append(f"doubled {verdict.doubled}")
        if verdict.lost and not (
            len(verdict.lost) == 1 and any(row.begun and not row.resent for row in unsent)
        ):
            verdict.problems.append(f"lost {verdict.lost}")
        if _without_repeats(late.messages) != [m for m in self.expected.messages if got[m]]:
            verdict.problems.append(f"order {late.messages}")
        if late.reactions != self.expected.reactions:
            verdict.problems.append(f"reactions {late.reactions}")

    async def _acted(self) -> dict[int, int]:
        """The person does it; returns what was in the chat before."""
        assert self._act is not None
        before = self._now()
        await self._act()
        return before

    def _now(self) -> dict[int, int]:
        """Every message, and how often it was edited."""
        return {m.message_id: m.revision for m in self._person.chat.messages}

    async def _start(self, url: str, crash_at: int = 0) -> Instance:
        return await self._instances.start(self._stage.environment(url), crash_at=crash_at)

    async def _quiet(self, url: str, instance: Instance) -> None:
        """Wait until nothing waits anywhere, or the process is dead. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not instance.has_ended:
                if self._stage.telegram.updates_pending == 0 and not any(await waiting(url)):
                    return
                await asyncio.sleep(_LOOK_SECONDS)

    def _seen(self, before: dict[int, int]) -> Seen:
        """New messages, and those of the preparation that were edited in this run or before."""
        fresh = [
            m
            for m in self._person.chat.messages
            if m.message_id not in before
            or m.revision != self._revisions.get(m.message_id, m.revision)
        ]
        return Seen(
            tuple(_line(m) for m in fresh if m.from_bot),
            tuple(emoji for m in fresh for emoji in m.reactions),
        )

    async def _problems_in(self, url: str) -> list[str]:
        """What the database must never hold once all is quiet."""
        wanted = select(turns.c.cause, turns.c.state).where(turns.c.state != TurnState.ANSWERED)
        problems = [f"turn {row.cause} is {row.state}" for row in await fetch(url, wanted)]
        if any(left := await waiting(url)):
            problems.append(f"{left} events, messages and transcripts wait")
        if self._scenario.check is not None:
            problems += await self._scenario.check(url)
        return problems


async def _unsent(url: str) -> list[_Unsent]:
    wanted = select(outbox.c.kind, outbox.c.attempts).where(outbox.c.state == SendState.SENDING)
    rows = await fetch(url, wanted)
    return [_Unsent(MessageKind(row.kind).is_resent, row.attempts > 0) for row in rows]


def _line(message: ChatMessage) -> str:
    """A message in one line; counts in it may differ, an engine remembers a try cut off."""
    text = re.sub(r"\d+", "#", message.text)
    return f"{message.kind}: {text} {labels(message)}"


def _without_repeats(lines: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(lines))


async def prepared(
    stage: Stage, instances: Instances, databases: Databases, scenario: Scenario
) -> Sweep:
    """A sweep whose points are known."""
    sweep = Sweep(stage, instances, databases, scenario)
    await sweep.prepare()
    return sweep


def spread(count: int, first: int, last: int) -> list[int]:
    """So many numbers, evenly from first to last."""
    return [first + round(n * (last - first) / max(1, count - 1)) for n in range(count)]
