"""Discord's refusals: an HTTP status, a JSON error code and its message."""

from typing import Any

Json = dict[str, Any]

_MESSAGES = {
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10009: (404, "Unknown permission overwrite"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    10070: (404, "Unknown Guild Scheduled Event"),
    20012: (403, "You are not authorized to perform this action on this application"),
    30010: (400, "Maximum number of reactions reached (20)"),
    30015: (400, "Maximum number of attachments in a message reached (10)"),
    30032: (400, "Maximum number of application commands reached"),
    30038: (400, "Maximum number of uncompleted guild scheduled events reached (100)"),
    30034: (429, "Maximum number of daily application command creates has been reached (200)"),
    40005: (413, "Request entity too large"),
    40058: (400, "Cannot send a message in a forum channel"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50013: (403, "Missing Permissions"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50033: (400, "Invalid Recipient(s)"),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50160: (400, "Voice messages must have a single audio attachment."),
    50161: (400, "Voice messages must have supporting metadata."),
    50173: (403, "You cannot send voice messages in this channel."),
    160002: (400, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"),
    160005: (403, "Thread is locked"),
    180000: (400, "Cannot update a finished event"),
}


class ApiError(Exception):
    """An answer other than 2xx.

    Args:
        status: of the HTTP answer.
        body: its JSON: `code`, `message`, perhaps `errors`; `retry_after` and `global` on a 429.
        headers: besides those every answer has.
    """

    def __init__(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.body = body
        self.headers = headers or {}
        super().__init__(f"{status}: {body}")


def refusal(code: int) -> ApiError:
    """The error with this JSON code (opcodes-and-status-codes)."""
    status, message = _MESSAGES[code]
    return ApiError(status, {"message": message, "code": code})


def invalid(field: str, code: str, message: str) -> ApiError:
    """50035: what is wrong with one field, named with dots: "components.0.custom_id"."""
    errors: Json = {"_errors": [{"code": code, "message": message}]}
    for name in reversed(field.split(".")):
        errors = {name: errors}
    return ApiError(400, {"message": "Invalid Form Body", "code": 50035, "errors": errors})


def too_long(field: str, longest: int, shortest: int = 0) -> ApiError:
    """50035 in the words Discord has for a text of the wrong length."""
    if shortest:
        text = f"Must be between {shortest} and {longest} in length."
        return invalid(field, "BASE_TYPE_BAD_LENGTH", text)
    text = f"Must be {longest} or fewer in length."
    return invalid(field, "BASE_TYPE_MAX_LENGTH", text)


def missing(field: str) -> ApiError:
    """50035 for a field that is not there."""
    return invalid(field, "BASE_TYPE_REQUIRED", "This field is required")


def plain(status: int, reason: str) -> ApiError:
    """An error of HTTP alone, as `401: Unauthorized`."""
    return ApiError(status, {"message": f"{status}: {reason}", "code": 0})


def on_command(status: int) -> ApiError:
    """What a fault makes of an answer."""
    known = {401: plain(401, "Unauthorized"), 403: refusal(50013), 404: refusal(10008)}
    return known.get(status) or plain(status, "Internal Server Error")


def rate_limited(seconds: float, *, is_global: bool, scope: str) -> ApiError:
    """429. `Via` tells a client that it was Discord, and not the guard before it, who refused."""
    headers = {
        "Retry-After": str(max(1, round(seconds + 0.5))),
        "X-RateLimit-Scope": scope,
        "Via": "1.1 simulator",
    }
    if is_global:
        headers["X-RateLimit-Global"] = "true"
    body = {
        "message": "You are being rate limited.",
        "retry_after": round(seconds, 3),
        "global": is_global,
    }
    return ApiError(429, body, headers)
