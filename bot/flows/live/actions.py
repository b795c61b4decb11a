"""Buttons of a card: look, take a seat, wait, confirm, pay, give back, answer a reminder."""

from collections.abc import Callable, Mapping
from typing import Protocol

from bot.core.entity import long_id
from bot.core.errors import NotFound
from bot.flows.book_slots import reader_of
from bot.flows.live.card import list_button, render
from bot.flows.live.reminding import plan_of
from bot.flows.live.standing import state_of
from bot.flows.live.telling import say, send_card
from bot.flows.live.words import CODE_PAYLOAD, OPEN_PAYLOAD, live_button, person_name, title_of
from bot.flows.ports import FlowWork
from bot.flows.runner import StaleButton
from bot.flows.scene import Later, Scene
from bot.live.finding import Standing
from bot.live.model import LiveConversation, Seat, SeatStatus
from bot.live.policy import refund_for_leaving
from bot.live.seats import CannotJoin, OfferOver, SeatService
from bot.messaging.model import Button

_REGISTER = "c:register"
_LONGEST_CODE = 32


class SeatPayments(Protocol):
    """Where a held seat is paid."""

    def pay(self, scene: Scene, conversation: LiveConversation, seat: Seat, /) -> Later | None:
        """Show the page on which this seat is paid."""
        ...


class NoSeatPayments:
    """Without payments nothing can be paid. Implements `SeatPayments`."""

    def pay(self, scene: Scene, _: LiveConversation, __: Seat, /) -> Later | None:
        scene.say(scene.text("group.no_payments"), buttons=[[list_button(reader_of(scene))]])
        return None


class SeatActions:
    """What people press about conversations; the service decides, the card shows."""

    def __init__(self, seats: SeatService[FlowWork], payments: SeatPayments) -> None:
        self._seats = seats
        self._payments = payments
        self._actions: Mapping[str, Callable[[Scene, LiveConversation], Later | None]] = {
            "open": self._open,
            "leave": self._ask_to_leave,
            "cannot": self._ask_to_leave,
            "sure": self._leave,
            "unwait": self._leave,
            "letgo": self._leave,
            "take": self._take,
            "pay": self._pay,
            "come": self._come,
            "late": self._late,
        }

    def press(self, scene: Scene, action: str, rest: str) -> Later | None:
        """`rest` is "<short id>" or, to join by code, "<short id>:<code>". Raises StaleButton."""
        short, _, code = rest.partition(":")
        conversation = conversation_of(scene, short)
        try:
            if action in {"join", "wait"} and len(code) <= _LONGEST_CODE:
                return self._join(scene, conversation, code or None)
            act = self._actions.get(action)
            if act is None or code:
                raise StaleButton
            return act(scene, conversation)
        except (CannotJoin, OfferOver) as refusal:
            if not is_overheard(scene):
                raise
            scene.answer_button(scene.texts(refusal.key), is_alert=True)  # for these eyes alone
            return None

    def accept(self, scene: Scene, payload: str) -> bool:
        """Open what a link leads to; False: the payload is none of ours."""
        if payload.startswith(CODE_PAYLOAD):
            self.open_code(scene, payload.removeprefix(CODE_PAYLOAD))
            return True
        if not payload.startswith(OPEN_PAYLOAD):
            return False
        try:
            conversation = scene.work.live.conversations.find(
                long_id(payload.removeprefix(OPEN_PAYLOAD))
            )
        except ValueError:
            conversation = None
        if conversation is None or not _may_see(scene, conversation):
            self._gone(scene, "group.gone")
        else:
            self.show(scene, conversation)
        return True

    def open_code(self, scene: Scene, code: str) -> None:
        """The conversation an invitation code stands for."""
        conversation = scene.work.live.conversations.find_by_code(code)
        if conversation is None:
            self._gone(scene, "group.no_code")
        else:
            self.show(scene, conversation)

    def show(self, scene: Scene, conversation: LiveConversation) -> None:
        """The person's card, in place of what was pressed; from a group, in the private chat."""
        if is_overheard(scene):
            self._write_card(scene, conversation)
            return
        card = render(scene.work, conversation, reader_of(scene))
        scene.show(*card.body, buttons=card.rows)

    def _open(self, scene: Scene, conversation: LiveConversation) -> Later | None:
        if not _may_see(scene, conversation):
            raise StaleButton
        if is_overheard(scene):
            self._write_card(scene, conversation)
            return None
        scene.answer_button()
        card = render(scene.work, conversation, reader_of(scene))
        scene.say(*card.body, buttons=card.rows)
        return None

    def _join(self, scene: Scene, conversation: LiveConversation, code: str | None) -> Later | None:
        """One tap; a second one finds the seat there is."""
        if conversation.is_led_by(scene.user.id):
            scene.answer_button(scene.texts("group.own"))
            return None
        if not scene.user.is_registered:
            return self._register_first(scene)
        before = state_of(scene.work, conversation, scene.user.id).standing
        seat = self._seats.book(scene.work, conversation.id, scene.user.id, code=code)
        if before not in {Standing.NONE, Standing.FULL, Standing.OFFERED}:
            scene.answer_button(scene.texts("group.already_in"))
        else:
            self._notice(scene, seat)
        self._show_again(scene, conversation, is_told=seat.status is SeatStatus.CONFIRMED)
        return None

    def _take(self, scene: Scene, conversation: LiveConversation) -> Later | None:
        seat = self._seats.confirm_offer(scene.work, conversation.id, scene.user.id)
        self._notice(scene, seat)
        self._show_again(scene, conversation, is_told=seat.status is SeatStatus.CONFIRMED)
        return None

    def _notice(self, scene: Scene, seat: Seat) -> None:
        """In a group nothing is shown but a notice; in private the card says it."""
        if not is_overheard(scene):
            scene.answer_button()
            return
        place = scene.work.live.seats.place_in_line(seat)
        scene.answer_button(scene.texts(f"group.seated.{seat.status}", place=place))

    def _pay(self, scene: Scene, conversation: LiveConversation) -> Later | None:
        seat = self._seat(scene, conversation)
        if seat.status is not SeatStatus.HELD:
            raise StaleButton
        return self._payments.pay(scene, conversation, seat)

    def _ask_to_leave(self, scene: Scene, conversation: LiveConversation) -> Later | None:
        """What comes back stands before the yes."""
        seat = self._seat(scene, conversation)
        if not conversation.is_bookable(scene.now):
            scene.answer_button(scene.texts("group.error.too_late_to_leave"))
            return None
        scene.answer_button()
        reader = reader_of(scene)
        at = reader.at(conversation.starts_at)
        body = [scene.text("group.leave_sure", title=title_of(conversation), at=at)]
        if seat.amount_minor:
            back = reader.money(refund_for_leaving(conversation, seat, scene.now))
            price = reader.money(seat.amount)
            body.append(scene.text("group.leave_refund", price=price, back=back))
        yes = live_button(scene.texts, "sure", conversation.id)
        no = live_button(scene.texts, "open", conversation.id, key="keep")
        scene.say(*body, buttons=[[yes, no]])
        return None

    def _leave(self, scene: Scene, conversation: LiveConversation) -> Later | None:
        self._seat(scene, conversation)
        self._seats.leave(scene.work, conversation.id, scene.user.id)
        scene.answer_button(scene.texts("group.left") if is_overheard(scene) else "")
        self._show_again(scene, conversation, is_told=True)
        return None

    def _come(self, scene: Scene, conversation: LiveConversation) -> Later | None:
        self._seat(scene, conversation)
        scene.answer_button()
        scene.show(scene.text("group.told.coming"), buttons=_details(scene, conversation))
        return None

    def _late(self, scene: Scene, conversation: LiveConversation) -> Later | None:
        """The host is told once, however often it is pressed."""
        seat = self._seat(scene, conversation)
        scene.answer_button()
        scene.show(scene.text("group.told.late"), buttons=_details(scene, conversation))
        host = scene.work.users.find(conversation.host_id)
        if host is not None:
            name = person_name(scene.work, scene.user.id, reader_of(scene).texts)
            message = f"{seat.id}:{plan_of(conversation)}:late"
            params = {"name": name}
            say(
                scene.work,
                conversation,
                host.id,
                message,
                "group.news.late",
                scene.now,
                params=params,
            )
        return None

    def _seat(self, scene: Scene, conversation: LiveConversation) -> Seat:
        """The presser's own that is still to come. Raises StaleButton."""
        seat = scene.work.live.seats.find_of(conversation.id, scene.user.id)
        if seat is None or not seat.is_active:
            raise StaleButton
        return seat

    def _show_again(self, scene: Scene, conversation: LiveConversation, *, is_told: bool) -> None:
        """The card with what has changed.

        Args:
            is_told: a message of its own says so already, so that a group's press needs no other.
        """
        fresh = scene.work.live.conversations.get(conversation.id)
        if not is_overheard(scene) or not is_told:
            self.show(scene, fresh)

    def _write_card(self, scene: Scene, conversation: LiveConversation) -> None:
        name = f"{conversation.id}:card:{scene.incoming.key}"
        is_sent = send_card(scene.work, conversation, scene.user, name, scene.now)
        key = "group.in_chat" if is_sent else "group.need_chat"
        scene.answer_button(scene.texts(key), is_alert=not is_sent)

    def _register_first(self, scene: Scene) -> Later | None:
        if is_overheard(scene):
            scene.answer_button(scene.texts("group.need_chat"), is_alert=True)
            return None
        scene.answer_button()
        scene.say(
            scene.text("group.register_first"),
            buttons=[[scene.button("start.register", _REGISTER)]],
        )
        return None

    def _gone(self, scene: Scene, key: str) -> None:
        scene.say(scene.text(key), buttons=[[list_button(reader_of(scene))]])


def conversation_of(scene: Scene, short: str) -> LiveConversation:
    """The one a button is about. Raises StaleButton: there is none."""
    try:
        return scene.work.live.conversations.get(long_id(short))
    except (ValueError, NotFound) as error:
        raise StaleButton from error


def is_overheard(scene: Scene) -> bool:
    """Whether others in the room would read the answer."""
    return scene.incoming.is_shared and not scene.incoming.is_whispered


def _may_see(scene: Scene, conversation: LiveConversation) -> bool:
    """Whoever has no code sees what is public, what they lead, and what they had a seat in."""
    if conversation.is_public or conversation.is_led_by(scene.user.id):
        return True
    return scene.work.live.seats.find_of(conversation.id, scene.user.id) is not None


def _details(scene: Scene, conversation: LiveConversation) -> list[list[Button]]:
    return [[live_button(scene.texts, "open", conversation.id)]]
