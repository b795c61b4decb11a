"""What live conversations keep of people: taken along, handed over, and what stays of the past.

Whoever leaves calls off what they host, and gives back seats to come. What took place stays, since
others were there too, with an id that leads to nobody any more and without what only they wrote.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.flows.live.core import LiveCore
from bot.flows.own_records import PersonRecords
from bot.flows.ports import FlowWork
from bot.live.model import ConversationStatus, LiveConversation, Seat, SeatStatus
from bot.live.policy import refund_for_leaving
from bot.live.ports import ConversationNews
from bot.live.turnout import Turnout

_BEST_FIRST = (
    SeatStatus.ATTENDED,
    SeatStatus.CONFIRMED,
    SeatStatus.HELD,
    SeatStatus.OFFERED,
    SeatStatus.WAITLISTED,
    SeatStatus.NO_SHOW,
    SeatStatus.CANCELLED,
)


def live_records(core: LiveCore) -> PersonRecords:
    """Conversations and seats."""
    turnout = Turnout(core.seats.seating)

    def collect(work: FlowWork, user_id: str) -> Mapping[str, object]:
        return {
            "live_conversations": work.live.conversations.of_person(user_id),
            "live_seats": work.live.seats.of_person(user_id),
        }

    def move(work: FlowWork, from_id: str, to_id: str, at: datetime) -> None:
        _one_seat_each(work, turnout, from_id, to_id, at)
        for host, guest in ((from_id, to_id), (to_id, from_id)):
            for own in _hosted(work, host):
                seat = work.live.seats.find_of(own.id, guest)
                if seat is not None:
                    _drop(work, turnout, seat, at)
                if own.co_host_id == guest:
                    fresh = work.live.conversations.get(own.id)
                    work.live.conversations.save(replace(fresh, co_host_id=None))
        work.live.conversations.move_of_user(from_id, to_id)
        work.live.seats.move_of_user(from_id, to_id)

    def remove(work: FlowWork, user_id: str) -> None:
        now = core.clock.now()
        for seat in work.live.seats.of_person(user_id):
            _leave(work, turnout, seat, now)
        for led in work.live.conversations.of_person(user_id):
            _hand_back(work, core, led, user_id)
        work.live.seats.wipe_notes_of(user_id)

    return PersonRecords(
        tables=frozenset({"live_conversations", "live_seats", "live_listed"}),
        collect=collect,
        move=move,
        remove=remove,
    )


def _hosted(work: FlowWork, user_id: str) -> Sequence[LiveConversation]:
    own = work.live.conversations.of_person(user_id)
    return [each for each in own if each.host_id == user_id]


def _one_seat_each(
    work: FlowWork, turnout: Turnout[FlowWork], from_id: str, to_id: str, at: datetime
) -> None:
    """Where both have a seat, the better one stays."""
    for theirs in work.live.seats.of_person(from_id):
        mine = work.live.seats.find_of(theirs.conversation_id, to_id)
        if mine is not None:
            worse = max(theirs, mine, key=lambda seat: _BEST_FIRST.index(seat.status))
            _drop(work, turnout, worse, at)


def _drop(work: FlowWork, turnout: Turnout[FlowWork], seat: Seat, at: datetime) -> None:
    """A seat too many: what was paid for it goes back, and the next one in the line is asked."""
    conversation = work.live.conversations.lock(seat.conversation_id)
    if seat.is_active:
        turnout.forget(work, seat, conversation, at)
    work.live.seats.remove(seat.id)


def _leave(work: FlowWork, turnout: Turnout[FlowWork], seat: Seat, now: datetime) -> None:
    conversation = work.live.conversations.lock(seat.conversation_id)
    if seat.is_active and conversation.is_bookable(now):
        refund = refund_for_leaving(conversation, seat, now)
        turnout.forget(work, seat, conversation, now, refund)


def _hand_back(work: FlowWork, core: LiveCore, led: LiveConversation, user_id: str) -> None:
    if led.host_id != user_id:
        if led.co_host_id == user_id:
            fresh = work.live.conversations.lock(led.id)
            work.live.conversations.save(replace(fresh, co_host_id=None))
        return
    if led.status is ConversationStatus.SCHEDULED:
        core.planning.call_off(work, led.id, ConversationNews.CANCELLED, user_id)
    elif led.status is ConversationStatus.LIVE:
        core.course.complete(work, led.id)
    past = work.live.conversations.get(led.id)
    work.live.conversations.save(
        replace(
            past,
            description="",
            cultural_notes="",
            vocabulary=(),
            grammar_points=(),
            prompts=(),
        )
    )
