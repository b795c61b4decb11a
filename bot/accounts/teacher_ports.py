"""What teachers, their gigs and the audit trail need of a transaction."""

from collections.abc import Sequence
from typing import Protocol

from bot.accounts.audit import AuditEntry
from bot.accounts.gigs import Gig, TeacherSearch, Wish
from bot.accounts.teachers import Certificate, TeacherProfile
from bot.core.repository import Repository


class TeacherRepo(Repository[TeacherProfile], Protocol):
    """Teachers."""

    def find_of_user(self, user_id: str, /) -> TeacherProfile | None: ...
    def find_by_token(self, token: str, /) -> TeacherProfile | None: ...
    def waiting(self, limit: int, after: str | None = None, /) -> Sequence[TeacherProfile]:
        """Those in the queue, longest waiting first; `after`: behind this id in the queue."""
        ...

    def count_waiting(self) -> int: ...
    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class CertificateRepo(Repository[Certificate], Protocol):
    """Certificates."""

    def of_user(self, user_id: str, /) -> Sequence[Certificate]: ...
    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class GigRepo(Repository[Gig], Protocol):
    """Gigs."""

    def of_user(self, user_id: str, /) -> Sequence[Gig]:
        """All but deleted ones, oldest first."""
        ...

    def ever_of_user(self, user_id: str, /) -> Sequence[Gig]:
        """Deleted ones too."""
        ...

    def find_listed(self, gig_id: str, /) -> Gig | None:
        """A gig that students may see: live, of a verified teacher who is active."""
        ...

    def listed(self, wish: Wish, offset: int, limit: int, /) -> Sequence[Gig]:
        """Gigs that students may see, newest first."""
        ...

    def count_listed(self, wish: Wish, /) -> int: ...
    def languages(self) -> Sequence[str]:
        """Languages of listed gigs."""
        ...

    def currencies(self) -> Sequence[str]:
        """Currencies of listed gigs."""
        ...

    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class SearchRepo(Repository[TeacherSearch], Protocol):
    """What students look for."""

    def of_user(self, user_id: str, /) -> Sequence[TeacherSearch]: ...
    def find_of_user(self, user_id: str, /) -> TeacherSearch | None:
        """What they looked for last; the others are waits."""
        ...

    def watching(self, gig: Gig, /) -> Sequence[TeacherSearch]:
        """Searches waiting to be told of such a gig."""
        ...

    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class AuditTrail(Protocol):
    """Append-only."""

    def add(self, entry: AuditEntry, /) -> object: ...
    def latest(self, limit: int, /) -> Sequence[AuditEntry]: ...


class TeachersWork(Protocol):
    """The repositories of teachers in one transaction."""

    @property
    def teachers(self) -> TeacherRepo: ...
    @property
    def certificates(self) -> CertificateRepo: ...
    @property
    def gigs(self) -> GigRepo: ...
    @property
    def teacher_searches(self) -> SearchRepo: ...
    @property
    def audit(self) -> AuditTrail: ...
