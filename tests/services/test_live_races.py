"""Many want the last seat: one UPDATE decides, the others wait in line, nobody sees a database."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from functools import partial

import pytest

from bot.live.model import LiveConversation, Seat, SeatStatus
from bot.live.ports import SeatNews
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.seats_floor import Floor, a_conversation

CALLERS = 200
TRIALS = 9  # a third of them on PostgreSQL, where one takes longer


@pytest.fixture(params=[TRIALS, pytest.param(1_000, marks=pytest.mark.soak)])
def trials(request: pytest.FixtureRequest, database_url: str) -> int:
    share = 2 if database_url.startswith("sqlite") else 1
    return int(request.param) * share // 3


async def test_of_two_hundred_who_want_the_last_seat_one_gets_it_and_all_others_wait(
    storage: SqlStorage, trials: int
) -> None:
    floor = Floor(storage)
    names = [f"s{number:03d}" for number in range(CALLERS)]
    await floor.people("host", *names)
    for trial in range(trials):
        price = 500 * (trial % 2)
        wanted = await floor.add(a_conversation(seats=1, price_minor=price))
        outcomes = await everybody_books(floor, wanted, names)
        assert technical_errors(outcomes) == []
        won = SeatStatus.HELD if price else SeatStatus.CONFIRMED
        states = Counter(seat.status for seat in outcomes if isinstance(seat, Seat))
        assert states == {won: 1, SeatStatus.WAITLISTED: CALLERS - 1}
        assert (await floor.get(wanted.id)).taken == 1
        assert Counter(floor.told()).most_common(1)[0][1] == 1
        lines = await floor.storage.read(partial(places, conversation_id=wanted.id))
        assert sorted(lines) == list(range(CALLERS))


async def test_seats_given_back_in_a_crowd_are_each_offered_to_one_who_waits(
    storage: SqlStorage,
) -> None:
    floor = Floor(storage)
    first, others = [f"a{n}" for n in range(10)], [f"b{n:02d}" for n in range(30)]
    await floor.people("host", *first, *others)
    wanted = await floor.add(a_conversation(seats=10))
    await everybody_books(floor, wanted, first)
    floor.told()
    outcomes = await asyncio.gather(
        *(floor.do(partial(leave, floor, wanted, name)) for name in first),
        *(floor.do(partial(book, floor, wanted, name)) for name in others),
        return_exceptions=True,
    )
    assert technical_errors(outcomes) == []
    seats = await floor.storage.read(lambda work: work.live.seats.of_conversation(wanted.id))
    states = Counter(seat.status for seat in seats if seat.user_id in others)
    fresh = await floor.get(wanted.id)
    assert states[SeatStatus.CONFIRMED] + states[SeatStatus.OFFERED] == 10 == fresh.taken
    assert states[SeatStatus.WAITLISTED] == 20
    told = Counter(floor.told())
    assert set(told.values()) == {1}
    assert sum(what == SeatNews.LEFT for _, what in told) == 10


async def test_who_presses_ten_times_at_once_has_one_seat(storage: SqlStorage) -> None:
    floor = Floor(storage)
    await floor.people("host", "ana")
    wanted = await floor.add(a_conversation(seats=5))
    outcomes = await everybody_books(floor, wanted, ["ana"] * 10)
    assert technical_errors(outcomes) == []
    assert len({seat.id for seat in outcomes if isinstance(seat, Seat)}) == 1
    assert floor.told() == [("ana", SeatNews.CONFIRMED)]
    assert (await floor.get(wanted.id)).taken == 1


async def everybody_books(
    floor: Floor, wanted: LiveConversation, names: Sequence[str]
) -> Sequence[Seat | BaseException]:
    return await asyncio.gather(
        *(floor.do(partial(book, floor, wanted, name)) for name in names), return_exceptions=True
    )


def book(floor: Floor, wanted: LiveConversation, name: str, work: Work) -> Seat:
    return floor.seats.book(work, wanted.id, name)


def leave(floor: Floor, wanted: LiveConversation, name: str, work: Work) -> Seat:
    return floor.seats.leave(work, wanted.id, name)


def technical_errors(outcomes: Sequence[object]) -> list[object]:
    return [each for each in outcomes if not isinstance(each, Seat)]


def places(work: Work, conversation_id: str) -> list[int]:
    seats = work.live.seats
    return [seats.place_in_line(seat) for seat in seats.of_conversation(conversation_id)]
