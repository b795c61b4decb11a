"""How Stripe refuses."""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """An answer that is an error object.

    Args:
        kind: api_error, card_error, idempotency_error or invalid_request_error.
        more: further members of the error object, e.g. `payment_intent`.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        error = {"type": kind, "message": message, "code": code, "param": param, **(more or {})}
        self.body = {"error": {name: value for name, value in error.items() if value is not None}}


def missing(what: str, found: str) -> Refused:
    """There is no such object."""
    message = f"No such {what}: '{found}'"
    return Refused(message, status=404, code="resource_missing", param=what)


def required(param: str) -> Refused:
    """A parameter is not there."""
    message = f"Missing required param: {param}."
    return Refused(message, code="parameter_missing", param=param)
