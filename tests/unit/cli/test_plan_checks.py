"""The doctor on plans: whether Stripe charges what people are shown, and where they are sold."""

from collections.abc import AsyncIterator

import pytest

from bot.cli.findings import Finding, Status
from bot.cli.stripe_checks import check_stripe
from bot.simulators.stripe import StripeSimulator, find_spec
from config.settings import load_settings


@pytest.fixture
async def stripe() -> AsyncIterator[StripeSimulator]:
    async with StripeSimulator(spec=find_spec()) as simulator:
        simulator.subscriptions.add_price("price_premium", 999, "EUR", "Premium")
        yield simulator
        assert simulator.violations == []


async def found(stripe: StripeSimulator, **tiers: object) -> list[Finding]:
    settings = load_settings(
        None, stripe={"api_key": stripe.key, "api_url": stripe.url}, tiers=tiers
    )
    return [each for each in await check_stripe(settings) if each.check == "stripe.plans"]


def premium(price: str, name: str = "price_premium") -> dict[str, str]:
    return {"prices": f"EUR={price}", "stripe_prices": f"EUR={name}"}


async def test_without_a_price_there_is_nothing_to_look_at(stripe: StripeSimulator) -> None:
    assert await found(stripe) == []


async def test_a_plan_that_is_sold_says_where(stripe: StripeSimulator) -> None:
    (finding,) = await found(stripe, premium=premium("9.99"), rails="discord=card")
    assert (finding.status, finding.detail) == (Status.OK, "PREMIUM: sold on discord")


async def test_prices_without_a_platform_are_worth_a_word(stripe: StripeSimulator) -> None:
    (finding,) = await found(stripe, premium=premium("9.99"))
    assert finding.status is Status.WARN
    assert "LINGUAFLEX_TIERS__RAILS" in (finding.remedy or "")


@pytest.mark.parametrize(
    ("price", "name", "words"),
    [
        ("12.99", "price_premium", "shown 1299 EUR and price_premium charges 999 EUR"),
        ("9.99", "price_of_nobody", "Stripe does not show price_of_nobody"),
    ],
)
async def test_what_stripe_would_charge_otherwise_is_wrong(
    stripe: StripeSimulator, price: str, name: str, words: str
) -> None:
    (finding,) = await found(stripe, premium=premium(price, name), rails="discord=card")
    assert finding.status is Status.FAIL
    assert words in finding.detail
