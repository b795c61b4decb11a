"""Seats in conversations led by teachers, as far as plans cover them, and what teachers get."""

from dataclasses import replace
from datetime import timedelta

from bot.accounts.model import User
from bot.billing.ledger import payable
from bot.billing.parties import party_of
from bot.billing.payouts import earnings_of
from bot.billing.plan_cover import PLANS
from bot.billing.rules import BillingRules
from bot.core.money import Money
from bot.flows.plan_pay import PlanSeatPay
from bot.flows.plan_seats import PlanSeats
from bot.live.model import LiveConversation, Seat, SeatStatus
from bot.live.ports import SeatChange, SeatNews
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from bot.tiers.model import Plan, Subscription, SubscriptionStatus, Use
from bot.tiers.service import Plans
from bot.tiers.terms import Tiers
from tests.message_builders import NOW, HandClock
from tests.seats_floor import a_conversation

PLANS_SERVICE = Plans(Tiers())
SEATS = PlanSeats(PLANS_SERVICE)
PRICE = Money(1_000, "EUR")


def a_class(minutes: int = 60, **other: object) -> LiveConversation:
    starts_at = NOW + timedelta(days=2)
    values: dict[str, object] = {
        "instructor_id": "ben",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=minutes),
        "price_minor": PRICE.minor,
        "currency": PRICE.currency,
    }
    return a_conversation("ben", **{**values, **other})


def settle(work: Work, plan: Plan) -> None:
    for name in ("ana", "ben"):
        work.users.add(User(id=name, created_at=NOW, name=name))
    work.tiers.subscriptions.add(
        Subscription(
            user_id="ana",
            gateway_id="sub",
            customer_id="cus",
            item_id="si",
            plan=plan,
            status=SubscriptionStatus.ACTIVE,
            began_at=NOW,
            paid_until=NOW + timedelta(days=30),
        )
    )


def use(work: Work, conversation: LiveConversation, key: str) -> bool:
    covers = SEATS.covers_seat(work, "ana", conversation, NOW)
    assert SEATS.use_seat(work, "ana", conversation, key, NOW) == covers
    return covers


async def test_four_seats_a_month_are_in_premium_and_one_given_back_is_there_again(
    storage: SqlStorage,
) -> None:
    conversation = a_class()
    await storage.write(lambda work: settle(work, Plan.PREMIUM))
    used = [
        await storage.write(lambda work, k=f"seat-{number}": use(work, conversation, k))  # type: ignore[misc] # bound per seat
        for number in range(5)
    ]
    assert used == [True, True, True, True, False]
    await storage.write(lambda work: SEATS.give_back(work, "seat-2"))
    assert await storage.write(lambda work: use(work, conversation, "seat-5"))


async def test_pro_covers_any_number_within_a_thousand_minutes(storage: SqlStorage) -> None:
    await storage.write(lambda work: settle(work, Plan.PRO))
    long = a_class(minutes=300)
    used = [
        await storage.write(lambda work, k=f"seat-{number}": use(work, long, k))  # type: ignore[misc] # bound per seat
        for number in range(4)
    ]
    assert used == [True, True, True, False]
    assert await storage.write(lambda work: use(work, a_class(minutes=90), "short"))
    left = await storage.read(
        lambda work: PLANS_SERVICE.may(work, "ana", Use.GROUP_MINUTES, 1, NOW).left
    )
    assert left == 10


async def test_without_a_plan_or_without_a_teacher_nothing_is_covered(storage: SqlStorage) -> None:
    peers = a_class(instructor_id=None)

    def both(work: Work) -> tuple[bool, bool]:
        settle(work, Plan.PREMIUM)
        mine = SEATS.covers_seat(work, "ben", a_class(), NOW)
        return mine, SEATS.use_seat(work, "ana", peers, "seat", NOW)

    assert await storage.write(both) == (False, False)


async def test_the_teacher_gets_their_part_of_a_covered_seat_once_it_is_over(
    storage: SqlStorage,
) -> None:
    rules = BillingRules()
    pay = PlanSeatPay(rules, HandClock())
    conversation = a_class()
    seat = Seat(
        conversation_id=conversation.id,
        user_id="ana",
        status=SeatStatus.CONFIRMED,
        amount_minor=0,
        currency="EUR",
        is_included=True,
        booked_at=NOW,
    )
    over = SeatChange(news=SeatNews.ATTENDED, seat=seat, conversation=conversation)

    def unit(work: Work) -> None:
        settle(work, Plan.PREMIUM)
        pay.on_seat(work, replace(over, news=SeatNews.CONFIRMED))
        pay.on_seat(work, replace(over, seat=replace(seat, is_included=False)))
        pay.on_seat(work, over)
        pay.on_seat(work, over)

    await storage.write(unit)
    teacher = await storage.write(lambda work: party_of(work, "ben", NOW))
    read = await storage.read(
        lambda work: (
            work.billing.ledger.balance(payable(teacher.id)),
            work.billing.ledger.balance(PLANS),
            earnings_of(work, [teacher], rules, NOW),
            work.billing.parties.payees(),
        )
    )
    owed, cost, (earned,), payees = read
    assert [each.minor for each in owed] == [-850]
    assert [each.minor for each in cost] == [850]
    assert earned.ready == Money(850, "EUR")
    assert [party.id for party in payees] == [teacher.id]
