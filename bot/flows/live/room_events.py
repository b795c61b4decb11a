"""What rooms hear of conversations and seats, in the unit in which it happens."""

from bot.core.clock import Clock
from bot.flows.live.room_course import RoomCourse
from bot.flows.live.room_door import RoomDoor
from bot.flows.live.room_unit import find_room, has_notes
from bot.flows.live.room_zoom import RoomLinks
from bot.flows.ports import FlowWork
from bot.live.ports import ConversationChange, ConversationNews, SeatChange, SeatNews
from bot.meetings.model import MeetingState

_N = ConversationNews
_PLANNED = frozenset({_N.PLANNED, _N.CHANGED, _N.MOVED})
_OFF = frozenset({_N.CANCELLED, _N.NOT_HELD})


class RoomEvents:
    """Implements `ConversationEvents` and `SeatEvents` for rooms of notes.

    Thanks are said wherever people met: everybody who came is asked how it was.
    """

    def __init__(self, clock: Clock, course: RoomCourse, door: RoomDoor, links: RoomLinks) -> None:
        self._clock = clock
        self._course = course
        self._door = door
        self._links = links

    def on_conversation(self, work: FlowWork, change: ConversationChange, /) -> None:
        """Promise, open, begin, make longer, finish or close the room."""
        conversation = change.conversation
        if change.news is _N.COMPLETED:
            self._course.finished(work, conversation, change.actor_id)
        elif not has_notes(conversation):
            return
        elif change.news in _PLANNED:
            self._course.promise(work, conversation)
        elif change.news is _N.STARTED:
            self._course.started(work, conversation)
        elif change.news is _N.EXTENDED:
            self._course.extended(work, conversation)
        elif change.news in _OFF:
            self._course.close(work, conversation.id)

    def on_seat(self, work: FlowWork, change: SeatChange, /) -> None:
        """Who gets a seat after the door was opened is asked in at once."""
        if change.news is not SeatNews.CONFIRMED:
            return
        if not has_notes(change.conversation):
            self._show_way(work, change)
            return
        now = self._clock.now()
        unit = find_room(work, change.conversation.id, now)
        if unit is not None and not unit.room.is_over:
            self._door.invite(work, change.conversation, change.seat.user_id, now)

    def _show_way(self, work: FlowWork, change: SeatChange) -> None:
        meeting = work.meetings.of_subject(change.conversation.id)
        if meeting is not None and meeting.state is MeetingState.READY:
            self._links.invite(work, change.conversation, meeting, change.seat.user_id)
