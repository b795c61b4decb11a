"""Tables and repositories of plans: subscriptions, what was used, packs, pages of orders."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.entity import Entity
from bot.storage.prepared import Prepared
from bot.storage.table_repo import TableRepo
from bot.storage.types import EnumText, UtcDateTime, metadata
from bot.storage.vault import Vault
from bot.tiers.model import (
    OrderPage,
    Pack,
    Plan,
    Subscription,
    SubscriptionStatus,
    Usage,
    Use,
)

_ID = String(36)
_VENDOR_ID = String(120)
_KEY = String(120)
E = TypeVar("E", bound=Entity)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("gateway_id", _VENDOR_ID, nullable=False, unique=True),
    Column("customer_id", _VENDOR_ID, nullable=False),
    Column("item_id", _VENDOR_ID, nullable=False),
    Column("plan", EnumText(Plan), nullable=False),
    Column("status", EnumText(SubscriptionStatus), nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("paid_until", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime),
    Index("ix_subscriptions_status", "status", "paid_until"),
)

plan_usage = Table(
    "plan_usage",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False),
    Column("what", EnumText(Use), nullable=False),
    Column("key", _KEY, nullable=False, unique=True),
    Column("included", Integer, nullable=False),
    Column("bought", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_plan_usage_user", "user_id", "what", "at", "included", "bought"),
)

plan_packs = Table(
    "plan_packs",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("what", EnumText(Use), nullable=False),
    Column("key", _KEY, nullable=False, unique=True),
    Column("amount", Integer, nullable=False),
    Column("bought_at", UtcDateTime, nullable=False),
)

plan_pages = Table(
    "plan_pages",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("product", String(60), nullable=False),
    Column("key", _KEY, nullable=False, unique=True),
    Column("page_id", _VENDOR_ID, unique=True),
    Column("is_open", Boolean, nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

_CHANGING = (
    SubscriptionStatus.INCOMPLETE,
    SubscriptionStatus.ACTIVE,
    SubscriptionStatus.PAST_DUE,
)
_OF_USER = Prepared(select(subscriptions).where(subscriptions.c.user_id == bindparam("user_id")))
_BY_KEY = Prepared(select(plan_usage).where(plan_usage.c.key == bindparam("key")))
_MINE = (plan_usage.c.user_id == bindparam("user_id"), plan_usage.c.what == bindparam("what"))
_INCLUDED = Prepared(
    select(func.coalesce(func.sum(plan_usage.c.included), 0).label("total")).where(
        *_MINE, plan_usage.c.at >= bindparam("since")
    )
)
_SPENT = Prepared(
    select(func.coalesce(func.sum(plan_usage.c.bought), 0).label("total")).where(*_MINE)
)
_PACKED = Prepared(
    select(func.coalesce(func.sum(plan_packs.c.amount), 0).label("total")).where(
        plan_packs.c.user_id == bindparam("user_id"), plan_packs.c.what == bindparam("what")
    )
)


class _OfPeople(TableRepo[E]):
    """Rows that name a person and hold nothing sealed."""

    table = plan_usage
    record: ClassVar[type[Any]] = Usage

    def of_user(self, user_id: str) -> Sequence[E]:
        t = self.table.c
        return self._all(select(self.table).where(t.user_id == user_id).order_by(t.id))

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        t = self.table.c
        self._connection.execute(
            update(self.table).where(t.user_id == from_user_id).values(user_id=to_user_id)
        )

    def remove_of_user(self, user_id: str) -> None:
        self._connection.execute(delete(self.table).where(self.table.c.user_id == user_id))

    def _put(self, entity: E) -> bool:
        """Add it unless its key is there."""
        dialect: Any = {"sqlite": sqlite, "postgresql": postgresql}[self._connection.dialect.name]
        wanted = dialect.insert(self.table).on_conflict_do_nothing(index_elements=["key"])
        return bool(self._connection.execute(wanted, self._dump(entity)).rowcount == 1)


class SqlSubscriptions(_OfPeople[Subscription]):
    """Subscriptions."""

    table, record = subscriptions, Subscription

    def of_user(self, user_id: str) -> Sequence[Subscription]:
        rows = _OF_USER.all(self._connection, {"user_id": user_id})
        return [self._load(row) for row in rows]

    def find_by_gateway(self, gateway_id: str) -> Subscription | None:
        found = self._all(select(subscriptions).where(subscriptions.c.gateway_id == gateway_id))
        return found[0] if found else None

    def running(self, limit: int) -> Sequence[Subscription]:
        """Those that may still change, whose cycle ends soonest first."""
        t = subscriptions.c
        return self._all(
            select(subscriptions)
            .where(t.status.in_(_CHANGING))
            .order_by(t.paid_until, t.id)
            .limit(limit)
        )


class SqlUsage(_OfPeople[Usage]):
    """What was used."""

    table, record = plan_usage, Usage

    def put(self, usage: Usage) -> bool:
        return self._put(usage)

    def find_by_key(self, key: str) -> Usage | None:
        return self._one(_BY_KEY, key=key)

    def included_since(self, user_id: str, what: Use, since: datetime) -> int:
        return _total(_INCLUDED, self._connection, user_id=user_id, what=what, since=since)

    def bought(self, user_id: str, what: Use) -> int:
        return _total(_SPENT, self._connection, user_id=user_id, what=what)

    def remove_before(self, before: datetime) -> None:
        """Forget what no cycle counts any more; what packs gave stays, for it is never reset."""
        t = plan_usage.c
        self._connection.execute(delete(plan_usage).where(t.at < before, t.bought == 0))


class SqlPacks(_OfPeople[Pack]):
    """Packs that were paid."""

    table, record = plan_packs, Pack

    def put(self, pack: Pack) -> bool:
        return self._put(pack)

    def total(self, user_id: str, what: Use) -> int:
        return _total(_PACKED, self._connection, user_id=user_id, what=what)


class SqlOrderPages(_OfPeople[OrderPage]):
    """Pages on which plans and packs are bought."""

    table, record = plan_pages, OrderPage

    def find_by_key(self, key: str) -> OrderPage | None:
        return self._first(plan_pages.c.key == key)

    def find_by_page(self, page_id: str) -> OrderPage | None:
        return self._first(plan_pages.c.page_id == page_id)

    def open(self, limit: int) -> Sequence[OrderPage]:
        """The oldest first."""
        t = plan_pages.c
        return self._all(select(plan_pages).where(t.is_open).order_by(t.id).limit(limit))

    def _first(self, where: Any) -> OrderPage | None:
        found = self._all(select(plan_pages).where(where))
        return found[0] if found else None


class SqlTiers:
    """Everything stored of plans. Implements `TierBook`."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    @cached_property
    def subscriptions(self) -> SqlSubscriptions:
        return SqlSubscriptions(self._connection, self._vault)

    @cached_property
    def usage(self) -> SqlUsage:
        return SqlUsage(self._connection, self._vault)

    @cached_property
    def packs(self) -> SqlPacks:
        return SqlPacks(self._connection, self._vault)

    @cached_property
    def pages(self) -> SqlOrderPages:
        return SqlOrderPages(self._connection, self._vault)


def _total(statement: Prepared, connection: Connection, **params: object) -> int:
    row = statement.first(connection, params)
    return 0 if row is None else int(row["total"])
