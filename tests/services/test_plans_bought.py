"""Buying plans and packs in the chat, against the simulated Stripe: pages, months, the portal."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest

from bot.billing.adapters.stripe_subscriptions import StripeSubscriptions, tier_event
from bot.billing.parties import party_of
from bot.messaging.instance import Instance
from bot.messaging.model import Outgoing
from bot.simulators.faults import Fault
from bot.simulators.stripe import Bank, StripeSimulator, find_spec
from bot.simulators.stripe.state import Object
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Work
from bot.tiers.gateway import TierEvent
from bot.tiers.jobs import heard_jobs
from bot.tiers.model import Plan, Subscription, Use
from bot.tiers.service import Plans
from tests.message_builders import HandClock
from tests.paying_stage import texts
from tests.plans_stage import PlansStage, labels

BROKE = Bank(decline="insufficient_funds")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def stripe(clock: HandClock) -> AsyncIterator[StripeSimulator]:
    async with StripeSimulator(clock=clock.now, spec=find_spec()) as simulator:
        yield simulator
        assert simulator.violations == []


@pytest.fixture
async def stage(
    sqlite_url: str, keyring: Keyring, stripe: StripeSimulator, clock: HandClock
) -> AsyncIterator[PlansStage]:
    storage = open_storage(sqlite_url, keyring, Instance())
    await storage.open()
    stage = PlansStage(storage, stripe, clock)
    await stage.open()
    yield stage
    await stage.account.aclose()
    await storage.aclose()


async def test_the_plan_shows_what_is_left_and_what_there_is_to_buy(stage: PlansStage) -> None:
    settings = await stage.says("ana", "/settings")
    assert "pl:show" in labels(settings)
    shown = await stage.presses("ana", "pl:show")
    words = texts(shown, "ana")
    assert "Your plan: FREE" in words
    assert "20 minutes of 20 minutes left today" in words
    assert "PREMIUM · €9.99 a month" in words
    assert "pl:buy:premium" in labels(shown)
    assert "pl:pack:ai_minutes-60" in labels(shown)
    assert "pl:manage" not in labels(shown)


async def test_somebody_subscribes_and_has_it_at_once(stage: PlansStage) -> None:
    told = await stage.buys("pl:buy:premium")
    assert "You are on PREMIUM. Paid until Tue, Dec 22" in texts(told, "ana")
    assert await stage.left(Use.GROUP_SEAT) == 4
    shown = await stage.presses("ana", "pl:show")
    assert "4 of 4 left until Tue, Dec 22" in texts(shown, "ana")
    assert "pl:manage" in labels(shown)
    assert "pl:buy:premium" not in labels(shown)
    assert await stage.noticed() == []


async def test_where_selling_is_not_allowed_nothing_is_offered_and_a_press_is_refused(
    stage: PlansStage,
) -> None:
    await stage.buys("pl:buy:premium")
    stage.sell("discord")
    shown = await stage.presses("ana", "pl:show")
    assert "cannot be bought in this app" in texts(shown, "ana")
    assert "buy" not in labels(shown)
    assert "pack" not in labels(shown)
    refused = await stage.presses("ana", "pl:buy:pro")
    assert "cannot be bought in this app" in texts(refused, "ana")
    managed = await stage.presses("ana", "pl:manage")
    assert "call your plan off" in texts(managed, "ana")


async def test_an_upgrade_changes_the_running_plan_and_keeps_its_month(stage: PlansStage) -> None:
    await stage.buys("pl:buy:premium")
    await stage.submits(await stage.page("pl:buy:pro"), do="confirm")
    told = await stage.noticed()
    assert "Your plan is PRO" in texts(told, "ana")
    (only,) = await stage.storage.read(lambda work: work.tiers.subscriptions.of_user("ana"))
    assert only.plan is Plan.PRO
    assert only.began_at.day == 22


async def test_a_plan_that_is_called_off_lasts_to_the_end_of_its_month(stage: PlansStage) -> None:
    await stage.buys("pl:buy:premium")
    page = await stage.page("pl:manage")
    found = stage.stripe.all("subscription")[0]["id"]
    await stage.submits(page, do="cancel", subscription=found)
    told = await stage.noticed()
    assert "called off and lasts until Tue, Dec 22" in texts(told, "ana")
    await stage.submits(page, do="resume", subscription=found)
    await stage.presses("ana", "pl:manage")
    assert "PREMIUM goes on" in texts(await stage.noticed(), "ana")
    await stage.submits(page, do="cancel", subscription=found)
    await stage.presses("ana", "pl:manage")
    await stage.noticed()
    stage.clock.move(days=30)
    assert await stage.plan() is Plan.FREE
    assert "PREMIUM has ended" in texts(await stage.noticed(), "ana")


async def test_months_go_on_and_what_they_include_comes_anew(stage: PlansStage) -> None:
    await stage.buys("pl:buy:premium")
    now = stage.clock.now()
    for number in range(4):
        await stage.storage.write(partial(_book, plans=stage.plans, now=now, key=f"seat:{number}"))
    assert await stage.left(Use.GROUP_SEAT) == 0
    stage.clock.move(days=31)
    assert await stage.noticed() == []
    assert await stage.plan() is Plan.PREMIUM
    assert await stage.left(Use.GROUP_SEAT) == 4


async def test_a_late_payment_is_told_gives_days_of_grace_and_ends_if_it_stays_late(
    stage: PlansStage,
) -> None:
    await stage.buys("pl:buy:premium")
    for method in stage.stripe.all("payment_method"):
        stage.stripe.set_bank(method["id"], BROKE)
    stage.clock.move(days=30, minutes=10)
    told = await stage.noticed()
    assert "could not be charged for PREMIUM" in texts(told, "ana")
    assert await stage.plan() is Plan.PREMIUM
    stage.clock.move(days=4)
    assert await stage.plan() is Plan.FREE
    again = await stage.presses("ana", "pl:buy:premium")
    assert "change your card" in texts(again, "ana")
    assert "did not work" in texts(await stage.presses("ana", "pl:show"), "ana")
    stage.clock.move(days=10)
    assert "PREMIUM has ended" in texts(await stage.noticed(), "ana")


async def test_a_pack_adds_at_once_and_outlives_the_day(stage: PlansStage) -> None:
    told = await stage.buys("pl:pack:ai_minutes-60")
    assert "60 minutes more" in texts(told, "ana")
    assert await stage.left() == 80 * 60
    stage.clock.move(days=40)
    assert await stage.left() == 80 * 60
    assert "60 minutes from packs" in texts(await stage.presses("ana", "pl:show"), "ana")


async def test_two_pages_for_one_plan_are_paid_once(stage: PlansStage) -> None:
    first = await stage.page("pl:buy:premium")
    second = await stage.page("pl:buy:premium")
    assert first != second
    states = [session["status"] for session in stage.stripe.all("checkout.session")]
    assert states == ["expired", "open"]
    stage.stripe.complete(stage.stripe.all("checkout.session")[1]["id"], "4242424242424242")
    told = await stage.presses("ana", "pl:buy:premium")
    assert "just bought something on another page" in texts(told, "ana")
    assert await stage.plan() is Plan.PREMIUM
    assert len(stage.stripe.all("subscription")) == 1


async def test_a_gateway_that_fails_is_told_and_asked_again_under_the_same_key(
    stage: PlansStage,
) -> None:
    stage.stripe.faults.add(Fault("drop_after", "checkout.create"))
    assert (await stage.page("pl:buy:premium")).startswith("http")
    assert len(stage.stripe.all("checkout.session")) == 1


async def test_children_and_guests_cannot_buy(stage: PlansStage) -> None:
    def younger(work: Work) -> None:
        work.users.save(replace(work.users.get("ana"), is_minor=True))

    await stage.storage.write(younger)
    shown = await stage.presses("ana", "pl:show")
    assert "buy" not in labels(shown)
    assert "for adults" in texts(await stage.presses("ana", "pl:buy:premium"), "ana")
    assert "/register" in texts(await stage.presses("guest", "pl:buy:premium"), "guest")


async def test_a_subscription_made_by_hand_belongs_to_the_customer_it_was_made_for(
    stage: PlansStage,
) -> None:
    await stage.buys("pl:buy:premium")

    def forgotten(work: Work) -> None:
        work.tiers.subscriptions.remove_of_user("ana")
        work.tiers.pages.remove_of_user("ana")

    await stage.storage.write(forgotten)
    assert await stage.plan() is Plan.FREE
    await deliver(stage, stage.stripe.all("event"))
    assert await stage.plan() is Plan.PREMIUM
    party = await stage.storage.write(lambda work: party_of(work, "ana", stage.clock.now()))
    assert party.customer_id == stage.stripe.all("customer")[0]["id"]


@pytest.mark.parametrize("seed", range(6))
async def test_events_in_any_order_and_any_number_end_in_the_same_state(
    stage: PlansStage, seed: int
) -> None:
    chance = random.Random(seed)
    await stage.pays("pl:buy:premium")
    known, waiting = 0, []
    told = []
    for _ in range(12):
        await live_on(stage, chance)
        events = stage.stripe.all("event")
        waiting += events[known:]
        known = len(events)
        chance.shuffle(waiting)
        some = chance.randrange(len(waiting) + 1)
        told += await deliver(stage, [*waiting[:some], *waiting[: some // 2]])
        waiting = [*waiting[some:], *waiting[: some // 3]]
    chance.shuffle(waiting)
    told += await deliver(stage, waiting)
    (stored,) = await stage.storage.read(lambda work: work.tiers.subscriptions.of_user("ana"))
    assert await as_it_is(stage, stored) == stored
    assert texts(told, "ana").count("You are on PREMIUM") == 1


async def live_on(stage: PlansStage, chance: random.Random) -> None:
    """Something happens at Stripe."""
    stripe, found = stage.stripe, stage.stripe.all("subscription")[0]
    stage.clock.move(days=chance.choice((0, 0, 1, 4, 13)))
    stripe.subscriptions.pass_time()
    if found["status"] == "canceled":
        return
    match chance.randrange(5):
        case 0:
            stripe.subscriptions.call_off(found["id"])
        case 1:
            stripe.subscriptions.go_on(found["id"])
        case 2:
            stripe.set_bank(found["default_payment_method"], chance.choice((BROKE, Bank())))
        case 3:
            price = chance.choice(("price_premium", "price_pro"))
            stripe.set_bank(found["default_payment_method"], Bank())
            stripe.subscriptions.change(found["id"], price)
        case _:
            stage.clock.move(hours=5)


async def deliver(stage: PlansStage, events: list[Object]) -> list[Outgoing]:
    """As webhooks would, handled by several at once."""
    for event in events:
        about = tier_event(json.dumps(event).encode())
        if about is not None:
            at, cause = stage.clock.now(), f"{event['id']}:{random.random()}"
            await stage.storage.write(partial(_put, about=about, cause=cause, at=at))
    before = len(stage.told)
    await asyncio.gather(*(stage.worker.run_due() for _ in range(3)))
    for _ in range(6):  # those that read something older try again
        await stage.work(minutes=1)
    return list(stage.told[before:])


async def as_it_is(stage: PlansStage, stored: Subscription) -> Subscription:
    """The same row, with everything the gateway says."""
    found = await StripeSubscriptions(stage.account.client).subscription(stored.gateway_id)
    plan = {"price_premium": Plan.PREMIUM, "price_pro": Plan.PRO}[found.price_id]
    return replace(
        stored,
        plan=plan,
        status=found.status,
        paid_until=found.paid_until,
        ends_at=found.ends_at,
        began_at=found.began_at,
    )


def _put(work: Work, about: TierEvent, cause: str, at: datetime) -> None:
    work.jobs.put(*heard_jobs(about, cause, at))


def _book(work: Work, plans: Plans, now: datetime, key: str) -> None:
    assert plans.use(work, "ana", Use.GROUP_SEAT, 1, now, key).allowed
