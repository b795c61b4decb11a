"""Sending limits as Telegram publishes them (Bots FAQ, "My bot is hitting limits")."""

from collections import deque
from collections.abc import Callable
from math import ceil

from bot.simulators.telegram.errors import too_many_requests

_PER_SECOND = 30
_CHAT_BURST = 5  # "short bursts" over one a second; the true number is not published
_GROUP_PER_MINUTE = 20
_TOLERANCE = 1e-6  # seconds lost to rounding


class _Bucket:
    """Lets `capacity` through at once, then `rate` a second."""

    def __init__(self, capacity: float, rate: float, now: float) -> None:
        self._capacity = capacity
        self._rate = rate
        self._tokens = capacity
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until one may pass; 0 when it may pass now."""
        self._tokens = min(self._capacity, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return max(0.0, (1 - self._tokens) / self._rate)

    def take(self) -> None:
        self._tokens -= 1


class _Window:
    """Lets `limit` through in any `seconds`."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._passed: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until one may pass; 0 when it may pass now."""
        while self._passed and now - self._passed[0] >= self._seconds:
            self._passed.popleft()
        if len(self._passed) < self._limit:
            return 0.0
        return self._seconds - (now - self._passed[0])

    def take(self, now: float) -> None:
        self._passed.append(now)


class FloodLimits:
    """One message a second per chat (bursts of five), 20 a minute per group, 30 a second in all.

    Args:
        monotonic: seconds that never go back.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._all = _Bucket(_PER_SECOND, _PER_SECOND, monotonic())
        self._chats: dict[int, _Bucket] = {}
        self._groups: dict[int, _Window] = {}

    def admit(self, chat_id: int) -> None:
        """Count one message to the chat (groups have negative ids).

        Raises:
            ApiError: 429 with the whole seconds to wait; a refused message is not counted.
        """
        now = self._monotonic()
        chat = self._chats.setdefault(chat_id, _Bucket(_CHAT_BURST, 1, now))
        wait = max(self._all.wait(now), chat.wait(now))
        if chat_id < 0:
            group = self._groups.setdefault(chat_id, _Window(_GROUP_PER_MINUTE, 60))
            wait = max(wait, group.wait(now))
        if wait > _TOLERANCE:
            raise too_many_requests(ceil(wait))
        self._all.take()
        chat.take()
        if chat_id < 0:
            self._groups[chat_id].take(now)
