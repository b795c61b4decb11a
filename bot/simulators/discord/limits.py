"""Rate limits as Discord announces them: per route and channel, and 50 a second in all."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s

from bot.simulators.discord.call import Call
from bot.simulators.discord.errors import rate_limited

_GLOBAL = 50
_LIFTED = 100_000
# Limits per route are found out from headers and not published; these were observed.
_ROUTES = {
    "create_message": (5, 5.0),
    "update_message": (5, 5.0),
    "delete_message": (5, 1.0),
    "add_my_message_reaction": (1, 0.25),
    "delete_my_message_reaction": (1, 0.25),
    "execute_webhook": (5, 2.0),
    "create_dm": (10, 10.0),
    "create_thread": (50, 300.0),
    "update_channel": (5, 15.0),
}
_OTHERS = (50, 1.0)
_MAJOR = ("channel_id", "guild_id", "webhook_token", "interaction_token")
_EXEMPT = {"create_interaction_response"}  # and all that goes by an interaction's token
_KEPT_WINDOWS = 20_000


@dataclass(slots=True)
class _Window:
    ends_at: float
    left: int


class RateLimits:
    """Admits requests and tells in headers how many more it will.

    Args:
        now: aware; windows are announced to end by it.
        monotonic: seconds.
        is_on: whether anything is limited; may be changed at any time.
    """

    def __init__(
        self, now: Callable[[], datetime], monotonic: Callable[[], float], *, is_on: bool
    ) -> None:
        self.is_on = is_on
        self._now = now
        self._monotonic = monotonic
        self._windows: dict[tuple[str, str], _Window] = {}
        self._newest: deque[float] = deque()

    def admit(self, call: Call, *, needs_token: bool) -> dict[str, str]:
        """Headers for the answer. Raises ApiError 429."""
        now = self._monotonic()
        limit, seconds = _ROUTES.get(call.operation, _OTHERS)
        if not self.is_on:
            return self._headers(call, _LIFTED, _LIFTED, 1.0)
        if needs_token:
            self._admit_anywhere(now)
        elif call.operation in _EXEMPT:
            return {}
        window = self._window(call, now, limit, seconds)
        rest = window.ends_at - now
        if window.left == 0:
            refused = rate_limited(rest, is_global=False, scope="user")
            refused.headers |= self._headers(call, limit, 0, rest)
            raise refused
        window.left -= 1
        return self._headers(call, limit, window.left, rest)

    def _window(self, call: Call, now: float, limit: int, seconds: float) -> _Window:
        major = next((call.path[name] for name in _MAJOR if name in call.path), "")
        key = (call.operation, major)
        window = self._windows.get(key)
        if window is None or window.ends_at <= now:
            self._windows.pop(key, None)
            window = self._windows[key] = _Window(now + seconds, limit)
            if len(self._windows) > _KEPT_WINDOWS:
                del self._windows[next(iter(self._windows))]
        return window

    def _admit_anywhere(self, now: float) -> None:
        while self._newest and self._newest[0] <= now - 1:
            self._newest.popleft()
        if len(self._newest) >= _GLOBAL:
            raise rate_limited(self._newest[0] + 1 - now, is_global=True, scope="global")
        self._newest.append(now)

    def _headers(self, call: Call, limit: int, left: int, rest: float) -> dict[str, str]:
        bucket = blake2s(call.operation.encode(), digest_size=8).hexdigest()
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": f"{self._now().timestamp() + rest:.3f}",
            "X-RateLimit-Reset-After": f"{rest:.3f}",
            "X-RateLimit-Bucket": bucket,
        }
