"""Voice sessions: open one, take turns, close it with a report."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.accounts.model import LearnerLanguage, Purpose, User
from bot.accounts.ports import ConsentRepo, LearnerLanguageRepo
from bot.core.repository import Repository
from bot.jobs.model import Job
from bot.messaging.model import Address
from bot.voice.contexts.catalogue import find_context
from bot.voice.engines import Exchange
from bot.voice.model import ToolCall
from bot.voice.persona import OFFER_HELP
from bot.voice.report import VoiceReport, report_to_json, write_report
from bot.voice.session import (
    Correction,
    Reply,
    SessionStatus,
    StoredReport,
    Turn,
    TurnState,
    VoiceSession,
)
from bot.voice.stored_evidence import evidence_of

CLOSE_JOB = "voice.close"
_MOST_HINTS = 40
_SHORTEST_HINT = 3
_MARKS = ".,;:!?¡¿\"'()"


class TurnRepo(Repository[Turn], Protocol):
    """Exchanges."""

    def find_by_cause(self, cause: str, /) -> Turn | None: ...
    def of_session(self, session_id: str, /) -> Sequence[Turn]: ...


class SessionRepo(Repository[VoiceSession], Protocol):
    """Voice sessions."""

    def find_active(self, user_id: str, /) -> VoiceSession | None: ...


class JobQueue(Protocol):
    """Promises."""

    def put(self, *wanted: Job) -> None: ...


class VoiceWork(Protocol):
    """What a practice needs of a transaction."""

    @property
    def voice_sessions(self) -> SessionRepo: ...
    @property
    def turns(self) -> TurnRepo: ...
    @property
    def reports(self) -> Repository[StoredReport]: ...
    @property
    def learner_languages(self) -> LearnerLanguageRepo: ...
    @property
    def consents(self) -> ConsentRepo: ...
    @property
    def jobs(self) -> JobQueue: ...


class VoiceService:
    """Practice as it is stored. Every method writes in the caller's unit.

    Args:
        idle_after: a session without a word for so long is closed.
    """

    def __init__(self, idle_after: timedelta) -> None:
        self.idle_after = idle_after

    def open(
        self, work: VoiceWork, user: User, learner: LearnerLanguage, to: Address, now: datetime
    ) -> VoiceSession:
        """Begin a session with a snapshot of the person's choices; one that runs goes on."""
        running = work.voice_sessions.find_active(user.id)
        if running is not None and running.language == learner.language:
            return running
        may_keep = not user.is_minor
        session = work.voice_sessions.add(
            VoiceSession(
                user_id=user.id,
                platform=to.platform,
                room=to.room,
                thread=to.thread,
                language=learner.language,
                native_language=user.native_language,
                level=learner.level,
                context_id=learner.context_id,
                avatar_id=learner.avatar_id,
                accent=learner.accent,
                style=user.preferences.correction_style,
                started_at=now,
                last_at=now,
                has_recording=may_keep and work.consents.has(user.id, Purpose.RECORDING),
                has_emotion=may_keep and work.consents.has(user.id, Purpose.EMOTION),
            )
        )
        due_at = now + self.idle_after
        work.jobs.put(
            Job(kind=CLOSE_JOB, key=session.id, due_at=due_at, payload={"session": session.id})
        )
        return session

    def begin_turn(
        self, work: VoiceWork, session: VoiceSession, cause: str, now: datetime, *, is_spoken: bool
    ) -> Turn:
        """The turn an event causes."""
        return work.turns.add(
            Turn(
                session_id=session.id,
                user_id=session.user_id,
                cause=cause,
                position=len(work.turns.of_session(session.id)),
                is_spoken=is_spoken,
                before=session.resume,
                created_at=now,
            )
        )

    def answered(
        self, work: VoiceWork, turn: Turn, session: VoiceSession, done: Exchange, now: datetime
    ) -> tuple[Turn, VoiceSession]:
        """Store what the tutor said, and where the conversation stands; a turn counts once."""
        saved = work.turns.save(
            replace(
                turn,
                state=TurnState.ANSWERED,
                reply=_reply(done),
                corrections=_corrections(done.tools),
                prosody=done.prosody if session.has_emotion else None,
                engine=done.engine,
                finished_at=now,
            )
        )
        self._note_uptake(work, saved, done.tools)
        moved = replace(
            session,
            engine=done.engine,
            resume=done.resume or session.resume,
            last_at=now,
            turn_count=session.turn_count + (turn.reply is None),
            is_fallback_told=session.is_fallback_told or done.is_fallback,
        )
        return saved, work.voice_sessions.save(moved)

    def ended_turn(self, work: VoiceWork, turn: Turn, state: TurnState, now: datetime) -> Turn:
        """A turn that was not answered: silent, failed or cancelled. It counts for nothing.

        One that had been answered, and was to be answered anew, stays as it was.
        """
        if turn.reply is not None and turn.said:
            state = TurnState.ANSWERED
        return work.turns.save(replace(turn, state=state, finished_at=now))

    def correct_transcript(
        self, work: VoiceWork, turn: Turn, session: VoiceSession, text: str
    ) -> Turn:
        """The learner's own wording; words the recogniser lacked become hints for it."""
        learner = work.learner_languages.find_active(turn.user_id)
        if learner is not None and learner.language == session.language:
            fresh = _new_words(turn.transcript or "", text)
            hints = tuple(dict.fromkeys((*fresh, *learner.hints)))[:_MOST_HINTS]
            if hints != learner.hints:
                work.learner_languages.save(replace(learner, hints=hints))
        return work.turns.save(replace(turn, corrected=text))

    def close(
        self, work: VoiceWork, session: VoiceSession, now: datetime, *, is_idle: bool = False
    ) -> VoiceReport | None:
        """End a session; None when nothing was said in it."""
        turns = [
            turn
            for turn in work.turns.of_session(session.id)
            if turn.said and turn.state in {TurnState.ANSWERED, TurnState.HEARD}
        ]
        if not turns:
            work.voice_sessions.save(session.moved_to(SessionStatus.SKIPPED, now))
            return None
        status = SessionStatus.EXPIRED if is_idle else SessionStatus.COMPLETED
        work.voice_sessions.save(session.moved_to(status, now))
        report = write_report(
            [evidence_of(turn) for turn in turns], session.language, _target_words(session)
        )
        work.reports.add(
            StoredReport(
                id=session.id,
                user_id=session.user_id,
                created_at=now,
                body=report_to_json(report),
            )
        )
        return report

    def _note_uptake(self, work: VoiceWork, now_answered: Turn, tools: Sequence[ToolCall]) -> None:
        """What the learner made of an earlier correction: said right afterwards, or not."""
        call = next((call for call in tools if call.name == "note_uptake"), None)
        if call is None:
            return
        is_repaired = bool(call.arguments.get("repaired"))
        for turn in reversed(work.turns.of_session(now_answered.session_id)):
            if turn.id != now_answered.id and any(_is_open(c) for c in turn.corrections):
                marked = tuple(
                    replace(c, is_repaired=is_repaired) if _is_open(c) else c
                    for c in turn.corrections
                )
                work.turns.save(replace(turn, corrections=marked))
                return


def _is_open(correction: Correction) -> bool:
    """The learner saw it, and nothing is known yet of what they made of it."""
    return correction.is_shown and correction.is_repaired is None


def _reply(done: Exchange) -> Reply:
    texts = done.texts
    spoken = " ".join(text.spoken or text.text for text in texts)
    written = " ".join(text.text for text in texts)
    translations = [text.translation for text in texts if text.translation]
    offered = _offered(done.tools)
    whole = " ".join(translations) if len(translations) == len(texts) else None
    return Reply(
        text=written,
        spoken=spoken if spoken != written else None,
        translation=whole or offered.translation,
        suggestions=tuple(s for text in texts for s in text.suggestions) or offered.suggestions,
        tip=next((text.tip for text in texts if text.tip), offered.tip),
        is_closing=any(text.is_closing for text in texts) or offered.is_closing,
        is_repair=any(text.is_repair for text in texts),
    )


def _offered(calls: Sequence[ToolCall]) -> Reply:
    """The help a generative engine handed over beside its words."""
    for call in calls:
        if call.name == OFFER_HELP.name:
            given = call.arguments
            suggestions = given.get("suggestions")
            lines = suggestions if isinstance(suggestions, list) else []
            return Reply(
                text="",
                translation=str(given.get("translation") or "") or None,
                suggestions=tuple(str(line) for line in lines if line),
                tip=str(given.get("tip") or "") or None,
                is_closing=given.get("is_closing") is True,
            )
    return Reply(text="")


def _corrections(tools: Sequence[ToolCall]) -> tuple[Correction, ...]:
    found = []
    for call in tools:
        arguments = call.arguments
        said, better = str(arguments.get("said", "")), str(arguments.get("better", ""))
        if call.name == "note_correction" and better:
            found.append(
                Correction(
                    said=said,
                    better=better,
                    kind=str(arguments.get("kind", "other")),
                    explanation=_explanation(arguments.get("explanation")),
                    is_shown=bool(arguments.get("shown", True)),
                    is_prompted=bool(arguments.get("was_prompted", False)),
                )
            )
    return tuple(found)


def _explanation(value: object) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(language): str(text) for language, text in value.items()}
    return {"": str(value)} if value else {}


def _new_words(heard: str, corrected: str) -> list[str]:
    """Words the learner gave that were not heard: names, towns, jobs."""
    known = {word.strip(_MARKS).casefold() for word in heard.split()}
    words = [word.strip(_MARKS) for word in corrected.split()]
    return [w for w in words if len(w) >= _SHORTEST_HINT and w.casefold() not in known]


def _target_words(session: VoiceSession) -> tuple[str, ...]:
    context = find_context(session.context_id or "", session.language)
    return tuple(line.text for line in context.words) if context else ()
