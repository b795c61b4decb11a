"""Teachers: what they tell about themselves, and how an administrator checks it."""

import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from bot.core.entity import Entity
from bot.core.errors import DomainError
from bot.core.language import Level
from bot.core.money import Money

MOST_CERTIFICATES = 10
MOST_CERTIFICATE_BYTES = 10_000_000
MOST_TAUGHT = 5
MOST_YEARS = 70
_LONGEST_NAME = 60
_MARKS = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)
_EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
# Windows refuses files of these names whatever their extension.
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")
_CALENDLY_PATH = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9_-]{0,79}){1,3}/?")
_TOKEN_BYTES = 16


class IllegalMove(DomainError):
    """It is not in a state from which this can be done."""

    key = "error.stale"


class Review(StrEnum):
    """Where an administrator's check of a teacher stands."""

    DRAFT = "draft"
    WAITING = "waiting"
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"


_ALLOWED: Mapping[Review, frozenset[Review]] = {
    Review.DRAFT: frozenset({Review.WAITING}),
    Review.WAITING: frozenset({Review.APPROVED, Review.REFUSED, Review.ASKED}),
    Review.ASKED: frozenset({Review.APPROVED, Review.REFUSED, Review.WAITING}),
    Review.APPROVED: frozenset({Review.WAITING, Review.REFUSED}),
    Review.REFUSED: frozenset({Review.WAITING}),
}


@dataclass(frozen=True, slots=True)
class Taught:
    """A language somebody teaches, from the lowest level to the highest."""

    language: str
    lowest: Level = Level.A1
    highest: Level = Level.C2


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherProfile(Entity):
    """What makes a person a teacher; one a person.

    Args:
        experience_years: 0 to 70.
        rate_minor, rate_currency: what an hour usually costs; a gig has its own price.
        calendly_link: shown as it is, never opened by us.
        is_verified: an administrator approved; stays while a change waits to be looked at.
        question, answer: the administrator's latest question, and what the teacher said to it.
        reason: why the last check ended with a no.
        invite_token: opens the conversation with this teacher; None: the link was taken back.
    """

    user_id: str
    qualification: str
    experience_years: int
    languages: tuple[Taught, ...] = ()
    about: str | None = None
    rate_minor: int
    rate_currency: str
    calendly_link: str | None = None
    is_verified: bool = False
    review: Review = Review.DRAFT
    waiting_since: datetime | None = None
    question: str | None = None
    answer: str | None = None
    reason: str | None = None
    invite_token: str | None = None

    @property
    def rate(self) -> Money:
        return Money(self.rate_minor, self.rate_currency)

    def moved_to(self, review: Review) -> "TeacherProfile":
        """Raises IllegalMove."""
        if review not in _ALLOWED[self.review]:
            raise IllegalMove
        return replace(self, review=review)

    def submitted(self, now: datetime) -> "TeacherProfile":
        """Queued for an administrator; whoever is verified stays so meanwhile."""
        return replace(self.moved_to(Review.WAITING), waiting_since=now)

    def changed(self, now: datetime) -> "TeacherProfile":
        """After a change of what was checked: looked at again, unless it waits already."""
        if self.review is not Review.APPROVED:
            return self
        return replace(self.submitted(now), question=None, answer=None)

    def asked(self, question: str) -> "TeacherProfile":
        return replace(self.moved_to(Review.ASKED), question=question, answer=None)

    def answered(self, answer: str, now: datetime) -> "TeacherProfile":
        """Back in the queue. Raises IllegalMove unless there is a question."""
        if self.review is not Review.ASKED:
            raise IllegalMove
        return replace(self.submitted(now), answer=answer)

    def approved(self) -> "TeacherProfile":
        return replace(self.moved_to(Review.APPROVED), is_verified=True, reason=None)

    def refused(self, reason: str) -> "TeacherProfile":
        return replace(self.moved_to(Review.REFUSED), is_verified=False, reason=reason)


class CertificateState(StrEnum):
    """Whether an administrator accepted a certificate."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(Entity):
    """A document of a teacher; its bytes are a sealed file.

    Args:
        mime: told by the file's first bytes, not by its sender.
    """

    user_id: str
    title: str
    blob_id: str
    mime: str
    state: CertificateState = CertificateState.WAITING
    added_at: datetime

    @property
    def filename(self) -> str:
        """A name that is safe anywhere, made from the title."""
        return f"{safe_stem(self.title)}.{_EXTENSIONS[self.mime]}"

    def with_state(self, state: CertificateState) -> "Certificate":
        return replace(self, state=state)


def document_type(data: bytes) -> str | None:
    """The MIME type by the first bytes; None for anything but PDF, JPEG and PNG."""
    return next((mime for mark, mime in _MARKS if data.startswith(mark)), None)


def safe_stem(title: str) -> str:
    """A file name without extension: letters, digits, single spaces and hyphens only."""
    plain = unicodedata.normalize("NFKC", title)
    kept = "".join(char if char.isalnum() or char == "-" else " " for char in plain)
    stem = " ".join(kept.split())[:_LONGEST_NAME].strip(" -")
    return f"certificate {stem}".strip() if not stem or _DEVICES.fullmatch(stem) else stem


def is_calendly(link: str) -> bool:
    """Whether it is a page of Calendly's own site and nothing else; it is never fetched."""
    if not link.isascii() or not link.startswith("https://calendly.com/"):
        return False
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    is_bare = parts.netloc == "calendly.com" and not parts.query and not parts.fragment
    return is_bare and _CALENDLY_PATH.fullmatch(parts.path) is not None


def new_token() -> str:
    """An unguessable token that fits in a link: 128 bits in base64url."""
    return secrets.token_urlsafe(_TOKEN_BYTES)
