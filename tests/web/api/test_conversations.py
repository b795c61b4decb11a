"""Live conversations over HTTP: every status, every permission, the same rules as in the chat."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.errors import Cause, ServiceFailure
from bot.i18n.catalog import texts_in
from bot.live.model import PaymentState, Seat, SeatStatus
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.message_builders import NOW
from tests.relay_stage import add_person
from tests.web.api.stage import (
    ANA,
    BEN,
    CONVERSATIONS,
    TEACHER,
    TOMORROW,
    Desk,
    Pages,
    a_desk,
    a_draft,
    at,
)

EN, ES = texts_in("en"), texts_in("es")
NOBODYS = "01890a5d-ac96-774b-bcce-b302099a8057"
HOUR = timedelta(hours=1)


async def test_a_conversation_is_announced_found_and_booked(desk: Desk) -> None:
    made = await desk.create(level="B1", topic="Tapas", vocabularyList=["la barra"])
    assert made.status == 201
    assert {
        name: made.body[name]
        for name in ("title", "type", "level", "duration", "maxParticipants", "isFree", "hostId")
    } == {
        "title": "Café y charla",
        "type": "GROUP",
        "level": "B1",
        "duration": 60,
        "maxParticipants": 8,
        "isFree": True,
        "hostId": ANA,
    }
    assert made.body["booking"] == {"status": "HOST", "place": None, "until": None}
    assert made.body["vocabularyList"] == ["la barra"]

    booked = await desk.book(made.body["id"])
    assert booked.status == 201
    assert (booked.body["status"], booked.body["paymentStatus"]) == ("CONFIRMED", "NOT_REQUIRED")

    found = await desk.listed()
    assert [(it["id"], it["booking"]["status"]) for it in found["items"]] == [
        (made.body["id"], "BOOKED")
    ]
    assert found["items"][0]["currentParticipants"] == 1
    assert found["items"][0]["startTime"] == at(TOMORROW)
    assert found["items"][0]["vocabularyList"] is None


async def test_filters_and_pages_are_those_of_the_chat(desk: Desk) -> None:
    for number, changes in enumerate(
        (
            {"language": "es", "level": "A2", "topic": "cooking"},
            {"language": "es", "level": "ANY", "type": "PRACTICE"},
            {"language": "fr", "level": "C1"},
        )
    ):
        start = TOMORROW + number * 2 * HOUR
        await desk.created(startTime=at(start), endTime=at(start + HOUR), **changes)

    async def languages(**query: str) -> list[tuple[str, str]]:
        found = await desk.listed(**query)
        return [(it["language"], it["level"]) for it in found["items"]]

    assert await languages(language="es") == [("es", "A2"), ("es", "ANY")]
    assert await languages(level="C1") == [("es", "ANY"), ("fr", "C1")]
    assert await languages(type="PRACTICE") == [("es", "ANY")]
    assert await languages(search="cooking") == [("es", "A2")]
    assert await languages(isFree="false") == []
    assert await languages(isFree="true", page="2", limit="2") == [("fr", "C1")]
    assert (await desk.listed(limit="1"))["total"] == 3


async def test_a_full_one_is_waited_for_and_a_seat_given_back_is_offered(desk: Desk) -> None:
    conversation = await desk.created(maxParticipants=1)
    await desk.book(conversation)
    waiting = await desk.book(conversation, TEACHER)
    assert (waiting.status, waiting.body["status"], waiting.body["place"]) == (
        201,
        "WAITLISTED",
        1,
    )
    assert (await desk.listed(TEACHER))["items"][0]["booking"] == {
        "status": "WAITLISTED",
        "place": 1,
        "until": None,
    }

    left = await desk.leave(conversation)
    assert (left.status, left.body["status"]) == (200, "CANCELLED")
    offered = (await desk.listed(TEACHER))["items"][0]["booking"]
    assert (offered["status"], offered["until"]) == ("OFFERED", at(NOW + timedelta(minutes=30)))
    taken = await desk.book(conversation, TEACHER)
    assert (taken.status, taken.body["status"]) == (201, "CONFIRMED")
    assert (await desk.listed())["items"][0]["booking"]["status"] == "FULL"


async def test_booking_and_leaving_again_change_nothing(desk: Desk) -> None:
    conversation = await desk.created()
    first, again = await desk.book(conversation), await desk.book(conversation)
    assert (first.status, again.status, again.body) == (201, 200, first.body)
    left, again = await desk.leave(conversation), await desk.leave(conversation)
    assert (left.status, again.status, again.body) == (200, 200, left.body)


async def test_of_twenty_callers_for_the_last_seat_one_has_it(desk: Desk) -> None:
    people = [f"caller-{number}" for number in range(20)]
    await desk.storage.write(lambda work: [add_person(work, person) for person in people])
    conversation = await desk.created(maxParticipants=1)
    for person in people:
        desk.tokens[person] = (await desk.pair(person)).access
    answers = await asyncio.gather(*(desk.book(conversation, person) for person in people))
    states = sorted(answer.body["status"] for answer in answers)
    assert states == ["CONFIRMED", *["WAITLISTED"] * 19]
    assert sorted(a.body["place"] for a in answers if a.body["place"]) == list(range(1, 20))


async def test_students_announce_free_ones_only(desk: Desk) -> None:
    refused = await desk.create(price=500)
    assert (refused.status, refused.code) == (403, "forbidden")
    assert refused.body["detail"] == EN("group.error.paid_by_teachers")
    assert (await desk.create(type="PRIVATE")).status == 403
    assert (await desk.listed(isFree="false"))["total"] == 0


async def test_a_verified_teacher_announces_a_paid_one_and_no_lesson(desk: Desk) -> None:
    made = await desk.create(TEACHER, price=500, currency="USD")
    assert (made.status, made.body["price"], made.body["currency"]) == (201, 500, "USD")
    assert made.body["instructorId"] == TEACHER
    private = await desk.create(TEACHER, type="PRIVATE")
    assert (private.status, private.body["detail"]) == (
        409,
        EN("group.error.private_booked"),
    )


async def test_where_nothing_is_paid_here_a_paid_seat_is_left_to_the_chat(desk: Desk) -> None:
    conversation = await desk.created(TEACHER, price=500)
    refused = await desk.book(conversation)
    assert (refused.status, refused.code) == (402, "payment_required")
    assert (await desk.listed())["items"][0]["currentParticipants"] == 0
    assert await _seat(desk, conversation, BEN) is None


async def test_a_plan_that_covers_a_paid_seat_needs_no_payment(desk: Desk) -> None:
    conversation = await desk.created(TEACHER, price=500)
    desk.covered.add(BEN)
    booked = await desk.book(conversation)
    assert (booked.status, booked.body["status"], booked.body["price"]) == (201, "CONFIRMED", 0)


async def test_a_paid_seat_is_held_and_says_where_it_is_paid(paid_desk: Desk) -> None:
    desk = paid_desk
    conversation = await desk.created(TEACHER, price=500)
    held = await desk.book(conversation)
    assert held.status == 201
    assert {name: held.body[name] for name in ("status", "paymentStatus", "price", "until")} == {
        "status": "HELD",
        "paymentStatus": "PENDING",
        "price": 500,
        "until": at(NOW + timedelta(minutes=30)),
    }
    assert held.body["paymentUrl"].startswith("https://pay.example/")
    assert (await desk.book(conversation)).body["paymentUrl"] == held.body["paymentUrl"]

    seat = await _seat(desk, conversation, BEN)
    assert seat is not None
    await desk.storage.write(lambda work: desk.parts.seats.paid(work, seat.id))
    left = await desk.leave(conversation)
    assert (left.body["paymentStatus"], left.body["refunded"]) == ("REFUNDED", 500)


async def test_a_page_that_cannot_be_made_leaves_the_seat_held(
    paid_desk: Desk, pages: Pages
) -> None:
    conversation = await paid_desk.created(TEACHER, price=500)
    pages.failure = ServiceFailure("stripe", Cause.UNREACHABLE)
    held = await paid_desk.book(conversation)
    assert (held.status, held.body["status"], held.body["paymentUrl"]) == (201, "HELD", None)


async def test_nobody_gives_back_the_seat_of_somebody_else(desk: Desk) -> None:
    conversation = await desk.created()
    await desk.book(conversation)
    for other in (ANA, TEACHER):
        refused = await desk.leave(conversation, other)
        assert (refused.status, refused.body["detail"]) == (404, EN("group.error.no_seat"))
    seat = await _seat(desk, conversation, BEN)
    assert seat is not None
    assert (seat.status, seat.payment) == (SeatStatus.CONFIRMED, PaymentState.NOT_REQUIRED)


async def test_the_host_takes_no_seat_of_their_own(desk: Desk) -> None:
    refused = await desk.book(await desk.created(), ANA)
    assert (refused.status, refused.code) == (409, "conflict")
    assert refused.body["detail"] == EN("group.error.own")


async def test_after_the_start_no_seat_is_taken_or_given_back(desk: Desk) -> None:
    conversation = await desk.created()
    await desk.book(conversation)
    desk.clock.at = TOMORROW
    desk.tokens.clear()
    refused = [await desk.book(conversation, TEACHER), await desk.leave(conversation)]
    assert [each.status for each in refused] == [409, 409]
    assert [each.body["detail"] for each in refused] == [
        EN("group.error.begun"),
        EN("group.error.too_late_to_leave"),
    ]


async def test_by_invitation_only_who_knows_the_code_books(desk: Desk) -> None:
    made = await desk.create(isPublic=False)
    conversation, code = made.body["id"], made.body["inviteCode"]
    assert (await desk.listed())["total"] == 0
    assert [
        (await desk.book(conversation)).status,
        (await desk.book(conversation, code="WRONG")).status,
        (await desk.book(conversation, code=code)).status,
    ] == [403, 403, 201]


@pytest.mark.parametrize("conversation", [NOBODYS, "1", "x" * 36, NOBODYS.replace("-", "_")])
async def test_what_is_not_there_is_not_found(desk: Desk, conversation: str) -> None:
    for answer in (await desk.book(conversation), await desk.leave(conversation)):
        assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title": None}, "#/title"),
        ({"title": "  \u200b "}, "#/title"),
        ({"title": "x" * 101}, "#/title"),
        ({"type": "PARTY"}, "#/type"),
        ({"language": "Spanish"}, "#/language"),
        ({"startTime": "tomorrow"}, "#/startTime"),
        ({"startTime": "2026-12-01T18:00:00"}, "#/startTime"),
        ({"startTime": "2026-02-30T18:00:00Z"}, "#/startTime"),
        ({"startTime": "0001-01-01T00:00:00+23:59"}, "#/startTime"),
        ({"startTime": 1_800_000_000}, "#/startTime"),
        ({"startTime": at(NOW - HOUR)}, "#/startTime"),
        ({"startTime": at(NOW + timedelta(days=400))}, "#/endTime"),
        ({"endTime": at(TOMORROW - HOUR)}, "#/endTime"),
        ({"endTime": at(TOMORROW + timedelta(minutes=1))}, "#/endTime"),
        ({"maxParticipants": 0}, "#/maxParticipants"),
        ({"maxParticipants": "8"}, "#/maxParticipants"),
        ({"isPublic": 1}, "#/isPublic"),
        ({"price": -1}, "#/price"),
        ({"currency": "XXX"}, "#/currency"),
        ({"vocabularyList": ["ok", "x" * 301]}, "#/vocabularyList/1"),
        ({"topic": "x" * 200 + "\x00"}, "#/topic"),
        ({"a/b~c": 1}, "#/a~1b~0c"),
    ],
)
async def test_a_wrong_field_is_pointed_at(
    desk: Desk, changes: dict[str, object], pointer: str
) -> None:
    refused = await desk.create(**changes)
    assert (refused.status, refused.code) == (422, "invalid")
    assert refused.wrong == [pointer]
    assert "{" not in str(refused.body["errors"][0]["detail"])


@pytest.mark.parametrize("price", [1, 60_000])
async def test_a_price_nobody_means_is_pointed_at_with_its_bounds(desk: Desk, price: int) -> None:
    refused = await desk.create(TEACHER, price=price)
    assert (refused.status, refused.wrong) == (422, ["#/price"])
    assert "Money" not in str(refused.body)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("level=A9", "level"),
        ("level=", "level"),
        ("type=group", "type"),
        ("isFree=1", "isFree"),
        ("page=0", "page"),
        ("page=1.0", "page"),
        ("limit=51", "limit"),
        ("limit=1&limit=2", "limit"),
        ("language=es%0A", "language"),
        ("search=" + "x" * 101, "search"),
        ("sort=price", "sort"),
    ],
)
async def test_a_wrong_parameter_is_named(desk: Desk, query: str, parameter: str) -> None:
    refused = await desk.ask("GET", f"{CONVERSATIONS}?{query}")
    assert (refused.status, refused.wrong) == (422, [parameter])


async def test_a_whole_number_may_be_written_with_a_point(desk: Desk) -> None:
    made = await desk.create(maxParticipants=5.0)
    assert (made.status, made.body["maxParticipants"]) == (201, 5)


async def test_two_at_one_time_are_a_conflict(desk: Desk) -> None:
    await desk.created()
    refused = await desk.create(title="Another")
    assert (refused.status, refused.code) == (409, "conflict")
    assert "Café y charla" in refused.body["detail"]


async def test_a_request_with_a_key_is_done_once_however_often_it_comes(desk: Desk) -> None:
    async def create(key: str, **changes: object) -> tuple[int, object]:
        answer = await desk.ask(
            "POST",
            CONVERSATIONS,
            json=a_draft(**changes),
            headers={"Idempotency-Key": key},
        )
        return answer.status, answer.body.get("id") or answer.code

    outcomes = await asyncio.gather(*(create("first") for _ in range(5)))
    assert len(set(map(str, outcomes))) == 1
    assert outcomes[0][0] == 201
    assert await create("first", title="Something else") == (409, "conflict")
    for wrong in ("x" * 201, "two words", ""):
        assert await create(wrong) == (422, "invalid")
    later = {"startTime": at(TOMORROW + 2 * HOUR), "endTime": at(TOMORROW + 3 * HOUR)}
    status, other = await create("second", **later)
    assert (status, other != outcomes[0][1]) == (201, True)
    assert (await desk.listed())["total"] == 2


async def test_a_key_of_a_request_that_was_refused_can_be_used_again(desk: Desk) -> None:
    headers = {"Idempotency-Key": "again"}
    refused = await desk.ask("POST", CONVERSATIONS, json=a_draft(price=500), headers=headers)
    assert refused.status == 403
    made = await desk.ask("POST", CONVERSATIONS, json=a_draft(), headers=headers)
    assert made.status == 201


async def test_refusals_are_in_the_readers_language(desk: Desk) -> None:
    await desk.storage.write(lambda work: _speak(work, BEN, "es"))
    conversation = await desk.created()

    async def title(language: str | None) -> tuple[str, str]:
        headers = {} if language is None else {"Accept-Language": language}
        answer = await desk.ask(
            "DELETE", f"{CONVERSATIONS}/{conversation}/book", BEN, headers=headers
        )
        return answer.body["detail"], answer.headers["Content-Language"]

    spanish, english = ES("group.error.no_seat"), EN("group.error.no_seat")
    assert await title(None) == (spanish, "es")
    assert await title("en-GB, es;q=0.5") == (english, "en")
    assert await title("xx, en;q=0.1, es;q=0.9") == (spanish, "es")
    assert await title("xx;q=a") == (spanish, "es")


async def test_on_either_database_callers_at_once_are_answered_alike(storage: SqlStorage) -> None:
    async with a_desk(storage) as desk:
        desk.tokens[ANA] = (await desk.pair(ANA)).access
        options = {"json": a_draft(maxParticipants=1), "headers": {"Idempotency-Key": "once"}}
        asking = [desk.ask("POST", CONVERSATIONS, **options) for _ in range(5)]
        made = await asyncio.gather(*asking)
        assert [each.status for each in made] == [201] * 5
        (conversation,) = {each.body["id"] for each in made}
        answers = await asyncio.gather(*(desk.book(conversation, who) for who in (BEN, TEACHER)))
        assert sorted(each.body["status"] for each in answers) == ["CONFIRMED", "WAITLISTED"]
        assert (await desk.listed(search="cafe"))["total"] == 1


async def _seat(desk: Desk, conversation: str, person: str) -> Seat | None:
    return await desk.storage.read(lambda work: work.live.seats.find_of(conversation, person))


def _speak(work: Work, person: str, language: str) -> None:
    work.users.save(replace(work.users.get(person), ui_language=language))
