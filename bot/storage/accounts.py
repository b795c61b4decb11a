"""Tables and repositories of people."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    not_,
    select,
    text,
    type_coerce,
    update,
)

from bot.accounts.model import (
    CodePurpose,
    Consent,
    Identity,
    LearnerLanguage,
    OneTimeCode,
    Purpose,
    Role,
    User,
    UserStatus,
)
from bot.core.language import Level
from bot.storage.prepared import Prepared
from bot.storage.table_repo import TableRepo
from bot.storage.types import EnumSet, EnumText, UtcDateTime, metadata

_ID = String(36)

users = Table(
    "users",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("status", EnumText(UserStatus), nullable=False),
    Column("roles", EnumSet(Role), nullable=False),
    Column("name", LargeBinary, nullable=False),
    Column("email", LargeBinary),
    Column("email_hash", String(64), unique=True),
    Column("email_verified_at", UtcDateTime),
    Column("ui_language", String(20), nullable=False),
    Column("time_zone", String(60)),
    Column("native_language", String(20)),
    Column("age_confirmed_at", UtcDateTime),
    Column("is_minor", Boolean, nullable=False),
    Column("guest_turns", Integer, nullable=False),
    Column("preferences", Text, nullable=False),
    Column("profile", LargeBinary, nullable=False),
)

identities = Table(
    "identities",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("external_id", String(80), primary_key=True),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("room", String(80)),
    Column("locale", String(20)),
    Column("blocked_at", UtcDateTime),
    Column("joined_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    Column("is_latest", Boolean, nullable=False, server_default=text("FALSE")),
)

learner_languages = Table(
    "learner_languages",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False),
    Column("language", String(20), nullable=False),
    Column("level", EnumText(Level), nullable=False),
    Column("accent", String(20)),
    Column("voice_gender", String(10)),
    Column("avatar_id", String(40)),
    Column("context_id", String(40)),
    Column("is_active", Boolean, nullable=False),
    Column("hints", LargeBinary, nullable=False),
    Index("uq_learner_languages", "user_id", "language", unique=True),
)

consents = Table(
    "consents",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("purpose", EnumText(Purpose), nullable=False),
    Column("wording", String(40), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)

one_time_codes = Table(
    "one_time_codes",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, index=True),
    Column("purpose", EnumText(CodePurpose), nullable=False),
    Column("subject", String(64), nullable=False, index=True),
    Column("code_hash", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("used_at", UtcDateTime),
    Column("asked_by", String(64), index=True),
)

_HELD = Prepared(
    select(users)
    .where(users.c.id == bindparam("id"))
    .with_for_update(read=True, key_share=True)  # others may hold and save them at the same time
)
_BY_EMAIL = Prepared(select(users).where(users.c.email_hash == bindparam("email_hash")))
_BY_IDENTITY = Prepared(
    select(identities)
    .where(identities.c.platform == bindparam("platform"))
    .where(identities.c.external_id == bindparam("external_id")),
    is_kept=True,
)
_OF_USER = Prepared(
    select(identities).where(identities.c.user_id == bindparam("user_id")), is_kept=True
)


class SqlUsers(TableRepo[User]):
    """People. A unique e-mail hash keeps one address from belonging to two."""

    table, record, is_kept = users, User, True
    owner = "id"
    sealed = frozenset({"name", "email", "profile"})
    documents = frozenset({"preferences"})

    def find_by_email_hash(self, email_hash: str) -> User | None:
        return self._one(_BY_EMAIL, email_hash=email_hash)

    def hold(self, user_id: str) -> User | None:
        """Somebody who stays until this unit is over: joining and forgetting wait for it.

        None: they were joined to somebody else or forgotten, perhaps just while this waited.
        """
        if self._connection.dialect.name == "sqlite":  # one unit at a time
            return self.find(user_id)
        return self._one(_HELD, id=user_id)

    def lock(self, *user_ids: str) -> None:
        """Keep others from giving these people anything before this unit is over."""
        wanted = select(users.c.id).where(users.c.id.in_(user_ids)).order_by(users.c.id)
        self._connection.execute(wanted.with_for_update())

    def list_admins(self) -> Sequence[User]:
        named = type_coerce(users.c.roles, String).contains(Role.ADMIN.value)
        return self._all(select(users).where(named))


class SqlIdentities:
    """Who is who on which platform."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, platform: str, external_id: str) -> Identity | None:
        row = _BY_IDENTITY.first(
            self._connection, {"platform": platform, "external_id": external_id}
        )
        return None if row is None else Identity(**row)

    def of_user(self, user_id: str) -> Sequence[Identity]:
        return [Identity(**row) for row in _OF_USER.all(self._connection, {"user_id": user_id})]

    def add(self, identity: Identity) -> None:
        self._connection.execute(insert(identities), asdict(identity))

    def save(self, identity: Identity) -> None:
        self._connection.execute(
            update(identities)
            .where(identities.c.platform == identity.platform)
            .where(identities.c.external_id == identity.external_id),
            asdict(identity),
        )

    def begin_use(self, identity: Identity) -> None:
        """Save `identity` as the one its person used last."""
        self._connection.execute(
            update(identities)
            .where(identities.c.user_id == identity.user_id, identities.c.is_latest)
            .values(is_latest=False)
        )
        self.save(replace(identity, is_latest=True))

    def set_blocked(self, platform: str, room: str, at: datetime | None) -> None:
        self._connection.execute(
            update(identities)
            .where(identities.c.platform == platform, identities.c.room == room)
            .values(blocked_at=at)
        )

    def move_room(self, platform: str, old: str, new: str) -> None:
        self._connection.execute(
            update(identities)
            .where(identities.c.platform == platform, identities.c.room == old)
            .values(room=new)
        )

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        """Hand them all to another person, who goes on using the one they use."""
        self._connection.execute(
            update(identities)
            .where(identities.c.user_id == from_user_id)
            .values(user_id=to_user_id, is_latest=False)
        )

    def remove(self, identity: Identity) -> None:
        self._connection.execute(
            delete(identities)
            .where(identities.c.platform == identity.platform)
            .where(identities.c.external_id == identity.external_id)
        )

    def remove_of_user(self, user_id: str) -> None:
        self._connection.execute(delete(identities).where(identities.c.user_id == user_id))


class SqlLearnerLanguages(TableRepo[LearnerLanguage]):
    """The languages people learn; one of them is active."""

    table, record = learner_languages, LearnerLanguage
    sealed = frozenset({"hints"})

    def of_user(self, user_id: str) -> Sequence[LearnerLanguage]:
        return self._all(select(learner_languages).where(learner_languages.c.user_id == user_id))

    def find_active(self, user_id: str) -> LearnerLanguage | None:
        return self._one(_ACTIVE_LANGUAGE, user_id=user_id)

    def choose(self, chosen: LearnerLanguage) -> LearnerLanguage:
        """Add or save `chosen` as the active language; the others become inactive."""
        for other in self.of_user(chosen.user_id):
            if other.language == chosen.language:
                chosen = replace(chosen, id=other.id, version=other.version)
            elif other.is_active:
                self.save(replace(other, is_active=False))
        chosen = replace(chosen, is_active=True)
        return self.save(chosen) if self.find(chosen.id) else self.add(chosen)

    def remove_of_user(self, user_id: str) -> None:
        self._connection.execute(
            delete(learner_languages).where(learner_languages.c.user_id == user_id)
        )


_ACTIVE_LANGUAGE = Prepared(
    select(learner_languages)
    .where(learner_languages.c.user_id == bindparam("user_id"))
    .where(learner_languages.c.is_active)
)


class SqlConsents(TableRepo[Consent]):
    """Every yes and when it was taken back."""

    table, record = consents, Consent

    def of_user(self, user_id: str) -> Sequence[Consent]:
        return self._all(
            select(consents).where(consents.c.user_id == user_id).order_by(consents.c.id)
        )

    def has(self, user_id: str, purpose: Purpose) -> bool:
        return any(c.purpose is purpose and c.revoked_at is None for c in self.of_user(user_id))

    def give(self, consent: Consent) -> None:
        if not self.has(consent.user_id, consent.purpose):
            self.add(consent)

    def revoke(self, user_id: str, purpose: Purpose, at: datetime) -> None:
        for consent in self.of_user(user_id):
            if consent.purpose is purpose and consent.revoked_at is None:
                self.save(replace(consent, revoked_at=at))

    def remove_of_user(self, user_id: str) -> None:
        self._connection.execute(delete(consents).where(consents.c.user_id == user_id))


class SqlOneTimeCodes(TableRepo[OneTimeCode]):
    """Codes that were sent out."""

    table, record = one_time_codes, OneTimeCode

    def since(
        self, purposes: Sequence[CodePurpose], at: datetime, /, **who: str
    ) -> Sequence[OneTimeCode]:
        """Codes made after `at` for a `subject`, a `user_id` or an `asked_by`, oldest first."""
        wanted = select(one_time_codes).where(
            one_time_codes.c.purpose.in_(purposes), one_time_codes.c.created_at > at
        )
        for column, value in who.items():
            wanted = wanted.where(one_time_codes.c[column] == value)
        return self._all(wanted.order_by(one_time_codes.c.id))

    def remove_of_user(self, user_id: str) -> None:
        """What counts against an identity stays, without its person, until its time is over."""
        theirs = one_time_codes.c.user_id == user_id
        counts = one_time_codes.c.asked_by.is_not(None)
        self._connection.execute(delete(one_time_codes).where(theirs, not_(counts)))
        self._connection.execute(update(one_time_codes).where(theirs).values(user_id=None))

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        """Hand them all to another person, used up: what was proved was proved to the other."""
        theirs = update(one_time_codes).where(one_time_codes.c.user_id == from_user_id)
        self._connection.execute(
            theirs.values(
                user_id=to_user_id,
                used_at=func.coalesce(one_time_codes.c.used_at, one_time_codes.c.created_at),
            )
        )

    def remove_before(self, at: datetime) -> None:
        self._connection.execute(delete(one_time_codes).where(one_time_codes.c.expires_at < at))
