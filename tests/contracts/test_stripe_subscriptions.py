"""Our Stripe adapter for plans against the simulated Stripe: pages, months, the portal, events."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from bot.billing.adapters.stripe_events import event_key
from bot.billing.adapters.stripe_gateway import StripeGateway
from bot.billing.adapters.stripe_subscriptions import StripeSubscriptions, tier_event
from bot.core.errors import Cause, ServiceFailure
from bot.core.money import Money
from bot.simulators.faults import Fault
from bot.simulators.stripe import (
    ASKS_WHEN_SAVED,
    DECLINES_CHARGES,
    GOOD,
    NO_FUNDS,
    Bank,
    Specification,
    StripeSimulator,
    find_spec,
)
from bot.simulators.stripe.errors import Refused
from bot.tiers.gateway import OrderStatus, OrderUrl, SubscriptionState
from bot.tiers.model import Plan, Subscription, SubscriptionStatus
from tests.message_builders import NOW, HandClock

BACK = "https://lingua.example"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def stripe(clock: HandClock) -> AsyncIterator[StripeSimulator]:
    async with StripeSimulator(clock=clock.now, spec=find_spec()) as simulator:
        simulator.subscriptions.add_price("price_premium", 999, "EUR", "Premium")
        simulator.subscriptions.add_price("price_pro", 2999, "EUR", "Pro")
        yield simulator
        assert simulator.violations == []


@pytest.fixture
async def account(stripe: StripeSimulator) -> AsyncIterator[StripeGateway]:
    made = StripeGateway(stripe.key, stripe.url)
    yield made
    await made.aclose()


@pytest.fixture
def plans(account: StripeGateway) -> StripeSubscriptions:
    return StripeSubscriptions(account.client)


@pytest.fixture
async def customer(account: StripeGateway) -> str:
    return await account.customer("party", name="Ana", email=None)


async def _page(plans: StripeSubscriptions, customer: str, key: str = "plan:1") -> OrderUrl:
    return await plans.plan_page(
        customer,
        "price_premium",
        key=key,
        order="row-1",
        return_url=BACK,
        expires_at=NOW + timedelta(minutes=31),
    )


async def _subscribed(
    stripe: StripeSimulator, plans: StripeSubscriptions, customer: str
) -> SubscriptionState:
    page = await _page(plans, customer)
    stripe.complete(page.id, GOOD)
    (found,) = await plans.subscriptions_of(customer)
    return found


async def test_a_person_subscribes_on_a_page_and_the_subscription_remembers_the_order(
    plans: StripeSubscriptions, customer: str
) -> None:
    page = await _page(plans, customer)
    assert (await plans.order(page.id)).status is OrderStatus.OPEN
    async with aiohttp.ClientSession() as person:
        async with person.get(page.url) as shown:
            assert "Subscribe for 9.99 EUR a month" in await shown.text()
        async with person.post(page.url, data={"number": NO_FUNDS}) as refused:
            assert refused.status == 402
        async with person.post(page.url, data={"number": GOOD}, allow_redirects=False) as done:
            assert (done.status, done.headers["Location"]) == (303, BACK)
    order = await plans.order(page.id)
    assert order.status is OrderStatus.DONE
    assert order.subscription_id is not None
    found = await plans.subscription(order.subscription_id)
    assert found.status is SubscriptionStatus.ACTIVE
    assert (found.order, found.price_id) == ("row-1", "price_premium")
    assert found.paid_until == NOW.replace(month=12)


async def test_the_same_key_is_the_same_page_and_a_closed_one_sells_nothing(
    stripe: StripeSimulator, plans: StripeSubscriptions, customer: str
) -> None:
    page = await _page(plans, customer)
    assert await _page(plans, customer) == page
    assert (await plans.close(page.id)).status is OrderStatus.CLOSED
    with pytest.raises(Refused):
        stripe.complete(page.id, GOOD)
    other = await _page(plans, customer, "plan:2")
    stripe.complete(other.id, ASKS_WHEN_SAVED, is_proved=True)
    assert (await plans.close(other.id)).status is OrderStatus.DONE


async def test_a_failed_request_is_followed_by_one_page_and_not_by_two(
    stripe: StripeSimulator, plans: StripeSubscriptions, customer: str
) -> None:
    stripe.faults.add(Fault("drop_after", "checkout.create"))
    page = await _page(plans, customer)
    assert [each["id"] for each in stripe.all("checkout.session")] == [page.id]


async def test_months_are_charged_as_time_passes(
    stripe: StripeSimulator, plans: StripeSubscriptions, customer: str, clock: HandClock
) -> None:
    began = await _subscribed(stripe, plans, customer)
    clock.move(days=70)
    found = await plans.subscription(began.gateway_id)
    assert found.paid_until == began.began_at.replace(year=2027, month=2)
    assert len(stripe.all("payment_intent")) == 3


async def test_a_late_payment_is_paid_until_the_month_before_and_ends_after_three_tries(
    stripe: StripeSimulator, plans: StripeSubscriptions, customer: str, clock: HandClock
) -> None:
    began = await _subscribed(stripe, plans, customer)
    for method in stripe.all("payment_method"):
        stripe.set_bank(method["id"], Bank(decline="insufficient_funds"))
    clock.move(days=31)
    late = await plans.subscription(began.gateway_id)
    assert late.status is SubscriptionStatus.PAST_DUE
    assert late.paid_until == began.paid_until
    clock.move(days=7)
    ended = await plans.subscription(began.gateway_id)
    assert ended.status is SubscriptionStatus.ENDED
    assert ended.ends_at == clock.now()


async def test_the_portal_calls_off_goes_on_and_saves_a_late_plan_with_another_card(
    stripe: StripeSimulator, plans: StripeSubscriptions, customer: str, clock: HandClock
) -> None:
    began = await _subscribed(stripe, plans, customer)
    page = await plans.portal(customer, return_url=BACK)
    form = {"subscription": began.gateway_id}
    async with aiohttp.ClientSession() as person:
        async with person.post(page, data={**form, "do": "cancel"}) as shown:
            assert "Go on" in await shown.text()
        off = await plans.subscription(began.gateway_id)
        assert (off.status, off.ends_at) == (SubscriptionStatus.ACTIVE, began.paid_until)
        await person.post(page, data={**form, "do": "resume"})
        assert (await plans.subscription(began.gateway_id)).ends_at is None
        await person.post(page, data={"do": DECLINES_CHARGES})
        clock.move(days=31)
        late = await plans.subscription(began.gateway_id)
        assert late.status is SubscriptionStatus.PAST_DUE
        await person.post(page, data={"do": GOOD})
    saved = await plans.subscription(began.gateway_id)
    assert saved.status is SubscriptionStatus.ACTIVE


async def test_an_upgrade_is_confirmed_on_a_page_that_says_what_it_costs(
    stripe: StripeSimulator, plans: StripeSubscriptions, customer: str
) -> None:
    began = await _subscribed(stripe, plans, customer)
    known = Subscription(
        user_id="ana",
        gateway_id=began.gateway_id,
        customer_id=customer,
        item_id=began.item_id,
        plan=Plan.PREMIUM,
        status=began.status,
        began_at=began.began_at,
        paid_until=began.paid_until,
    )
    page = await plans.upgrade_page(known, "price_pro", return_url=BACK)
    async with aiohttp.ClientSession() as person:
        async with person.get(page) as shown:
            assert "20.00 EUR due today" in " ".join((await shown.text()).split())
        async with person.post(page, data={"do": "confirm"}, allow_redirects=False) as done:
            assert done.headers["Location"] == BACK
    found = await plans.subscription(began.gateway_id)
    assert (found.price_id, found.paid_until) == ("price_pro", began.paid_until)


async def test_a_pack_is_paid_once_on_a_page_of_its_own(
    stripe: StripeSimulator, plans: StripeSubscriptions, customer: str
) -> None:
    page = await plans.pack_page(
        customer,
        Money(300, "EUR"),
        key="plan:pack",
        order="row-2",
        title="60 minutes",
        return_url=BACK,
        expires_at=NOW + timedelta(minutes=31),
    )
    stripe.complete(page.id, GOOD)
    assert (await plans.order(page.id)).status is OrderStatus.DONE
    assert stripe.all("payment_intent")[0]["metadata"] == {"order": "row-2"}


async def test_forgetting_a_customer_ends_what_they_subscribed_to(
    stripe: StripeSimulator, plans: StripeSubscriptions, account: StripeGateway, customer: str
) -> None:
    began = await _subscribed(stripe, plans, customer)
    await account.remove_customer(customer)
    assert (await plans.subscription(began.gateway_id)).status is SubscriptionStatus.ENDED


async def test_every_event_of_a_plan_is_taken_and_names_what_to_read(
    stripe: StripeSimulator, plans: StripeSubscriptions, customer: str, clock: HandClock
) -> None:
    began = await _subscribed(stripe, plans, customer)
    page = stripe.all("checkout.session")[0]["id"]
    for method in stripe.all("payment_method"):
        stripe.set_bank(method["id"], Bank(decline="insufficient_funds"))
    clock.move(days=40)
    await plans.subscription(began.gateway_id)
    read = {}
    for event in stripe.all("event"):
        about = tier_event(json.dumps(event).encode())
        if about is not None:
            assert event_key(event) == event["id"]
            read[event["type"]] = about.subscription_id or about.page_id
    subscription = began.gateway_id
    assert read == {
        "checkout.session.completed": page,
        "customer.subscription.created": subscription,
        "invoice.paid": subscription,
        "invoice.payment_failed": subscription,
        "customer.subscription.updated": subscription,
        "customer.subscription.deleted": subscription,
    }


async def test_what_stripe_does_not_know_is_refused_in_our_terms(
    plans: StripeSubscriptions,
) -> None:
    with pytest.raises(ServiceFailure) as refused:
        await plans.subscription("sub_unknown")
    assert refused.value.cause is Cause.REJECTED


async def test_the_simulators_objects_are_as_stripe_describes_them(
    stripe: StripeSimulator, plans: StripeSubscriptions, customer: str
) -> None:
    path = find_spec()
    if path is None:
        pytest.skip("the description of Stripe's API is not at hand")
    await _subscribed(stripe, plans, customer)
    await plans.portal(customer, return_url=BACK)
    spec = Specification(path)
    for kind in (
        "price",
        "subscription",
        "subscription_item",
        "invoice",
        "checkout.session",
        "billing_portal.session",
    ):
        made = [_public(each) for each in stripe.all(kind)]
        assert made, kind
        assert [problem for each in made for problem in spec.problems_of_object(each)] == []


def _public(made: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in made.items() if not name.startswith("_")}
