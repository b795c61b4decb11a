"""What somebody chose to learn, and from whom, between answers and stored choices."""

from collections.abc import Sequence
from dataclasses import replace

from bot.accounts.model import LearnerLanguage
from bot.core.language import Level, base_language
from bot.flows.model import Answers
from bot.voice.avatars import Avatar, Choice, closest, find_avatar, list_avatars
from bot.voice.contexts.catalogue import find_context, list_contexts

ANY = "any"


def fitting(answers: Answers) -> Sequence[Avatar]:
    """Tutors of the language, the nearest to what was wished for first; all where it has none."""
    language = str(answers["language"])
    first = wished(answers).avatar
    wish = answers.get("gender")
    own = list_avatars(language) or list_avatars()
    near = [a for a in own if wish in {None, ANY, a.gender}] or own
    return [first, *(avatar for avatar in near if avatar != first)]


def learner_language(user_id: str, answers: Answers) -> LearnerLanguage:
    """The choices as they are stored; where no tutor was chosen, the closest one."""
    language = str(answers["language"])
    chosen = answers.get("avatar")
    avatar = find_avatar(str(chosen)) if chosen else None
    avatar = avatar or wished(answers).avatar
    gender, context = answers.get("gender"), answers.get("context")
    contexts = list_contexts(language)
    first = contexts[0].id if contexts else None
    return LearnerLanguage(
        user_id=user_id,
        language=language,
        level=Level(str(answers.get("level") or Level.A2)),
        accent=accent_of(avatar, language, answers.get("accent")),
        voice_gender=None if gender in {None, ANY} else str(gender),
        avatar_id=avatar.id,
        context_id=str(context) if context else first,
    )


def answers_of(learner: LearnerLanguage) -> Answers:
    """Stored choices as answers, to change one of them."""
    return {
        "language": learner.language,
        "level": learner.level.value,
        "accent": learner.accent,
        "gender": learner.voice_gender,
        "avatar": learner.avatar_id,
        "tutor_ok": "yes",
        "context": learner.context_id,
    }


def refreshed(old: LearnerLanguage, answers: Answers) -> LearnerLanguage:
    """The same language with other choices; words met so far stay."""
    fresh = learner_language(old.user_id, answers)
    if fresh.language != old.language:
        return fresh
    return replace(fresh, id=old.id, version=old.version, hints=old.hints)


def avatar_name(avatar_id: str | None) -> str:
    """A tutor with its picture."""
    avatar = find_avatar(avatar_id)
    return f"{avatar.picture} {avatar.name}" if avatar else ""


def context_name(context_id: str | None, language: str, reader: str) -> str:
    """A situation with its icon; empty when there is none."""
    context = find_context(context_id or "", language)
    return f"{context.icon} {context.name.get(reader, context.name['en'])}" if context else ""


def wished(answers: Answers) -> Choice:
    """The tutor nearest to the accent and the voice wished for."""
    gender = answers.get("gender")
    return closest(
        str(answers["language"]),
        None if answers.get("accent") is None else str(answers["accent"]),
        None if gender in {None, ANY} else str(gender),
    )


def accents_in(language: str) -> Sequence[str]:
    """The accents that tutors of a language have, in their order."""
    tags = [tag for avatar in list_avatars(language) for tag in avatar.accents]
    return list(dict.fromkeys(t for t in tags if base_language(t) == base_language(language)))


def accent_of(avatar: Avatar, language: str, wish: object) -> str | None:
    """The accent this tutor has of the language: the one wished for, or the tutor's own."""
    own = [tag for tag in avatar.accents if base_language(tag) == base_language(language)]
    return str(wish) if wish in own else next(iter(own), None)
