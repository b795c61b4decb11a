"""What an engine is told of a session: instructions, data, history, hints."""

from collections.abc import Sequence

from bot.accounts.model import LearnerLanguage, User
from bot.core.language import Band
from bot.voice.avatars import find_avatar
from bot.voice.context import Line
from bot.voice.contexts.catalogue import find_context
from bot.voice.model import Said, SessionSpec, Speaker
from bot.voice.persona import (
    CorrectionStyle,
    Practice,
    opening,
    session_instructions,
    tools,
    variables,
)
from bot.voice.session import Turn, VoiceSession

# Shown to a generative engine in place of the learner's words when it is to speak first.
BEGIN = "(The learner has just arrived. Greet them and open the conversation.)"
_LINES_OF_HISTORY = 24
SPEED = {Band.BEGINNER: 0.85, Band.INTERMEDIATE: 0.95, Band.ADVANCED: 1.0}  # unless chosen


def brief(
    session: VoiceSession,
    user: User,
    learner: LearnerLanguage | None,
    earlier: Sequence[Turn],
) -> SessionSpec:
    """The `SessionSpec` of a turn, out of what is stored.

    Args:
        learner: choices for this language; None once the person learns another one.
        earlier: the session's turns before this one, oldest first.
    """
    practice = _practice(session, user)
    spoken = (session.language, user.native_language)
    return SessionSpec(
        prompt=session_instructions(practice),
        variables=variables(practice),
        reply_language=session.accent or session.language,
        spoken_languages=tuple(language for language in spoken if language),
        tools=tools(),
        speed=user.preferences.speed or SPEED[session.level.band],
        hints=learner.hints if learner is not None else (),
        history=_history(earlier),
    )


def first_line(session: VoiceSession, user: User) -> Line | None:
    """The opening of a session whose context exists in its language; else an engine finds one."""
    context = find_context(session.context_id or "", session.language)
    if context is None:
        return None
    return opening(context, session.level, user.first_name)


def _practice(session: VoiceSession, user: User) -> Practice:
    return Practice(
        language=session.language,
        level=session.level,
        context_id=session.context_id,
        name=user.first_name,
        native_language=user.native_language,
        style=CorrectionStyle.of(session.style),
        wishes=", ".join(user.profile.goals),
        accent=session.accent,
        avatar=find_avatar(session.avatar_id) if session.avatar_id else None,
    )


def _history(earlier: Sequence[Turn]) -> tuple[Said, ...]:
    lines = []
    for turn in earlier:
        if turn.said:
            lines.append(Said(Speaker.LEARNER, turn.said))
        if turn.reply is not None:
            lines.append(Said(Speaker.TUTOR, turn.reply.text))
    return tuple(lines[-_LINES_OF_HISTORY:])
