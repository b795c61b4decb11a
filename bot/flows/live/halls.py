"""What servers show of live conversations: promised here, in the caller's unit; done by jobs."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.clock import Clock
from bot.flows.ports import FlowWork
from bot.jobs.model import Job
from bot.live.finding import Query
from bot.live.hall_model import Board, HallRoom, Posting
from bot.live.model import ConversationStatus, LiveConversation, RoomKind
from bot.live.ports import ConversationChange, ConversationNews, SeatChange
from bot.meetings.model import Provider

ANNOUNCE_JOB, REFRESH_JOB = "live.announce", "live.refresh"
OPEN_JOB, CLOSE_JOB = "live.open_room", "live.close_room"
ROOMS_ON = {RoomKind.DISCORD_VOICE: "discord", RoomKind.DISCORD_STAGE: "discord"}
"""By kind of room, the platform it is made on."""
OPENS_BEFORE = timedelta(minutes=15)
_GOODBYE = timedelta(minutes=1)
_OVERRUN = timedelta(minutes=45)
_REFRESHED_EVERY_SECONDS = 5
_BARELY = timedelta(seconds=1)
_MOST_AT_FIRST = 20
_OVER = {
    ConversationNews.CANCELLED,
    ConversationNews.NOT_HELD,
    ConversationNews.COMPLETED,
}


class Halls:
    """Implements `SeatEvents` and `ConversationEvents`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def on_seat(self, work: FlowWork, change: SeatChange, /) -> None:
        """See `SeatEvents.on_seat`: cards count seats, rooms know their guests."""
        self.refresh(work, change.conversation.id)

    def on_conversation(self, work: FlowWork, change: ConversationChange, /) -> None:
        """See `ConversationEvents.on_conversation`."""
        conversation = change.conversation
        self.announce(work, conversation)
        self.refresh(work, conversation.id)
        self._keep_times(work, conversation)
        if change.news in _OVER:
            self._close(work, conversation)
        else:
            self._want_room(work, conversation)

    def announce(self, work: FlowWork, conversation: LiveConversation) -> None:
        """Put it on every board where it does not stand; only what everybody may find."""
        if not conversation.is_public or conversation.status is not ConversationStatus.SCHEDULED:
            return
        self._post(work, conversation, *work.halls.boards.all())

    def fill(self, work: FlowWork, board: Board) -> None:
        """Put what is to come on a board: the soonest ones. What was refused is tried again."""
        soonest, due_at = Query(now=self._clock.now(), limit=_MOST_AT_FIRST), self._next_look()
        for row in work.live.conversations.find_listed(soonest).rows:
            conversation = row.conversation
            self._post(work, conversation, board)
            self.refresh(work, conversation.id)
            if conversation.room in ROOMS_ON:
                key = f"{conversation.id}:{int(due_at.timestamp())}"
                work.jobs.put(_room_job(OPEN_JOB, key, conversation.id, due_at))

    def refresh(self, work: FlowWork, conversation_id: str) -> None:
        """Have everything that shows it show it as it is; many changes at once are one."""
        due_at = self._next_look()
        stamp = int(due_at.timestamp())
        for posting in work.halls.postings.of_conversation(conversation_id):
            work.jobs.put(_posting_job(REFRESH_JOB, f"{posting.id}:{stamp}", posting, due_at))
        if work.halls.rooms.open_for(conversation_id) is not None:
            work.jobs.put(
                _room_job(OPEN_JOB, f"{conversation_id}:{stamp}", conversation_id, due_at)
            )

    def refresh_later(self, work: FlowWork, posting: Posting) -> None:
        """It changed while its message was under way."""
        due_at = self._next_look()
        key = f"{posting.id}:{int(due_at.timestamp())}"
        work.jobs.put(_posting_job(REFRESH_JOB, key, posting, due_at))

    def opened(self, work: FlowWork, room: HallRoom, ends_at: datetime) -> None:
        """A room that nobody closes is closed all the same."""
        self.close_at(work, room, ends_at + _OVERRUN)
        self.refresh(work, room.conversation_id)

    def close_at(self, work: FlowWork, room: HallRoom, at: datetime) -> None:
        """Promise to look then whether the room is still needed."""
        key = f"{room.id}:{int(at.timestamp())}"
        payload = {"conversation": room.conversation_id, "room": room.id}
        work.jobs.put(Job(kind=CLOSE_JOB, key=key, due_at=at, payload=payload))

    def _post(self, work: FlowWork, conversation: LiveConversation, *boards: Board) -> None:
        """Once on each of them."""
        known = {each.board_id for each in work.halls.postings.of_conversation(conversation.id)}
        for board in boards:
            if board.id not in known:
                posting = Posting(conversation_id=conversation.id, board_id=board.id)
                work.halls.postings.add(posting)
                now = self._clock.now()
                work.jobs.put(_posting_job(ANNOUNCE_JOB, posting.id, posting, now))

    def _want_room(self, work: FlowWork, conversation: LiveConversation) -> None:
        if conversation.room in ROOMS_ON:
            due_at = max(conversation.starts_at - OPENS_BEFORE, self._clock.now())
            key = f"{conversation.id}:at:{int(conversation.starts_at.timestamp())}"
            work.jobs.put(_room_job(OPEN_JOB, key, conversation.id, due_at))

    def _close(self, work: FlowWork, conversation: LiveConversation) -> None:
        room = work.halls.rooms.open_for(conversation.id)
        if room is not None:
            self.close_at(work, room, self._clock.now() + _GOODBYE)

    def _keep_times(self, work: FlowWork, conversation: LiveConversation) -> None:
        """A room stays as long as its conversation, which may be made longer."""
        meeting = work.meetings.lock(conversation.id)
        if meeting is None or meeting.is_over or meeting.provider is not Provider.ROOM:
            return
        span = conversation.span
        work.meetings.save(replace(meeting, starts_at=span.start, ends_at=span.end))

    def _next_look(self) -> datetime:
        """The next one that this unit's commit does not come too late for."""
        seconds = (self._clock.now() + _BARELY).timestamp()
        due = (int(seconds) // _REFRESHED_EVERY_SECONDS + 1) * _REFRESHED_EVERY_SECONDS
        return datetime.fromtimestamp(due, tz=self._clock.now().tzinfo)


def _posting_job(kind: str, key: str, posting: Posting, due_at: datetime) -> Job:
    """About what stands on a board."""
    return Job(kind=kind, key=key, due_at=due_at, payload={"posting": posting.id})


def _room_job(kind: str, key: str, conversation_id: str, due_at: datetime) -> Job:
    return Job(kind=kind, key=key, due_at=due_at, payload={"conversation": conversation_id})
