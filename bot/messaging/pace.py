"""How fast messages may go, in real time."""

import time

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

    def take(self) -> float:
        """Take a token; returns the seconds to wait until it may be used (0: at once)."""
        wait = self.wait()
        self._tokens -= 1
        return wait
