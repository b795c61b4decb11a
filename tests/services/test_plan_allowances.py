"""Plans on both engines: what is used is used once, the last of something goes to one person."""

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.accounts.model import User
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from bot.tiers.allowance import Verdict
from bot.tiers.model import Pack, Plan, Subscription, SubscriptionStatus, Use
from bot.tiers.service import Plans
from bot.tiers.terms import Tiers
from tests.message_builders import NOW

PLANS = Plans(Tiers())
SEAT = Use.GROUP_SEAT


def a_subscription(user_id: str = "ana", **other: object) -> Subscription:
    values: dict[str, object] = {
        "user_id": user_id,
        "gateway_id": f"sub_{user_id}",
        "customer_id": "cus",
        "item_id": "si",
        "plan": Plan.PREMIUM,
        "status": SubscriptionStatus.ACTIVE,
        "began_at": NOW - timedelta(days=10),
        "paid_until": NOW + timedelta(days=20),
    }
    return Subscription(**{**values, **other})  # type: ignore[arg-type] # as it stands above


def settle(work: Work, *subscriptions: Subscription) -> None:
    work.users.add(User(id="ana", created_at=NOW, name="Ana"))
    for each in subscriptions:
        work.tiers.subscriptions.add(each)


def book(work: Work, key: str, now: datetime = NOW, amount: int = 1) -> Verdict:
    return PLANS.use(work, "ana", SEAT, amount, now, key)


def give_back(work: Work, key: str) -> bool:
    return PLANS.give_back(work, key)


def plan_at_hour(work: Work, hours: int) -> Plan:
    return PLANS.plan(work, "ana", NOW + timedelta(hours=hours))


def speak(work: Work, seconds: int, key: str) -> Verdict:
    return PLANS.spend(work, "ana", Use.AI_SECONDS, seconds, NOW, key)


def ask(work: Work, now: datetime = NOW) -> Verdict:
    return PLANS.may(work, "ana", SEAT, 1, now)


async def test_of_forty_at_once_four_get_an_included_seat(storage: SqlStorage) -> None:
    await storage.write(lambda work: settle(work, a_subscription()))
    verdicts = await asyncio.gather(
        *(storage.write(partial(book, key=f"seat:{number}")) for number in range(40))
    )
    assert sum(verdict.allowed for verdict in verdicts) == 4
    assert (await storage.read(ask)).reason_key == "tier.why.cycle"


async def test_one_key_is_counted_once_however_many_say_it_at_once(storage: SqlStorage) -> None:
    await storage.write(lambda work: settle(work, a_subscription()))
    verdicts = await asyncio.gather(
        *(storage.write(partial(book, key="seat:1")) for _ in range(10))
    )
    assert all(verdict.allowed for verdict in verdicts)
    assert (await storage.read(ask)).left == 3


async def test_what_is_given_back_can_be_used_again_and_is_given_back_once(
    storage: SqlStorage,
) -> None:
    await storage.write(lambda work: settle(work, a_subscription()))
    await storage.write(partial(book, key="seat:1"))
    assert await storage.write(lambda work: PLANS.give_back(work, "seat:1"))
    assert not await storage.write(lambda work: PLANS.give_back(work, "seat:1"))
    assert (await storage.read(ask)).left == 4


async def test_with_the_next_cycle_everything_is_there_again(storage: SqlStorage) -> None:
    await storage.write(lambda work: settle(work, a_subscription()))
    for number in range(4):
        await storage.write(partial(book, key=f"seat:{number}"))
    resets_at = (await storage.read(ask)).resets_at
    before, after = resets_at - timedelta(seconds=1), resets_at
    assert not (await storage.read(partial(ask, now=before))).allowed
    assert (await storage.read(partial(ask, now=after))).left == 4


async def test_a_pack_outlives_the_cycle_and_is_used_up_once(storage: SqlStorage) -> None:
    def settled(work: Work) -> None:
        settle(work, a_subscription())
        pack = Pack(user_id="ana", what=SEAT, key="order:1", amount=2, bought_at=NOW)
        assert work.tiers.packs.put(pack)
        assert not work.tiers.packs.put(replace(pack, id="another"))

    await storage.write(settled)
    for number in range(5):
        assert (await storage.write(partial(book, key=f"seat:{number}"))).allowed
    later = NOW + timedelta(days=21)
    assert (await storage.read(partial(ask, now=later))).left == 5
    await storage.write(lambda work: work.tiers.usage.remove_before(later + timedelta(days=90)))
    assert (await storage.read(partial(ask, now=later))).left == 5


async def test_what_was_spoken_counts_even_where_it_was_more_than_was_left(
    storage: SqlStorage,
) -> None:
    await storage.write(settle)
    first = await storage.write(partial(speak, seconds=1_190, key="turn:1"))
    assert (first.allowed, first.left) == (True, 10)
    second = await storage.write(partial(speak, seconds=60, key="turn:2"))
    assert (second.allowed, second.left) == (False, 0)
    tomorrow = NOW + timedelta(days=1)
    fresh = await storage.read(lambda w: PLANS.may(w, "ana", Use.AI_SECONDS, 1, tomorrow))
    assert fresh.left == 1_200


async def test_the_best_of_several_subscriptions_holds_as_long_as_it_gives(
    storage: SqlStorage,
) -> None:
    late = a_subscription(
        gateway_id="late",
        plan=Plan.PRO,
        status=SubscriptionStatus.PAST_DUE,
        paid_until=NOW - timedelta(days=1),
    )
    off = a_subscription(gateway_id="off", plan=Plan.PRO, ends_at=NOW + timedelta(hours=1))
    await storage.write(lambda work: settle(work, a_subscription(), late, off))
    plan_at = {
        hours: await storage.read(partial(plan_at_hour, hours=hours))
        for hours in (0, 2, 47, 49, 24 * 23 + 1)
    }
    assert plan_at == {
        0: Plan.PRO,
        2: Plan.PRO,
        47: Plan.PRO,
        49: Plan.PREMIUM,
        24 * 23 + 1: Plan.FREE,
    }


async def test_random_histories_agree_with_counting_by_hand(storage: SqlStorage) -> None:
    paid_until = NOW + timedelta(days=60)
    await storage.write(lambda work: settle(work, a_subscription(paid_until=paid_until)))
    chance = random.Random(11)
    taken: dict[str, int] = {}
    cycle = Counter[int]()
    for step in range(120):
        now = NOW + timedelta(days=step // 4)
        number = int(now >= datetime(2026, 12, 12, 12, tzinfo=UTC))
        key = f"seat:{chance.randrange(12)}"
        if chance.random() < 0.4:
            given = await storage.write(partial(give_back, key=key))
            assert given == (key in taken)
            if given:
                cycle[taken.pop(key)] -= 1
        else:
            verdict = await storage.write(partial(book, key=key, now=now))
            assert verdict.allowed == (key in taken or cycle[number] < 4)
            if verdict.allowed and key not in taken:
                taken[key] = number
                cycle[number] += 1
        assert (await storage.read(partial(ask, now=now))).left == 4 - cycle[number]
