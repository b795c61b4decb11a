"""Rows of live conversations: what is found, by what, in which order, and what is sealed."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from bot.core.errors import NotFound, Stale
from bot.live.finding import MOST_COUNTED, Found, Query, Standing, asker_state
from bot.live.model import (
    ConversationStatus,
    Kind,
    LiveConversation,
    PaymentState,
    Seat,
    SeatStatus,
    TooFewSeats,
)
from bot.storage.engine import SqlStorage
from bot.storage.live_tables import conversations, listed, seats
from bot.storage.work import Work
from tests.message_builders import NOW
from tests.relay_stage import add_person
from tests.seats_floor import TOMORROW, a_conversation

HOUR = timedelta(hours=1)


async def add(storage: SqlStorage, *made: LiveConversation) -> None:
    await storage.write(lambda work: [work.live.conversations.add(each) for each in made])


async def found(storage: SqlStorage, **wish: object) -> Found:
    query = Query(now=NOW, **wish)  # type: ignore[arg-type]
    return await storage.read(lambda work: work.live.conversations.find_listed(query))


async def titles(storage: SqlStorage, **wish: object) -> list[str]:
    return [row.conversation.title for row in (await found(storage, **wish)).rows]


def a_seat(conversation: LiveConversation, user_id: str, **changes: object) -> Seat:
    values: dict[str, object] = {
        "conversation_id": conversation.id,
        "user_id": user_id,
        "status": SeatStatus.CONFIRMED,
        "currency": "EUR",
        "booked_at": NOW,
        **changes,
    }
    return Seat(**values)  # type: ignore[arg-type]


async def test_a_conversation_comes_back_as_it_went(storage: SqlStorage) -> None:
    made = a_conversation(
        prompts=("¿Qué?", "Why?"),
        vocabulary=("uno",),
        series_id="first",
        co_host_id="ana",
        invite_code="ABC",
        is_public=False,
        level="B1",
        moved_at=NOW,
    )
    await add(storage, made)
    assert await storage.read(lambda work: work.live.conversations.get(made.id)) == made


async def test_each_filter_leaves_out_what_it_should_and_all_work_together(
    storage: SqlStorage,
) -> None:
    await add(
        storage,
        a_conversation(title="A", level="B1"),
        a_conversation(title="B", level="B2", starts_at=TOMORROW + HOUR),
        a_conversation(title="C", kind=Kind.CULTURAL, starts_at=TOMORROW + 2 * HOUR),
        a_conversation(title="D", language="fr", starts_at=TOMORROW + 3 * HOUR),
        a_conversation(title="E", price_minor=900, starts_at=TOMORROW - HOUR),
    )
    assert await titles(storage) == ["E", "A", "B", "C", "D"]
    assert await titles(storage, language="es") == ["E", "A", "B", "C"]
    assert await titles(storage, level="B1") == ["E", "A", "C", "D"]  # and those for any level
    assert await titles(storage, kind=Kind.CULTURAL) == ["C"]
    assert await titles(storage, is_free=False) == ["E"]
    assert await titles(storage, is_free=True, language="es", level="B2") == ["B", "C"]
    assert await titles(storage, language="de") == []


async def test_words_are_found_without_case_accents_or_plural_in_any_of_the_texts(
    storage: SqlStorage,
) -> None:
    await add(
        storage,
        a_conversation(title="Café en Málaga", topic="Viajes", description="Trae una historia"),
        a_conversation(title="Cine", topic="Películas y viaje", starts_at=TOMORROW + HOUR),
    )
    assert await titles(storage, text="CAFE malaga") == ["Café en Málaga"]
    assert await titles(storage, text="viaje") == ["Café en Málaga", "Cine"]
    assert await titles(storage, text="viajes película") == ["Cine"]
    assert await titles(storage, text="historia") == ["Café en Málaga"]
    assert await titles(storage, text="historia cine") == []
    assert await titles(storage, text="viaje", language="fr") == []
    assert await titles(storage, text="?!") == ["Café en Málaga", "Cine"]


async def test_only_what_is_public_and_to_come_is_found(storage: SqlStorage) -> None:
    past = a_conversation(title="past", starts_at=NOW - HOUR)
    hidden = a_conversation(title="hidden", is_public=False, invite_code="X")
    shown, off = a_conversation(title="shown"), a_conversation(title="off")
    await add(storage, past, hidden, shown, off)

    def call_off(work: Work) -> None:
        work.live.conversations.save(off.moved_to(ConversationStatus.CANCELLED))

    await storage.write(call_off)
    assert await titles(storage) == ["shown"]
    rows = await storage.read(
        lambda work: work.live._connection.execute(
            select(listed).where(listed.c.conversation_id == off.id)
        ).all()
    )
    assert rows == []


async def test_what_is_changed_is_found_by_what_it_is_today(storage: SqlStorage) -> None:
    made = a_conversation(title="Viejo")
    await add(storage, made, a_conversation(title="Otra", starts_at=TOMORROW + HOUR))

    def change(work: Work) -> None:
        it = work.live.conversations.get(made.id)
        values = {"title": "Nuevo", "starts_at": TOMORROW + 2 * HOUR}
        changed = a_conversation(**{**values, "id": it.id, "version": it.version})
        work.live.conversations.save(changed)

    await storage.write(change)
    assert await titles(storage) == ["Otra", "Nuevo"]
    assert await titles(storage, text="viejo") == []
    assert await titles(storage, text="nuevo") == ["Nuevo"]


async def test_pages_follow_each_other_and_the_total_stays(storage: SqlStorage) -> None:
    every = [
        a_conversation(title=f"{n:02d}", starts_at=TOMORROW + n * timedelta(minutes=1))
        for n in range(23)
    ]
    await add(storage, *every)
    pages = [await found(storage, page=page) for page in range(4)]
    assert [page.total for page in pages] == [23] * 4
    assert [len(page.rows) for page in pages] == [10, 10, 3, 0]
    shown = [row.conversation.title for page in pages for row in page.rows]
    assert shown == [each.title for each in every]
    assert MOST_COUNTED >= 1_000


async def test_the_asker_reads_how_they_stand(storage: SqlStorage) -> None:
    names = ("booked", "line", "full", "open", "own")
    made = {
        name: a_conversation(
            title=name,
            host="ana" if name == "own" else "host",
            seats=1,
            taken=int(name in {"booked", "line", "full"}),
            starts_at=TOMORROW + n * timedelta(minutes=1),
        )
        for n, name in enumerate(names)
    }

    def unit(work: Work) -> None:
        for each in made.values():
            work.live.conversations.add(each)
        work.live.seats.add(a_seat(made["booked"], "ana"))
        for n, who in enumerate(("ben", "ana", "cleo")):
            waits = {"status": SeatStatus.WAITLISTED, "waiting_since": NOW + n * HOUR}
            work.live.seats.add(a_seat(made["line"], who, **waits))

    await storage.write(unit)
    page = await found(storage, asker_id="ana")
    states = {row.conversation.title: asker_state(row, "ana") for row in page.rows}
    assert {name: state.standing for name, state in states.items()} == {
        "booked": Standing.BOOKED,
        "line": Standing.WAITLISTED,
        "full": Standing.FULL,
        "open": Standing.NONE,
        "own": Standing.HOST,
    }
    assert states["line"].place == 2
    strangers = await found(storage)
    assert {asker_state(row, None).standing for row in strangers.rows} == {
        Standing.FULL,
        Standing.NONE,
    }


async def test_saving_leaves_the_taken_seats_alone(storage: SqlStorage) -> None:
    made = a_conversation(seats=2)
    await add(storage, made)
    assert await storage.write(lambda work: work.live.conversations.claim_seat(made.id))
    saved = await storage.write(lambda work: work.live.conversations.save(made))
    assert (saved.taken, saved.version) == (1, 1)
    with pytest.raises(Stale):
        await storage.write(lambda work: work.live.conversations.save(made))
    with pytest.raises(TooFewSeats):
        await storage.write(
            lambda work: work.live.conversations.save(
                a_conversation(id=saved.id, version=saved.version, seats=0)
            )
        )


async def test_seats_are_claimed_up_to_their_number_and_only_before_the_start(
    storage: SqlStorage,
) -> None:
    made = a_conversation(seats=2)
    await add(storage, made)
    claim = partial(claim_one, conversation_id=made.id)
    assert [await storage.write(claim) for _ in range(3)] == [True, True, False]
    await storage.write(lambda work: work.live.conversations.give_back_seat(made.id))
    live = made.moved_to(ConversationStatus.LIVE)
    await storage.write(lambda work: work.live.conversations.save(live))
    assert not await storage.write(claim)
    with pytest.raises(NotFound):
        await storage.write(lambda work: work.live.conversations.lock("nothing"))


def claim_one(work: Work, conversation_id: str) -> bool:
    return work.live.conversations.claim_seat(conversation_id)


async def test_no_statement_at_all_can_take_more_seats_than_there_are(storage: SqlStorage) -> None:
    made = a_conversation(seats=1)
    await add(storage, made)

    def force(work: Work) -> None:
        work.live._connection.execute(update(conversations).values(taken=2))

    with pytest.raises(IntegrityError):
        await storage.write(force)


async def test_one_person_has_one_seat_in_a_conversation(storage: SqlStorage) -> None:
    made = a_conversation()
    await add(storage, made)
    await storage.write(lambda work: work.live.seats.add(a_seat(made, "ana")))
    with pytest.raises(Stale):
        await storage.write(lambda work: work.live.seats.add(a_seat(made, "ana")))


async def test_what_people_wrote_afterwards_is_sealed_and_can_be_wiped(
    storage: SqlStorage,
) -> None:
    made = a_conversation()
    await add(storage, made)
    seat = a_seat(
        made,
        "ana",
        note="too fast for me",
        chips=("fun",),
        stars=4,
        payment=PaymentState.PAID,
        speaking_seconds=12.5,
    )

    def unit(work: Work) -> bytes:
        add_person(work, "ana")
        work.live.seats.add(seat)
        return bytes(work.live._connection.execute(select(seats.c.note)).scalar_one())

    assert b"fast" not in await storage.write(unit)
    assert await storage.read(lambda work: work.live.seats.get(seat.id)) == seat
    await storage.write(lambda work: work.live.seats.wipe_notes_of("ana"))
    wiped = await storage.read(lambda work: work.live.seats.get(seat.id))
    assert (wiped.note, wiped.chips, wiped.stars) == (None, (), 4)
