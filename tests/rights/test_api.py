"""Who may do what over HTTP: every endpoint, for everybody, with the right token and without."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from bot.accounts.model import UserStatus
from bot.live.model import Seat, SeatStatus
from bot.messaging.instance import Instance
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Work
from bot.web.api.document import document
from tests.relay_stage import add_person
from tests.seats_floor import a_conversation
from tests.web.api.stage import (
    ANA,
    BEN,
    CONVERSATIONS,
    TEACHER,
    TOKENS,
    TOMORROW,
    Answer,
    Desk,
    Pages,
    a_desk,
    a_draft,
    at,
)

# The status of the answer. "host" leads the conversation in question; the seat in question is
# Ben's, who is nobody of these.
RIGHTS = """
what             stranger  guest  student  minor  teacher  host  revoked
describe         200       200    200      200    200      200   200
exchange         401       201    201      201    201      201   401
list             401       200    200      200    200      200   401
create_free      401       403    201      201    201      201   401
create_paid      401       403    403      403    201      403   401
create_private   401       403    403      403    409      403   401
book             401       403    201      201    201      409   401
book_paid        401       403    201      403    201      409   401
book_uninvited   401       403    403      403    403      409   401
book_invited     401       403    201      201    201      409   401
leave_own        401       404    200      200    200      404   401
leave_of_ben     401       404    404      404    404      404   401
"""
HOST, GUEST, MINOR, REVOKED = "hana", "gus", "mia", "rex"
PEOPLE = {
    "stranger": None,
    "guest": GUEST,
    "student": ANA,
    "minor": MINOR,
    "teacher": TEACHER,
    "host": HOST,
    "revoked": REVOKED,
}
HEAD, *LINES = map(str.split, RIGHTS.strip().splitlines())
TABLE = {name: dict(zip(HEAD[1:], cells, strict=True)) for name, *cells in LINES}
_NUMBERS = count()


class Office:
    """What can be asked, each time about a conversation of its own."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.refresh: dict[str, str] = {}
        self.actions: Mapping[str, Callable[[str | None], Awaitable[Answer]]] = {
            "describe": lambda who: desk.ask("GET", "/api/openapi.json", who),
            "exchange": self.exchange,
            "list": lambda who: desk.ask("GET", CONVERSATIONS, who),
            "create_free": lambda who: self.create(who),
            "create_paid": lambda who: self.create(who, price=500),
            "create_private": lambda who: self.create(who, type="PRIVATE"),
            "book": lambda who: self.book(who),
            "book_paid": lambda who: self.book(who, price_minor=500),
            "book_uninvited": lambda who: self.book_by_invitation(who, is_known=False),
            "book_invited": lambda who: self.book_by_invitation(who, is_known=True),
            "leave_own": self.leave_own,
            "leave_of_ben": self.leave_of_ben,
        }

    async def conversation(self, **changes: object) -> str:
        starts_at = TOMORROW + timedelta(days=next(_NUMBERS) % 30, hours=1)
        planned = a_conversation(HOST, starts_at=starts_at, **changes)
        await self.desk.storage.write(lambda work: work.live.conversations.add(planned))
        return planned.id

    async def exchange(self, who: str | None) -> Answer:
        sent = {"refreshToken": self.refresh.get(who or "", "lfr_guess")}
        return await self.desk.ask("POST", TOKENS, None, json=sent)

    async def create(self, who: str | None, **changes: object) -> Answer:
        start = TOMORROW + timedelta(days=31 + next(_NUMBERS) % 30)
        times = {"startTime": at(start), "endTime": at(start + timedelta(hours=1))}
        return await self.desk.ask("POST", CONVERSATIONS, who, json=a_draft(**times, **changes))

    async def book(self, who: str | None, code: str | None = None, **changes: object) -> Answer:
        place = f"{CONVERSATIONS}/{await self.conversation(**changes)}/book"
        return await self.desk.ask("POST", place, who, json={"code": code})

    async def book_by_invitation(self, who: str | None, *, is_known: bool) -> Answer:
        invitation = f"CODE{next(_NUMBERS)}"
        given = invitation if is_known else "WRONG"
        return await self.book(who, given, is_public=False, invite_code=invitation)

    async def leave_own(self, who: str | None) -> Answer:
        place = f"{CONVERSATIONS}/{await self.conversation()}/book"
        await self.desk.ask("POST", place, who)
        return await self.desk.ask("DELETE", place, who)

    async def leave_of_ben(self, who: str | None) -> Answer:
        conversation = await self.conversation()
        assert (await self.desk.book(conversation, BEN)).status == 201
        answer = await self.desk.leave(conversation, who)  # type: ignore[arg-type] # or nobody

        def look(work: Work) -> Seat | None:
            return work.live.seats.find_of(conversation, BEN)

        seat = await self.desk.storage.read(look)
        assert seat is not None
        assert seat.status is SeatStatus.CONFIRMED
        return answer


@pytest.fixture
async def office(sqlite_url: str, keyring: Keyring) -> AsyncIterator[Office]:
    storage = open_storage(sqlite_url, keyring, Instance())
    await storage.open()
    async with a_desk(storage, pages=Pages()) as desk:
        await storage.write(_populate)
        office = Office(desk)
        for who in filter(None, PEOPLE.values()):
            pair = await desk.pair(who)
            desk.tokens[who], office.refresh[who] = pair.access, pair.refresh
        await storage.write(lambda work: work.api.keys.remove_of_user(REVOKED))
        yield office
    await storage.aclose()


def _populate(work: Work) -> None:
    for name in (HOST, GUEST, MINOR, REVOKED):
        add_person(work, name)
    work.users.save(replace(work.users.get(GUEST), status=UserStatus.GUEST))
    work.users.save(replace(work.users.get(MINOR), is_minor=True))


async def test_everybody_may_do_what_the_table_says(office: Office) -> None:
    told = {
        name: {role: str((await action(who)).status) for role, who in PEOPLE.items()}
        for name, action in office.actions.items()
    }
    assert told == TABLE


def test_every_endpoint_stands_in_the_table() -> None:
    endpoints = sum(len(verbs) for verbs in document()["paths"].values())
    kinds = {name.partition("_")[0] for name in TABLE}
    assert len(kinds) == endpoints
