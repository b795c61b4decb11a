"""Rows of plans on both engines: what is joined, taken along, and forgotten with a person."""

from datetime import timedelta

from bot.accounts.model import User
from bot.flows.tier_records import TIER_RECORDS
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from bot.tiers.model import OrderPage, Pack, Plan, Use
from bot.tiers.service import Plans
from bot.tiers.terms import Tiers
from tests.message_builders import NOW
from tests.services.test_plan_allowances import a_subscription

PLANS = Plans(Tiers())


def settle(work: Work) -> None:
    for name in ("ana", "again"):
        work.users.add(User(id=name, created_at=NOW, name=name))
        work.tiers.packs.put(
            Pack(user_id=name, what=Use.GROUP_SEAT, key=name, amount=1, bought_at=NOW)
        )
    work.tiers.subscriptions.add(a_subscription("ana"))
    work.tiers.subscriptions.add(a_subscription("again", plan=Plan.PRO))
    work.tiers.pages.add(
        OrderPage(
            user_id="again",
            product="pro",
            key="event",
            expires_at=NOW + timedelta(minutes=31),
            made_at=NOW,
        )
    )
    PLANS.spend(work, "ana", Use.AI_SECONDS, 100, NOW, "one")
    PLANS.spend(work, "again", Use.AI_SECONDS, 20, NOW, "two")


async def test_two_people_who_are_one_have_the_better_plan_and_what_both_used(
    storage: SqlStorage,
) -> None:
    await storage.write(settle)
    await storage.write(lambda work: TIER_RECORDS.move(work, "again", "ana", NOW))
    account = await storage.read(lambda work: PLANS.account(work, "ana", Use.AI_SECONDS, NOW))
    assert (account.plan, account.in_day) == (Plan.PRO, 120)
    packs = await storage.read(lambda work: work.tiers.packs.total("ana", Use.GROUP_SEAT))
    assert packs == 2
    left = await storage.read(lambda work: TIER_RECORDS.collect(work, "again"))
    assert not any(left.values())


async def test_everything_is_taken_along_and_nothing_stays_of_whoever_goes(
    storage: SqlStorage,
) -> None:
    await storage.write(settle)
    collected = await storage.read(lambda work: TIER_RECORDS.collect(work, "again"))
    assert {name: len(rows) for name, rows in collected.items()} == {  # type: ignore[arg-type]
        "subscriptions": 1,
        "plan_usage": 1,
        "plan_packs": 1,
        "plan_pages": 1,
    }
    await storage.write(lambda work: TIER_RECORDS.remove(work, "again"))
    gone = await storage.read(lambda work: TIER_RECORDS.collect(work, "again"))
    assert not any(gone.values())
    kept = await storage.read(lambda work: TIER_RECORDS.collect(work, "ana"))
    assert all(kept[name] for name in ("subscriptions", "plan_usage", "plan_packs"))
