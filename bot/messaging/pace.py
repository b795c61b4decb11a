"""How fast messages may go, in real time."""

import time
from collections import OrderedDict

from bot.messaging.ports import Pace


class Bucket:
    """A token bucket: `burst` tokens at first, then `per_second`."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._tokens = float(pace.burst)
        self._at = time.monotonic()

    def wait(self) -> float:
        """Seconds until there is a token; 0 when one is there."""
        if self._pace.per_second <= 0:
            return 0.0
        now = time.monotonic()
        grown = self._tokens + (now - self._at) * self._pace.per_second
        self._tokens = min(float(self._pace.burst), grown)
        self._at = now
        return max(0.0, (1 - self._tokens) / self._pace.per_second)

    @property
    def is_full(self) -> bool:
        """Nothing of what was taken still counts."""
        self.wait()
        return self._pace.per_second <= 0 or self._tokens >= self._pace.burst

    def take(self) -> float:
        """Take a token; returns the seconds to wait until it may be used (0: at once)."""
        wait = self.wait()
        self._tokens -= 1
        return wait


class RoomBuckets:
    """A bucket for each room, kept for as long as something taken from it counts."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def of(self, room: str, pace: Pace) -> Bucket:
        """The room's bucket; `pace` is that of a new one."""
        while self._buckets and next(iter(self._buckets.values())).is_full:
            self._buckets.popitem(last=False)
        bucket = self._buckets.setdefault(room, Bucket(pace))
        self._buckets.move_to_end(room)
        return bucket
