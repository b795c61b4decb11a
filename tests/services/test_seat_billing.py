"""Paid seats: held, paid, paid too late, given back, called off, and when the teacher is paid."""

from datetime import timedelta
from functools import partial

import pytest

from bot.billing.charging import NothingToPay
from bot.billing.events import apply_gateway_event
from bot.billing.gateway import PageStatus, PaymentChanged, PaymentStatus
from bot.billing.model import InvoiceState
from bot.billing.news import NewsKind
from bot.billing.payouts import earnings_of, plan_payouts
from bot.billing.seats import NotCharged, SeatNotHeld
from bot.core.errors import Cause, ServiceFailure
from bot.core.money import Money
from bot.live.model import LiveConversation, PaymentState, SeatStatus
from bot.live.ports import ConversationNews, SeatNews
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.seat_stage import HOUR, TEACHER, SeatStage

PRICE = 1200
TEACHERS_PART = 1020  # after 15 %


@pytest.fixture
async def stage(storage: SqlStorage) -> SeatStage:
    made = SeatStage(storage)
    await made.people(TEACHER, "ana", "ben", "cleo")
    return made


@pytest.fixture
async def coffee(stage: SeatStage) -> LiveConversation:
    return await stage.conversation(seats=1)


async def owed_to_teacher(stage: SeatStage) -> int:
    parties = await stage.storage.read(lambda work: work.billing.parties.of_user(TEACHER))
    return -sum([await stage.balance(f"payable:{party.id}") for party in parties])


async def test_a_held_seat_becomes_theirs_when_its_page_is_paid(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    seat = await stage.book(coffee, "ana")
    assert seat.status is SeatStatus.HELD
    await stage.pay(seat)
    await stage.told_by_gateway()
    seat = await stage.seat(coffee, "ana")
    assert (seat.status, seat.payment) == (SeatStatus.CONFIRMED, PaymentState.PAID)
    bill = await stage.bill_of(seat)
    assert (bill.number, bill.state, bill.total) == (1, InvoiceState.PAID, Money(PRICE, "EUR"))
    assert [news.invoice_id for news in stage.heard(NewsKind.PAID)] == [bill.id]
    assert await owed_to_teacher(stage) == TEACHERS_PART
    await stage.check_books()


async def test_who_looks_at_the_page_and_goes_leaves_no_trace_in_the_books(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    seat = await stage.book(coffee, "ana")
    page = await stage.open_page(seat)
    stage.clock.move(timedelta(minutes=30))
    await stage.run_jobs()
    assert stage.gateway.pages[page] is PageStatus.EXPIRED
    assert (await stage.bill_of(seat)).state is InvoiceState.VOID
    assert await stage.storage.read(lambda work: work.billing.ledger.head()[0]) == 0
    assert stage.told_of("ana") == [SeatNews.HELD, SeatNews.HOLD_LAPSED]
    with pytest.raises(SeatNotHeld):
        await stage.seats.page(seat.id)
    bought = await stage.buy(coffee, "ben")
    assert (await stage.bill_of(bought)).number == 1


async def test_the_same_page_is_shown_again_while_it_works(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    seat = await stage.book(coffee, "ana")
    first = await stage.seats.page(seat.id)
    assert await stage.seats.page(seat.id) == first
    stage.gateway.decline("page-1")
    await stage.told_by_gateway()
    assert [news.kind for news in stage.told.values()] == [NewsKind.PAGE_FAILED]
    assert await stage.seats.page(seat.id) != first
    assert stage.gateway.pages["page-1"] is PageStatus.EXPIRED


async def test_a_page_whose_answer_was_lost_is_found_again(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    seat = await stage.book(coffee, "ana")
    whole = stage.gateway.payment_page

    async def lost(*args: object, **more: object) -> object:
        await whole(*args, **more)  # type: ignore[arg-type]
        raise ServiceFailure("gateway", Cause.UNREACHABLE)

    stage.gateway.payment_page = lost  # type: ignore[assignment]
    with pytest.raises(ServiceFailure):
        await stage.seats.page(seat.id)
    stage.gateway.payment_page = whole  # type: ignore[method-assign]
    await stage.seats.page(seat.id)
    assert len(stage.open_pages()) == 1


async def test_paid_too_late_the_seat_is_taken_once_more_where_it_is_free(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    seat = await stage.book(coffee, "ana")
    await stage.pay(seat)
    stage.clock.move(timedelta(minutes=31))
    await stage.run_jobs()
    assert (await stage.seat(coffee, "ana")).status is SeatStatus.CONFIRMED
    assert stage.gateway.taken == PRICE
    await stage.check_books()


async def test_paid_too_late_for_a_seat_that_is_gone_everything_goes_back(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    seat = await stage.book(coffee, "ana")
    await stage.pay(seat)
    stage.clock.move(timedelta(minutes=31))
    await stage.do(lambda work: stage.core.seats.expire(work, seat.id))
    await stage.book(coffee, "ben")
    await stage.told_by_gateway()
    late = await stage.seat(coffee, "ana")
    assert (late.status, late.payment) == (SeatStatus.CANCELLED, PaymentState.REFUNDED)
    assert stage.told_of("ana")[-1] is SeatNews.TOO_LATE
    assert stage.gateway.refunded == [("pi-1", Money(PRICE, "EUR"))]
    assert len(stage.heard(NewsKind.REFUNDED)) == 1
    assert stage.heard(NewsKind.PAID) == []
    assert await owed_to_teacher(stage) == 0
    await stage.check_books()


async def test_who_gives_up_the_hold_and_pays_all_the_same_has_no_seat_and_their_money(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    seat = await stage.book(coffee, "ana")
    await stage.pay(seat)
    await stage.leave(coffee, "ana")
    await stage.told_by_gateway()
    assert (await stage.seat(coffee, "ana")).status is SeatStatus.CANCELLED
    assert stage.gateway.taken == 0
    await stage.check_books()


@pytest.mark.parametrize(("hours", "kept"), [(12, 0), (11.99, 600)])
async def test_leaving_costs_nothing_up_to_twelve_hours_before_and_half_later(
    stage: SeatStage, coffee: LiveConversation, hours: float, kept: int
) -> None:
    await stage.buy(coffee, "ana")
    stage.clock.move(coffee.starts_at - timedelta(hours=hours) - stage.clock.now())
    await stage.leave(coffee, "ana")
    await stage.run_jobs()
    assert stage.gateway.taken == kept
    assert await owed_to_teacher(stage) == kept * 85 // 100
    await stage.check_books()


async def test_who_comes_again_pays_again_and_each_time_has_a_bill(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    first = await stage.buy(coffee, "ana")
    await stage.leave(coffee, "ana")
    second = await stage.buy(coffee, "ana")
    bills = [await stage.bill_of(seat) for seat in (first, second)]
    assert [(bill.number, bill.owed.minor) for bill in bills] == [(1, 0), (2, PRICE)]
    assert stage.gateway.taken == PRICE
    await stage.check_books()


async def test_the_host_calls_it_off_and_everybody_has_their_money(stage: SeatStage) -> None:
    coffee = await stage.conversation()
    for name in ("ana", "ben"):
        await stage.buy(coffee, name)
    waiting = await stage.book(coffee, "cleo")
    page = await stage.open_page(waiting)
    stage.clock.move(timedelta(days=3) - HOUR)
    cleo = await stage.seat(coffee, "cleo")
    assert cleo.status is SeatStatus.HELD
    await stage.call_off(coffee)
    await stage.run_jobs()
    assert stage.gateway.pages[page] is PageStatus.EXPIRED
    assert sorted(refund.minor for _, refund in stage.gateway.refunded) == [PRICE, PRICE]
    assert await owed_to_teacher(stage) == 0
    await stage.check_books()


async def test_who_does_not_come_has_paid_all_the_same(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    await stage.buy(coffee, "ana")
    stage.clock.move(coffee.starts_at - stage.clock.now())
    await stage.do(lambda work: stage.core.course.start(work, coffee.id, TEACHER))
    stage.clock.move(HOUR)
    await stage.do(lambda work: stage.core.course.complete(work, coffee.id))
    await stage.run_jobs()
    assert (await stage.seat(coffee, "ana")).status is SeatStatus.NO_SHOW
    assert stage.gateway.taken == PRICE


async def test_what_nobody_began_is_given_back_to_everybody(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    await stage.buy(coffee, "ana")
    news = ConversationNews.NOT_HELD
    await stage.do(lambda work: stage.core.planning.call_off(work, coffee.id, news, None))
    await stage.run_jobs()
    assert stage.gateway.taken == 0


async def test_the_teacher_is_paid_when_it_has_taken_place_and_nobody_disagreed(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    await stage.buy(coffee, "ana")

    def unit(work: Work) -> tuple[int, int]:
        parties = work.billing.parties.of_user(TEACHER)
        (own,) = earnings_of(work, parties, stage.rules, stage.clock.now())
        return own.ready.minor, own.waiting.minor

    stage.clock.move(coffee.ends_at - stage.clock.now())
    assert await stage.storage.read(unit) == (0, TEACHERS_PART)
    stage.clock.move(stage.rules.dispute_for)
    assert await stage.storage.read(unit) == (TEACHERS_PART, 0)


async def test_the_teacher_of_a_moved_conversation_is_paid_after_its_other_time(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    seat = await stage.buy(coffee, "ana")
    start = coffee.starts_at + timedelta(days=20)
    await stage.do(
        lambda work: stage.core.planning.move(work, coffee.id, TEACHER, start, start + HOUR)
    )
    bill = await stage.bill_of(seat)
    assert bill.ends_at == bill.evidence.booked.end == start + HOUR
    stage.clock.move(timedelta(days=20))
    await stage.leave(coffee, "ana")
    await stage.run_jobs()
    assert stage.gateway.taken == 0  # moved after they booked: leaving is free up to the start


async def test_what_goes_back_after_the_payout_is_taken_from_the_next_one(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    first = await stage.buy(coffee, "ana")
    stage.clock.move(timedelta(days=30))
    now = stage.clock.now()
    await stage.do(lambda work: plan_payouts(work, stage.rules, now, states=True))
    assert await owed_to_teacher(stage) == 0
    await stage.do(lambda work: stage.seats.give_back(work, first.id, None, "goodwill"))
    await stage.run_jobs()
    assert await owed_to_teacher(stage) == -TEACHERS_PART
    later = await stage.conversation(seats=1)
    await stage.buy(later, "ben")
    assert await owed_to_teacher(stage) == 0
    assert stage.gateway.taken == PRICE


async def test_a_debit_that_the_bank_refuses_days_later_leaves_nothing_to_pay(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    seat = await stage.book(coffee, "ana")
    payment = stage.gateway.debit(await stage.open_page(seat))
    await stage.told_by_gateway()
    with pytest.raises(NothingToPay):
        await stage.seats.page(seat.id)
    stage.clock.move(timedelta(hours=5))
    await stage.run_jobs()
    stage.gateway.decide(payment.id, PaymentStatus.NEEDS_CARD, "debit_not_authorized")
    await stage.told_by_gateway()
    assert (await stage.bill_of(seat)).state is InvoiceState.VOID
    assert stage.gateway.payments[payment.id].status is PaymentStatus.CANCELLED


async def test_what_is_told_twice_late_and_out_of_order_ends_the_same(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    seat = await stage.book(coffee, "ana")
    page = await stage.open_page(seat)
    declined = stage.gateway.decline(page)
    paid = stage.gateway.pay(page)
    for payment in (paid, declined, paid, declined):
        event = PaymentChanged(payment)

        def unit(work: Work, event: PaymentChanged = event) -> None:
            stage.hear(work, apply_gateway_event(work, event, stage.clock.now()))

        await stage.do(unit)
        await stage.run_jobs()
    assert (await stage.seat(coffee, "ana")).payment is PaymentState.PAID
    assert [news.kind for news in stage.told.values()] == [NewsKind.PAID]
    assert stage.gateway.taken == PRICE
    await stage.check_books()


async def test_a_plan_that_covers_a_seat_and_a_free_one_never_reach_the_gateway(
    stage: SeatStage,
) -> None:
    free = await stage.conversation(Money(0, "EUR"))
    seat = await stage.book(free, "ana")
    assert seat.status is SeatStatus.CONFIRMED
    with pytest.raises(SeatNotHeld):
        await stage.seats.page(seat.id)
    assert stage.gateway.pages == {}


@pytest.mark.parametrize("price", [Money(40, "EUR"), Money(2001, "KWD")])
async def test_what_the_gateway_cannot_charge_is_said_so(stage: SeatStage, price: Money) -> None:
    odd = await stage.conversation(price)
    seat = await stage.book(odd, "ana")
    with pytest.raises(NotCharged):
        await stage.seats.page(seat.id)


async def test_the_daily_look_closes_pages_that_were_given_up(
    stage: SeatStage, coffee: LiveConversation
) -> None:
    seat = await stage.book(coffee, "ana")
    page = await stage.open_page(seat)
    stage.clock.move(timedelta(hours=1))
    await stage.do(partial(forget_jobs, stage))
    await stage.do(await stage.reconciler.daily())
    await stage.run_jobs()
    assert stage.gateway.pages[page] is PageStatus.EXPIRED
    assert (await stage.bill_of(seat)).state is InvoiceState.VOID


def forget_jobs(stage: SeatStage, work: Work) -> None:
    """What is due is given up."""
    for job in stage._claim(work):
        work.jobs.finish(job.id, stage.clock.now())
