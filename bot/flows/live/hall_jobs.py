"""Jobs about rooms made for people: opened in time, kept to those with a seat, removed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.chat.model import parse_place, place_key
from bot.core.clock import Clock
from bot.core.storage import Storage
from bot.flows.live.board_jobs import notice_of
from bot.flows.live.board_posts import BoardPosts
from bot.flows.live.halls import OPENS_BEFORE, ROOMS_ON, Halls
from bot.flows.live.presence import RoomPresence
from bot.flows.ports import FlowWork
from bot.i18n.catalog import texts_in
from bot.jobs.alone import Alone
from bot.jobs.model import Job
from bot.jobs.ports import Unit
from bot.live.hall_model import Board, HallRoom, Trouble
from bot.live.hall_ports import Guests, LiveHalls, Notice, Refused
from bot.live.model import ConversationStatus, LiveConversation, SeatStatus
from bot.meetings.model import MeetingKind, Provider
from bot.meetings.ports import Subject
from bot.meetings.service import MeetingService
from bot.messaging.model import Address

_COMES_ON = {ConversationStatus.SCHEDULED, ConversationStatus.LIVE}
_COME = {SeatStatus.CONFIRMED, SeatStatus.ATTENDED}
_LOOKS_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A room as it is to be, and as it is.

    Args:
        board: beside which it is made; None: no server is known.
    """

    conversation: LiveConversation
    platform: str
    board: Board | None
    room: HallRoom | None
    notice: Notice
    guests: Guests

    @property
    def admitted(self) -> str:
        return hashlib.sha256(repr(sorted(self.guests.items())).encode()).hexdigest()


class HallJobs:
    """What the worker runs.

    Args:
        halls: by platform, of those that have rooms for people.
    """

    def __init__(
        self,
        storage: Storage[FlowWork],
        clock: Clock,
        halls: Mapping[str, LiveHalls],
        promises: Halls,
        posts: BoardPosts,
        meetings: MeetingService[FlowWork],
        presence: RoomPresence,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._halls = halls
        self._promises = promises
        self._posts = posts
        self._meetings = meetings
        self._presence = presence
        self._alone = Alone(storage, "halls")

    async def open_room(self, job: Job) -> Unit[FlowWork] | None:
        """Handles `live.open_room`: there is a room, and it lets in those who are to come."""
        conversation_id = job.payload["conversation"]
        async with self._alone.at(f"hall:{conversation_id}"):
            wanted = await self._storage.read(lambda work: self._wanted(work, conversation_id))
            if wanted is None:
                return None
            halls, board = self._halls.get(wanted.platform), wanted.board
            try:
                if halls is not None and wanted.room is not None:
                    return await self._admit(halls, wanted, wanted.room)
                if halls is None or board is None:
                    return lambda work: self._say_no_room(work, wanted.conversation)
                beside = parse_place(board.place)
                room = await halls.open_room(board.server, beside, wanted.notice, wanted.guests)
            except Refused as refused:
                trouble = refused.trouble
                return lambda work: self._refused(work, wanted, trouble)
            link = halls.link(board.server, room)
        return lambda work: self._opened(work, wanted, board.server, room, link)

    async def close_room(self, job: Job) -> Unit[FlowWork] | None:
        """Handles `live.close_room`: removed unless the conversation goes on."""
        conversation_id, room_id = job.payload["conversation"], job.payload["room"]
        async with self._alone.at(f"hall:{conversation_id}"):
            found = await self._storage.read(lambda work: _room_of(work, conversation_id, room_id))
            if found is None:
                return None
            conversation, room = found
            if conversation is not None and conversation.status is ConversationStatus.LIVE:
                again_at = self._clock.now() + _LOOKS_AGAIN
                return lambda work: self._promises.close_at(work, room, again_at)
            place, trouble = parse_place(room.place), None
            try:
                await self._halls[place.platform].close_room(place)
            except Refused as refused:
                trouble = refused.trouble
        return lambda work: self._closed(work, room, trouble)

    async def _admit(
        self, halls: LiveHalls, wanted: _Wanted, room: HallRoom
    ) -> Unit[FlowWork] | None:
        if room.admitted == wanted.admitted:
            return None
        place = parse_place(room.place)
        stays = await halls.admit(room.server, place, room.kind, wanted.guests)

        def unit(work: FlowWork) -> None:
            fresh = work.halls.rooms.open_for(room.conversation_id)
            if fresh is not None and stays:
                work.halls.rooms.save(replace(fresh, admitted=wanted.admitted))
            elif fresh is not None:  # somebody removed it
                self._closed(work, fresh, None)

        return unit

    def _opened(
        self, work: FlowWork, wanted: _Wanted, server: str, place: Address, link: str
    ) -> None:
        if work.halls.rooms.open_for(wanted.conversation.id) is not None:
            return
        now, conversation = self._clock.now(), work.live.conversations.get(wanted.conversation.id)
        room = HallRoom(
            conversation_id=conversation.id,
            server=server,
            place=place_key(place),
            kind=conversation.room,
            opened_at=now,
            admitted=wanted.admitted,
        )
        work.halls.rooms.add(room)
        if conversation.status not in _COMES_ON:  # called off meanwhile
            self._promises.close_at(work, room, now)
            return
        self._promises.opened(work, room, conversation.ends_at)
        meeting = self._meetings.planned(work, _subject(work, conversation))
        if not meeting.is_over:
            made = replace(meeting, provider=Provider.ROOM, provider_id=place.room, join_url=link)
            self._meetings.ready(work, made)

    def _closed(self, work: FlowWork, room: HallRoom, trouble: Trouble | None) -> None:
        now = self._clock.now()
        fresh = work.halls.rooms.get(room.id)
        if fresh.closed_at is not None:
            return
        self._presence.close(work, room.conversation_id, now)
        work.halls.rooms.save(replace(fresh, closed_at=now))
        self._promises.refresh(work, room.conversation_id)
        board = work.halls.boards.of_server(parse_place(room.place).platform, room.server)
        if trouble is not None and board is not None:
            self._posts.trouble(work, board, trouble)

    def _refused(self, work: FlowWork, wanted: _Wanted, trouble: Trouble) -> None:
        board = None if wanted.board is None else work.halls.boards.find(wanted.board.id)
        if board is not None:
            self._posts.trouble(work, board, trouble)
        self._say_no_room(work, wanted.conversation)

    def _say_no_room(self, work: FlowWork, conversation: LiveConversation) -> None:
        """Once: people can still meet by their voice notes."""
        host = work.users.find(conversation.host_id)
        if host is not None:
            text = texts_in(host.ui_language)("board.no_room", title=conversation.title)
            self._posts.tell(work, host, f"boards:{conversation.id}:no_room", text)

    def _wanted(self, work: FlowWork, conversation_id: str) -> _Wanted | None:
        conversation = work.live.conversations.find(conversation_id)
        if conversation is None or conversation.status not in _COMES_ON:
            return None
        platform, now = ROOMS_ON.get(conversation.room), self._clock.now()
        if platform is None or now < conversation.starts_at - OPENS_BEFORE:
            return None
        room = work.halls.rooms.open_for(conversation_id)
        board = _board_for(work, conversation, platform, room)
        notice, guests = notice_of(work, conversation), _guests(work, conversation, platform)
        return _Wanted(conversation, platform, board, room, notice, guests)


def _board_for(
    work: FlowWork, conversation: LiveConversation, platform: str, room: HallRoom | None
) -> Board | None:
    """Of the server the room is in; else the host's own, else the first there was."""
    boards = [board for board in work.halls.boards.all() if board.platform == platform]
    if room is not None:
        boards = [board for board in boards if board.server == room.server]
    boards.sort(key=lambda board: board.user_id != conversation.host_id)
    return next(iter(boards), None)


def _guests(work: FlowWork, conversation: LiveConversation, platform: str) -> Guests:
    seats = work.live.seats.of_conversation(conversation.id)
    leaders = [conversation.host_id, *filter(None, [conversation.co_host_id])]
    people = [*leaders, *(seat.user_id for seat in seats if seat.status in _COME)]
    return {
        account: person in leaders
        for person in people
        for account in _accounts(work, person, platform)
    }


def _accounts(work: FlowWork, user_id: str, platform: str) -> Sequence[str]:
    identities = work.identities.of_user(user_id)
    return [each.external_id for each in identities if each.platform == platform]


def _room_of(
    work: FlowWork, conversation_id: str, room_id: str
) -> tuple[LiveConversation | None, HallRoom] | None:
    room = work.halls.rooms.find(room_id)
    if room is None or room.closed_at is not None:
        return None
    return work.live.conversations.find(conversation_id), room


def _subject(work: FlowWork, conversation: LiveConversation) -> Subject:
    host = work.users.find(conversation.host_id)
    return Subject(
        id=conversation.id,
        title=conversation.title,
        span=conversation.span,
        host_user_id=conversation.host_id,
        host_name="" if host is None else host.first_name,
        guests=(),
        is_on=True,
        kind=MeetingKind.CONVERSATION,
    )
