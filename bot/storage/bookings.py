"""Bookings: tables and repositories. Unique quarter hours of people decide who was first."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.timespan import Timespan
from bot.scheduling.model import (
    CLAIMING,
    MOST_EXTENSION_MINUTES,
    UPCOMING,
    Booking,
    BookingAction,
    BookingEvent,
    BookingStatus,
    SlotTaken,
)
from bot.storage.prepared import Prepared
from bot.storage.table_repo import TableRepo
from bot.storage.types import EnumText, UtcDateTime, metadata

_ID = String(36)

bookings = Table(
    "bookings",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("student_id", _ID, nullable=False),
    Column("teacher_id", _ID, nullable=False),
    Column("gig_id", _ID, nullable=False, index=True),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("status", EnumText(BookingStatus), nullable=False),
    Column("rate_minor", BigInteger, nullable=False),
    Column("fee_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("extension_minutes", Integer, nullable=False),
    Column("extension_asked_by", _ID),
    Column("free_hours", Integer, nullable=False),
    Column("late_percent", Integer, nullable=False),
    Column("no_show_percent", Integer, nullable=False),
    Column("buffer_minutes", Integer, nullable=False),
    Column("wall_time", String(16), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("tz_version", String(20), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("held_until", UtcDateTime),
    Column("cancelled_by", _ID),
    Column("cancelled_at", UtcDateTime),
    Column("proposed_by", _ID),
    Column("proposed_start", UtcDateTime),
    Column("notices", Text, nullable=False),
    Index("ix_bookings_teacher", "teacher_id", "starts_at"),
    Index("ix_bookings_student", "student_id", "starts_at"),
    Index("ix_bookings_upcoming", "status", "starts_at"),
)

booking_quarters = Table(
    "booking_quarters",
    metadata,
    Column("person_id", _ID, primary_key=True),
    Column("quarter", Integer, primary_key=True),
    Column("booking_id", _ID, ForeignKey("bookings.id"), nullable=False, index=True),
)

booking_events = Table(
    "booking_events",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("booking_id", _ID, ForeignKey("bookings.id"), nullable=False, index=True),
    Column("actor_id", _ID),
    Column("action", EnumText(BookingAction), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
)

_B = bookings.c
_Q = booking_quarters.c
_PERSONS = (
    _B.student_id,
    _B.teacher_id,
    _B.cancelled_by,
    _B.proposed_by,
    _B.extension_asked_by,
)
_CLAIM = {
    "sqlite": Prepared(sqlite.insert(booking_quarters).on_conflict_do_nothing()),
    "postgresql": Prepared(postgresql.insert(booking_quarters).on_conflict_do_nothing()),
}
_LONGEST_EXTENSION = timedelta(minutes=MOST_EXTENSION_MINUTES)
_CLAIMING = Prepared(
    select(bookings).where(
        or_(_B.student_id == bindparam("user_id"), _B.teacher_id == bindparam("user_id")),
        or_(*(_B.status == status for status in sorted(CLAIMING))),  # no list: it is prepared
        _B.starts_at < bindparam("end", type_=UtcDateTime),
        _B.ends_at > bindparam("start", type_=UtcDateTime),
    )
)
_HELD = Prepared(
    select(bookings)
    .where(_B.student_id == bindparam("student_id"), _B.status == BookingStatus.HELD)
    .order_by(_B.id)
)
_CLAIMED = Prepared(
    select(_Q.person_id, _Q.quarter).where(_Q.booking_id == bindparam("booking_id"))
)
_GIVE_BACK = Prepared(
    delete(booking_quarters).where(
        _Q.person_id == bindparam("person_id"), _Q.quarter == bindparam("quarter")
    )
)

Claims = frozenset[tuple[str, int]]


class SqlBookings(TableRepo[Booking]):
    """Bookings; each save claims what they need and gives back what they do not."""

    table, record = bookings, Booking
    documents = frozenset({"notices"})
    owner = "student_id"

    def add(self, booking: Booking, /) -> Booking:
        """Raises SlotTaken: somebody has one of the quarter hours; nothing is written then."""
        super().add(booking)
        try:
            self._claim(booking)
        except SlotTaken:
            super().remove(booking.id)
            raise
        return booking

    def save(self, booking: Booking, /) -> Booking:
        """Raises SlotTaken, with nothing changed, or Stale."""
        self._claim(booking, self.find(booking.id))
        return super().save(booking)

    def claiming(self, user_id: str, within: Timespan) -> Sequence[Booking]:
        """What takes a person's time of `within`, as student or as teacher, by start."""
        params = {"user_id": user_id, "start": within.start - _LONGEST_EXTENSION, "end": within.end}
        rows = _CLAIMING.all(self._connection, params)
        return sorted((self._load(row) for row in rows), key=lambda each: each.starts_at)

    def of_person(self, user_id: str) -> Sequence[Booking]:
        """All they have or had a part in, in the order they were made."""
        return self._all(_of(user_id).order_by(_B.id))

    def upcoming(self, user_id: str, now: datetime) -> Sequence[Booking]:
        """Confirmed or running lessons that are not over, by start."""
        return self._all(
            _of(user_id)
            .where(_B.status.in_(UPCOMING), _B.ends_at > now)
            .order_by(_B.starts_at, _B.id)
        )

    def past(self, user_id: str, now: datetime, offset: int, limit: int) -> Sequence[Booking]:
        """Lessons that are over or will not be, newest first; holds are not among them."""
        is_over = or_(_B.status.not_in(CLAIMING), _B.ends_at <= now)
        return self._all(
            _of(user_id)
            .where(is_over, _B.held_until.is_(None))
            .order_by(_B.starts_at.desc(), _B.id.desc())
            .offset(offset)
            .limit(limit)
        )

    def held_by(self, student_id: str) -> Sequence[Booking]:
        rows = _HELD.all(self._connection, {"student_id": student_id})
        return [self._load(row) for row in rows]

    def planned_with(self, now: datetime, other_than: str) -> Sequence[Booking]:
        """Future lessons whose instant was found with another version of the zone data."""
        return self._all(
            select(bookings)
            .where(_B.status == BookingStatus.CONFIRMED, _B.starts_at > now)
            .where(_B.tz_version != other_than)
            .order_by(_B.starts_at)
        )

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        """One person of two; whatever both had claimed at one time stays as it was booked."""
        for column in _PERSONS:
            self._connection.execute(
                update(bookings)
                .where(column == from_user_id)
                .values({column.name: to_user_id, "version": _B.version + 1})
            )
        self._connection.execute(
            update(bookings)
            .where(_B.notices.contains(from_user_id))
            .values(notices=func.replace(_B.notices, from_user_id, to_user_id))
        )
        for quarter in self._quarters_of(from_user_id):
            params = {**quarter, "person_id": to_user_id}
            _CLAIM[self._connection.dialect.name].run(self._connection, params)
        self._connection.execute(delete(booking_quarters).where(_Q.person_id == from_user_id))

    def _quarters_of(self, user_id: str) -> Sequence[dict[str, object]]:
        found = select(booking_quarters).where(_Q.person_id == user_id)
        return [dict(row._mapping) for row in self._connection.execute(found)]

    def _claim(self, booking: Booking, before: Booking | None = None) -> None:
        """All of them or none.

        What `before` claimed it needs no more: where two people became one, they may have been in
        two lessons at one time, and the quarter hours are then those of one of the lessons.
        Everybody claims in the same order, so that two who want overlapping spans wait for one
        another and never each for the other.
        """
        rows = _CLAIMED.all(self._connection, {"booking_id": booking.id})
        had = frozenset((str(row["person_id"]), int(row["quarter"])) for row in rows)
        wanted = booking.claims()
        claim = _CLAIM[self._connection.dialect.name]
        gained: list[tuple[str, int]] = []
        lacking = wanted - had - (before.claims() if before else frozenset())
        for person, quarter in sorted(lacking):
            row = {"person_id": person, "quarter": quarter, "booking_id": booking.id}
            if claim.run(self._connection, row) != 1:
                self._give_back(gained)
                raise SlotTaken
            gained.append((person, quarter))
        self._give_back(had - wanted)

    def _give_back(self, claims: Sequence[tuple[str, int]] | Claims) -> None:
        for person, quarter in claims:
            _GIVE_BACK.run(self._connection, {"person_id": person, "quarter": quarter})


class SqlBookingEvents(TableRepo[BookingEvent]):
    """The history of bookings; rows are added and read, nothing else."""

    table, record = booking_events, BookingEvent
    documents = frozenset({"before", "after"})
    owner = "booking_id"

    def of_booking(self, booking_id: str) -> Sequence[BookingEvent]:
        """Oldest first."""
        wanted = select(booking_events).where(booking_events.c.booking_id == booking_id)
        return self._all(wanted.order_by(booking_events.c.id))

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        """One person of two: what either did is theirs."""
        t = booking_events.c
        self._connection.execute(
            update(booking_events).where(t.actor_id == from_user_id).values(actor_id=to_user_id)
        )
        for told in (t.before, t.after):
            self._connection.execute(
                update(booking_events)
                .where(told.contains(from_user_id))
                .values({told.name: func.replace(told, from_user_id, to_user_id)})
            )

    def save(self, entity: BookingEvent, /) -> BookingEvent:
        raise TypeError("the history of a booking is append-only")

    def remove(self, entity_id: str, /) -> None:
        raise TypeError("the history of a booking is append-only")


def _of(user_id: str) -> Select[tuple[object, ...]]:
    return select(bookings).where(or_(_B.student_id == user_id, _B.teacher_id == user_id))
