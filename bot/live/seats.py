"""Seats: taken, held while they are paid, waited for, offered, given back."""

from dataclasses import replace
from datetime import datetime
from typing import Generic

from bot.core.clock import Clock
from bot.core.errors import DomainError, NotFound
from bot.core.money import Money
from bot.live.model import (
    ConversationStatus,
    LiveConversation,
    PaymentState,
    Seat,
    SeatStatus,
)
from bot.live.policy import LivePolicy, refund_for_leaving
from bot.live.ports import Entitlements, SeatEvents, SeatNews, W
from bot.live.seating import Seating


class CannotJoin(DomainError):
    """This person cannot have a seat there; the key says why."""


class OfferOver(DomainError):
    """Who moved up did not say yes in time, or was not asked."""

    key = "group.error.offer_over"


class SeatService(Generic[W]):
    """Every method changes seats in the caller's unit and tells the listeners, once a change."""

    def __init__(
        self, clock: Clock, policy: LivePolicy, plans: Entitlements[W] | None = None
    ) -> None:
        self._clock = clock
        self.policy = policy
        self.seating: Seating[W] = Seating(policy, plans)

    def add_listener(self, listener: SeatEvents[W]) -> None:
        self.seating.add_listener(listener)

    def book(self, work: W, conversation_id: str, user_id: str, *, code: str | None = None) -> Seat:
        """A seat, a hold until it is paid, or a place in the line; the same again when asked again.

        Who was offered a seat says yes with it.

        Args:
            code: of the invitation, where the conversation is not public.

        Raises:
            NotFound: there is no such conversation.
            CannotJoin: naming what stands in the way.
        """
        now = self._clock.now()
        conversation = work.live.conversations.lock(conversation_id)
        former = work.live.seats.find_of(conversation_id, user_id)
        if former is not None and former.status is SeatStatus.OFFERED:
            return self._confirmed_offer(work, former, conversation, now)
        if former is not None and former.status is not SeatStatus.CANCELLED:
            return former
        self._check(work, conversation, user_id, code, now)
        if former is not None:
            work.live.seats.remove(former.id)  # its payment keeps its id
        claimed = self.seating.claim(work, conversation)
        seat = Seat(
            conversation_id=conversation_id,
            user_id=user_id,
            status=SeatStatus.WAITLISTED if claimed is None else SeatStatus.OFFERED,
            currency=conversation.currency,
            booked_at=now,
            waiting_since=now if claimed is None else None,
        )
        if claimed is None:
            waiting = work.live.seats.add(self.seating.priced(work, seat, conversation, now))
            self.seating.tell(work, SeatNews.WAITLISTED, waiting, conversation)
            return waiting
        taken = work.live.seats.add(self.seating.seated(work, seat, claimed, now))
        return self._told_of_seat(work, taken, claimed)

    def confirm_offer(self, work: W, conversation_id: str, user_id: str) -> Seat:
        """Who moved up says yes: the seat is theirs, or held until it is paid.

        Raises:
            OfferOver: time was up, or nothing was offered.
        """
        conversation = work.live.conversations.lock(conversation_id)
        seat = work.live.seats.find_of(conversation_id, user_id)
        if seat is not None and seat.status in {SeatStatus.CONFIRMED, SeatStatus.HELD}:
            return seat
        if seat is None or seat.status is not SeatStatus.OFFERED:
            raise OfferOver
        return self._confirmed_offer(work, seat, conversation, self._clock.now())

    def leave(self, work: W, conversation_id: str, user_id: str) -> Seat:
        """Give a seat, a hold, an offer or a place in the line back; before the start only.

        What was paid goes back by the policy that was announced (`refund_for_leaving`).

        Raises:
            NotFound: they never had one.
            CannotJoin: it has begun, or is off.
        """
        now = self._clock.now()
        conversation = work.live.conversations.lock(conversation_id)
        seat = self._seat_of(work, conversation_id, user_id)
        if seat.status is SeatStatus.CANCELLED:
            return seat
        if not conversation.is_bookable(now):
            raise CannotJoin("group.error.too_late_to_leave")
        refund = refund_for_leaving(conversation, seat, now)
        return self._freed(work, seat, conversation, SeatNews.LEFT, now, refund=refund)

    def remove(self, work: W, conversation_id: str, user_id: str, by: str) -> Seat:
        """Who leads it takes somebody's seat away before the start; all money goes back.

        Raises:
            NotFound: they have none.
            CannotJoin: `by` does not lead it, or it has begun.
        """
        now = self._clock.now()
        conversation = work.live.conversations.lock(conversation_id)
        if not conversation.is_led_by(by):
            raise CannotJoin("group.error.not_yours")
        if not conversation.is_bookable(now):
            raise CannotJoin("group.error.begun")
        seat = self._seat_of(work, conversation_id, user_id)
        if seat.status is SeatStatus.CANCELLED:
            return seat
        return self._freed(work, seat, conversation, SeatNews.REMOVED, now, is_forgiven=True)

    def paid(self, work: W, seat_id: str) -> Seat | None:
        """Its payment arrived.

        Where that was too late, the seat is taken once more if there is one; if not, everything
        goes back (`SeatNews.TOO_LATE`). None: nobody has a seat of this id (any more), so that
        whoever collected the money gives it back.
        """
        found = work.live.seats.find(seat_id)
        if found is None:
            return None
        now = self._clock.now()
        conversation = work.live.conversations.lock(found.conversation_id)
        seat = work.live.seats.find(seat_id)
        if seat is None or seat.payment not in {PaymentState.PENDING, PaymentState.FAILED}:
            return seat
        if seat.status is SeatStatus.HELD:
            return self._paid_for(work, seat, conversation)
        claimed = self.seating.claim(work, conversation) if conversation.is_bookable(now) else None
        if claimed is not None:
            return self._paid_for(work, replace(seat, cancelled_at=None), claimed)
        amount = seat.amount
        refunded = replace(seat, payment=PaymentState.REFUNDED, refunded_minor=amount.minor)
        saved = work.live.seats.save(refunded)
        self.seating.tell(work, SeatNews.TOO_LATE, saved, conversation, amount)
        return saved

    def payment_failed(self, work: W, seat_id: str) -> Seat | None:
        """Nothing will be collected for it: the hold ends. None: nobody has a seat of this id."""
        return self._lapsed(work, seat_id, SeatNews.PAYMENT_FAILED, is_due=False)

    def expire(self, work: W, seat_id: str) -> Seat | None:
        """Its hold or its offer ends, if its time is up."""
        return self._lapsed(work, seat_id, SeatNews.HOLD_LAPSED, is_due=True)

    def _confirmed_offer(
        self, work: W, seat: Seat, conversation: LiveConversation, now: datetime
    ) -> Seat:
        until = seat.offered_until
        if until is None or now >= until or not conversation.is_bookable(now):
            raise OfferOver
        taken = work.live.seats.save(self.seating.seated(work, seat, conversation, now))
        return self._told_of_seat(work, taken, conversation)

    def _told_of_seat(self, work: W, seat: Seat, conversation: LiveConversation) -> Seat:
        is_held = seat.status is SeatStatus.HELD
        self.seating.promise(work, seat)
        news = SeatNews.HELD if is_held else SeatNews.CONFIRMED
        self.seating.tell(work, news, seat, conversation)
        return seat

    def _paid_for(self, work: W, seat: Seat, conversation: LiveConversation) -> Seat:
        moved = seat.moved_to(SeatStatus.CONFIRMED)
        saved = work.live.seats.save(replace(moved, payment=PaymentState.PAID, held_until=None))
        self.seating.tell(work, SeatNews.CONFIRMED, saved, conversation)
        return saved

    def _lapsed(self, work: W, seat_id: str, news: SeatNews, *, is_due: bool) -> Seat | None:
        found = work.live.seats.find(seat_id)
        if found is None:
            return None
        now = self._clock.now()
        conversation = work.live.conversations.lock(found.conversation_id)
        seat = work.live.seats.find(seat_id)
        if seat is None or seat.until is None or (is_due and now < seat.until):
            return seat
        if seat.status is SeatStatus.OFFERED:
            if not is_due:
                return seat
            news = SeatNews.OFFER_LAPSED
        return self._freed(work, seat, conversation, news, now)

    def _freed(
        self,
        work: W,
        seat: Seat,
        conversation: LiveConversation,
        news: SeatNews,
        now: datetime,
        *,
        refund: Money | None = None,
        is_forgiven: bool = False,
    ) -> Seat:
        """Given up and told; whoever waits first is asked next."""
        was_paid = seat.payment is PaymentState.PAID
        left, rest = self.seating.give_up(
            work, seat, conversation, now, refund=refund, is_forgiven=is_forgiven
        )
        owed = Money(left.refunded_minor, left.currency) if was_paid else None
        self.seating.tell(work, news, left, rest, owed)
        self.seating.move_up(work, rest, now)
        return left

    def _check(
        self,
        work: W,
        conversation: LiveConversation,
        user_id: str,
        code: str | None,
        now: datetime,
    ) -> None:
        """Whether this person may have a seat there. Raises CannotJoin."""
        user = work.users.get(user_id)
        refusals = (
            (conversation.status is ConversationStatus.CANCELLED, "group.error.off"),
            (not conversation.is_bookable(now), "group.error.begun"),
            (conversation.host_id == user_id, "group.error.own"),
            (not user.is_registered, "group.error.register"),
            (not conversation.is_free and user.is_minor, "group.error.minor"),
            (not conversation.is_public and code != conversation.invite_code, "group.error.code"),
        )
        for stands_in_the_way, key in refusals:
            if stands_in_the_way:
                raise CannotJoin(key)

    def _seat_of(self, work: W, conversation_id: str, user_id: str) -> Seat:
        seat = work.live.seats.find_of(conversation_id, user_id)
        if seat is None:
            raise NotFound("group.error.no_seat")
        return seat
