"""What the doctor looks at in plans: whether Stripe charges what people are shown."""

from collections.abc import Iterable, Sequence

from bot.cli.findings import Finding, Status
from bot.core.errors import ServiceFailure
from bot.tiers.model import Plan
from bot.tiers.ports import PriceBook
from bot.tiers.terms import Price, Tiers
from bot.wiring.tiers import tiers_of
from config.settings import Settings

_CHECK = "stripe.plans"
_NEEDS_PRICE = (
    "dashboard.stripe.com, Product catalogue: copy the id of the plan's monthly price into"
    " LINGUAFLEX_TIERS__<PLAN>__STRIPE_PRICES, and its amount into ..._PRICES"
)
_NEEDS_RAIL = "see docs/plans.md, then set LINGUAFLEX_TIERS__RAILS, for example discord=card"


async def check_plans(settings: Settings, prices: PriceBook) -> Sequence[Finding]:
    """Nothing where no plan has a price."""
    tiers = tiers_of(settings)
    sold = {plan: price for plan in Plan if (price := tiers.of(plan).price) is not None}
    if not sold:
        return []
    wrong = [
        Finding(_CHECK, Status.FAIL, f"{plan.upper()}: {problem}", _NEEDS_PRICE)
        for plan, price in sold.items()
        if (problem := await _problem(price, prices)) is not None
    ]
    return wrong or [_where(tiers, sold)]


async def _problem(price: Price, prices: PriceBook) -> str | None:
    try:
        found = await prices.price(price.gateway_id)
    except ServiceFailure as failure:
        return f"Stripe does not show {price.gateway_id}: {failure.detail}"
    if found is None:
        return f"{price.gateway_id} is not charged once a month"
    if found != price.money:
        shown, charged = price.money, found
        return (
            f"people are shown {shown.minor} {shown.currency} and {price.gateway_id} charges"
            f" {charged.minor} {charged.currency}, in the smallest unit"
        )
    return None


def _where(tiers: Tiers, sold: Iterable[Plan]) -> Finding:
    names = ", ".join(plan.upper() for plan in sold)
    if not tiers.sold_on:
        detail = f"{names}: Stripe has the prices, and no platform is named to sell on"
        return Finding(_CHECK, Status.WARN, detail, _NEEDS_RAIL)
    return Finding(_CHECK, Status.OK, f"{names}: sold on {', '.join(sorted(tiers.sold_on))}")
