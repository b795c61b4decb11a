"""The message of a conversation on a board, whatever becomes of it on the way."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from bot.accounts.model import User
from bot.chat.model import place_key
from bot.core.errors import Cause, ServiceFailure
from bot.flows.live.board_jobs import BoardJobs
from bot.flows.live.board_posts import BoardPosts
from bot.flows.live.halls import ANNOUNCE_JOB, REFRESH_JOB, Halls
from bot.jobs.model import Job
from bot.live.hall_model import Board, Posting, Trouble
from bot.live.hall_ports import Guests, Notice, Refused
from bot.live.model import RoomKind
from bot.messaging.model import Address, Change, Outgoing
from bot.messaging.ports import Closed
from bot.storage.engine import SqlStorage
from bot.storage.outbox import outbox
from bot.storage.work import Work
from tests.message_builders import HandClock
from tests.seats_floor import a_conversation

NEWS = Address("discord", "10")


@dataclass
class Calendar:
    """A server's calendar. Implements `LiveHalls` as far as boards need it."""

    entries: dict[str, Notice] = field(default_factory=dict)
    answers: list[Exception] = field(default_factory=list)
    asked: int = 0

    async def announce(self, server: str, place: Address, notice: Notice, /) -> str:
        self._answer()
        self.entries[notice.id] = notice
        return notice.id

    async def update(self, server: str, place: Address, event: str, notice: Notice, /) -> bool:
        self._answer()
        if event in self.entries:
            self.entries[event] = notice
        return event in self.entries

    async def server_of(self, place: Address, /) -> str:
        return "1"

    async def withdraw(self, server: str, event: str, /) -> None:
        self.entries.pop(event, None)

    async def open_room(
        self, server: str, place: Address, notice: Notice, guests: Guests, /
    ) -> Address:
        raise Refused(Trouble.ROOMS)

    async def admit(self, server: str, room: Address, kind: RoomKind, guests: Guests, /) -> bool:
        return False

    async def close_room(self, room: Address, /) -> None:
        """There is none."""

    def link(self, server: str, room: Address, /) -> str:
        return ""

    def _answer(self) -> None:
        self.asked += 1
        if self.answers:
            raise self.answers.pop(0)


@dataclass
class Desk:
    """One board, one conversation on it, and what is done about them."""

    storage: SqlStorage
    calendar: Calendar
    posts: BoardPosts
    jobs: BoardJobs
    board: Board
    posting: Posting
    conversation_id: str

    async def tell(self, kind: str = REFRESH_JOB) -> None:
        """Run the job once."""
        payload = {"posting": self.posting.id}
        job = Job(kind=kind, key="k", due_at=HandClock().now(), payload=payload)
        unit = await self.jobs.tell(job)
        if unit is not None:
            await self.storage.write(unit)

    async def settle(self, sent: Outgoing, *, as_id: str | None = "77", error: str | None = None):
        await self.storage.write(lambda work: self.posts.settled(work, sent, as_id, error))

    async def retitle(self, title: str) -> None:
        def unit(work: Work) -> None:
            known = work.live.conversations.get(self.conversation_id)
            work.live.conversations.save(replace(known, title=title))

        await self.storage.write(unit)

    async def sent(self) -> list[Outgoing]:
        """What was put for the channel, in order."""
        return [message for message in await self._put() if message.to.platform == "discord"]

    async def known(self) -> Posting | None:
        return await self.storage.read(lambda work: work.halls.postings.find(self.posting.id))

    async def boards(self) -> list[Board]:
        return list(await self.storage.read(lambda work: work.halls.boards.all()))

    async def _put(self) -> list[Outgoing]:
        def unit(work: Work) -> list[Outgoing]:
            rows = work._connection.execute(outbox.select().order_by(outbox.c.id)).all()
            return [found for found in map(work.outbox._load, rows) if found]

        return await self.storage.read(unit)


@pytest.fixture
async def desk(storage: SqlStorage) -> Desk:
    clock, calendar = HandClock(), Calendar()
    posts = BoardPosts(clock, Halls(clock), lambda _: None)
    jobs = BoardJobs(storage, clock, posts, {"discord": calendar})
    host = User(created_at=clock.now(), name="Ana")
    conversation = a_conversation(host.id)
    board = Board(
        user_id=host.id, platform="discord", server="1", place=place_key(NEWS), since=clock.now()
    )
    posting = Posting(conversation_id=conversation.id, board_id=board.id)

    def unit(work: Work) -> None:
        work.users.add(host)
        work.live.conversations.add(conversation)
        work.halls.boards.add(board)
        work.halls.postings.add(posting)

    await storage.write(unit)
    return Desk(storage, calendar, posts, jobs, board, posting, conversation.id)


async def test_what_changes_while_a_message_is_under_way_goes_out_once_it_arrived(
    desk: Desk,
) -> None:
    await desk.tell(ANNOUNCE_JOB)
    for title in ("One", "Two", "Three"):
        await desk.retitle(title)
        await desk.tell()
    (first,) = await desk.sent()
    await desk.settle(first)
    await desk.tell()
    _, second = await desk.sent()

    assert (first.change, second.change) == (Change.SEND, Change.EDIT)
    assert second.target is not None
    assert second.target.message_id == "77"
    assert "Three" in second.text


async def test_nothing_is_sent_where_nothing_changed(desk: Desk) -> None:
    await desk.tell(ANNOUNCE_JOB)
    (first,) = await desk.sent()
    await desk.settle(first)
    for _ in range(3):
        await desk.tell()

    assert len(await desk.sent()) == 1
    assert desk.calendar.asked == 1


async def test_two_runs_at_once_put_one_message_and_one_entry(desk: Desk) -> None:
    await asyncio.gather(desk.tell(ANNOUNCE_JOB), desk.tell(), return_exceptions=True)

    assert len(await desk.sent()) == 1
    assert len(desk.calendar.entries) == 1


async def test_a_message_that_somebody_took_away_is_not_sent_again(desk: Desk) -> None:
    await desk.tell(ANNOUNCE_JOB)
    (first,) = await desk.sent()
    await desk.settle(first)
    await desk.retitle("One")
    await desk.tell()
    await desk.settle((await desk.sent())[-1], as_id=None, error="HTTP 404, code 10008")
    await desk.retitle("Two")
    await desk.tell()

    assert len(await desk.sent()) == 2


async def test_an_entry_that_somebody_took_away_is_not_made_again(desk: Desk) -> None:
    await desk.tell(ANNOUNCE_JOB)
    desk.calendar.entries.clear()
    for title in ("One", "Two"):
        await desk.retitle(title)
        await desk.tell()

    assert desk.calendar.entries == {}
    assert desk.calendar.asked == 2


async def test_where_events_are_not_allowed_the_calendar_is_left_alone(desk: Desk) -> None:
    desk.calendar.answers = [Refused(Trouble.EVENTS)]
    await desk.tell(ANNOUNCE_JOB)
    await desk.retitle("One")
    await desk.tell()

    assert desk.calendar.asked == 1
    assert (await desk.boards())[0].troubles == (Trouble.EVENTS,)
    assert len(await desk.sent()) == 1


async def test_a_calendar_that_is_away_is_asked_again(desk: Desk) -> None:
    desk.calendar.answers = [ServiceFailure("discord", Cause.UNREACHABLE)]
    with pytest.raises(ServiceFailure):
        await desk.tell(ANNOUNCE_JOB)
    await desk.tell(ANNOUNCE_JOB)

    assert len(desk.calendar.entries) == 1


async def test_a_channel_that_takes_nothing_any_more_is_left(desk: Desk) -> None:
    await desk.tell(ANNOUNCE_JOB)
    (first,) = await desk.sent()
    await desk.settle(first, as_id=None, error=Closed("HTTP 403, code 50001"))

    assert await desk.boards() == []
    assert await desk.known() is None


async def test_a_group_that_became_another_one_keeps_its_board(desk: Desk) -> None:
    await desk.tell(ANNOUNCE_JOB)
    (first,) = await desk.sent()
    await desk.settle(replace(first, to=Address("discord", "20")))

    (board,) = await desk.boards()
    assert (board.place, board.server) == ("discord:20", "20")


async def test_what_is_no_longer_for_everybody_is_taken_down(desk: Desk) -> None:
    await desk.tell(ANNOUNCE_JOB)
    (first,) = await desk.sent()
    await desk.settle(first)

    def hide(work: Work) -> None:
        known = work.live.conversations.get(desk.conversation_id)
        work.live.conversations.save(replace(known, is_public=False, invite_code="SECRET"))

    await desk.storage.write(hide)
    await desk.tell()
    last = (await desk.sent())[-1]

    assert last.change is Change.DELETE
    assert await desk.known() is None
