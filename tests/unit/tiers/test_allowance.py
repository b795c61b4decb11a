"""May somebody use so much: what is left, why not, and what would help."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.money import Money
from bot.core.timespan import Timespan
from bot.tiers.allowance import Account, Remedy
from bot.tiers.model import Plan, Use
from bot.tiers.terms import Limit, PackOffer, Price, Terms, Tiers
from tests.message_builders import NOW

DAY, CYCLE = Timespan.of(NOW, timedelta(days=1)), Timespan.of(NOW, timedelta(days=30))
SEATS = Use.GROUP_SEAT
FOR_SALE = Price(Money(999, "EUR"), "price_premium")
SOLD = Tiers(
    terms={
        Plan.FREE: Terms(limits={Use.AI_SECONDS: Limit(a_day=600)}),
        Plan.PREMIUM: Terms(
            limits={Use.AI_SECONDS: Limit(a_day=3600), SEATS: Limit(a_cycle=4)}, price=FOR_SALE
        ),
        Plan.PRO: Terms(limits={SEATS: Limit()}),
    },
    packs=(PackOffer(name="talk", what=Use.AI_SECONDS, amount=900, money=Money(300, "EUR")),),
)


def account(plan: Plan, what: Use, **used: int) -> Account:
    limit = SOLD.of(plan).limit(what)
    return Account(plan=plan, what=what, limit=limit, day=DAY, cycle=CYCLE, **used)


def test_what_is_left_of_the_day_is_told_and_when_there_is_more() -> None:
    verdict = account(Plan.FREE, Use.AI_SECONDS, in_day=450).judged(1, SOLD)
    assert (verdict.allowed, verdict.left, verdict.limit) == (True, 150, 600)
    assert verdict.resets_at == DAY.end
    assert verdict.remedy_key is None


def test_at_the_limit_the_reason_and_everything_that_would_help_are_named() -> None:
    verdict = account(Plan.FREE, Use.AI_SECONDS, in_day=600).judged(1, SOLD)
    assert not verdict.allowed
    assert verdict.reason_key == "tier.why.day"
    assert verdict.remedies == (Remedy.TOP_UP, Remedy.UPGRADE, Remedy.WAIT)


def test_what_a_plan_never_gives_is_not_waited_for() -> None:
    verdict = account(Plan.FREE, SEATS).judged(1, SOLD)
    assert verdict.reason_key == "tier.why.never"
    assert verdict.remedies == (Remedy.UPGRADE,)


def test_a_larger_plan_that_nobody_can_buy_helps_nobody() -> None:
    verdict = account(Plan.PREMIUM, SEATS, in_cycle=4).judged(1, SOLD)
    assert verdict.reason_key == "tier.why.cycle"
    assert verdict.remedies == (Remedy.WAIT,)
    assert verdict.resets_at == CYCLE.end


def test_without_a_limit_there_is_no_number() -> None:
    verdict = account(Plan.PRO, SEATS, in_cycle=999).judged(1, SOLD)
    assert (verdict.allowed, verdict.left) == (True, None)


def test_packs_are_used_after_the_plan_and_what_is_too_much_counts_for_the_plan() -> None:
    rich = account(Plan.FREE, Use.AI_SECONDS, in_day=590, bought=900)
    assert rich.left == 910
    assert rich.split(10) == (10, 0)
    assert rich.split(40) == (10, 30)
    assert replace(rich, bought=20).split(100) == (80, 20)


@given(
    amount=st.integers(1, 5_000),
    in_day=st.integers(0, 5_000),
    bought=st.integers(0, 5_000),
    a_day=st.none() | st.integers(0, 5_000),
    a_cycle=st.none() | st.integers(0, 5_000),
)
def test_nothing_is_allowed_that_the_parts_cannot_pay(
    amount: int, in_day: int, bought: int, a_day: int | None, a_cycle: int | None
) -> None:
    limit = Limit(a_day=a_day, a_cycle=a_cycle)
    asked = replace(
        account(Plan.FREE, Use.AI_SECONDS, in_day=in_day, in_cycle=in_day, bought=bought),
        limit=limit,
    )
    included, packed = asked.split(amount)
    assert included + packed == amount
    assert 0 <= packed <= bought
    if asked.judged(amount, SOLD).allowed:
        for most in (a_day, a_cycle):
            assert most is None or included == 0 or in_day + included <= most


def test_a_plan_never_reaches_less_far_than_a_smaller_one() -> None:
    assert Tiers().booking_days(Plan.PRO) is None
    narrow = replace(
        Tiers(), terms={**Tiers().terms, Plan.FREE: Terms(booking_days=3, recording_days=0)}
    )
    assert [narrow.booking_days(plan) for plan in Plan] == [3, 7, 14]
    assert [narrow.recording_days(plan, 30) for plan in Plan] == [0, 30, 90]
    assert [Tiers().recording_days(plan, 45) for plan in Plan] == [45, 45, 90]
