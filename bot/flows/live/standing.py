"""How somebody stands to a conversation, in words: booked, to pay, waiting, or a seat for them."""

from bot.flows.lesson_words import Reader
from bot.flows.ports import FlowWork
from bot.live.finding import AskerState, Row, Standing, asker_state
from bot.live.model import ConversationStatus, LiveConversation


def state_of(work: FlowWork, conversation: LiveConversation, user_id: str) -> AskerState:
    """As it is stored."""
    seat = work.live.seats.find_of(conversation.id, user_id)
    place = 0 if seat is None else work.live.seats.place_in_line(seat)
    return asker_state(Row(conversation, seat, place), user_id)


def state_line(conversation: LiveConversation, state: AskerState, reader: Reader) -> str:
    """For a card: the state, with what can be done about it."""
    texts = reader.texts
    if conversation.status is not ConversationStatus.SCHEDULED:
        return texts(f"group.status.{conversation.status}")
    until = state.seat.until if state.seat is not None else None
    at = "" if until is None else reader.at(until)
    return texts(f"group.standing.{state.standing}", place=state.place, at=at)


def state_mark(conversation: LiveConversation, state: AskerState, reader: Reader) -> str:
    """For a list: a word or two; nothing where there is just a seat."""
    if conversation.status is not ConversationStatus.SCHEDULED:
        return reader.texts(f"group.mark.{conversation.status}")
    if state.standing is Standing.NONE:
        return ""
    return reader.texts(f"group.mark.{state.standing}", place=state.place)
