"""What hosts may announce, and what becomes of it before it begins."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from bot.accounts.model import UserStatus
from bot.core.errors import DomainError, NotFound
from bot.live.draft import CannotPlan, Draft
from bot.live.model import (
    ConversationMovedOn,
    ConversationStatus,
    Kind,
    LiveConversation,
    PaymentState,
    SeatStatus,
    TooFewSeats,
)
from bot.live.policy import LivePolicy
from bot.live.seats import CannotJoin
from bot.scheduling.model import SlotTaken
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.booking_stage import FIRST, booked, hold, settle_in
from tests.message_builders import NOW
from tests.seats_floor import TOMORROW, Floor, a_conversation

HOUR = timedelta(hours=1)
LEASE = timedelta(minutes=1)


@pytest.fixture
async def floor(storage: SqlStorage) -> Floor:
    made = Floor(storage)
    await made.people("host", "ana", "ben", "cleo", teacher="tea")
    return made


def a_draft(**changes: Any) -> Draft:
    values = {
        "title": "  Café y   charla ",
        "language": "es",
        "starts_at": TOMORROW,
        "ends_at": TOMORROW + HOUR,
        "zone": "Europe/Madrid",
        **changes,
    }
    return Draft(**values)


async def plan(floor: Floor, host: str = "host", **changes: Any) -> LiveConversation:
    draft = a_draft(**changes)
    return await floor.do(lambda work: floor.planning.create(work, draft, work.users.get(host)))


async def book(floor: Floor, conversation: LiveConversation, *names: str) -> None:
    for name in names:
        await floor.do(partial(_book, floor, conversation.id, name))


def _book(floor: Floor, conversation_id: str, name: str, work: Work) -> object:
    return floor.seats.book(work, conversation_id, name)


async def test_a_student_announces_a_free_conversation_as_it_was_described(floor: Floor) -> None:
    made = await plan(floor, prompts=("  Why? ", "", "Why?"), vocabulary=("uno",))
    found = await floor.get(made.id)
    assert found == made
    assert (found.title, found.seats, found.prompts) == ("Café y charla", 8, ("Why?",))
    assert (found.wall_time, found.instructor_id, found.is_free) == ("2026-11-23T13:00", None, True)
    assert floor.announced() == ["planned"]


async def test_a_verified_teacher_is_the_instructor_and_may_take_money(floor: Floor) -> None:
    made = await plan(floor, "tea", price_minor=1200)
    assert (made.instructor_id, made.price.minor, made.is_free) == ("tea", 1200, False)


REFUSED: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("host", {"price_minor": 1200}, "paid_by_teachers"),
    ("host", {"kind": Kind.PRIVATE}, "private"),
    ("tea", {"kind": Kind.PRIVATE}, "private_booked"),
    ("tea", {"price_minor": 50}, "price"),
    ("tea", {"price_minor": 10_000_000}, "price"),
    ("tea", {"price_minor": 500, "currency": "XXX"}, "currency"),
    ("host", {"title": "  "}, "no_title"),
    ("host", {"title": "ab"}, "title_length"),
    ("host", {"title": "x" * 101}, "title_length"),
    ("host", {"description": "x" * 1001}, "text"),
    ("host", {"topic": "x" * 201}, "topic"),
    ("host", {"language": "Spanish!"}, "language"),
    ("host", {"level": "B7"}, "level"),
    ("host", {"prompts": tuple(map(str, range(31)))}, "items"),
    ("host", {"vocabulary": ("x" * 301,)}, "item"),
    ("host", {"seats": 0}, "seats"),
    ("host", {"seats": 201}, "seats"),
    ("host", {"starts_at": NOW - HOUR}, "past"),
    ("host", {"ends_at": TOMORROW}, "ends_first"),
    ("host", {"starts_at": NOW + timedelta(minutes=1)}, "too_soon"),
    ("host", {"starts_at": NOW + timedelta(days=91)}, "too_far"),
    ("host", {"ends_at": TOMORROW + timedelta(minutes=5)}, "too_short"),
    ("host", {"ends_at": TOMORROW + timedelta(hours=4)}, "too_long"),
)


async def test_what_cannot_be_is_refused_with_its_reason(floor: Floor) -> None:
    for host, changes, key in REFUSED:
        starts_at = changes.get("starts_at", TOMORROW)
        with pytest.raises(CannotPlan) as refused:
            await plan(floor, host, **{"ends_at": starts_at + HOUR, **changes})
        assert refused.value.key == f"group.error.{key}"
    assert floor.announced() == []


async def test_nobody_takes_money_where_nobody_collects_it(storage: SqlStorage) -> None:
    floor = Floor(storage, takes_money=False)
    await floor.people(teacher="tea")
    assert await refusal(plan(floor, "tea", price_minor=1200)) == "group.error.no_payments"


async def test_a_guest_registers_first(floor: Floor) -> None:
    def unit(work: Work) -> None:
        work.users.save(replace(work.users.get("ana"), status=UserStatus.GUEST))

    await floor.storage.write(unit)
    assert await refusal(plan(floor, "ana")) == "group.error.plan_register"
    made = await plan(floor)
    booking = floor.do(partial(_book, floor, made.id, "ana"))
    assert await refusal(booking) == "group.error.register"


async def test_nobody_leads_two_conversations_at_one_time(floor: Floor) -> None:
    await plan(floor)
    overlapping = plan(floor, starts_at=TOMORROW + HOUR / 2, ends_at=TOMORROW + 2 * HOUR)
    assert await refusal(overlapping) == "group.error.overlaps"
    await plan(floor, starts_at=TOMORROW + HOUR, ends_at=TOMORROW + 2 * HOUR)
    await plan(floor, "tea")


async def test_a_teacher_is_in_a_lesson_or_in_a_conversation_and_never_in_both(
    storage: SqlStorage,
) -> None:
    floor = Floor(storage)
    await floor.people("ana")
    await floor.storage.write(lambda work: settle_in(work, "sam"))
    await floor.storage.write(lambda work: booked(work, "sam"))
    then = {"starts_at": FIRST - HOUR / 2, "ends_at": FIRST + HOUR / 2}
    assert await refusal(plan(floor, "tea", **then)) == "group.error.lesson_then"
    assert await refusal(plan(floor, "sam", **then)) == "group.error.lesson_then"
    made = await plan(floor, "tea", starts_at=FIRST + HOUR, ends_at=FIRST + 2 * HOUR)
    with pytest.raises(SlotTaken):
        await floor.storage.write(lambda work: hold(work, "sam", made.starts_at))
    await floor.do(lambda work: floor.planning.cancel(work, made.id, "tea"))
    await floor.storage.write(lambda work: hold(work, "sam", made.starts_at))


async def test_a_host_plans_no_more_than_so_many(storage: SqlStorage) -> None:
    floor = Floor(storage, LivePolicy(most_planned=2))
    await floor.people("host")
    for hours in (0, 2):
        start = TOMORROW + hours * HOUR
        await plan(floor, starts_at=start, ends_at=start + HOUR)
    start = TOMORROW + 4 * HOUR
    third = plan(floor, starts_at=start, ends_at=start + HOUR)
    assert await refusal(third) == "group.error.too_many"


async def test_an_invitation_code_opens_what_is_not_public(floor: Floor) -> None:
    made = await plan(floor, is_public=False)
    assert made.invite_code is not None
    found = await floor.storage.read(
        lambda work: work.live.conversations.find_by_code(str(made.invite_code))
    )
    assert found == made
    assert await refusal(floor.do(partial(_book, floor, made.id, "ana"))) == "group.error.code"
    seat = await floor.do(
        lambda work: floor.seats.book(work, made.id, "ana", code=made.invite_code)
    )
    assert seat.status is SeatStatus.CONFIRMED


async def test_the_host_takes_no_seat_and_a_minor_no_paid_one(floor: Floor) -> None:
    def unit(work: Work) -> None:
        work.users.save(replace(work.users.get("ana"), is_minor=True))

    await floor.storage.write(unit)
    free, paid = await plan(floor), await plan(floor, "tea", price_minor=900)
    assert await refusal(floor.do(partial(_book, floor, free.id, "host"))) == "group.error.own"
    assert await refusal(floor.do(partial(_book, floor, paid.id, "ana"))) == "group.error.minor"
    await book(floor, free, "ana")


async def test_who_moves_it_tells_everybody_and_lets_them_leave_for_nothing(floor: Floor) -> None:
    made = await plan(floor, "tea", price_minor=1000)
    await book(floor, made, "ana", "ben")
    seat = await pay(floor, made, "ana")
    floor.told(), floor.announced()
    floor.clock.move(hours=22)  # inside the time in which leaving costs half of it
    later = TOMORROW + 2 * HOUR
    moved = await floor.do(
        lambda work: floor.planning.move(work, made.id, "tea", later, later + HOUR)
    )
    assert (moved.starts_at, moved.wall_time) == (later, "2026-11-23T15:00")
    assert sorted(floor.told()) == [("ana", "changed"), ("ben", "changed")]
    assert floor.announced() == ["moved"]
    left = await floor.do(lambda work: floor.seats.leave(work, made.id, "ana"))
    assert (left.payment, left.refunded_minor) == (PaymentState.REFUNDED, seat.amount_minor)


async def test_leaving_late_costs_the_share_that_was_announced(floor: Floor) -> None:
    made = await plan(floor, "tea", price_minor=999)
    await book(floor, made, "ana")
    await pay(floor, made, "ana")
    floor.clock.move(hours=13)
    left = await floor.do(lambda work: floor.seats.leave(work, made.id, "ana"))
    assert left.refunded_minor == 999 - 500  # half of it, half a cent rounded up
    (change,) = [each for each in floor.changes if each.refund]
    assert change.refund is not None
    assert change.refund.minor == 499


async def test_calling_off_gives_everything_back_and_ends_every_seat(floor: Floor) -> None:
    made = await plan(floor, "tea", price_minor=1000, seats=2)
    await book(floor, made, "ana", "ben", "cleo")
    await pay(floor, made, "ana")
    floor.told(), floor.announced()
    floor.clock.move(hours=23)
    (off,) = await floor.do(lambda work: floor.planning.cancel(work, made.id, "tea"))
    assert (off.status, off.taken) == (ConversationStatus.CANCELLED, 0)
    assert [each.refund.minor for each in floor.changes if each.refund] == [1000]
    told = sorted(floor.told())
    assert told == [(name, "called_off") for name in ("ana", "ben", "cleo")]
    assert floor.announced() == ["cancelled"]
    with pytest.raises(ConversationMovedOn):
        await floor.do(lambda work: floor.planning.cancel(work, made.id, "tea"))


async def test_more_seats_move_the_line_up_and_fewer_than_taken_cannot_be(floor: Floor) -> None:
    made = await plan(floor, seats=1)
    await book(floor, made, "ana", "ben", "cleo")
    floor.told()
    await revise(floor, made, seats=2)
    assert floor.told() == [("ben", "offered")]
    with pytest.raises(TooFewSeats):
        await revise(floor, made, seats=1)
    assert (await floor.get(made.id)).seats == 2


async def test_texts_change_and_kind_price_and_times_do_not(floor: Floor) -> None:
    made = await plan(floor)
    after = await revise(floor, made, title="Otra cosa", prompts=("¿Qué?",), is_public=False)
    assert (after.title, after.prompts) == ("Otra cosa", ("¿Qué?",))
    assert after.invite_code is not None
    assert await refusal(revise(floor, made, price_minor=5)) == "group.error.fixed"
    assert await refusal(revise(floor, made, title="")) == "group.error.no_title"


async def test_only_the_host_changes_it(floor: Floor) -> None:
    made = await plan(floor)
    units: list[Callable[[Work], object]] = [
        lambda work: floor.planning.cancel(work, made.id, "ana"),
        lambda work: floor.planning.revise(work, made.id, "ana", title="Mine"),
        lambda work: floor.planning.move(work, made.id, "ana", TOMORROW, TOMORROW + 2 * HOUR),
        lambda work: floor.planning.appoint(work, made.id, "ana", "ana"),
        lambda work: floor.planning.repeat_weekly(work, made.id, "ana", 3),
        lambda work: floor.course.start(work, made.id, "ana"),
    ]
    for unit in units:
        with pytest.raises(NotFound):
            await floor.do(unit)


async def test_a_weekly_series_keeps_the_hosts_wall_time_when_the_clocks_change(
    storage: SqlStorage,
) -> None:
    floor = Floor(storage)
    floor.clock.at = datetime(2026, 10, 19, 9, tzinfo=UTC)
    await floor.people("host")
    start = datetime(2026, 10, 21, 16, tzinfo=UTC)  # 18:00 in Madrid, until 25 October
    first = await plan(floor, starts_at=start, ends_at=start + HOUR)
    series = await floor.do(lambda work: floor.planning.repeat_weekly(work, first.id, "host", 3))
    assert [each.starts_at.hour for each in series] == [16, 17, 17]
    assert {each.wall_time[11:] for each in series} == {"18:00"}
    assert {each.series_id for each in series} == {first.id}
    assert floor.announced() == ["planned"] * 3
    with pytest.raises(CannotPlan):
        await floor.do(lambda work: floor.planning.repeat_weekly(work, series[1].id, "host", 3))
    off = await floor.do(
        lambda work: floor.planning.cancel(work, series[1].id, "host", is_whole_series=True)
    )
    assert [each.id for each in off] == [each.id for each in series[1:]]
    assert (await floor.get(first.id)).status is ConversationStatus.SCHEDULED


async def test_a_co_host_may_lead_it_and_is_told(floor: Floor) -> None:
    made = await plan(floor)
    appointed = await floor.do(lambda work: floor.planning.appoint(work, made.id, "host", "ana"))
    assert appointed.is_led_by("ana")
    assert floor.announced() == ["planned", "co_host"]
    himself = floor.do(lambda work: floor.planning.appoint(work, made.id, "host", "host"))
    assert await refusal(himself) == "group.error.co_host"
    floor.clock.at = TOMORROW
    begun = await floor.do(lambda work: floor.course.start(work, made.id, "ana"))
    assert begun.status is ConversationStatus.LIVE


async def test_a_conversation_that_nobody_began_did_not_take_place(floor: Floor) -> None:
    made = await plan(floor, "tea", price_minor=1000)
    await book(floor, made, "ana")
    await pay(floor, made, "ana")
    floor.told(), floor.announced()
    floor.clock.at = TOMORROW + timedelta(minutes=31)
    await floor.do(partial(run_due, floor))
    assert (await floor.get(made.id)).status is ConversationStatus.CANCELLED
    assert [each.refund.minor for each in floor.changes if each.refund] == [1000]
    assert (floor.told(), floor.announced()) == ([("ana", "called_off")], ["not_held"])


async def test_a_conversation_that_nobody_ended_is_over_all_the_same(floor: Floor) -> None:
    made = await plan(floor)
    await book(floor, made, "ana")
    floor.clock.at = TOMORROW
    await floor.do(lambda work: floor.course.start(work, made.id, "host"))
    longer = await floor.do(lambda work: floor.course.extend(work, made.id, "host", 30))
    floor.clock.at = longer.ends_at
    await floor.do(partial(run_due, floor))
    assert (await floor.get(made.id)).status is ConversationStatus.LIVE
    floor.clock.at = longer.ends_at + timedelta(minutes=30)
    await floor.do(partial(run_due, floor))
    assert (await floor.get(made.id)).status is ConversationStatus.COMPLETED
    assert floor.told()[-1] == ("ana", "missed")
    assert floor.announced() == ["planned", "started", "extended", "completed"]


async def test_it_begins_neither_long_before_its_time_nor_after_its_end(floor: Floor) -> None:
    made = await plan(floor)

    def begin(work: Work) -> LiveConversation:
        return floor.course.start(work, made.id, "host")

    assert await refusal(floor.do(begin)) == "group.error.too_early"
    floor.clock.at = TOMORROW + HOUR
    assert await refusal(floor.do(begin)) == "group.error.too_late"
    floor.clock.at = TOMORROW - timedelta(minutes=15)
    assert (await floor.do(begin)).status is ConversationStatus.LIVE
    assert (await floor.do(begin)).status is ConversationStatus.LIVE
    assert floor.announced() == ["planned", "started"]
    with pytest.raises(CannotJoin):
        await book(floor, made, "ana")


async def test_promises_of_a_former_time_do_nothing(floor: Floor) -> None:
    made = await plan(floor)
    later = TOMORROW + timedelta(days=1)
    await floor.do(lambda work: floor.planning.move(work, made.id, "host", later, later + HOUR))
    floor.clock.at = TOMORROW + 2 * HOUR
    await floor.do(partial(run_due, floor))
    assert (await floor.get(made.id)).status is ConversationStatus.SCHEDULED


async def test_new_zone_data_moves_it_with_the_hosts_wall_clock(floor: Floor) -> None:
    drifted = a_conversation(wall_time="2026-11-23T13:00", tz_version="old", zone="UTC")
    await floor.add(drifted)
    await floor.do(floor.course.begin)
    await floor.do(partial(run_due, floor))
    moved = await floor.get(drifted.id)
    assert (moved.starts_at, moved.length) == (TOMORROW + HOUR, HOUR)
    assert floor.announced() == ["moved"]


async def pay(floor: Floor, conversation: LiveConversation, name: str) -> Any:
    def unit(work: Work) -> Any:
        seat = work.live.seats.find_of(conversation.id, name)
        assert seat is not None
        return floor.seats.paid(work, seat.id)

    return await floor.do(unit)


async def revise(floor: Floor, made: LiveConversation, **new: Any) -> LiveConversation:
    return await floor.do(lambda work: floor.planning.revise(work, made.id, made.host_id, **new))


async def refusal(doing: Any) -> str:
    """The key of why it could not be done."""
    with pytest.raises(DomainError) as refused:
        await doing
    return refused.value.key


def run_due(floor: Floor, work: Work) -> None:
    """Everything that was promised for until now."""
    now, jobs = floor.clock.at, floor.course.jobs()
    for job in work.jobs.claim(now, now, LEASE, 100, tuple(jobs)):
        jobs[job.kind](work, job)
        work.jobs.finish(job.id, now)
