"""A live conversation, its seats, and which states follow which."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.entity import Entity
from bot.core.errors import DomainError
from bot.core.money import Money
from bot.core.timespan import Timespan

ANY_LEVEL = "any"
DEFAULT_SEATS = 8


class Kind(StrEnum):
    """What people come for; a private one is a lesson, and booked as one."""

    GROUP = "group"
    PRIVATE = "private"
    PRACTICE = "practice"
    CULTURAL = "cultural"


class RoomKind(StrEnum):
    """Where people meet; in `NOTES` they send voice notes in turns and are never all there."""

    NOTES = "notes"
    ZOOM = "zoom"
    DISCORD_VOICE = "discord_voice"
    DISCORD_STAGE = "discord_stage"
    TELEGRAM = "telegram"


class ConversationStatus(StrEnum):
    """Scheduled until a host begins it; called off, it never began."""

    SCHEDULED = "scheduled"
    LIVE = "live"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


_C = ConversationStatus
_CONVERSATION_MOVES: Mapping[ConversationStatus, frozenset[ConversationStatus]] = {
    _C.SCHEDULED: frozenset({_C.LIVE, _C.CANCELLED}),
    _C.LIVE: frozenset({_C.COMPLETED}),
    _C.COMPLETED: frozenset(),
    _C.CANCELLED: frozenset(),
}


class ConversationMovedOn(DomainError):
    """A live conversation cannot go from its state to that one."""

    key = "group.error.moved_on"


class TooFewSeats(DomainError):
    """More seats are taken than there would be."""

    key = "group.error.too_few_seats"


class SeatMovedOn(DomainError):
    """A seat cannot go from its state to that one."""

    key = "group.error.seat_moved_on"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveConversation(Entity):
    """A group that meets to talk.

    Args:
        host_id: who planned it and leads it; takes no seat.
        co_host_id: who may lead it when the host is away.
        instructor_id: the verified teacher in whose name it is; None among peers.
        language: short BCP 47 tag, e.g. "es".
        level: a CEFR level, or "any".
        taken: how many seats are claimed; saving a conversation leaves it alone, since only one
            conditional UPDATE moves it.
        is_public: anybody finds it; otherwise `invite_code` opens it.
        price_minor, currency: of one seat, as it was announced; 0: free.
        vocabulary, grammar_points, prompts: the host's materials, in their order.
        series_id: of the first one of a weekly series; None outside one.
        wall_time, zone, tz_version: the start as the host's clock shows it ("2026-12-01T18:00"),
            their IANA zone, and the version of the zone data that said which instant this is.
        free_hours, late_percent: the policy when it was planned: a paid seat given back up to so
            many hours before the start costs nothing, later the share of the price is kept.
        moved_at: when its times last changed; who took a seat before may leave for nothing.
    """

    host_id: str
    co_host_id: str | None = None
    instructor_id: str | None = None
    title: str
    description: str = ""
    kind: Kind = Kind.GROUP
    language: str
    level: str = ANY_LEVEL
    starts_at: datetime
    ends_at: datetime
    seats: int = DEFAULT_SEATS
    taken: int = 0
    is_public: bool = True
    invite_code: str | None = None
    price_minor: int = 0
    currency: str
    topic: str = ""
    cultural_notes: str = ""
    vocabulary: tuple[str, ...] = ()
    grammar_points: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    status: ConversationStatus = ConversationStatus.SCHEDULED
    room: RoomKind = RoomKind.NOTES
    series_id: str | None = None
    wall_time: str
    zone: str
    tz_version: str
    free_hours: int = 12
    late_percent: int = 50
    created_at: datetime
    moved_at: datetime | None = None

    @property
    def span(self) -> Timespan:
        return Timespan(self.starts_at, self.ends_at)

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def is_free(self) -> bool:
        return self.price_minor == 0

    @property
    def free_seats(self) -> int:
        return max(self.seats - self.taken, 0)

    def is_led_by(self, user_id: str) -> bool:
        return user_id in {self.host_id, self.co_host_id}

    def is_bookable(self, now: datetime) -> bool:
        """Whether seats can be taken and given back: before the start, unless it was begun."""
        return self.status is ConversationStatus.SCHEDULED and now < self.starts_at

    def moved_to(self, status: ConversationStatus) -> "LiveConversation":
        """Raises ConversationMovedOn."""
        if status not in _CONVERSATION_MOVES[self.status]:
            raise ConversationMovedOn
        return replace(self, status=status)


class SeatStatus(StrEnum):
    """Held while it is paid; offered to who waited, until they say yes or time is up."""

    HELD = "held"
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    CANCELLED = "cancelled"
    ATTENDED = "attended"
    NO_SHOW = "no_show"


_S = SeatStatus
_SEAT_MOVES: Mapping[SeatStatus, frozenset[SeatStatus]] = {
    _S.HELD: frozenset({_S.CONFIRMED, _S.CANCELLED}),
    _S.CONFIRMED: frozenset({_S.CANCELLED, _S.ATTENDED, _S.NO_SHOW}),
    _S.WAITLISTED: frozenset({_S.OFFERED, _S.CANCELLED}),
    _S.OFFERED: frozenset({_S.HELD, _S.CONFIRMED, _S.CANCELLED}),
    _S.CANCELLED: frozenset({_S.CONFIRMED}),  # paid a moment too late, and still free
    _S.ATTENDED: frozenset(),
    _S.NO_SHOW: frozenset(),
}
CLAIMING = frozenset({_S.HELD, _S.CONFIRMED, _S.OFFERED})
"""States that take one of the seats there are, as long as the conversation is to come."""
ACTIVE = CLAIMING | {_S.WAITLISTED}


class PaymentState(StrEnum):
    """Whether a seat is paid; failed: nothing was collected and nothing will be."""

    NOT_REQUIRED = "not_required"
    PENDING = "pending"
    PAID = "paid"
    REFUNDED = "refunded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat(Entity):
    """One person's place in a live conversation, or in the line for one.

    There is one for a person and a conversation. Who gave theirs back and comes again gets
    another id, so that a payment belongs to one booking for good.

    Args:
        payment: asked for once there is a seat for them; who waits owes nothing.
        amount_minor, currency: what it costs this person; 0 where free or included in their plan.
        is_included: their plan covers it.
        refunded_minor: how much of the amount went back.
        waiting_since: their place in the line, until they say yes to an offer.
        held_until, offered_until: a hold, or an offer, ends then.
        speaking_seconds, message_count: what they said in the room.
        stars: 1 to 5 of who attended; `chips` are words they chose, `note` is sealed.
        joined_at, left_at, present_seconds: from the room's attendance, once it is over.
        may_record: they agreed to a recording.
    """

    conversation_id: str
    user_id: str
    status: SeatStatus
    payment: PaymentState = PaymentState.NOT_REQUIRED
    amount_minor: int = 0
    currency: str
    is_included: bool = False
    refunded_minor: int = 0
    booked_at: datetime
    waiting_since: datetime | None = None
    held_until: datetime | None = None
    offered_until: datetime | None = None
    cancelled_at: datetime | None = None
    speaking_seconds: float = 0.0
    message_count: int = 0
    stars: int | None = None
    chips: tuple[str, ...] = ()
    note: str | None = None
    joined_at: datetime | None = None
    left_at: datetime | None = None
    present_seconds: float = 0.0
    may_record: bool = False

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_active(self) -> bool:
        """Has a seat to come, or stands in the line for one."""
        return self.status in ACTIVE

    @property
    def is_claiming(self) -> bool:
        return self.status in CLAIMING

    @property
    def until(self) -> datetime | None:
        """When it falls back unless somebody acts; None where nothing is asked."""
        if self.status is SeatStatus.HELD:
            return self.held_until
        return self.offered_until if self.status is SeatStatus.OFFERED else None

    def moved_to(self, status: SeatStatus) -> "Seat":
        """Raises SeatMovedOn."""
        if status not in _SEAT_MOVES[self.status]:
            raise SeatMovedOn
        return replace(self, status=status)


@dataclass(frozen=True, slots=True)
class Stay:
    """When somebody was in the room: first seen, last seen, and how long of that."""

    joined_at: datetime
    left_at: datetime
    seconds: float
