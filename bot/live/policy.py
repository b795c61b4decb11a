"""Limits of live conversations, and what leaving one costs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.money import Money
from bot.live.model import DEFAULT_SEATS, LiveConversation, PaymentState, Seat

_ALL_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePolicy:
    """Values from the settings; all have the defaults of the product.

    Args:
        seats: how many there are unless the host says otherwise.
        most_seats: more a host cannot give.
        free_hours: a paid seat given back up to so many hours before the start costs nothing.
        late_percent: of the price, kept when it is given back later.
        offer: how long who moved up in the line has to say yes.
        hold: how long a seat waits for its payment.
        shortest, longest: how long a conversation lasts.
        notice: from its planning to its start at least.
        horizon: from its planning to its start at most.
        early: so long before the start a host may begin.
        grace: what no host began so long after its start did not take place; what goes on so long
            after its end is over.
        most_planned: conversations to come of one host.
        most_weeks: of one series.
    """

    seats: int = DEFAULT_SEATS
    most_seats: int = 200
    free_hours: int = 12
    late_percent: int = 50
    offer: timedelta = timedelta(minutes=30)
    hold: timedelta = timedelta(minutes=30)
    shortest: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=3)
    notice: timedelta = timedelta(minutes=5)
    horizon: timedelta = timedelta(days=90)
    early: timedelta = timedelta(minutes=15)
    grace: timedelta = timedelta(minutes=30)
    most_planned: int = 30
    most_weeks: int = 12


def free_until(conversation: LiveConversation) -> datetime:
    """From here on leaving a paid seat costs something."""
    return conversation.starts_at - timedelta(hours=conversation.free_hours)


def is_free_to_leave(conversation: LiveConversation, seat: Seat, now: datetime) -> bool:
    """Early enough, or the times are no longer those of the booking."""
    moved_at = conversation.moved_at
    was_moved = moved_at is not None and seat.booked_at < moved_at
    return was_moved or now <= free_until(conversation)


def refund_for_leaving(conversation: LiveConversation, seat: Seat, now: datetime) -> Money:
    """What goes back to who gives a seat back at `now`; nothing where nothing was paid."""
    if seat.payment is not PaymentState.PAID:
        return Money(0, seat.currency)
    if is_free_to_leave(conversation, seat, now):
        return seat.amount
    return seat.amount - seat.amount.share(conversation.late_percent, _ALL_PERCENT)
