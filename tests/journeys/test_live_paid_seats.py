"""Paid seats on the whole program, with Stripe's simulator and its signed webhooks behind it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest

from bot.core.entity import new_id
from bot.live.model import LiveConversation, PaymentState, Seat, SeatStatus
from bot.simulators.faults import Fault
from bot.simulators.stripe import DECLINES_CHARGES, GOOD
from bot.storage.work import Work
from tests.discord_stage import DiscordStage, a_discord_stage
from tests.lesson_stage import School, a_school, link_under
from tests.visitors import user_of

TITLE = "Coffee and small talk"


@pytest.fixture
async def stage() -> AsyncIterator[DiscordStage]:
    async with a_discord_stage() as running:
        yield running


@pytest.fixture
async def school(
    request: pytest.FixtureRequest, stage: DiscordStage, sqlite_url: str
) -> AsyncIterator[School]:
    """`param`: the platform the teacher is on; the student is on the other one."""
    platform = getattr(request, "param", "telegram")
    async with a_school(stage, sqlite_url, teaches_on=platform) as running:
        await announce(running)
        yield running


async def announce(school: School) -> LiveConversation:
    """The teacher's, in two days, for twelve euros a seat."""
    teacher = await user_of(school.app, school.teacher)
    starts_at = school.clock.now() + timedelta(days=2)
    planned = LiveConversation(
        id=new_id(),
        host_id=teacher.id,
        instructor_id=teacher.id,
        title=TITLE,
        language="es",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        price_minor=1200,
        currency="EUR",
        wall_time=f"{starts_at:%Y-%m-%dT%H:%M}",
        zone="UTC",
        tz_version="test",
        created_at=school.clock.now(),
    )
    return await school.app.storage.write(lambda work: work.live.conversations.add(planned))


async def take_seat(school: School) -> None:
    """From the list to a seat that is held."""
    ana = school.student
    await ana.say("/live", then=TITLE)
    await ana.press(f"1. 🇪🇸 {TITLE}", then="Led by")
    await ana.press("Take a seat · €12.00", then="A seat is kept for you")


async def seat_of(school: School) -> Seat:
    user = await user_of(school.app, school.student)

    def find(work: Work) -> Seat:
        return work.live.seats.of_person(user.id)[-1]

    return await school.app.storage.read(find)


def refunded(school: School) -> list[int]:
    return [each["amount"] for each in school.stripe.all("refund")]


@pytest.mark.parametrize("school", ["telegram", "discord"], indirect=True)
async def test_a_seat_is_paid_on_stripes_page_and_given_back(school: School) -> None:
    ana = school.student
    await take_seat(school)
    await ana.press("Pay for the seat", then=f"Your seat in “{TITLE}”")
    await school.save_card(GOOD)
    await ana.reads("🧾 Receipt 1")
    await ana.reads(f"You have a seat in “{TITLE}”")
    await school.teacher.reads(f"Ana Ruiz has paid for a seat in “{TITLE}”: €10.20 for you")
    assert (await seat_of(school)).payment is PaymentState.PAID
    assert school.charged == [1200]
    await ana.say("/live", then=TITLE)
    await ana.press(f"1. 🇪🇸 {TITLE}", then="Led by")
    await ana.press("Give the seat back", then="You paid €12.00 and get €12.00 back.")
    await ana.press("Yes, give it back", then="Led by")
    await ana.reads(f"€12.00 for your seat in “{TITLE}” are on the way back to your card")
    await school.settle()
    assert refunded(school) == [1200]
    assert set((await school.balances()).values()) == {0}
    assert school.stripe.violations == []


async def test_a_declined_card_is_followed_by_a_good_one_on_another_page(school: School) -> None:
    ana = school.student
    await take_seat(school)
    await ana.press("Pay for the seat", then=f"Your seat in “{TITLE}”")
    await school.type_card(link_under(ana), DECLINES_CHARGES)
    await school.settle()
    await ana.reads(f"Your payment for “{TITLE}” did not work.")
    await ana.press("Pay for the seat", then=f"Your seat in “{TITLE}”")
    await school.save_card(GOOD)
    await ana.reads("🧾 Receipt 1")
    assert school.charged == [1200]


async def test_the_page_is_closed_with_the_hold(school: School) -> None:
    ana = school.student
    await take_seat(school)
    await ana.press("Pay for the seat", then=f"Your seat in “{TITLE}”")
    await school.later(minutes=30)
    await ana.reads("was not paid in time")
    assert [page["status"] for page in school.stripe.all("checkout.session")] == ["expired"]
    assert (await seat_of(school)).status is SeatStatus.CANCELLED
    assert await school.balances() == {}


async def test_an_answer_that_is_lost_makes_no_second_page_and_no_second_refund(
    school: School,
) -> None:
    ana, faults = school.student, school.stripe.faults
    faults.add(Fault("drop_after", "checkout.create", times=3))  # with the library's own tries
    await take_seat(school)
    await ana.press("Pay for the seat", then="A service I need did not answer.")
    await ana.press("Pay for the seat", then=f"Your seat in “{TITLE}”")
    await school.save_card(GOOD)
    await ana.reads("🧾 Receipt 1")
    faults.add(Fault("drop_after", "refunds.create", times=3))
    await school.app.storage.write(partial(call_off, school))
    await school.settle()
    await school.later(minutes=10)
    await ana.reads("does not take place")
    assert len(school.stripe.all("checkout.session")) == 1
    assert (school.charged, refunded(school)) == ([1200], [1200])
    assert faults.fired["drop_after"] == 6
    assert set((await school.balances()).values()) == {0}


def call_off(school: School, work: Work) -> None:
    (party,) = [each for each in work.billing.parties.payees() if each.user_id is not None]
    (it,) = work.live.conversations.of_person(party.user_id or "")
    school.app.product.live.planning.cancel(work, it.id, it.host_id)


async def test_without_webhooks_the_look_every_five_minutes_finds_the_payment(
    stage: DiscordStage, sqlite_url: str
) -> None:
    async with a_school(stage, sqlite_url, has_web=False) as school:
        await announce(school)
        await take_seat(school)
        await school.student.press("Pay for the seat", then=f"Your seat in “{TITLE}”")
        await school.save_card(GOOD)
        await school.later(minutes=5)
        await school.student.reads("🧾 Receipt 1")
        assert (await seat_of(school)).payment is PaymentState.PAID
