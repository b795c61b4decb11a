"""Tables and repositories of practice: sessions, turns, reports."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    select,
)

from bot.core.language import Level
from bot.storage.prepared import Prepared
from bot.storage.table_repo import TableRepo
from bot.storage.types import EnumText, UtcDateTime, metadata
from bot.voice.session import SessionStatus, StoredReport, Turn, TurnState, VoiceSession

_ID = String(36)

voice_sessions = Table(
    "voice_sessions",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False),
    Column("platform", String(20), nullable=False),
    Column("room", String(80), nullable=False),
    Column("thread", String(80)),
    Column("language", String(20), nullable=False),
    Column("native_language", String(20)),
    Column("level", EnumText(Level), nullable=False),
    Column("context_id", String(40)),
    Column("avatar_id", String(40)),
    Column("accent", String(20)),
    Column("style", String(20), nullable=False),
    Column("status", EnumText(SessionStatus), nullable=False),
    Column("engine", String(40)),
    Column("resume", LargeBinary),
    Column("started_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("turn_count", Integer, nullable=False),
    Column("is_fallback_told", Boolean, nullable=False),
    Column("has_recording", Boolean, nullable=False),
    Column("has_emotion", Boolean, nullable=False),
    Index("ix_voice_sessions_user", "user_id", "status"),
)

turns = Table(
    "turns",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("session_id", _ID, ForeignKey("voice_sessions.id"), nullable=False),
    Column("user_id", _ID, nullable=False, index=True),
    Column("cause", String(120), nullable=False, unique=True),
    Column("position", Integer, nullable=False),
    Column("is_spoken", Boolean, nullable=False),
    Column("state", EnumText(TurnState), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("transcript", LargeBinary),
    Column("corrected", LargeBinary),
    Column("reply", LargeBinary),
    Column("corrections", LargeBinary, nullable=False),
    Column("evidence", LargeBinary),
    Column("prosody", LargeBinary),
    Column("engine", String(40)),
    Column("before", LargeBinary),
    Column("audio_id", _ID),
    Column("reply_audio_id", _ID),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Index("uq_turns_position", "session_id", "position", unique=True),
)

reports = Table(
    "reports",
    metadata,
    Column("id", _ID, ForeignKey("voice_sessions.id"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

_ACTIVE = Prepared(
    select(voice_sessions)
    .where(voice_sessions.c.user_id == bindparam("user_id"))
    .where(voice_sessions.c.status == SessionStatus.ACTIVE)
    .order_by(voice_sessions.c.id.desc())
    .limit(1)
)
_LATEST = Prepared(
    select(voice_sessions)
    .where(voice_sessions.c.user_id == bindparam("user_id"))
    .order_by(voice_sessions.c.id.desc())
    .limit(1)
)
_BY_CAUSE = Prepared(select(turns).where(turns.c.cause == bindparam("cause")))
_OF_SESSION = (
    select(turns).where(turns.c.session_id == bindparam("session_id")).order_by(turns.c.position)
)


class SqlVoiceSessions(TableRepo[VoiceSession]):
    """Practices."""

    table, record = voice_sessions, VoiceSession
    sealed = frozenset({"resume"})

    def find_active(self, user_id: str) -> VoiceSession | None:
        return self._one(_ACTIVE, user_id=user_id)

    def find_latest(self, user_id: str) -> VoiceSession | None:
        return self._one(_LATEST, user_id=user_id)

    def of_user(self, user_id: str) -> Sequence[VoiceSession]:
        return self._all(
            select(voice_sessions)
            .where(voice_sessions.c.user_id == user_id)
            .order_by(voice_sessions.c.id)
        )

    def list_idle(self, before: datetime, limit: int = 100) -> Sequence[VoiceSession]:
        return self._all(
            select(voice_sessions)
            .where(voice_sessions.c.status == SessionStatus.ACTIVE)
            .where(voice_sessions.c.last_at < before)
            .limit(limit)
        )

    def remove_of_user(self, user_id: str) -> None:
        self._connection.execute(delete(voice_sessions).where(voice_sessions.c.user_id == user_id))


class SqlTurns(TableRepo[Turn]):
    """Exchanges of a practice, in order."""

    table, record = turns, Turn
    sealed = frozenset(
        {"transcript", "corrected", "reply", "corrections", "evidence", "prosody", "before"}
    )

    def find_by_cause(self, cause: str) -> Turn | None:
        return self._one(_BY_CAUSE, cause=cause)

    def of_session(self, session_id: str) -> Sequence[Turn]:
        return self._all(_OF_SESSION, session_id=session_id)

    def of_user(self, user_id: str) -> Sequence[Turn]:
        return self._all(select(turns).where(turns.c.user_id == user_id).order_by(turns.c.id))

    def remove_of_user(self, user_id: str) -> None:
        self._connection.execute(delete(turns).where(turns.c.user_id == user_id))


class SqlReports(TableRepo[StoredReport]):
    """Reports of ended sessions."""

    table, record = reports, StoredReport
    sealed = frozenset({"body"})

    def latest(self, user_id: str, limit: int) -> Sequence[StoredReport]:
        return self._all(
            select(reports)
            .where(reports.c.user_id == user_id)
            .order_by(reports.c.id.desc())
            .limit(limit)
        )

    def remove_of_user(self, user_id: str) -> None:
        self._connection.execute(delete(reports).where(reports.c.user_id == user_id))
