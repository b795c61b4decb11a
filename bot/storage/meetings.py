"""Tables and repositories of meetings, the links into them, and who was seen in them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Executable,
    Index,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.timespan import Timespan
from bot.meetings.model import (
    Meeting,
    MeetingKind,
    MeetingState,
    Provider,
    Registrant,
    Sighting,
    Source,
    What,
)
from bot.storage.prepared import Prepared
from bot.storage.table_repo import TableRepo
from bot.storage.types import EnumText, UtcDateTime, metadata

_QUARTER = timedelta(minutes=15)

meetings = Table(
    "meetings",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("subject_id", String(36), nullable=False, unique=True),
    Column("host_user_id", String(36), nullable=False, index=True),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("kind", EnumText(MeetingKind), nullable=False),
    Column("provider", EnumText(Provider), nullable=False),
    Column("state", EnumText(MeetingState), nullable=False),
    Column("host", String(160)),
    Column("host_id", String(80)),
    Column("provider_id", String(80), index=True),
    Column("join_url", LargeBinary),
    Column("ended_at", UtcDateTime),
    Column("differs", Boolean, nullable=False),
)
registrants = Table(
    "registrants",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("meeting_id", String(36), nullable=False),
    Column("user_id", String(36), nullable=False, index=True),
    Column("registrant_id", String(80), nullable=False),
    Column("join_url", LargeBinary, nullable=False),
    UniqueConstraint("meeting_id", "user_id"),
)
sightings = Table(
    "sightings",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("meeting_id", String(36), nullable=False, index=True),
    Column("source", EnumText(Source), nullable=False),
    Column("what", EnumText(What), nullable=False),
    Column("user_id", String(36), index=True),
    Column("instance", String(80), nullable=False),
    Column("seat", String(80), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
    Column("received_at", UtcDateTime, nullable=False),
)
host_quarters = Table(
    "host_quarters",
    metadata,
    Column("host", String(160), primary_key=True),
    Column("quarter", Integer, primary_key=True),
    Column("meeting_id", String(36), nullable=False),
    Index("ix_host_quarters_meeting_id", "meeting_id"),
)
host_days = Table(
    "host_days",
    metadata,
    Column("host", String(160), primary_key=True),
    Column("on", Date, primary_key=True),
    Column("used", Integer, nullable=False),
)


def _adding(table: Table) -> Mapping[str, Executable]:
    """By dialect: add a row, or leave the one that is there."""
    return {
        "sqlite": sqlite.insert(table).on_conflict_do_nothing(),
        "postgresql": postgresql.insert(table).on_conflict_do_nothing(),
    }


_ADD_SIGHTING = _adding(sightings)
_ADD_QUARTER = _adding(host_quarters)
_ADD_DAY = _adding(host_days)


class SqlMeetings(TableRepo[Meeting]):
    """Implements `MeetingRepo`."""

    table, record = meetings, Meeting
    sealed = frozenset({"join_url"})
    owner = "host_user_id"

    _of_subject = Prepared(select(meetings).where(meetings.c.subject_id == bindparam("wanted")))
    _at_provider = Prepared(select(meetings).where(meetings.c.provider_id == bindparam("wanted")))
    _hosted = select(meetings).where(meetings.c.host_user_id == bindparam("wanted"))

    def of_subject(self, subject_id: str, /) -> Meeting | None:
        return self._one(self._of_subject, wanted=subject_id)

    def at_provider(self, provider_id: str, /) -> Meeting | None:
        return self._one(self._at_provider, wanted=provider_id)

    def lock(self, subject_id: str, /) -> Meeting | None:
        """The meeting, nobody else's until this transaction ends (a SQLite file has one writer)."""
        self._connection.execute(
            select(meetings.c.id).where(meetings.c.subject_id == subject_id).with_for_update()
        )
        return self.of_subject(subject_id)

    def of_host(self, user_id: str) -> Sequence[Meeting]:
        return self._all(self._hosted, wanted=user_id)

    def wipe_links_of_host(self, user_id: str) -> None:
        """Their key is about to be destroyed; that the meetings took place stays."""
        self._connection.execute(
            update(meetings).where(meetings.c.host_user_id == user_id).values(join_url=None)
        )


class SqlRegistrants(TableRepo[Registrant]):
    """Implements `RegistrantRepo`."""

    table, record = registrants, Registrant
    sealed = frozenset({"join_url"})

    def put(self, registrant: Registrant, /) -> None:
        """Add it, in place of the guest's former one."""
        self._connection.execute(
            delete(registrants).where(
                registrants.c.meeting_id == registrant.meeting_id,
                registrants.c.user_id == registrant.user_id,
            )
        )
        self.add(registrant)

    def of_meeting(self, meeting_id: str, /) -> Sequence[Registrant]:
        return self._all(select(registrants).where(registrants.c.meeting_id == meeting_id))

    def of_user(self, user_id: str) -> Sequence[Registrant]:
        return self._all(select(registrants).where(registrants.c.user_id == user_id))

    def known_as(self, meeting_id: str, registrant_id: str, /) -> str | None:
        """Whose link it is."""
        return self._connection.execute(
            select(registrants.c.user_id).where(
                registrants.c.meeting_id == meeting_id,
                registrants.c.registrant_id == registrant_id,
            )
        ).scalar()

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        """Where both were invited, one link is enough."""
        for mine in self.of_user(from_user_id):
            if any(each.user_id == to_user_id for each in self.of_meeting(mine.meeting_id)):
                self.remove(mine.id)
        super().move_of_user(from_user_id, to_user_id)

    def remove_of_user(self, user_id: str) -> None:
        self._connection.execute(delete(registrants).where(registrants.c.user_id == user_id))


class SqlSightings:
    """Implements `Sightings`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, *told: Sighting, at: datetime) -> int:
        """How many of them were not known."""
        count = 0
        statement = _ADD_SIGHTING[self._connection.dialect.name]
        for fact in told:
            row = {
                "key": fact.key,
                "meeting_id": fact.meeting_id,
                "source": fact.source,
                "what": fact.what,
                "user_id": fact.user_id,
                "instance": fact.instance,
                "seat": fact.seat,
                "at": fact.at,
                "until": fact.until,
                "received_at": at,
            }
            count += self._connection.execute(statement, row).rowcount
        return count

    def of_meeting(
        self, meeting_id: str, /, *, known_by: datetime | None = None
    ) -> Sequence[Sighting]:
        wanted = select(sightings).where(sightings.c.meeting_id == meeting_id)
        if known_by is not None:
            wanted = wanted.where(sightings.c.received_at <= known_by)
        return self._load(wanted.order_by(sightings.c.at, sightings.c.key))

    def of_user(self, user_id: str) -> Sequence[Sighting]:
        return self._load(select(sightings).where(sightings.c.user_id == user_id))

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        """Who tapped sits under their id, so that they can still leave."""
        for column in (sightings.c.user_id, sightings.c.seat):
            self._connection.execute(
                update(sightings).where(column == from_user_id).values({column.name: to_user_id})
            )

    def _load(self, wanted: Select[Any]) -> Sequence[Sighting]:
        rows = self._connection.execute(wanted).all()
        return [
            Sighting(
                meeting_id=row.meeting_id,
                source=row.source,
                what=row.what,
                user_id=row.user_id,
                instance=row.instance,
                seat=row.seat,
                at=row.at,
                until=row.until,
            )
            for row in rows
        ]


class SqlHostBook:
    """Which host is taken when. Implements `HostBook`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(self, host: str, meeting_id: str, span: Timespan, /) -> bool:
        """Take the host for the span, in place of what the meeting had; False: it is taken.

        Then the meeting keeps what it had. Unique rows of quarter hours decide between two.
        """
        held = self._connection.execute(
            select(host_quarters.c.host, host_quarters.c.quarter).where(
                host_quarters.c.meeting_id == meeting_id
            )
        ).all()
        former = {(row.host, row.quarter) for row in held}
        wanted = {(host, number) for number in _quarters(span)}
        statement = _ADD_QUARTER[self._connection.dialect.name]
        for number in sorted(number for _, number in wanted - former):
            row = {"host": host, "quarter": number, "meeting_id": meeting_id}
            if self._connection.execute(statement, row).rowcount != 1:
                self._drop(meeting_id, wanted - former)
                return False
        self._drop(meeting_id, former - wanted)
        return True

    def release(self, meeting_id: str, /) -> None:
        self._connection.execute(
            delete(host_quarters).where(host_quarters.c.meeting_id == meeting_id)
        )

    def use(self, host: str, on: date, limit: int, /) -> bool:
        """Count one use; False when the day's are used up."""
        first = _ADD_DAY[self._connection.dialect.name]
        self._connection.execute(first, {"host": host, "on": on, "used": 0})
        counted = self._connection.execute(
            update(host_days)
            .where(host_days.c.host == host, host_days.c.on == on, host_days.c.used < limit)
            .values(used=host_days.c.used + 1)
        )
        return counted.rowcount == 1

    def remove_before(self, on: date) -> None:
        """Forget days that are over."""
        self._connection.execute(delete(host_days).where(host_days.c.on < on))

    def _drop(self, meeting_id: str, slots: set[tuple[str, int]]) -> None:
        for host, number in slots:
            self._connection.execute(
                delete(host_quarters).where(
                    host_quarters.c.meeting_id == meeting_id,
                    host_quarters.c.host == host,
                    host_quarters.c.quarter == number,
                )
            )


def _quarters(span: Timespan) -> range:
    """Numbers of the quarter hours since 1970 that the span touches."""
    seconds = int(_QUARTER.total_seconds())
    return range(int(span.start.timestamp()) // seconds, -(-int(span.end.timestamp()) // seconds))
