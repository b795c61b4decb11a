"""What a Stripe account holds: objects by their ids, and the events that tell of them."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from bot.simulators.stripe.cards import Bank
from bot.simulators.stripe.errors import missing

Object = dict[str, Any]
API_VERSION = "2026-10-28.endive"

_PREFIXES = {
    "customer": "cus",
    "payment_method": "pm",
    "setup_intent": "seti",
    "payment_intent": "pi",
    "charge": "ch",
    "refund": "re",
    "checkout.session": "cs_test",
    "account": "acct",
    "dispute": "du",
    "transfer": "tr",
    "transfer_reversal": "trr",
    "event": "evt",
    "product": "prod",
    "price": "price",
    "subscription": "sub",
    "subscription_item": "si",
    "invoice": "in",
    "billing_portal.session": "bps",
}


class State:
    """All objects of one account, the oldest first.

    Args:
        now: gives the time, aware.
        tell: is given every event as it happens.
    """

    def __init__(self, now: Callable[[], datetime], tell: Callable[[Object], None]) -> None:
        self._now = now
        self._tell = tell
        self._objects: dict[str, dict[str, Object]] = {kind: {} for kind in _PREFIXES}
        self.banks: dict[str, Bank] = {}
        """By payment method."""

    def seconds(self) -> int:
        """The time as Stripe writes it."""
        return int(self._now().timestamp())

    def new(self, kind: str, **members: Any) -> Object:
        made: Object = {
            "id": f"{_PREFIXES[kind]}_{secrets.token_hex(12)}",
            "object": kind,
            "created": self.seconds(),
            "livemode": False,
            **members,
        }
        self._objects[kind][made["id"]] = made
        return made

    def all(self, kind: str) -> list[Object]:
        return list(self._objects[kind].values())

    def get(self, kind: str, object_id: str) -> Object:
        """Raises Refused, 404."""
        try:
            return self._objects[kind][object_id]
        except KeyError:
            raise missing(kind, object_id) from None

    def remove(self, kind: str, object_id: str) -> None:
        """Raises Refused, 404."""
        self.get(kind, object_id)
        del self._objects[kind][object_id]

    def event(self, name: str, about: Object) -> None:
        """Something happened to `about`, whose members are kept as they are at this moment."""
        made = self.new(
            "event",
            type=name,
            api_version=API_VERSION,
            data={"object": deepcopy(about)},
            pending_webhooks=1,
            request={"id": None, "idempotency_key": None},
        )
        self._tell(made)

    def page(self, found: Iterable[Object], asked: Mapping[str, Any], url: str) -> Object:
        """A list as Stripe cuts it: the newest first, `limit` of them (10)."""
        rows = list(reversed(list(found)))
        ids = [row["id"] for row in rows]
        limit = min(int(asked.get("limit", 10)), 100)
        after, before = asked.get("starting_after"), asked.get("ending_before")
        if after is not None:
            rows = rows[_place(ids, after) + 1 :]
        elif before is not None:
            rows = rows[: _place(ids, before)]
            return _list(rows[-limit:], has_more=len(rows) > limit, url=url)
        return _list(rows[:limit], has_more=len(rows) > limit, url=url)


def _list(rows: list[Object], *, has_more: bool, url: str) -> Object:
    return {"object": "list", "data": rows, "has_more": has_more, "url": url}


def _place(ids: list[str], object_id: str) -> int:
    if object_id not in ids:
        raise missing("object", object_id)
    return ids.index(object_id)
