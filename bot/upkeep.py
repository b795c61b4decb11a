"""What a running instance does all the time: keep its claims, look for what waits, tidy up."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from bot.core.clock import Clock
from bot.jobs.ticker import Ticker
from bot.jobs.worker import Worker
from bot.messaging.inbox import Inbox
from bot.messaging.instance import Instance
from bot.messaging.outbox import Sender
from bot.storage.engine import SqlStorage
from bot.storage.work import Signal, Work

_log = structlog.get_logger()

LEASE = timedelta(seconds=10)
KEPT_FOR = timedelta(days=7)
COUNTED_FOR = timedelta(days=62)  # what people used of their plans: longer than any cycle
_BEAT_SECONDS = 2.0
_SWEEP_SECONDS = 5.0
_CLEAN_SECONDS = 600.0


@asynccontextmanager
async def kept_up(
    storage: SqlStorage,
    clock: Clock,
    instance: Instance,
    inbox: Inbox,
    senders: Mapping[str, Sender],
    worker: Worker[Work],
) -> AsyncIterator[None]:
    """Go on where the last process stopped, and keep going until the block ends."""
    upkeep = _Upkeep(storage, clock, instance, inbox, senders, worker)
    async with AsyncExitStack() as stack:
        await upkeep.begin(stack)
        yield


@dataclass(slots=True)
class _Upkeep:
    storage: SqlStorage
    clock: Clock
    instance: Instance
    inbox: Inbox
    senders: Mapping[str, Sender]
    worker: Worker[Work]
    heard: set[asyncio.Task[None]] = field(default_factory=set)

    async def begin(self, stack: AsyncExitStack) -> None:
        self.storage.on_commit(self.announce)
        await self.beat()
        stack.push_async_callback(self.leave)  # last of all: nobody takes over what still runs
        if not self.storage.is_shared:
            await self.storage.write(lambda work: work.claims.forget_others())
        for sender in self.senders.values():
            sender.start()
            stack.push_async_callback(sender.aclose)
        await self.hold_senders()
        await self.inbox.recover()
        stack.push_async_callback(self.inbox.lanes.aclose)
        stop = asyncio.Event()
        working = asyncio.create_task(self.worker.run(stop), name="jobs")
        stack.push_async_callback(_ended, working, stop)
        if self.storage.is_shared:
            from bot.storage.listener import PostgresListener  # asyncpg comes with an extra

            url = self.storage.url.render_as_string(hide_password=False)
            listener = PostgresListener(url, self.hear)
            listener.start()
            stack.push_async_callback(listener.aclose)
        ticker = Ticker()
        ticker.every(_BEAT_SECONDS, self.beat, "beat")
        ticker.every(_SWEEP_SECONDS, self.sweep, "sweep")
        ticker.every(_CLEAN_SECONDS, self.clean, "clean")
        ticker.start()
        stack.push_async_callback(ticker.aclose)

    async def leave(self) -> None:
        """Let others take over at once what we had claimed."""
        for task in tuple(self.heard):
            task.cancel()
        await asyncio.gather(*self.heard, return_exceptions=True)
        await self.storage.write(lambda work: work.claims.leave())

    def announce(self, signals: Sequence[Signal], /) -> None:
        """Ring whoever waits for what was committed."""
        for signal in signals:
            message = signal.message
            if message is not None and message.to.platform in self.instance.senders:
                self.senders[message.to.platform].put([message])
            elif signal.topic == "jobs":
                self.worker.ring()

    def hear(self, payload: str) -> None:
        """Another process on PostgreSQL committed something for us."""
        task = asyncio.create_task(self.notice(payload), name=f"notice {payload}")
        self.heard.add(task)
        task.add_done_callback(self._heard_out)

    def _heard_out(self, task: asyncio.Task[None]) -> None:
        self.heard.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("upkeep.notice_failed", cause=str(error))  # the next sweep looks again

    async def notice(self, payload: str) -> None:
        topic, _, lane = payload.partition(" ")
        if topic in {"jobs", "all"}:
            self.worker.ring()
        if topic == "inbox" and lane:
            await self.inbox.refresh(lane)
        if topic in {"outbox", "all"}:
            await self.sweep()

    async def beat(self) -> None:
        """Keep our claims alive; take over a dead instance's sending."""
        until = datetime.now(UTC) + LEASE
        await self.storage.write(lambda work: work.claims.beat(until))
        if self.storage.is_shared:
            await self.hold_senders()

    async def hold_senders(self) -> None:
        """One paced sender per token: whoever has the claim sends."""
        for name, sender in self.senders.items():
            is_ours = await self.storage.write(partial(_take, name=f"sender:{name}"))
            if is_ours and name not in self.instance.senders:
                self.instance.senders.add(name)
                await sender.adopt()
            elif not is_ours and name in self.instance.senders:
                self.instance.senders.discard(name)
                sender.halt()

    async def sweep(self) -> None:
        """The safety net under the bells: whatever waits and nobody has."""
        await self.inbox.recover()
        if self.storage.is_shared:
            for name in tuple(self.instance.senders):
                await self.senders[name].adopt()

    async def clean(self) -> None:
        """Keys of what was done stay seven days; files and codes go when their time is over."""

        def unit(work: Work) -> None:
            now = self.clock.now()
            work.inbox.remove_done(now - KEPT_FOR)
            work.outbox.remove_done(now - KEPT_FOR)
            work.jobs.remove_finished(now - KEPT_FOR)
            work.outside_events.remove_done(now - KEPT_FOR)
            work.meeting_hosts.remove_before((now - KEPT_FOR).date())
            work.blobs.remove_expired(now)
            work.codes.remove_before(now - KEPT_FOR)
            work.api.remove_expired(now, now - KEPT_FOR)
            work.tiers.usage.remove_before(now - COUNTED_FOR)

        await self.storage.write(unit)


def _take(work: Work, name: str) -> bool:
    return work.claims.take(name, datetime.now(UTC))


async def _ended(task: asyncio.Task[None], stop: asyncio.Event) -> None:
    stop.set()
    await asyncio.gather(task, return_exceptions=True)
