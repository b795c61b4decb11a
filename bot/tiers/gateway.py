"""What a gateway says of subscriptions and of the pages they are bought on, in our terms."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.tiers.model import SubscriptionStatus


class OrderStatus(StrEnum):
    """Where a page stands; DONE: what it sells was bought and paid."""

    OPEN = "open"
    DONE = "done"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class OrderUrl:
    """A page for one person; `url` is shown to them alone."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class OrderState:
    """A page as it stands; `subscription_id`: what was begun there, on a page for a plan."""

    page_id: str
    status: OrderStatus
    subscription_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionState:
    """A subscription as it stands.

    Args:
        price_id: what it costs, by the gateway's name; it says which plan this is.
        order: what we gave it to remember; None: it was made by hand.
        ends_at: when it was called off for, or ended.
    """

    gateway_id: str
    customer_id: str
    item_id: str
    price_id: str
    status: SubscriptionStatus
    began_at: datetime
    paid_until: datetime
    ends_at: datetime | None = None
    order: str | None = None


@dataclass(frozen=True, slots=True)
class TierEvent:
    """What a delivery is about; the object itself is read anew, so order means nothing."""

    subscription_id: str | None = None
    page_id: str | None = None
