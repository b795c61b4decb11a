"""Programs that act for a person over HTTP: their keys, the tokens of a key, how often they ask."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.entity import Entity


class TokenKind(StrEnum):
    """What a token is for: ACCESS opens the API for minutes, REFRESH gets the next pair."""

    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey(Entity):
    """What a person gave one program, made in chat; its tokens follow from each other.

    Args:
        label: what the person calls it; sealed.
        expires_at: when its refresh token ends unless it is exchanged before.
        last_used_at: when tokens were last exchanged.
    """

    user_id: str
    label: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token as it is stored.

    Args:
        hash: keyed, of the token itself.
        used_at: of a refresh token: when it was exchanged; shown again after that, it was stolen.
    """

    hash: str
    key_id: str
    kind: TokenKind
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Fresh tokens in the clear, known to nobody but who asked."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests at once, and one more each time `every` has passed.

    A leaky bucket kept as one instant: when it will be empty ("virtual scheduling", ITU-T I.371).
    """

    burst: int
    every: timedelta

    def wait(self, empty_at: datetime, now: datetime) -> timedelta:
        """How long until one more request fits; nothing: it fits."""
        return max(empty_at + self.every - self.burst * self.every - now, timedelta())

    def charged(self, empty_at: datetime, now: datetime, cost: int = 1) -> datetime:
        """When the bucket will be empty after this; it holds no more than `burst`."""
        filled = max(empty_at, now) + cost * self.every
        return min(filled, now + self.burst * self.every)
