"""Who leaves gives back what was theirs; two who become one have one seat."""

from dataclasses import replace
from functools import partial

import pytest

from bot.flows.live.core import LiveCore
from bot.flows.live_records import live_records
from bot.flows.own_records import PersonRecords
from bot.live.model import ConversationStatus, LiveConversation, PaymentState, Seat, SeatStatus
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.message_builders import NOW
from tests.seats_floor import TOMORROW, Floor, a_conversation


@pytest.fixture
async def floor(storage: SqlStorage) -> Floor:
    made = Floor(storage)
    await made.people("host", "ana", "ann", "ben")
    return made


@pytest.fixture
def records(floor: Floor) -> PersonRecords:
    return live_records(LiveCore(floor.clock, floor.seats, floor.planning, floor.course))


async def seated(floor: Floor, made: LiveConversation, *names: str) -> None:
    for name in names:
        await floor.do(partial(_book, floor, made.id, name))
    floor.told()


def _book(floor: Floor, conversation_id: str, name: str, work: Work) -> Seat:
    return floor.seats.book(work, conversation_id, name)


async def seats_of(floor: Floor, made: LiveConversation) -> dict[str, Seat]:
    every = await floor.storage.read(lambda work: work.live.seats.of_conversation(made.id))
    return {seat.user_id: seat for seat in every}


async def test_the_archive_has_what_one_hosts_and_where_one_sits(
    floor: Floor, records: PersonRecords
) -> None:
    own, other = await floor.add(a_conversation("ana")), await floor.add(a_conversation())
    await seated(floor, other, "ana", "ben")
    told = await floor.storage.read(lambda work: records.collect(work, "ana"))
    assert told["live_conversations"] == [own]
    assert told["live_seats"] == [(await seats_of(floor, other))["ana"]]


async def test_whoever_is_forgotten_leaves_a_seat_to_the_next_and_what_they_hosted_is_off(
    floor: Floor, records: PersonRecords
) -> None:
    full = await floor.add(a_conversation(seats=1))
    hosted = await floor.add(a_conversation("ana", prompts=("Why?",), description="By me"))
    co_hosted = await floor.add(a_conversation(co_host_id="ana"))
    await seated(floor, full, "ana", "ben")
    await seated(floor, hosted, "ben")
    await floor.do(lambda work: records.remove(work, "ana"))
    assert sorted(floor.told()) == [
        ("ana", "left_us"),
        ("ben", "called_off"),
        ("ben", "offered"),
    ]
    gone = await floor.get(hosted.id)
    assert (gone.status, gone.prompts, gone.description) == (
        ConversationStatus.CANCELLED,
        (),
        "",
    )
    assert (await floor.get(co_hosted.id)).co_host_id is None
    assert (await floor.get(full.id)).taken == 1


async def test_whoever_is_forgotten_gets_back_what_leaving_gives_back(
    floor: Floor, records: PersonRecords
) -> None:
    paid = await floor.add(a_conversation(price_minor=1000))
    await seated(floor, paid, "ana")
    seat = (await seats_of(floor, paid))["ana"]
    await floor.do(lambda work: floor.seats.paid(work, seat.id))
    floor.changes.clear()
    floor.clock.move(hours=20)
    await floor.do(lambda work: records.remove(work, "ana"))
    assert [change.refund.minor for change in floor.changes if change.refund] == [500]


async def test_two_who_become_one_keep_the_better_seat_and_the_other_is_the_next_ones(
    floor: Floor, records: PersonRecords
) -> None:
    made = await floor.add(a_conversation(seats=2))
    await seated(floor, made, "ana", "ann", "ben")
    await floor.do(lambda work: records.move(work, "ann", "ana", NOW))
    found = await seats_of(floor, made)
    assert {name: seat.status for name, seat in found.items()} == {
        "ana": SeatStatus.CONFIRMED,
        "ben": SeatStatus.OFFERED,
    }
    assert (await floor.get(made.id)).taken == 2


async def test_two_who_become_one_are_refunded_what_was_paid_twice(
    floor: Floor, records: PersonRecords
) -> None:
    made = await floor.add(a_conversation(price_minor=1000))
    await seated(floor, made, "ana", "ann")
    for seat in (await seats_of(floor, made)).values():
        await floor.do(partial(_pay, floor, seat.id))
    floor.changes.clear()
    await floor.do(lambda work: records.move(work, "ann", "ana", NOW))
    assert [change.refund.minor for change in floor.changes if change.refund] == [1000]
    (kept,) = (await seats_of(floor, made)).values()
    assert (kept.user_id, kept.payment) == ("ana", PaymentState.PAID)


def _pay(floor: Floor, seat_id: str, work: Work) -> object:
    return floor.seats.paid(work, seat_id)


async def test_nobody_sits_in_a_conversation_they_turn_out_to_host(
    floor: Floor, records: PersonRecords
) -> None:
    made = await floor.add(a_conversation("ana", co_host_id="ann"))
    await seated(floor, made, "ann", "ben")
    await floor.do(lambda work: records.move(work, "ann", "ana", NOW))
    fresh = await floor.get(made.id)
    assert (fresh.host_id, fresh.co_host_id, fresh.taken) == ("ana", None, 1)
    assert set(await seats_of(floor, made)) == {"ben"}


async def test_what_is_running_ends_when_its_host_is_forgotten_and_the_past_stays(
    floor: Floor, records: PersonRecords
) -> None:
    running = await floor.add(a_conversation("ana"))
    await seated(floor, running, "ben")
    floor.clock.at = TOMORROW
    await floor.do(lambda work: floor.course.start(work, running.id, "ana"))
    await floor.do(lambda work: records.remove(work, "ana"))
    assert (await floor.get(running.id)).status is ConversationStatus.COMPLETED
    assert (await seats_of(floor, running))["ben"].status is SeatStatus.NO_SHOW
    floor.clock.move(days=1)
    attended = replace((await seats_of(floor, running))["ben"], note="it was good")
    await floor.do(lambda work: work.live.seats.save(attended))
    await floor.do(lambda work: records.remove(work, "ben"))
    left = (await seats_of(floor, running))["ben"]
    assert (left.status, left.note) == (SeatStatus.NO_SHOW, None)
