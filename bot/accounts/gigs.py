"""Gigs: what teachers offer, when it is seen, and what a student looks for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.accounts.teachers import IllegalMove
from bot.core.entity import Entity
from bot.core.errors import DomainError
from bot.core.money import Money

LESSON_MINUTES = (30, 45, 60, 90)
INTRO_SECONDS = 30


class GigCategory(StrEnum):
    """Exactly two."""

    LANGUAGE_TUTOR = "language_tutor"
    CHIROLOGIST = "chirologist"


class GigStatus(StrEnum):
    """A draft is the teacher's own, a live gig is seen, a paused one rests."""

    DRAFT = "draft"
    LIVE = "live"
    PAUSED = "paused"
    DELETED = "deleted"


_ALLOWED: Mapping[GigStatus, frozenset[GigStatus]] = {
    GigStatus.DRAFT: frozenset({GigStatus.LIVE, GigStatus.DELETED}),
    GigStatus.LIVE: frozenset({GigStatus.PAUSED, GigStatus.DELETED}),
    GigStatus.PAUSED: frozenset({GigStatus.LIVE, GigStatus.DELETED}),
    GigStatus.DELETED: frozenset(),
}


class NoLanguage(DomainError):
    """A language tutor's gig names a language."""

    key = "gig.needs_language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gig(Entity):
    """One offer of a teacher.

    Args:
        language: BCP 47, for a language tutor; None for a chirologist.
        price_minor, currency: for an hour.
        fee_minor: charged once on top, in the same currency; None: nothing.
        lesson_minutes: the lengths a student may choose from.
        certificate_ids: which of the teacher's certificates stand on the card.
        intro_id: the spoken introduction, a stored Ogg/Opus file.
        intro_waveform: base64, as platforms draw it.
        live_at: since when it is seen.
    """

    user_id: str
    category: GigCategory
    status: GigStatus = GigStatus.DRAFT
    title: str
    service: str
    language: str | None = None
    price_minor: int
    currency: str
    fee_minor: int | None = None
    lesson_minutes: tuple[int, ...] = (60,)
    about: str | None = None
    experience: str | None = None
    certificate_ids: tuple[str, ...] = ()
    intro_id: str | None = None
    intro_seconds: float | None = None
    intro_waveform: str | None = None
    created_at: datetime
    live_at: datetime | None = None

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def fee(self) -> Money | None:
        return None if self.fee_minor is None else Money(self.fee_minor, self.currency)

    @property
    def moves(self) -> frozenset[GigStatus]:
        """The states it may go to."""
        return _ALLOWED[self.status]

    def moved_to(self, status: GigStatus, now: datetime) -> "Gig":
        """Raises IllegalMove, or NoLanguage where a language tutor's gig is to be seen."""
        if status not in _ALLOWED[self.status]:
            raise IllegalMove
        is_tutor = self.category is GigCategory.LANGUAGE_TUTOR
        if status is GigStatus.LIVE and is_tutor and self.language is None:
            raise NoLanguage
        live_at = now if status is GigStatus.LIVE else self.live_at
        return replace(self, status=status, live_at=live_at)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a student looks for; None: it does not matter.

    A highest price is in one currency and fits offers in that currency alone: there are no
    exchange rates here.
    """

    category: GigCategory | None = None
    language: str | None = None
    most: Money | None = None

    def fits(self, gig: Gig) -> bool:
        most = self.most
        return (
            self.category in {None, gig.category}
            and self.language in {None, gig.language}
            and (most is None or (most.currency == gig.currency and gig.price <= most))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherSearch(Entity):
    """What one student looked for last, or, with `watching_since`, waits to be told of."""

    user_id: str
    category: GigCategory | None = None
    language: str | None = None
    most_minor: int | None = None
    currency: str | None = None
    watching_since: datetime | None = None

    @property
    def wish(self) -> Wish:
        most = None
        if self.most_minor is not None and self.currency is not None:
            most = Money(self.most_minor, self.currency)
        return Wish(self.category, self.language, most)
