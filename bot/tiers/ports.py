"""What plans need: their rows in a transaction, and a gateway that collects subscriptions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.accounts.ports import AccountsWork
from bot.core.money import Money
from bot.core.repository import Repository
from bot.jobs.model import Job
from bot.tiers.gateway import OrderState, OrderUrl, SubscriptionState
from bot.tiers.model import OrderPage, Pack, Subscription, Usage, Use


class PriceBook(Protocol):
    """Prices as a gateway knows them."""

    async def price(self, price_id: str, /) -> Money | None:
        """What it charges a month; None: it is charged in another way. Raises ServiceFailure."""
        ...


class SubscriptionGateway(Protocol):
    """Collects plans every month. All methods raise ServiceFailure.

    Every call with a `key` may be repeated: the same key is the same thing.
    """

    async def plan_page(
        self,
        customer_id: str,
        price_id: str,
        /,
        *,
        key: str,
        order: str,
        return_url: str,
        expires_at: datetime,
    ) -> OrderUrl:
        """A page on which somebody subscribes; the subscription remembers `order`."""
        ...

    async def pack_page(
        self,
        customer_id: str,
        money: Money,
        /,
        *,
        key: str,
        order: str,
        title: str,
        return_url: str,
        expires_at: datetime,
    ) -> OrderUrl:
        """A page on which a pack is paid."""
        ...

    async def order(self, page_id: str, /) -> OrderState:
        """What became of a page."""
        ...

    async def close(self, page_id: str, /) -> OrderState:
        """End a page; says what became of it where somebody was faster."""
        ...

    async def portal(self, customer_id: str, /, *, return_url: str) -> str:
        """The address of a page where people see bills, change their card, and call off."""
        ...

    async def upgrade_page(
        self, subscription: Subscription, price_id: str, /, *, return_url: str
    ) -> str:
        """The address of a page that shows what another plan costs, and changes to it."""
        ...

    async def subscription(self, gateway_id: str, /) -> SubscriptionState:
        """As it stands now."""
        ...

    async def subscriptions_of(self, customer_id: str, /) -> Sequence[SubscriptionState]:
        """All of a customer's, ended ones too."""
        ...


class Owned(Protocol):
    """Rows of people."""

    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class SubscriptionRepo(Repository[Subscription], Owned, Protocol):
    """Subscriptions."""

    def find_by_gateway(self, gateway_id: str, /) -> Subscription | None: ...
    def of_user(self, user_id: str, /) -> Sequence[Subscription]: ...
    def running(self, limit: int, /) -> Sequence[Subscription]:
        """Those that may still change by themselves, least recently looked at first."""
        ...


class UsageRepo(Repository[Usage], Owned, Protocol):
    """What was used."""

    def put(self, usage: Usage, /) -> bool:
        """False: this key was counted before."""
        ...

    def find_by_key(self, key: str, /) -> Usage | None: ...
    def included_since(self, user_id: str, what: Use, since: datetime, /) -> int:
        """What the plan gave from then on."""
        ...

    def bought(self, user_id: str, what: Use, /) -> int:
        """What packs gave, ever."""
        ...

    def of_user(self, user_id: str, /) -> Sequence[Usage]: ...


class PackRepo(Repository[Pack], Owned, Protocol):
    """Packs that were paid."""

    def put(self, pack: Pack, /) -> bool:
        """False: this payment gave its pack before."""
        ...

    def total(self, user_id: str, what: Use, /) -> int: ...
    def of_user(self, user_id: str, /) -> Sequence[Pack]: ...


class OrderPageRepo(Repository[OrderPage], Owned, Protocol):
    """Pages on which something is bought."""

    def find_by_key(self, key: str, /) -> OrderPage | None: ...
    def find_by_page(self, page_id: str, /) -> OrderPage | None: ...
    def open(self, limit: int, /) -> Sequence[OrderPage]: ...
    def of_user(self, user_id: str, /) -> Sequence[OrderPage]: ...


class TierBook(Protocol):
    """Everything stored of plans."""

    @property
    def subscriptions(self) -> SubscriptionRepo: ...
    @property
    def usage(self) -> UsageRepo: ...
    @property
    def packs(self) -> PackRepo: ...
    @property
    def pages(self) -> OrderPageRepo: ...


class JobQueue(Protocol):
    """Promises."""

    def put(self, *wanted: Job) -> None: ...


class TierWork(AccountsWork, Protocol):
    """What plans need of a transaction."""

    @property
    def tiers(self) -> TierBook: ...
    @property
    def jobs(self) -> JobQueue: ...
