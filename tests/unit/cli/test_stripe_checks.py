"""The doctor's look at Stripe."""

import pytest

from bot.cli.findings import Status
from bot.cli.stripe_checks import check_stripe
from bot.simulators.stripe import StripeSimulator
from config.settings import load_settings


async def test_no_key_is_no_mistake() -> None:
    found = await check_stripe(load_settings(None))
    assert [(each.check, each.status) for each in found] == [("stripe", Status.WARN)]


@pytest.mark.parametrize(
    ("key", "statuses"), [("sk_test_right", [Status.OK, Status.WARN]), ("wrong", [Status.FAIL])]
)
async def test_a_wrong_key_is_found(key: str, statuses: list[Status]) -> None:
    async with StripeSimulator("sk_test_right") as simulator:
        settings = load_settings(None, stripe={"api_key": key, "api_url": simulator.url})
        found = await check_stripe(settings)
    assert [each.status for each in found] == statuses
    assert not any(key in each.detail for each in found)


async def test_webhooks_need_a_secret_and_an_address_of_ours() -> None:
    async with StripeSimulator("sk_test_right") as simulator:
        stripe = {
            "api_key": "sk_test_right",
            "api_url": simulator.url,
            "webhook_secret": "whsec_1",
        }
        web = {"public_url": "https://lingua.example/"}
        found = await check_stripe(load_settings(None, stripe=stripe, web=web))
    assert [each.status for each in found] == [Status.OK, Status.OK]
    assert "https://lingua.example/webhooks/stripe" in found[1].detail
    assert "no money moves" in found[0].detail
