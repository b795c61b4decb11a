"""A plan from the first look to its end, on both platforms, while webhooks come as they like."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.flows.book_slots import slot_number
from bot.simulators.faults import Fault
from bot.simulators.stripe import GOOD, Bank
from bot.tiers.model import Plan
from bot.tiers.service import Plans
from bot.wiring.tiers import tiers_of
from tests.discord_stage import a_discord_stage
from tests.discord_visitors import DiscordVisitor
from tests.lesson_stage import FIRST, School, a_school, link_under
from tests.visitors import user_of

SOLD = {
    "premium": {"prices": "EUR=14.99", "stripe_prices": "EUR=price_premium"},
    "pro": {"prices": "EUR=59.99", "stripe_prices": "EUR=price_pro"},
    "packs": "ai_minutes:60:4.99 EUR",
}


@pytest.fixture(params=["telegram", "discord"])
async def school(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[School]:
    """The student is on the platform of the test, where plans are sold."""
    learns_on = str(request.param)
    teaches_on = "discord" if learns_on == "telegram" else "telegram"
    tiers = {**SOLD, "rails": f"{learns_on}=card"}
    async with (
        a_discord_stage() as stage,
        a_school(stage, sqlite_url, teaches_on=teaches_on, tiers=tiers) as running,
    ):
        sell(running)
        yield running


def sell(school: School) -> None:
    """What the operator made at Stripe."""
    school.stripe.subscriptions.add_price("price_premium", 1499, "EUR", "Premium")
    school.stripe.subscriptions.add_price("price_pro", 5999, "EUR", "Pro")


async def plan_of(school: School) -> Plan:
    user, now = await user_of(school.app, school.student), school.clock.now()
    plans = Plans(tiers_of(school.app.settings))
    return await school.app.storage.read(lambda work: plans.plan(work, user.id, now))


async def buy(school: School, label: str) -> None:
    ana = school.student
    await ana.say("/settings", then="Your settings")
    await ana.press("My plan", then="Your plan:")
    await ana.press(label, then="this page of our payment service")
    await school.save_card(GOOD)


async def test_a_plan_is_bought_looked_after_and_ends(school: School) -> None:
    ana = school.student
    for event in ("checkout.session.completed", "customer.subscription.created", "invoice.paid"):
        school.stripe.faults.add(Fault("duplicate", f"webhook:{event}"))
    school.stripe.faults.add(Fault("reorder", "webhook:customer.subscription.created"))
    await buy(school, "PREMIUM · €14.99 a month")
    await ana.reads("You are on PREMIUM. Paid until Tue, Dec 22")
    await school.settle()
    assert sum("You are on PREMIUM" in text for text in ana.texts) == 1
    assert await plan_of(school) is Plan.PREMIUM
    await ana.press("My plan", then="4 of 4 left until Tue, Dec 22")
    await ana.press("Manage", then="call your plan off")
    portal, found = link_under(ana), school.stripe.all("subscription")[0]
    await school.http.post(portal, data={"do": "cancel", "subscription": found["id"]})
    await ana.reads("PREMIUM is called off and lasts until Tue, Dec 22")
    await school.later(days=31)
    school.stripe.subscriptions.pass_time()
    await ana.reads("PREMIUM has ended")
    assert await plan_of(school) is Plan.FREE


async def test_a_month_that_is_paid_is_not_worth_a_message_and_a_late_one_is(
    school: School,
) -> None:
    ana = school.student
    await buy(school, "PRO · €59.99 a month")
    await ana.reads("You are on PRO")
    before = len(ana.texts)
    await school.later(days=31)
    school.stripe.subscriptions.pass_time()
    await school.settle()
    assert len(ana.texts) == before
    assert await plan_of(school) is Plan.PRO
    for method in school.stripe.all("payment_method"):
        school.stripe.set_bank(method["id"], Bank(decline="insufficient_funds"))
    await school.later(days=31)
    school.stripe.subscriptions.pass_time()
    await ana.reads("could not be charged for PRO")


async def test_forgetting_somebody_ends_their_subscription(school: School) -> None:
    ana = school.student
    await buy(school, "PREMIUM · €14.99 a month")
    await ana.reads("You are on PREMIUM")
    await ana.say("/forget", then="Remove everything about you")
    await ana.press("Yes, remove everything", then="Everything about you has been removed")
    await school.settle()
    assert [each["status"] for each in school.stripe.all("subscription")] == ["canceled"]


async def test_unless_it_is_configured_nothing_is_sold_anywhere(sqlite_url: str) -> None:
    async with (
        a_discord_stage() as stage,
        a_school(stage, sqlite_url, tiers=SOLD) as school,
    ):
        sell(school)
        ana = school.student
        await ana.say("/settings", then="Your settings")
        shown = await ana.press("My plan", then="cannot be bought in this app")
        assert "€" not in str(shown)


async def test_how_far_ahead_people_book_follows_from_their_plan(sqlite_url: str) -> None:
    near = {**SOLD, "free": {"booking_days": 3}, "rails": "discord=card"}
    async with (
        a_discord_stage() as stage,
        a_school(stage, sqlite_url, tiers=near) as school,
    ):
        sell(school)
        ana = school.student
        assert isinstance(ana, DiscordVisitor)
        await ana.say("/book", then="What would you like to book?")
        await ana.press("Spanish", then="How long")
        await ana.press("60 minutes", then="On which day?")
        await ana.press("Tue, Nov 24 (9)", then="At what time?")
        near_slot, far = ana.data("12:00"), slot_number(FIRST + timedelta(days=2))
        await ana.forge(near_slot.replace(str(slot_number(FIRST)), str(far)))
        await ana.reads("lessons can be booked 3 days ahead")
        with pytest.raises(AssertionError, match="Thu, Nov 26"):
            await school.choose(day="Thu, Nov 26")
        await buy(school, "PREMIUM · €14.99 a month")
        await ana.reads("You are on PREMIUM")
        await school.choose(day="Thu, Nov 26")
