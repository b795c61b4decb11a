"""The two kinds of trouble that are not our bugs."""

from collections.abc import Mapping
from enum import StrEnum


class DomainError(Exception):
    """A rule said no. Carries the catalog key and parameters of the text the person sees."""

    key = "error.not_possible"

    def __init__(self, key: str | None = None, **params: object) -> None:
        self.key = key or type(self).key
        self.params: Mapping[str, object] = params
        super().__init__(self.key, params)


class Stale(DomainError):
    """The stored thing changed since it was read."""

    key = "error.stale"


class NotFound(DomainError):
    """There is no such thing, or it is not the asker's."""

    key = "error.not_found"


class Cause(StrEnum):
    """Why an outside service failed."""

    UNREACHABLE = "unreachable"
    BUSY = "busy"
    MISCONFIGURED = "misconfigured"
    REJECTED = "rejected"


class ServiceFailure(Exception):
    """An outside service failed.

    Args:
        service: the vendor's name as in settings, e.g. "telegram".
        cause: what went wrong, in our terms.
        detail: for the log; never a token, a text or an address.
        retry_after: seconds the vendor asked us to wait, if it said so.
    """

    def __init__(
        self, service: str, cause: Cause, detail: str = "", *, retry_after: float | None = None
    ) -> None:
        self.service = service
        self.cause = cause
        self.detail = detail
        self.retry_after = retry_after
        super().__init__(f"{service}: {cause.value} {detail}".strip())

    @property
    def retryable(self) -> bool:
        return self.cause in {Cause.UNREACHABLE, Cause.BUSY}
