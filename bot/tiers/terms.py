"""What every plan gives and costs, as the settings say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.core.money import Money
from bot.tiers.model import Plan, Use


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of something a plan gives; None: as much as one likes."""

    a_day: int | None = None
    a_cycle: int | None = None

    @property
    def is_nothing(self) -> bool:
        return 0 in (self.a_day, self.a_cycle)


@dataclass(frozen=True, slots=True)
class Price:
    """Of a plan for a month.

    Args:
        gateway_id: the gateway's name for it; `others`: of the same plan in other currencies.
    """

    money: Money
    gateway_id: str
    others: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One plan.

    Args:
        limits: what is not named is not included.
        booking_days: how far ahead lessons can be booked; None: as far as the teacher lets people.
        recording_days: how long recordings are kept; None: as long as the settings of voice say.
        price: None: it cannot be subscribed to here.
    """

    limits: Mapping[Use, Limit] = field(default_factory=dict)
    booking_days: int | None = None
    recording_days: int | None = None
    price: Price | None = None

    def limit(self, what: Use) -> Limit:
        return self.limits.get(what, Limit(a_cycle=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class PackOffer:
    """So much of something for a price; `name` is what button data and settings call it."""

    name: str
    what: Use
    amount: int
    money: Money


def _defaults() -> Mapping[Plan, Terms]:
    """As the settings' own defaults, without prices."""
    minute = 60
    return {
        Plan.FREE: Terms(limits={Use.AI_SECONDS: Limit(a_day=20 * minute)}),
        Plan.PREMIUM: Terms(
            limits={
                Use.AI_SECONDS: Limit(a_day=60 * minute),
                Use.GROUP_SEAT: Limit(a_cycle=4),
                Use.GROUP_MINUTES: Limit(),
            },
            booking_days=7,
            recording_days=30,
        ),
        Plan.PRO: Terms(
            limits={
                Use.AI_SECONDS: Limit(a_day=180 * minute),
                Use.GROUP_SEAT: Limit(),
                Use.GROUP_MINUTES: Limit(a_cycle=1_000),
                Use.LESSON: Limit(a_cycle=4),
            },
            booking_days=14,
            recording_days=90,
        ),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """All plans.

    Args:
        sold_on: platforms on which plans and packs can be bought.
        grace: how long a plan outlives a payment that is late.
        warn_below: seconds with the tutor; from here on people are told how many are left.
    """

    terms: Mapping[Plan, Terms] = field(default_factory=_defaults)
    packs: Sequence[PackOffer] = ()
    sold_on: frozenset[str] = frozenset()
    grace: timedelta = timedelta(days=3)
    warn_below: int = 120

    def of(self, plan: Plan) -> Terms:
        return self.terms[plan]

    def booking_days(self, plan: Plan) -> int | None:
        """A plan never gives less than a smaller one; None: nothing narrows what teachers say."""
        return _widest(self.terms[each].booking_days for each in _up_to(plan))

    def recording_days(self, plan: Plan, default: int) -> int:
        """Likewise; `default` where a plan says nothing."""
        own = (self.terms[each].recording_days for each in _up_to(plan))
        return max(default if days is None else days for days in own)

    def plan_of_price(self, gateway_id: str) -> Plan | None:
        """What the gateway's price is for; None: it is none of ours."""
        for plan, terms in self.terms.items():
            price = terms.price
            if price is not None and gateway_id in {price.gateway_id, *price.others}:
                return plan
        return None

    def pack(self, name: str) -> PackOffer | None:
        return next((pack for pack in self.packs if pack.name == name), None)


def _up_to(plan: Plan) -> Sequence[Plan]:
    return [each for each in Plan if each.rank <= plan.rank]


def _widest(days: Iterable[int | None]) -> int | None:
    widest = 0
    for each in days:
        if each is None:
            return None
        widest = max(widest, each)
    return widest
