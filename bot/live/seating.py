"""The moves every change of a seat is made of: claim, hold, hand on, give back, tell."""

from dataclasses import replace
from datetime import datetime
from typing import Generic

from bot.core.money import Money
from bot.jobs.model import Job
from bot.live.model import LiveConversation, PaymentState, Seat, SeatStatus
from bot.live.policy import LivePolicy, is_free_to_leave
from bot.live.ports import Entitlements, SeatChange, SeatEvents, SeatNews, W

EXPIRE_JOB = "live.expire"


class Seating(Generic[W]):
    """Changes of seats in a conversation that the caller has locked."""

    def __init__(self, policy: LivePolicy, plans: Entitlements[W] | None = None) -> None:
        self.policy = policy
        self._plans = plans
        self._listeners: list[SeatEvents[W]] = []

    def add_listener(self, listener: SeatEvents[W]) -> None:
        self._listeners.append(listener)

    def tell(
        self,
        work: W,
        news: SeatNews,
        seat: Seat,
        conversation: LiveConversation,
        refund: Money | None = None,
    ) -> None:
        """Everybody who listens hears of it, in this unit."""
        is_owed = refund is not None and refund.minor > 0
        change = SeatChange(
            news=news, seat=seat, conversation=conversation, refund=refund if is_owed else None
        )
        for listener in self._listeners:
            listener.on_seat(work, change)

    def claim(self, work: W, conversation: LiveConversation) -> LiveConversation | None:
        """One seat more is taken; None: there was none left."""
        if not work.live.conversations.claim_seat(conversation.id):
            return None
        return replace(conversation, taken=conversation.taken + 1)

    def seated(self, work: W, seat: Seat, conversation: LiveConversation, now: datetime) -> Seat:
        """An offered seat is theirs where nothing is owed, else held until it is paid."""
        is_covered = (
            not conversation.is_free
            and self._plans is not None
            and self._plans.use_seat(work, seat.user_id, conversation, seat.id, now)
        )
        theirs = replace(
            seat,
            amount_minor=0 if is_covered else conversation.price_minor,
            is_included=is_covered,
            waiting_since=None,
            offered_until=None,
        )
        if theirs.amount_minor == 0:
            return theirs.moved_to(SeatStatus.CONFIRMED)
        return replace(
            theirs.moved_to(SeatStatus.HELD),
            payment=PaymentState.PENDING,
            held_until=min(now + self.policy.hold, conversation.starts_at),
        )

    def priced(self, work: W, seat: Seat, conversation: LiveConversation, now: datetime) -> Seat:
        """With what it would cost this person: nothing where it is free or in their plan."""
        is_included = (
            not conversation.is_free
            and self._plans is not None
            and self._plans.covers_seat(work, seat.user_id, conversation, now)
        )
        amount = 0 if is_included else conversation.price_minor
        return replace(seat, amount_minor=amount, is_included=is_included)

    def give_up(
        self,
        work: W,
        seat: Seat,
        conversation: LiveConversation,
        now: datetime,
        *,
        refund: Money | None = None,
        is_forgiven: bool = False,
    ) -> tuple[Seat, LiveConversation]:
        """The seat becomes nobody's; who waits is not asked yet (`move_up`).

        Args:
            refund: of what was paid; None: all of it.
            is_forgiven: a seat that a plan covered is given back to the plan however late it is.
        """
        cancelled = replace(
            self._settled(seat.moved_to(SeatStatus.CANCELLED), refund),
            cancelled_at=now,
            held_until=None,
            offered_until=None,
        )
        is_in_time = is_forgiven or is_free_to_leave(conversation, seat, now)
        was_used = seat.is_included and seat.status is SeatStatus.CONFIRMED
        if was_used and is_in_time and self._plans is not None:
            self._plans.give_back(work, seat.id)
        saved = work.live.seats.save(cancelled)
        if not seat.is_claiming:
            return saved, conversation
        work.live.conversations.give_back_seat(conversation.id)
        return saved, replace(conversation, taken=conversation.taken - 1)

    def move_up(self, work: W, conversation: LiveConversation, now: datetime) -> LiveConversation:
        """Free seats are offered to those who wait, longest waiting first."""
        while conversation.is_bookable(now):
            waiting = work.live.seats.first_waiting(conversation.id)
            claimed = self.claim(work, conversation) if waiting is not None else None
            if waiting is None or claimed is None:
                break
            conversation = claimed
            until = min(now + self.policy.offer, conversation.starts_at)
            priced = self.priced(work, waiting, conversation, now)
            offered = replace(priced.moved_to(SeatStatus.OFFERED), offered_until=until)
            saved = work.live.seats.save(offered)
            self.promise(work, saved)
            self.tell(work, SeatNews.OFFERED, saved, conversation)
        return conversation

    def promise(self, work: W, seat: Seat) -> None:
        """A hold or an offer ends when its time is up."""
        if seat.until is not None:
            key = f"{seat.id}:{seat.version}"
            payload = {"seat_id": seat.id}
            work.jobs.put(Job(kind=EXPIRE_JOB, key=key, due_at=seat.until, payload=payload))

    def _settled(self, seat: Seat, refund: Money | None) -> Seat:
        """What becomes of its payment."""
        if seat.payment is PaymentState.PENDING:
            return replace(seat, payment=PaymentState.FAILED)
        if seat.payment is not PaymentState.PAID:
            return seat
        minor = seat.amount_minor if refund is None else refund.minor
        is_back = minor > 0
        payment = PaymentState.REFUNDED if is_back else PaymentState.PAID
        return replace(seat, payment=payment, refunded_minor=minor)
