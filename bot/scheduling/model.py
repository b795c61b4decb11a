"""A booking: a student's claim on a teacher's time, its states, and what happened to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.entity import Entity
from bot.core.errors import DomainError
from bot.core.timespan import Timespan

QUARTER = timedelta(minutes=15)
MOST_EXTENSION_MINUTES = 60


class BookingStatus(StrEnum):
    """Held until it is confirmed; then it takes place, or it does not."""

    HELD = "held"
    CONFIRMED = "confirmed"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW_STUDENT = "no_show_student"
    NO_SHOW_TEACHER = "no_show_teacher"
    DISPUTED = "disputed"


_S = BookingStatus
_ENDED = frozenset({_S.COMPLETED, _S.CANCELLED, _S.NO_SHOW_STUDENT, _S.NO_SHOW_TEACHER})
_ALLOWED: Mapping[BookingStatus, frozenset[BookingStatus]] = {
    _S.HELD: frozenset({_S.CONFIRMED, _S.CANCELLED}),
    _S.CONFIRMED: frozenset({_S.IN_PROGRESS}) | _ENDED,
    _S.IN_PROGRESS: frozenset({_S.COMPLETED, _S.NO_SHOW_STUDENT, _S.NO_SHOW_TEACHER}),
    _S.COMPLETED: frozenset({_S.DISPUTED}),
    _S.CANCELLED: frozenset({_S.DISPUTED}),
    _S.NO_SHOW_STUDENT: frozenset({_S.DISPUTED}),
    _S.NO_SHOW_TEACHER: frozenset({_S.DISPUTED}),
    _S.DISPUTED: _ENDED,
}
UPCOMING = frozenset({_S.CONFIRMED, _S.IN_PROGRESS})
CLAIMING = UPCOMING | {_S.HELD}


class IllegalTransition(DomainError):
    """A booking cannot go from its state to that one."""

    key = "booking.moved_on"


class SlotTaken(DomainError):
    """Somebody else was first; `nearest` are the closest spans that are still free."""

    key = "booking.taken"

    def __init__(self, nearest: tuple[Timespan, ...] = ()) -> None:
        super().__init__()
        self.nearest = nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking(Entity):
    """One lesson that somebody wants.

    Args:
        rate_minor, fee_minor, currency: what the gig cost when it was booked: for an hour, and
            once on top.
        extension_minutes: both agreed to so many more; `ends_at` stays as booked.
        extension_asked_by: who asked for a quarter hour more and waits for the other's yes.
        free_hours, late_percent, no_show_percent: the policy when it was booked: cancelled by the
            student up to so many hours before it costs nothing, later the first share of the
            price, and the second where they do not come.
        buffer_minutes: the teacher's rest afterwards, claimed with the lesson.
        wall_time, zone, tz_version: the start as the teacher's clock shows it ("2026-12-01T18:00"),
            their IANA zone, and the version of the zone data that said which instant this is.
        held_until: a hold ends then.
        proposed_by, proposed_start: a move that one of them proposed and the other may accept.
        notices: who said they come, are late or cannot, by person.
    """

    student_id: str
    teacher_id: str
    gig_id: str
    starts_at: datetime
    ends_at: datetime
    status: BookingStatus = BookingStatus.HELD
    rate_minor: int
    fee_minor: int = 0
    currency: str
    extension_minutes: int = 0
    extension_asked_by: str | None = None
    free_hours: int = 12
    late_percent: int = 50
    no_show_percent: int = 100
    buffer_minutes: int = 0
    wall_time: str
    zone: str
    tz_version: str
    created_at: datetime
    held_until: datetime | None = None
    cancelled_by: str | None = None
    cancelled_at: datetime | None = None
    proposed_by: str | None = None
    proposed_start: datetime | None = None
    notices: dict[str, str] = field(default_factory=dict)

    @property
    def booked(self) -> Timespan:
        """The span as it was booked, without an extension."""
        return Timespan(self.starts_at, self.ends_at)

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def open_until(self) -> datetime:
        """The end with the extension both agreed to."""
        return self.ends_at + timedelta(minutes=self.extension_minutes)

    @property
    def is_upcoming(self) -> bool:
        return self.status in UPCOMING

    def has(self, user_id: str) -> bool:
        return user_id in {self.student_id, self.teacher_id}

    def partner_of(self, user_id: str) -> str:
        return self.teacher_id if user_id == self.student_id else self.student_id

    def moved_to(self, status: BookingStatus) -> "Booking":
        """Raises IllegalTransition."""
        if status not in _ALLOWED[self.status]:
            raise IllegalTransition
        return replace(self, status=status)

    def claims(self) -> frozenset[tuple[str, int]]:
        """The quarter hours that are nobody else's, by person.

        The teacher's rest is among theirs, which keeps lessons apart; nothing once it is over.
        """
        if self.status not in CLAIMING:
            return frozenset()
        rest = self.open_until + timedelta(minutes=self.buffer_minutes)
        ends = ((self.student_id, self.open_until), (self.teacher_id, rest))
        return frozenset(
            (person, number)
            for person, end in ends
            for number in range(_quarter(self.starts_at), -(-_seconds(end) // _QUARTER_SECONDS))
        )


class BookingAction(StrEnum):
    """What happened to a booking."""

    HELD = "held"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    PROPOSED = "proposed"
    DECLINED = "declined"
    RESCHEDULED = "rescheduled"
    REPLANNED = "replanned"
    ANSWERED = "answered"
    BEGUN = "begun"
    EXTENDED = "extended"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CHARGED = "charged"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingEvent(Entity):
    """One row of a booking's history; nothing changes or removes it.

    Args:
        actor_id: whose doing it was; None: time's, or ours.
        before, after: the fields that changed, as text.
    """

    booking_id: str
    actor_id: str | None
    action: BookingAction
    at: datetime
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)


_QUARTER_SECONDS = int(QUARTER.total_seconds())


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _quarter(at: datetime) -> int:
    """The number of the quarter hour since 1970 in which an instant lies."""
    return _seconds(at) // _QUARTER_SECONDS
