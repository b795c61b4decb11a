"""What is measured while running, for Prometheus."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.storage.engine import SqlStorage
from bot.storage.work import Signal, Work

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Counters of this process and, at the time of asking, what waits in the database."""

    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage
        self.registry = CollectorRegistry()
        self._handled = Histogram(
            "linguaflex_event_seconds",
            "Time from taking an event out of its lane until it was answered",
            ["kind"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._queued = Counter(
            "linguaflex_messages_total",
            "Messages written to the outbox",
            ["platform", "kind"],
            registry=self.registry,
        )
        self._waiting = Gauge(
            "linguaflex_waiting",
            "Rows that wait: events, messages, jobs",
            ["what"],
            registry=self.registry,
        )
        self._connected = Gauge(
            "linguaflex_connected",
            "Whether events of a platform are taken here",
            ["platform"],
            registry=self.registry,
        )
        storage.on_commit(self._count)

    def observe_connection(self, platform: str, *, is_up: bool) -> None:
        self._connected.labels(platform).set(is_up)

    def observe_event(self, kind: str, seconds: float) -> None:
        self._handled.labels(kind).observe(seconds)

    async def render(self) -> bytes:
        """The exposition text (Prometheus text format 0.0.4)."""

        def query(work: Work) -> dict[str, int]:
            return {
                "inbox": work.inbox.count_waiting(),
                "outbox": work.outbox.count_open(),
                "jobs": work.jobs.count_waiting(),
            }

        for what, count in (await self._storage.read(query)).items():
            self._waiting.labels(what).set(count)
        return generate_latest(self.registry)

    def _count(self, signals: Sequence[Signal], /) -> None:
        for signal in signals:
            if signal.message is not None:
                message = signal.message
                self._queued.labels(message.to.platform, message.kind.value).inc()
