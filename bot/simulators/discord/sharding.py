"""How many connections a bot must hold, and how fast it may begin sessions (gateway.mdx)."""

from collections.abc import Callable
from dataclasses import dataclass, field

_IDENTIFY_SECONDS = 5.0


@dataclass(slots=True)
class Sharding:
    """What Discord asks of this bot; may be changed at any time.

    Args:
        advised: shards, as `GET /gateway/bot` says.
        most_guilds: a session with more of them is refused (4011).
        at_once: `max_concurrency`: sessions that may begin in five seconds, one of each bucket.
        sessions_left: that may still begin today.
    """

    advised: int = 1
    most_guilds: int = 2_500
    at_once: int = 1
    sessions_left: int = 1_000
    _begun: dict[int, float] = field(default_factory=dict)

    def begin(self, shard: int, monotonic: Callable[[], float]) -> bool:
        """Whether the session of this shard may begin now; noted if so."""
        bucket, now = shard % self.at_once, monotonic()
        if now < self._begun.get(bucket, -_IDENTIFY_SECONDS) + _IDENTIFY_SECONDS:
            return False
        self._begun[bucket] = now
        return True
