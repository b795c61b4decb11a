"""The way into a conversation on its card, for whoever has a place in it."""

from bot.flows.lesson_words import Reader
from bot.flows.live.meetings import is_welcome
from bot.flows.live.room_post import room_button
from bot.flows.live.room_unit import has_notes
from bot.flows.ports import FlowWork
from bot.flows.scene import Rows
from bot.live.model import LiveConversation, RoomKind
from bot.meetings.model import MeetingState


def way_in(work: FlowWork, conversation: LiveConversation, reader: Reader) -> Rows:
    """A button while the door is open, or the meeting has a link; nothing before and after."""
    if not is_welcome(work, conversation, reader.user.id):
        return ()
    if has_notes(conversation):
        room = work.live.rooms.rooms.find(conversation.id)
        is_open = room is not None and not room.is_over
        return [[room_button(reader.texts, "in", conversation.id)]] if is_open else ()
    if conversation.room is not RoomKind.ZOOM:
        return ()
    meeting = work.meetings.of_subject(conversation.id)
    is_ready = meeting is not None and meeting.state is MeetingState.READY
    return [[room_button(reader.texts, "join", conversation.id)]] if is_ready else ()
