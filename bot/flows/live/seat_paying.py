"""Paying for a seat: its page, what its changes mean for the money, and the facts of its bill."""

from collections.abc import Callable
from typing import cast

from bot.billing.ports import BillingWork
from bot.billing.seat_facts import SeatFact
from bot.billing.seats import SeatBilling
from bot.flows.awaiting import Awaited
from bot.flows.commands import Action
from bot.flows.lesson_words import Reader
from bot.flows.live.actions import is_overheard
from bot.flows.live.words import live_button
from bot.flows.ports import FlowWork
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.live.model import LiveConversation, PaymentState, Seat, SeatStatus
from bot.live.ports import SeatChange, SeatNews
from bot.live.seats import SeatService
from bot.messaging.model import Button, Style

_GIVEN_UP = {SeatNews.LEFT, SeatNews.REMOVED, SeatNews.CALLED_OFF, SeatNews.LEFT_US}
_LAPSED = {SeatNews.HOLD_LAPSED, SeatNews.PAYMENT_FAILED, SeatNews.CLOSED}


class StoredSeats:
    """Seats as billing sees them. Implements `SeatBook`."""

    def __init__(self, service: SeatService[FlowWork]) -> None:
        self._service = service

    def find(self, work: BillingWork, seat_id: str, /) -> SeatFact | None:
        whole = cast(FlowWork, work)  # every unit of this storage works on one
        seat = whole.live.seats.find(seat_id)
        if seat is None:
            return None
        conversation = whole.live.conversations.get(seat.conversation_id)
        return SeatFact(
            seat_id=seat.id,
            conversation_id=conversation.id,
            student_id=seat.user_id,
            teacher_id=conversation.instructor_id or conversation.host_id,
            booked=conversation.span,
            language=conversation.language,
            price=seat.amount,
            held_until=seat.held_until if seat.status is SeatStatus.HELD else None,
        )

    def paid(self, work: BillingWork, seat_id: str, /) -> bool:
        return self._service.paid(cast(FlowWork, work), seat_id) is not None


class SeatMoney:
    """What becomes of the money when a seat changes. Implements `SeatEvents`."""

    def __init__(self, billing: SeatBilling) -> None:
        self._billing = billing

    def on_seat(self, work: FlowWork, change: SeatChange, /) -> None:
        """What goes back was reckoned where the seat was given up; nobody is charged for a hold."""
        billable, seat, news = cast(BillingWork, work), change.seat, change.news
        if change.refund is not None:
            self._billing.give_back(billable, seat.id, change.refund, news)
        elif news in _GIVEN_UP and seat.payment is PaymentState.FAILED:
            self._billing.give_back(billable, seat.id, None, news)
        elif news in _LAPSED:
            self._billing.lapsed(billable, seat.id)
        elif news is SeatNews.CHANGED:
            self._billing.moved(billable, seat.id, change.conversation.span)


class SeatPaying:
    """The page on which a held seat is paid. Implements `SeatPayments`.

    Args:
        here: lets an action through only where payments are taken by card.
    """

    def __init__(
        self, parts: Parts, billing: SeatBilling, here: Callable[[Action], Action]
    ) -> None:
        self._parts = parts
        self._billing = billing
        self._here = here

    def pay(self, scene: Scene, conversation: LiveConversation, seat: Seat, /) -> Later | None:
        """Show the page, to its person alone; the same one while it works."""
        if is_overheard(scene):
            scene.answer_button(scene.texts("seatmoney.in_private"), is_alert=True)
            return None
        return self._here(lambda inner, _: self._page(inner, conversation, seat))(scene, "")

    def _page(self, scene: Scene, conversation: LiveConversation, seat: Seat) -> Later:
        seat_id, until = seat.id, seat.held_until or scene.now

        async def ask() -> str:
            return await self._billing.page(seat_id)

        def answer(inner: Scene, url: str) -> None:
            reader = Reader(inner.user, inner.incoming.address.platform)
            inner.answer_button()
            inner.say(
                inner.text("seatmoney.page", Style.STRONG, title=conversation.title),
                inner.text(
                    "seatmoney.how", amount=reader.money(seat.amount), until=reader.at(until)
                ),
                buttons=[
                    [Button(inner.texts("seatmoney.button.page"), url=url)],
                    [live_button(inner.texts, "leave", conversation.id)],
                ],
            )

        return Awaited(self._parts, ask, answer)
