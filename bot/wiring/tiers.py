"""Plans put together: what the settings say of them, and who collects them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from bot.billing.rails import Product, Rail, rail_for
from bot.core.money import Money, digits
from bot.tiers.model import Plan, Use
from bot.tiers.orders import OrderParts
from bot.tiers.terms import Limit, PackOffer, Price, Terms, Tiers
from bot.wiring.billing import RETURN_URL, Connected
from config.settings import PlanSettings, Settings

_MINUTE = 60
_PACKED: Mapping[str, tuple[Use, int]] = {
    "ai_minutes": (Use.AI_SECONDS, _MINUTE),
    "group_seat": (Use.GROUP_SEAT, 1),
}


def tiers_of(settings: Settings) -> Tiers:
    """What the rules need of the settings."""
    tiers, currency = settings.tiers, settings.billing.currency
    plans = {Plan.FREE: tiers.free, Plan.PREMIUM: tiers.premium, Plan.PRO: tiers.pro}
    return Tiers(
        terms={plan: _terms(each, currency) for plan, each in plans.items()},
        packs=_packs(tiers.packs),
        sold_on=_sold_on(settings),
        grace=timedelta(days=tiers.grace_days),
        warn_below=tiers.warn_minutes * _MINUTE,
    )


def order_parts(settings: Settings, gateway: Connected | None) -> OrderParts | None:
    """Buying plans; None: nobody collects money here."""
    if gateway is None:
        return None
    return OrderParts(
        gateway=gateway.plans,
        tiers=tiers_of(settings),
        return_url=settings.web.public_url or RETURN_URL,
        has_webhooks=bool(gateway.hooks),
    )


def _sold_on(settings: Settings) -> frozenset[str]:
    """Where people may buy by card what the program does itself; nowhere without a gateway."""
    if settings.stripe.api_key is None:
        return frozenset()
    rails = _pairs(settings.tiers.rails)
    return frozenset(
        platform for platform in rails if rail_for(Product.PROGRAM, platform, rails) is Rail.CARD
    )


def _terms(plan: PlanSettings, currency: str) -> Terms:
    return Terms(
        limits={
            Use.AI_SECONDS: Limit(_seconds(plan.ai_minutes_day), _seconds(plan.ai_minutes_month)),
            Use.GROUP_SEAT: Limit(a_cycle=plan.group_seats),
            Use.GROUP_MINUTES: Limit(a_cycle=plan.group_minutes),
            Use.LESSON: Limit(a_cycle=plan.lessons),
        },
        booking_days=plan.booking_days,
        recording_days=plan.recording_days,
        price=_price(plan, currency),
    )


def _price(plan: PlanSettings, currency: str) -> Price | None:
    """In the currency of bills, else in the first that has both a price and a name of Stripe's."""
    amounts, ids = _pairs(plan.prices), _pairs(plan.stripe_prices)
    sold = [code for code in amounts if code in ids]
    if not sold:
        return None
    chosen = currency if currency in sold else sold[0]
    others = frozenset(name for code, name in ids.items() if code != chosen)
    return Price(_money(amounts[chosen], chosen), ids[chosen], others)


def _packs(text: str) -> Sequence[PackOffer]:
    return [_pack(part.strip()) for part in text.split(",") if part.strip()]


def _pack(text: str) -> PackOffer:
    named, amount, price = text.split(":")
    what, unit = _PACKED[named]
    value, currency = price.split()
    return PackOffer(
        name=f"{named}-{amount}",
        what=what,
        amount=int(amount) * unit,
        money=_money(value, currency),
    )


def _money(value: str, currency: str) -> Money:
    return Money(int(Decimal(value).scaleb(digits(currency))), currency)


def _seconds(minutes: int | None) -> int | None:
    return None if minutes is None else minutes * _MINUTE


def _pairs(text: str) -> Mapping[str, str]:
    """ "EUR=9.99, USD=10.99" by what stands before the sign."""
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}
