"""Tables and repositories of teachers, their certificates and gigs, and the audit trail."""

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
)

from bot.accounts.audit import AdminAction, AuditEntry
from bot.accounts.gigs import Gig, GigCategory, GigStatus, TeacherSearch, Wish
from bot.accounts.model import UserStatus
from bot.accounts.teachers import Certificate, CertificateState, Review, TeacherProfile
from bot.storage.accounts import users
from bot.storage.prepared import Prepared
from bot.storage.table_repo import TableRepo
from bot.storage.types import EnumText, UtcDateTime, metadata

_ID = String(36)

teacher_profiles = Table(
    "teacher_profiles",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False, unique=True),
    Column("qualification", LargeBinary, nullable=False),
    Column("experience_years", Integer, nullable=False),
    Column("languages", Text, nullable=False),
    Column("about", LargeBinary),
    Column("rate_minor", BigInteger, nullable=False),
    Column("rate_currency", String(3), nullable=False),
    Column("calendly_link", LargeBinary),
    Column("is_verified", Boolean, nullable=False),
    Column("review", EnumText(Review), nullable=False),
    Column("waiting_since", UtcDateTime),
    Column("question", LargeBinary),
    Column("answer", LargeBinary),
    Column("reason", LargeBinary),
    Column("invite_token", String(40), unique=True),
    Index("ix_teacher_profiles_queue", "review", "waiting_since"),
)

certificates = Table(
    "certificates",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("title", LargeBinary, nullable=False),
    Column("blob_id", _ID, nullable=False),
    Column("mime", String(80), nullable=False),
    Column("state", EnumText(CertificateState), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
)

gigs = Table(
    "gigs",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("category", EnumText(GigCategory), nullable=False),
    Column("status", EnumText(GigStatus), nullable=False),
    Column("title", LargeBinary, nullable=False),
    Column("service", LargeBinary, nullable=False),
    Column("language", String(20)),
    Column("price_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("fee_minor", BigInteger),
    Column("lesson_minutes", Text, nullable=False),
    Column("about", LargeBinary),
    Column("experience", LargeBinary),
    Column("certificate_ids", Text, nullable=False),
    Column("intro_id", _ID),
    Column("intro_seconds", Float),
    Column("intro_waveform", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("live_at", UtcDateTime),
    Index("ix_gigs_listed", "status", "live_at"),
)

teacher_searches = Table(
    "teacher_searches",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("category", EnumText(GigCategory)),
    Column("language", String(20)),
    Column("most_minor", BigInteger),
    Column("currency", String(3)),
    Column("watching_since", UtcDateTime, index=True),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("actor_id", _ID, nullable=False, index=True),
    Column("action", EnumText(AdminAction), nullable=False),
    Column("subject_id", _ID, nullable=False, index=True),
    Column("before", String(80), nullable=False),
    Column("after", String(80), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

_TEACHER_OF_USER = Prepared(
    select(teacher_profiles).where(teacher_profiles.c.user_id == bindparam("user_id")),
    is_kept=True,
)
_IS_VERIFIED = Prepared(
    select(teacher_profiles.c.is_verified).where(
        teacher_profiles.c.user_id == bindparam("user_id")
    ),
    is_kept=True,
)
_TEACHER_BY_TOKEN = Prepared(
    select(teacher_profiles).where(teacher_profiles.c.invite_token == bindparam("token"))
)
_IS_LISTED = and_(
    gigs.c.status == GigStatus.LIVE,
    teacher_profiles.c.is_verified,
    users.c.status == UserStatus.ACTIVE,
)


def _listed(*columns: Any) -> Select[Any]:
    """Of the gigs that students may see."""
    return (
        select(*columns)
        .select_from(gigs)
        .join(teacher_profiles, teacher_profiles.c.user_id == gigs.c.user_id)
        .join(users, users.c.id == gigs.c.user_id)
        .where(_IS_LISTED)
    )


_LISTED_GIG = Prepared(_listed(gigs).where(gigs.c.id == bindparam("gig_id")))


class _Owned:
    """Rows of people, which leave with them."""

    table: ClassVar[Table]
    _connection: Connection

    def remove_of_user(self, user_id: str) -> None:
        self._connection.execute(delete(self.table).where(self.table.c.user_id == user_id))

    def _owned(self, user_id: str) -> Select[Any]:
        table = self.table
        return select(table).where(table.c.user_id == user_id).order_by(table.c.id)


class SqlTeachers(_Owned, TableRepo[TeacherProfile]):
    """Teachers, one row a person."""

    table, record = teacher_profiles, TeacherProfile
    sealed = frozenset({"qualification", "about", "calendly_link", "question", "answer", "reason"})
    documents = frozenset({"languages"})

    def find_of_user(self, user_id: str) -> TeacherProfile | None:
        return self._one(_TEACHER_OF_USER, user_id=user_id)

    def is_verified(self, user_id: str) -> bool:
        found = _IS_VERIFIED.first(self._connection, {"user_id": user_id})
        return found is not None and bool(found["is_verified"])

    def find_by_token(self, token: str) -> TeacherProfile | None:
        return self._one(_TEACHER_BY_TOKEN, token=token)

    def waiting(self, limit: int, after: str | None = None) -> Sequence[TeacherProfile]:
        """The queue, longest waiting first; `after`: behind the teacher of this id."""
        t = teacher_profiles.c
        wanted = select(teacher_profiles).where(t.review == Review.WAITING)
        seen = self.find(after) if after else None
        if seen is not None and seen.waiting_since is not None:
            is_later = t.waiting_since > seen.waiting_since
            is_next = and_(t.waiting_since == seen.waiting_since, t.id > seen.id)
            wanted = wanted.where(or_(is_later, is_next))
        return self._all(wanted.order_by(t.waiting_since, t.id).limit(limit))

    def count_waiting(self) -> int:
        t = teacher_profiles.c
        wanted = select(func.count()).where(t.review == Review.WAITING)
        return int(self._connection.execute(wanted).scalar_one())

    def verified(self) -> Sequence[TeacherProfile]:
        """Everybody whom students may find."""
        t = teacher_profiles.c
        return self._all(select(teacher_profiles).where(t.is_verified).order_by(t.id))

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        """One person of two: a profile of the second one's own stays, unless only the first's
        was verified.
        """
        spare, kept = self.find_of_user(from_user_id), self.find_of_user(to_user_id)
        if spare is not None and spare.is_verified and kept is not None and not kept.is_verified:
            self.remove_of_user(to_user_id)
            kept = None
        if kept is None:
            super().move_of_user(from_user_id, to_user_id)
        self.remove_of_user(from_user_id)


class SqlCertificates(_Owned, TableRepo[Certificate]):
    """Certificates; the files are blobs."""

    table, record = certificates, Certificate
    sealed = frozenset({"title"})

    def of_user(self, user_id: str) -> Sequence[Certificate]:
        """In the order they were added."""
        return self._all(self._owned(user_id))


class SqlGigs(_Owned, TableRepo[Gig]):
    """Gigs, and which of them students see."""

    table, record = gigs, Gig
    sealed = frozenset({"title", "service", "about", "experience"})
    documents = frozenset({"lesson_minutes", "certificate_ids"})

    def of_user(self, user_id: str) -> Sequence[Gig]:
        """All but deleted ones, oldest first."""
        kept = gigs.c.status != GigStatus.DELETED
        return self._all(self._owned(user_id).where(kept))

    def ever_of_user(self, user_id: str) -> Sequence[Gig]:
        """Deleted ones too."""
        return self._all(self._owned(user_id))

    def find_listed(self, gig_id: str) -> Gig | None:
        return self._one(_LISTED_GIG, gig_id=gig_id)

    def listed(self, wish: Wish, offset: int, limit: int) -> Sequence[Gig]:
        """Newest first."""
        newest = (gigs.c.live_at.desc(), gigs.c.id.desc())
        return self._all(_wished(_listed(gigs), wish).order_by(*newest).offset(offset).limit(limit))

    def count_listed(self, wish: Wish) -> int:
        wanted = _wished(_listed(func.count()), wish)
        return int(self._connection.execute(wanted).scalar_one())

    def languages(self) -> Sequence[str]:
        """Of listed gigs."""
        return [tag for tag in self._different(gigs.c.language) if tag is not None]

    def currencies(self) -> Sequence[str]:
        """Of listed gigs."""
        return self._different(gigs.c.currency)

    def _different(self, column: Column[Any]) -> Sequence[str]:
        wanted = _listed(column).distinct().order_by(column)
        return list(self._connection.execute(wanted).scalars())


def _wished(wanted: Select[Any], wish: Wish) -> Select[Any]:
    if wish.category is not None:
        wanted = wanted.where(gigs.c.category == wish.category)
    if wish.language is not None:
        wanted = wanted.where(gigs.c.language == wish.language)
    if wish.most is not None:
        wanted = wanted.where(
            gigs.c.currency == wish.most.currency, gigs.c.price_minor <= wish.most.minor
        )
    return wanted


class SqlTeacherSearches(_Owned, TableRepo[TeacherSearch]):
    """What students look for: one row of what they looked for last, and one for each wait."""

    table, record = teacher_searches, TeacherSearch

    def of_user(self, user_id: str) -> Sequence[TeacherSearch]:
        """All of them, oldest first."""
        return self._all(self._owned(user_id))

    def find_of_user(self, user_id: str) -> TeacherSearch | None:
        """What they looked for last."""
        return next((s for s in self.of_user(user_id) if s.watching_since is None), None)

    def watching(self, gig: Gig) -> Sequence[TeacherSearch]:
        """Searches of other people that wait to be told of such a gig."""
        t = teacher_searches.c
        rows = self._all(
            select(teacher_searches)
            .where(t.watching_since.is_not(None), t.user_id != gig.user_id)
            .where(or_(t.language.is_(None), t.language == gig.language))
        )
        return [row for row in rows if row.wish.fits(gig)]

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        """One person of two: what the second one looked for last stays."""
        spare = self.find_of_user(from_user_id)
        if spare is not None and self.find_of_user(to_user_id) is not None:
            self.remove(spare.id)
        super().move_of_user(from_user_id, to_user_id)


class SqlAudit(TableRepo[AuditEntry]):
    """What administrators did; rows are added and read, nothing else."""

    table, record = audit, AuditEntry
    owner = "actor_id"

    def latest(self, limit: int) -> Sequence[AuditEntry]:
        """Newest first."""
        return self._all(select(audit).order_by(audit.c.at.desc(), audit.c.id.desc()).limit(limit))

    def save(self, entity: AuditEntry, /) -> AuditEntry:
        raise TypeError("the audit trail is append-only")

    def remove(self, entity_id: str, /) -> None:
        raise TypeError("the audit trail is append-only")
