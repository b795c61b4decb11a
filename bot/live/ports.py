"""What live conversations need of a transaction, and whom they tell of what happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from bot.accounts.ports import AccountsWork
from bot.accounts.teacher_ports import TeachersWork
from bot.core.money import Money
from bot.core.repository import Repository
from bot.jobs.ports import JobQueue
from bot.live.finding import Found, Query
from bot.live.model import LiveConversation, Seat
from bot.live.room_ports import RoomBook


class ConversationRepo(Repository[LiveConversation], Protocol):
    """Live conversations. `save` leaves `taken` alone, and raises TooFewSeats below it."""

    def lock(self, conversation_id: str, /) -> LiveConversation:
        """As it is, and nobody else's until this transaction ends. Raises NotFound.

        Whoever changes seats locks first: then nobody goes between a seat that is given back and
        the line of those who wait.
        """
        ...

    def claim_seat(self, conversation_id: str, /) -> bool:
        """Take one; False: there is none, or it is no longer scheduled."""
        ...

    def give_back_seat(self, conversation_id: str, /) -> None: ...
    def find_by_code(self, invite_code: str, /) -> LiveConversation | None: ...
    def of_series(self, series_id: str, /) -> Sequence[LiveConversation]:
        """By start."""
        ...

    def led_by(self, user_id: str, after: datetime, /) -> Sequence[LiveConversation]:
        """Hosted or co-hosted, scheduled or running, ending after `after`; by start."""
        ...

    def of_person(self, user_id: str, /) -> Sequence[LiveConversation]:
        """All they host, co-host or teach, in the order they were made."""
        ...

    def planned_with(self, now: datetime, other_than: str, /) -> Sequence[LiveConversation]:
        """Future ones whose instant was found with another version of the zone data."""
        ...

    def find_listed(self, query: Query, /) -> Found: ...
    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...


class SeatRepo(Repository[Seat], Protocol):
    """Seats, one of a person in a conversation."""

    def find_of(self, conversation_id: str, user_id: str, /) -> Seat | None: ...
    def of_conversation(self, conversation_id: str, /) -> Sequence[Seat]:
        """In the order they were taken."""
        ...

    def first_waiting(self, conversation_id: str, /) -> Seat | None: ...
    def place_in_line(self, seat: Seat, /) -> int:
        """From 1; 0 for who does not wait."""
        ...

    def of_person(self, user_id: str, /) -> Sequence[Seat]: ...
    def wipe_notes_of(self, user_id: str, /) -> None: ...
    def upcoming(self, user_id: str, now: datetime, /) -> Sequence[Seat]:
        """Active ones of conversations that are not over, by start."""
        ...

    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...


class LiveBook(Protocol):
    """Everything stored of live conversations."""

    @property
    def conversations(self) -> ConversationRepo: ...
    @property
    def seats(self) -> SeatRepo: ...
    @property
    def rooms(self) -> RoomBook: ...


class LiveWork(AccountsWork, TeachersWork, Protocol):
    """The repositories of live conversations in one transaction."""

    @property
    def live(self) -> LiveBook: ...
    @property
    def jobs(self) -> JobQueue: ...


W = TypeVar("W", bound=LiveWork)
W_contra = TypeVar("W_contra", bound=LiveWork, contravariant=True)


class SeatNews(StrEnum):
    """What happened to somebody's seat.

    HELD: to be paid. CONFIRMED: theirs. WAITLISTED: in the line. OFFERED: moved up, asked whether
    they still want it. HOLD_LAPSED, OFFER_LAPSED: time was up. PAYMENT_FAILED: the payment came to
    nothing. LEFT: they gave it back, or left the line. REMOVED: the host took it away.
    CALLED_OFF: the conversation does not take place. CLOSED: it began while they waited or paid.
    CHANGED: times or place are others. TOO_LATE: paid when no seat was left. ATTENDED, MISSED: it
    is over. LEFT_US: the person is being forgotten, nobody is there to tell.
    """

    HELD = "held"
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    HOLD_LAPSED = "hold_lapsed"
    OFFER_LAPSED = "offer_lapsed"
    PAYMENT_FAILED = "payment_failed"
    LEFT = "left"
    REMOVED = "removed"
    CALLED_OFF = "called_off"
    CLOSED = "closed"
    CHANGED = "changed"
    TOO_LATE = "too_late"
    ATTENDED = "attended"
    MISSED = "missed"
    LEFT_US = "left_us"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatChange:
    """One thing that happened to one seat.

    Args:
        seat, conversation: as they are afterwards.
        refund: to be given back of what was paid; None: nothing.
    """

    news: SeatNews
    seat: Seat
    conversation: LiveConversation
    refund: Money | None = None


class SeatEvents(Protocol[W_contra]):
    """Told once of every change, in the unit that makes it: tells the person, moves the money."""

    def on_seat(self, work: W_contra, change: SeatChange, /) -> None: ...


class ConversationNews(StrEnum):
    """What happened to a conversation as a whole."""

    PLANNED = "planned"
    CHANGED = "changed"
    MOVED = "moved"
    CO_HOST = "co_host"
    CANCELLED = "cancelled"
    NOT_HELD = "not_held"
    STARTED = "started"
    EXTENDED = "extended"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationChange:
    """One thing that happened to one conversation.

    Args:
        before: as it was; None where it is just planned.
        actor_id: whose doing it was; None: time's.
    """

    news: ConversationNews
    conversation: LiveConversation
    before: LiveConversation | None = None
    actor_id: str | None = None


class ConversationEvents(Protocol[W_contra]):
    """Told once of every change, in the unit that makes it: cards, posts, rooms.

    People with seats are told by `SeatEvents`.
    """

    def on_conversation(self, work: W_contra, change: ConversationChange, /) -> None: ...


class Entitlements(Protocol[W_contra]):
    """What a person's plan covers."""

    def covers_seat(
        self, work: W_contra, user_id: str, conversation: LiveConversation, now: datetime, /
    ) -> bool:
        """Whether a seat in this paid conversation costs the person nothing more."""
        ...

    def use_seat(
        self,
        work: W_contra,
        user_id: str,
        conversation: LiveConversation,
        key: str,
        now: datetime,
        /,
    ) -> bool:
        """Count it, once for a key, which is the seat's id; False: the plan does not cover it."""
        ...

    def give_back(self, work: W_contra, key: str, /) -> None: ...
