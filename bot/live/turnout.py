"""What happens to all seats of a conversation at once: moved, called off, begun, over."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Generic

from bot.core.money import Money
from bot.live.model import LiveConversation, PaymentState, Seat, SeatStatus, Stay
from bot.live.ports import SeatNews, W
from bot.live.seating import Seating


class Turnout(Generic[W]):
    """Changes the seats of a conversation that the caller has locked; each person is told once."""

    def __init__(self, seating: Seating[W]) -> None:
        self._seating = seating

    def move_up(self, work: W, conversation: LiveConversation, now: datetime) -> LiveConversation:
        """There may be more seats than before."""
        return self._seating.move_up(work, conversation, now)

    def tell_changed(self, work: W, conversation: LiveConversation) -> None:
        for seat in self._active(work, conversation):
            self._seating.tell(work, SeatNews.CHANGED, seat, conversation)

    def follow(self, work: W, conversation: LiveConversation) -> None:
        """After its times changed: nobody pays or decides longer than to its start."""
        for seat in self._active(work, conversation):
            kept = seat
            if seat.until is not None and seat.until > conversation.starts_at:
                kept = work.live.seats.save(_until(seat, conversation.starts_at))
                self._seating.promise(work, kept)
            self._seating.tell(work, SeatNews.CHANGED, kept, conversation)

    def call_off(self, work: W, conversation: LiveConversation, now: datetime) -> LiveConversation:
        """Everybody's seat ends, and everything they paid goes back."""
        for seat in self._active(work, conversation):
            conversation = self._end(work, seat, conversation, SeatNews.CALLED_OFF, now)
        return conversation

    def close(self, work: W, conversation: LiveConversation, now: datetime) -> LiveConversation:
        """It begins: whoever still waits, decides or pays has no seat."""
        for seat in self._active(work, conversation):
            if seat.status is not SeatStatus.CONFIRMED:
                conversation = self._end(work, seat, conversation, SeatNews.CLOSED, now)
        return conversation

    def settle(
        self, work: W, conversation: LiveConversation, stays: Mapping[str, Stay]
    ) -> LiveConversation:
        """It is over: who was there attended, everybody else with a seat did not come.

        Args:
            stays: by person.
        """
        for seat in self._active(work, conversation):
            if seat.status is not SeatStatus.CONFIRMED:
                continue
            stay = stays.get(seat.user_id)
            saved = work.live.seats.save(_attended(seat, stay) if stay else _missed(seat))
            news = SeatNews.MISSED if stay is None else SeatNews.ATTENDED
            self._seating.tell(work, news, saved, conversation)
        return conversation

    def forget(
        self,
        work: W,
        seat: Seat,
        conversation: LiveConversation,
        now: datetime,
        refund: Money | None = None,
    ) -> None:
        """Somebody has it no more, and nobody is there to tell: it is the next one's.

        Args:
            refund: of what was paid; None: all of it.
        """
        left, rest = self._seating.give_up(
            work, seat, conversation, now, refund=refund, is_forgiven=refund is None
        )
        self._seating.tell(work, SeatNews.LEFT_US, left, rest, _owed(seat, left))
        self._seating.move_up(work, rest, now)

    def _end(
        self,
        work: W,
        seat: Seat,
        conversation: LiveConversation,
        news: SeatNews,
        now: datetime,
    ) -> LiveConversation:
        left, rest = self._seating.give_up(work, seat, conversation, now, is_forgiven=True)
        self._seating.tell(work, news, left, rest, _owed(seat, left))
        return rest

    def _active(self, work: W, conversation: LiveConversation) -> list[Seat]:
        seats = work.live.seats.of_conversation(conversation.id)
        return [seat for seat in seats if seat.is_active]


def _owed(before: Seat, after: Seat) -> Money | None:
    was_paid = before.payment is PaymentState.PAID
    return Money(after.refunded_minor, after.currency) if was_paid else None


def _attended(seat: Seat, stay: Stay) -> Seat:
    return replace(
        seat.moved_to(SeatStatus.ATTENDED),
        joined_at=stay.joined_at,
        left_at=stay.left_at,
        present_seconds=stay.seconds,
    )


def _missed(seat: Seat) -> Seat:
    return seat.moved_to(SeatStatus.NO_SHOW)


def _until(seat: Seat, until: datetime) -> Seat:
    if seat.status is SeatStatus.HELD:
        return replace(seat, held_until=until)
    return replace(seat, offered_until=until)
