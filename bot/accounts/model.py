"""People: who they are, where they write from, what they learn, what they agreed to."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from bot.core.entity import Entity
from bot.core.language import Level


class Role(StrEnum):
    """What a person is here; somebody can be several.

    NAMED: an administrator for as long as the settings say so; without it, one for good.
    """

    STUDENT = "student"
    TEACHER = "teacher"
    ADMIN = "admin"
    NAMED = "named"


class UserStatus(StrEnum):
    """A guest tries the tutor; registering makes them active; they may pause or leave."""

    GUEST = "guest"
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


class ReplyMode(StrEnum):
    """How the tutor answers."""

    VOICE = "voice"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a person set in /settings.

    Args:
        correction_style: "recast" or "prompt" (decision 12).
        speed: of the tutor's voice; None lets the level decide.
    """

    correction_style: str = "recast"
    reply_mode: ReplyMode = ReplyMode.VOICE
    speed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a person told about themselves; all optional, all sealed at rest."""

    bio: str | None = None
    goals: tuple[str, ...] = ()
    phone: str | None = None
    gender: str | None = None
    date_of_birth: date | None = None
    address: str | None = None
    city: str | None = None
    country: str | None = None
    postal_code: str | None = None
    picture_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Entity):
    """A person, on however many platforms.

    Args:
        name: one display name; a greeting uses its first word.
        email: sealed; `email_hash` finds it again.
        is_minor: below 18: no recording and no emotion measure is ever kept.
        age_confirmed_at: when the person said they have reached the minimum age.
    """

    created_at: datetime
    status: UserStatus = UserStatus.GUEST
    roles: frozenset[Role] = frozenset()
    name: str = ""
    email: str | None = None
    email_hash: str | None = None
    email_verified_at: datetime | None = None
    ui_language: str = "en"
    time_zone: str | None = None
    native_language: str | None = None
    age_confirmed_at: datetime | None = None
    is_minor: bool = False
    guest_turns: int = 0
    preferences: Preferences = field(default_factory=Preferences)
    profile: Profile = field(default_factory=Profile)

    @property
    def is_registered(self) -> bool:
        return self.status is not UserStatus.GUEST

    @property
    def first_name(self) -> str:
        return self.name.split(maxsplit=1)[0] if self.name.strip() else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One person on one platform.

    Args:
        room: their private chat with the bot there; None while they only met us in a group.
        blocked_at: when they told the platform to keep us away; nothing is written to them then.
        joined_at: when it came to this person.
        is_latest: of the person's identities the one they used last, since `last_used_at`.
    """

    platform: str
    external_id: str
    user_id: str
    room: str | None = None
    locale: str | None = None
    blocked_at: datetime | None = None
    joined_at: datetime | None = None
    last_used_at: datetime | None = None
    is_latest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerLanguage(Entity):
    """One language a person learns, with the choices made for it.

    Args:
        accent: BCP 47 tag of the accent wished for, e.g. "en-GB".
        voice_gender: "female", "male" or None for any.
        context_id: where practice takes place.
        hints: words the recogniser should expect from this person; sealed.
        words_practised: target words this person has used, for the report; sealed.
    """

    user_id: str
    language: str
    level: Level = Level.A2
    accent: str | None = None
    voice_gender: str | None = None
    avatar_id: str | None = None
    context_id: str | None = None
    is_active: bool = True
    hints: tuple[str, ...] = ()


class Purpose(StrEnum):
    """What a person may agree to, each on its own and revocable."""

    RECORDING = "recording"
    EMOTION = "emotion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(Entity):
    """A yes, when and to which wording it was given, and when it was taken back."""

    user_id: str
    purpose: Purpose
    wording: str
    given_at: datetime
    revoked_at: datetime | None = None


class CodePurpose(StrEnum):
    """What a one-time code proves, or what is counted with it.

    EMAIL: an address is one's own. LINK, RECOVER: an account is one's own, by its address.
    LINK_TOKEN: the same, shown on another platform; WRONG_TOKEN counts guesses at those.
    PAGE: whoever opens a page of ours was sent there by us.
    """

    EMAIL = "email"
    LINK = "link"
    RECOVER = "recover"
    LINK_TOKEN = "link_token"  # noqa: S105 - no secret
    WRONG_TOKEN = "wrong_token"  # noqa: S105 - no secret
    ADMIN_CLAIM = "admin_claim"
    PAGE = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCode(Entity):
    """A code that was sent out; only its hash is kept.

    Args:
        subject: keyed hash of what it is about (the address).
        asked_by: keyed hash of the identity that asked for it; outlives `user_id`, so that nobody
            gets around a limit by starting anew.
        tries: wrong guesses so far.
        used_at: also set when it is replaced by a newer one.
    """

    user_id: str | None
    purpose: CodePurpose
    subject: str
    code_hash: str
    created_at: datetime
    expires_at: datetime
    tries: int = 0
    used_at: datetime | None = None
    asked_by: str | None = None
