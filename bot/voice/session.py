"""A practice with the tutor as it is stored: the voice session, its turns, its report."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.core.entity import Entity
from bot.core.errors import DomainError
from bot.core.language import Level
from bot.voice.model import ResumeToken


class IllegalTransition(DomainError):
    """A thing was to move to a state it cannot reach from where it is."""


class SessionStatus(StrEnum):
    """Life of a voice session; SKIPPED was opened and never spoken in."""

    ACTIVE = "active"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    ERROR = "error"


_SESSION_MOVES = {
    SessionStatus.ACTIVE: {
        SessionStatus.COMPLETED,
        SessionStatus.SKIPPED,
        SessionStatus.EXPIRED,
        SessionStatus.ERROR,
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceSession(Entity):
    """One practice, with a snapshot of the choices it was started with.

    Args:
        style: how corrections are given ("recast" or "prompt").
        engine: the engine that answered last.
        resume: that engine's own state; sealed.
        last_at: of the latest turn; an idle hour after it the session expires.
        has_recording, has_emotion: the person's consents when it began.
    """

    user_id: str
    platform: str
    room: str
    thread: str | None = None
    language: str
    native_language: str | None = None
    level: Level
    context_id: str | None = None
    avatar_id: str | None = None
    accent: str | None = None
    style: str = "recast"
    status: SessionStatus = SessionStatus.ACTIVE
    engine: str | None = None
    resume: ResumeToken | None = None
    started_at: datetime
    last_at: datetime
    ended_at: datetime | None = None
    turn_count: int = 0
    is_fallback_told: bool = False
    has_recording: bool = False
    has_emotion: bool = False

    def moved_to(self, status: SessionStatus, at: datetime) -> "VoiceSession":
        """Raises IllegalTransition when the session has already ended."""
        if status not in _SESSION_MOVES.get(self.status, set()):
            raise IllegalTransition
        return replace(self, status=status, ended_at=at)


class TurnState(StrEnum):
    """How far a turn has come; the last four are ends."""

    STARTED = "started"
    HEARD = "heard"
    ANSWERED = "answered"
    SILENT = "silent"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the tutor said in a turn."""

    text: str
    spoken: str | None = None
    translation: str | None = None
    suggestions: tuple[str, ...] = ()
    tip: str | None = None
    is_closing: bool = False
    is_repair: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One correction as data.

    Args:
        kind: catalog key part naming the sort of slip, e.g. "past_tense".
        explanation: UI language to text, or empty.
        is_shown: it was part of the reply; others found in the same turn wait for the report.
        is_prompted: the learner was first asked to repair it.
        is_repaired: the learner said it right in the next turn; None: not known.
    """

    said: str
    better: str
    kind: str = "other"
    explanation: Mapping[str, str] = field(default_factory=dict)
    is_shown: bool = True
    is_prompted: bool = False
    is_repaired: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(Entity):
    """One exchange of a session. Texts, evidence and measures are sealed.

    Args:
        cause: key of the inbox row being answered: the one that began the turn, or the latest that
            set right what was misheard. At most one turn answers a row.
        is_spoken: the learner sent a voice note (otherwise typed, or it is the opening).
        corrected: the learner's own wording where the recogniser had misheard; scores use it.
        evidence: measures for the scores, as the scoring modules define them.
        prosody: expression scores, only with consent.
        before: the engine's state before this turn, to answer it anew from the right words.
        audio_id, reply_audio_id: kept recordings, only with consent.
    """

    session_id: str
    user_id: str
    cause: str
    position: int
    is_spoken: bool
    state: TurnState = TurnState.STARTED
    seconds: float = 0.0
    transcript: str | None = None
    corrected: str | None = None
    reply: Reply | None = None
    corrections: tuple[Correction, ...] = ()
    evidence: Mapping[str, object] | None = None
    prosody: Mapping[str, float] | None = None
    engine: str | None = None
    before: ResumeToken | None = None
    audio_id: str | None = None
    reply_audio_id: str | None = None
    created_at: datetime
    finished_at: datetime | None = None

    @property
    def is_opening(self) -> bool:
        """The tutor's first line, before the learner has said anything."""
        return self.position == 0 and not self.is_spoken

    @property
    def said(self) -> str:
        """What the learner said, in their own wording where they gave it."""
        return self.corrected or self.transcript or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReport(Entity):
    """The report of one ended session; `id` is the session's id."""

    user_id: str
    created_at: datetime
    body: Mapping[str, object]
