"""Jobs about boards: the server's calendar outside, then the message, in one unit."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.chat.model import parse_place
from bot.core.clock import Clock
from bot.core.storage import Storage
from bot.flows.live.board_posts import BoardPosts
from bot.flows.ports import FlowWork
from bot.jobs.alone import Alone
from bot.jobs.model import Job
from bot.jobs.ports import Unit
from bot.live.hall_model import Board, Posting, Trouble
from bot.live.hall_ports import LiveHalls, Notice, Phase, Refused
from bot.live.model import ConversationStatus, LiveConversation

_PHASES = {
    ConversationStatus.SCHEDULED: Phase.AHEAD,
    ConversationStatus.LIVE: Phase.RUNNING,
    ConversationStatus.COMPLETED: Phase.OVER,
    ConversationStatus.CANCELLED: Phase.OFF,
}


@dataclass(frozen=True, slots=True)
class Told:
    """What came of telling a calendar.

    Args:
        event_id, noted: of the posting, from here on.
    """

    event_id: str | None
    noted: str
    trouble: Trouble | None = None


class BoardJobs:
    """What the worker runs.

    Args:
        halls: by platform, of those whose servers have a calendar.
    """

    def __init__(
        self,
        storage: Storage[FlowWork],
        clock: Clock,
        posts: BoardPosts,
        halls: Mapping[str, LiveHalls],
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._posts = posts
        self._halls = halls
        self._alone = Alone(storage, "halls")

    async def tell(self, job: Job) -> Unit[FlowWork] | None:
        """Handles `live.announce` and `live.refresh`.

        An entry that a crash left behind is found by our id; one that somebody took away is not
        made again.
        """
        posting_id = job.payload["posting"]
        async with self._alone.at(f"posting:{posting_id}"):
            found = await self._storage.read(lambda work: _found(work, posting_id))
            if found is None:
                return None
            board, posting, notice = found
            told = await self._calendar(board, posting, notice)
        return lambda work: self._show(work, posting_id, told)

    async def _calendar(self, board: Board, posting: Posting, notice: Notice) -> Told:
        halls = self._halls.get(board.platform)
        digest = hashlib.sha256(repr(notice).encode()).hexdigest()
        same = Told(posting.event_id, posting.noted)
        if halls is None or digest == posting.noted or Trouble.EVENTS in board.troubles:
            return same
        server, place = board.server, parse_place(board.place)
        try:
            if posting.event_id is not None:
                stays = await halls.update(server, place, posting.event_id, notice)
                return Told(posting.event_id if stays else None, digest)
            is_ahead = notice.phase is Phase.AHEAD and notice.span.start > self._clock.now()
            if posting.noted or not is_ahead:
                return same
            return Told(await halls.announce(server, place, notice), digest)
        except Refused as refused:
            return replace(same, trouble=refused.trouble)

    def _show(self, work: FlowWork, posting_id: str, told: Told) -> None:
        posting = work.halls.postings.lock(posting_id)
        board = None if posting is None else work.halls.boards.find(posting.board_id)
        conversation = (
            None if posting is None else work.live.conversations.find(posting.conversation_id)
        )
        if posting is None or board is None or conversation is None:
            return
        if told.trouble is not None:
            self._posts.trouble(work, board, told.trouble)
        if not conversation.is_public:
            self._posts.take_down(work, board, posting)
            return
        noted = replace(posting, event_id=told.event_id, noted=told.noted)
        shown = self._posts.show(work, board, noted, conversation)
        if shown != posting:
            work.halls.postings.save(shown)


def notice_of(work: FlowWork, conversation: LiveConversation) -> Notice:
    """A conversation as servers are told of it."""
    room = work.halls.rooms.open_for(conversation.id)
    phase = _PHASES[conversation.status]
    return Notice(
        id=conversation.id,
        title=conversation.title,
        about=conversation.description,
        span=conversation.span,
        phase=phase if conversation.is_public else Phase.OFF,
        kind=conversation.room,
        people=conversation.seats + 2,
        room=None if room is None else parse_place(room.place),
    )


def _found(work: FlowWork, posting_id: str) -> tuple[Board, Posting, Notice] | None:
    posting = work.halls.postings.find(posting_id)
    board = None if posting is None else work.halls.boards.find(posting.board_id)
    conversation = (
        None if posting is None else work.live.conversations.find(posting.conversation_id)
    )
    if posting is None or board is None or conversation is None:
        return None
    return board, posting, notice_of(work, conversation)
