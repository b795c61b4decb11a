"""What becomes of two people's records when they turn out to be one person."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from bot.accounts.model import (
    Consent,
    LearnerLanguage,
    Profile,
    Purpose,
    Role,
    User,
    UserStatus,
)

_MOST_HINTS = 40
_LIVELIEST = (UserStatus.ACTIVE, UserStatus.PAUSED, UserStatus.CLOSED, UserStatus.GUEST)

Rule = Callable[[User, User], object]


def survivor(one: User, other: User) -> tuple[User, User]:
    """Who stays, and who is merged into them.

    Whoever registered stays, then whoever proved an address, then whoever was here first.
    """
    kept, gone = sorted((one, other), key=_rank)
    return kept, gone


def merged(kept: User, gone: User) -> User:
    """The one person of two, by the table of fields below; not saved here."""
    changes: Mapping[str, Any] = {name: rule(kept, gone) for name, rule in FIELDS.items()}
    return replace(kept, **changes)


def _rank(user: User) -> tuple[object, ...]:
    return (not user.is_registered, user.email_verified_at is None, user.created_at, user.id)


def _stays(name: str) -> Rule:
    """Theirs who stays."""
    return lambda kept, _: getattr(kept, name)


def _first_known(name: str) -> Rule:
    """Theirs who stays; where they have none, the other's."""
    return lambda kept, gone: getattr(kept, name) or getattr(gone, name)


def _earlier(name: str) -> Rule:
    """Whatever came first."""

    def rule(kept: User, gone: User) -> object:
        return min((v for v in (getattr(kept, name), getattr(gone, name)) if v), default=None)

    return rule


def _of_the_address(name: str) -> Rule:
    """An address goes with its proof; a proved one before one that was only named."""

    def rule(kept: User, gone: User) -> object:
        is_better = kept.email_verified_at is None and gone.email_verified_at is not None
        return getattr(gone if is_better or kept.email is None else kept, name)

    return rule


def _profile(kept: User, gone: User) -> Profile:
    """Field by field; goals of both."""
    known = {f.name: getattr(kept.profile, f.name) for f in fields(Profile)}
    others = {f.name: getattr(gone.profile, f.name) for f in fields(Profile)}
    both = {name: known[name] or others[name] for name in known}
    goals = tuple(dict.fromkeys((*kept.profile.goals, *gone.profile.goals)))
    return Profile(**{**both, "goals": goals})


def _roles(kept: User, gone: User) -> frozenset[Role]:
    """Those of both; an administrator for good stays one, and a minor does not teach."""
    both = kept.roles | gone.roles
    if Role.TEACHER in both and (kept.is_minor or gone.is_minor):
        both = both - {Role.TEACHER} | {Role.STUDENT}
    is_for_good = any(
        Role.ADMIN in each.roles and Role.NAMED not in each.roles for each in (kept, gone)
    )
    return both - {Role.NAMED} if is_for_good else both


FIELDS: Mapping[str, Rule] = {
    "id": _stays("id"),
    "version": _stays("version"),
    "created_at": _earlier("created_at"),
    "status": lambda kept, gone: min(kept.status, gone.status, key=_LIVELIEST.index),
    "roles": _roles,
    "name": _first_known("name"),
    "email": _of_the_address("email"),
    "email_hash": _of_the_address("email_hash"),
    "email_verified_at": _of_the_address("email_verified_at"),
    "ui_language": _stays("ui_language"),
    "time_zone": _first_known("time_zone"),
    "native_language": _first_known("native_language"),
    "age_confirmed_at": _earlier("age_confirmed_at"),
    "is_minor": lambda kept, gone: kept.is_minor or gone.is_minor,
    "guest_turns": lambda kept, gone: kept.guest_turns + gone.guest_turns,
    "preferences": _stays("preferences"),
    "profile": _profile,
}


def consents_that_end(
    kept: Sequence[Consent], gone: Sequence[Consent], *, is_minor: bool
) -> frozenset[Purpose]:
    """What a yes was given to that does not hold for the one person.

    The stricter counts: a yes that one of them took back is taken back, and a minor gives none.
    Somebody who was never asked has said nothing against it.
    """
    return frozenset(
        purpose
        for purpose in Purpose
        if (_stands(kept, purpose) or _stands(gone, purpose))
        and (is_minor or _was_taken_back(kept, purpose) or _was_taken_back(gone, purpose))
    )


def merged_language(kept: LearnerLanguage, gone: LearnerLanguage) -> LearnerLanguage:
    """Both learned the same language: the choices of whoever stays, the words of both."""
    hints = tuple(dict.fromkeys((*kept.hints, *gone.hints)))[:_MOST_HINTS]
    return replace(kept, hints=hints)


def _of(consents: Iterable[Consent], purpose: Purpose) -> Sequence[Consent]:
    return [each for each in consents if each.purpose is purpose]


def _stands(consents: Sequence[Consent], purpose: Purpose) -> bool:
    return any(each.revoked_at is None for each in _of(consents, purpose))


def _was_taken_back(consents: Sequence[Consent], purpose: Purpose) -> bool:
    return bool(_of(consents, purpose)) and not _stands(consents, purpose)
