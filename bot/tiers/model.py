"""Plans: what people subscribed to, what they used of it, and what they bought beside."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.entity import Entity


class Plan(StrEnum):
    """What a person may be on, the smallest first."""

    FREE = "free"
    PREMIUM = "premium"
    PRO = "pro"

    @property
    def rank(self) -> int:
        """The larger, the more it gives."""
        return list(Plan).index(self)

    @property
    def larger(self) -> tuple["Plan", ...]:
        """The plans above, the nearest first."""
        return tuple(Plan)[self.rank + 1 :]


class Use(StrEnum):
    """What a plan gives a number of.

    AI_SECONDS: of the learner's notes and the tutor's spoken answers. GROUP_SEAT, GROUP_MINUTES: in
    conversations led by teachers; those among peers are free for everybody and counted nowhere.
    LESSON: with one teacher alone.
    """

    AI_SECONDS = "ai_seconds"
    GROUP_SEAT = "group_seat"
    GROUP_MINUTES = "group_minutes"
    LESSON = "lesson"


class SubscriptionStatus(StrEnum):
    """INCOMPLETE: never paid. PAST_DUE: the last payment failed and is tried again."""

    INCOMPLETE = "incomplete"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    ENDED = "ended"


GIVING = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Entity):
    """A subscription as the gateway last told of it; it is never changed in any other way.

    Args:
        gateway_id: the gateway's own; `item_id`: of the price in it, which an upgrade replaces.
        began_at: the day of the month from which cycles are counted.
        paid_until: the end of the cycle that is paid, or waits to be.
        ends_at: it was called off and ends then; None: it goes on.
    """

    user_id: str
    gateway_id: str
    customer_id: str
    item_id: str
    plan: Plan
    status: SubscriptionStatus
    began_at: datetime
    paid_until: datetime
    ends_at: datetime | None = None

    def gives(self, now: datetime, grace: timedelta) -> bool:
        """Whether its plan is the person's; a payment that is late does not take it at once."""
        if self.status not in GIVING or now >= self.paid_until + grace:
            return False
        return self.ends_at is None or now < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage(Entity):
    """Something that was used, once.

    Args:
        key: what used it, unique: the same use is counted once.
        included: how much of it the plan gave; `bought`: how much came from packs.
    """

    user_id: str
    what: Use
    key: str
    included: int
    bought: int = 0
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack(Entity):
    """More of something, paid once; it lasts until it is used.

    Args:
        key: of what paid for it, unique: one payment is one pack.
    """

    user_id: str
    what: Use
    key: str
    amount: int
    bought_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage(Entity):
    """A page of the gateway on which a plan or a pack is bought, written down before it is made.

    Args:
        product: a plan's name, or "pack:" and the pack's.
        key: of what asked for it, unique: the same wish is the same page.
        page_id: the gateway's, once it was made.
        is_open: nobody knows yet what became of it.
    """

    user_id: str
    product: str
    key: str
    page_id: str | None = None
    is_open: bool = True
    expires_at: datetime
    made_at: datetime
