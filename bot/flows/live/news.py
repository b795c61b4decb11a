"""Telling people what became of their seat, each in their own language, clock and place, once."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.core.clock import Clock
from bot.flows.lesson_words import Reader
from bot.flows.live.card import list_button
from bot.flows.live.reminding import put_reminders
from bot.flows.live.telling import open_rows, post, say
from bot.flows.live.words import live_button, person_name, title_of
from bot.flows.ports import FlowWork
from bot.flows.scene import Rows
from bot.live.model import LiveConversation, Seat, SeatStatus
from bot.live.ports import ConversationChange, ConversationNews, SeatChange, SeatNews
from bot.messaging.model import Paragraph

# What is said of a seat that is lost, and whether the conversation is still worth a look.
_LOST: Mapping[SeatNews, tuple[str, bool]] = {
    SeatNews.HOLD_LAPSED: ("group.news.hold_lapsed", True),
    SeatNews.OFFER_LAPSED: ("group.news.offer_lapsed", True),
    SeatNews.PAYMENT_FAILED: ("group.news.payment_failed", True),
    SeatNews.REMOVED: ("group.news.removed", False),
    SeatNews.CALLED_OFF: ("group.news.called_off", False),
    SeatNews.CLOSED: ("group.news.closed", False),
    SeatNews.TOO_LATE: ("group.news.too_late", False),
}
_LED: Mapping[ConversationNews, str] = {
    ConversationNews.MOVED: "group.news.leads_moved",
    ConversationNews.CANCELLED: "group.news.leads_cancelled",
    ConversationNews.NOT_HELD: "group.news.not_held",
}


class LiveNews:
    """Implements `SeatEvents` and `ConversationEvents`.

    What somebody just did themselves is no news to them: their card shows it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def on_seat(self, work: FlowWork, change: SeatChange, /) -> None:
        """See `SeatEvents.on_seat`."""
        seat, conversation, now = change.seat, change.conversation, self._clock.now()
        name = f"{seat.id}:{seat.version}.{conversation.version}:{change.news}"
        match change.news:
            case SeatNews.CONFIRMED:
                key, rows = "group.news.confirmed", open_rows(conversation)
                say(work, conversation, seat.user_id, name, key, now, rows=rows)
            case SeatNews.OFFERED:
                _offer(work, conversation, seat, name, now)
            case SeatNews.LEFT:
                _gave_back(work, conversation, seat, name, now)
            case SeatNews.CHANGED:
                _changed(work, conversation, seat, name, now)
            case news if news in _LOST:
                _lost(work, change, name, now)

    def on_conversation(self, work: FlowWork, change: ConversationChange, /) -> None:
        """See `ConversationEvents.on_conversation`."""
        now = self._clock.now()
        if change.news in {ConversationNews.PLANNED, ConversationNews.MOVED}:
            put_reminders(work, change.conversation, now)
        if change.news in _LED:
            _tell_leaders(work, change, _LED[change.news], now)
        if change.news is ConversationNews.CO_HOST:
            _co_host(work, change, now)


def _offer(
    work: FlowWork, conversation: LiveConversation, seat: Seat, name: str, now: datetime
) -> None:
    key = "group.news.offered" if conversation.is_free else "group.news.offered_paid"
    params = {"until": seat.offered_until, "price": conversation.price}

    def rows(reader: Reader) -> Rows:
        answers = [live_button(reader.texts, each, conversation.id) for each in ("take", "letgo")]
        return [answers, *open_rows(conversation)(reader)]

    say(work, conversation, seat.user_id, name, key, now, rows=rows, params=params)


def _changed(
    work: FlowWork, conversation: LiveConversation, seat: Seat, name: str, now: datetime
) -> None:
    """Who can still come stays; who cannot gives the seat back for nothing."""
    no = "unwait" if seat.status is SeatStatus.WAITLISTED else "cannot"

    def rows(reader: Reader) -> Rows:
        texts = reader.texts
        yes = live_button(texts, "come", conversation.id, key="suits")
        return [[yes, live_button(texts, no, conversation.id, key="cannot")]]

    say(work, conversation, seat.user_id, name, "group.news.moved", now, rows=rows)


def _gave_back(
    work: FlowWork, conversation: LiveConversation, seat: Seat, name: str, now: datetime
) -> None:
    """The host hears of it; who stood in the line is nobody's news."""
    host = work.users.find(conversation.host_id)
    if seat.waiting_since is not None or host is None:
        return

    def body(reader: Reader) -> Sequence[Paragraph]:
        who = person_name(work, seat.user_id, reader.texts)
        told = reader.texts("group.news.gave_back", name=who, title=title_of(conversation))
        return [Paragraph(told)]

    post(work, host, name, now, body, open_rows(conversation))


def _lost(work: FlowWork, change: SeatChange, name: str, now: datetime) -> None:
    key, is_open = _LOST[change.news]
    conversation = change.conversation

    def rows(reader: Reader) -> Rows:
        again = open_rows(conversation)(reader) if is_open else ()
        return [*again, [list_button(reader)]]

    person, refund = change.seat.user_id, change.refund
    say(work, conversation, person, name, key, now, rows=rows, refund=refund)


def _tell_leaders(work: FlowWork, change: ConversationChange, key: str, now: datetime) -> None:
    """Those who lead it and did not do this themselves."""
    conversation = change.conversation
    leaders = {conversation.host_id, conversation.co_host_id} - {change.actor_id}
    for person in sorted(filter(None, leaders)):
        name, rows = _name_of(change), open_rows(conversation)
        say(work, conversation, person, name, key, now, rows=rows)


def _co_host(work: FlowWork, change: ConversationChange, now: datetime) -> None:
    """Who leads it too from now on, and who no longer does."""
    conversation, before = change.conversation, change.before
    told = {
        None if before is None else before.co_host_id: "group.news.no_co_host",
        conversation.co_host_id: "group.news.co_host",
    }
    for person, key in told.items():
        user = None if person is None else work.users.find(person)
        if user is None or user.id == change.actor_id:
            continue
        host = person_name(work, conversation.host_id, Reader(user, "").texts)
        rows, params = open_rows(conversation), {"name": host}
        say(work, conversation, user.id, _name_of(change), key, now, rows=rows, params=params)


def _name_of(change: ConversationChange) -> str:
    return f"{change.conversation.id}:{change.conversation.version}:{change.news}"
