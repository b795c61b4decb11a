"""What python-telegram-bot raises, in our terms.

Classes decide; the texts of the Bot API are no contract. Four cases have nothing but a text:
an edit that changes nothing, a room or a topic that is gone, and a file too large for getFile.
"""

import re
from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.core.errors import Cause, ServiceFailure
from bot.handlers.telegram.request import FloodWait, ServerError
from bot.messaging.ports import Undeliverable

SERVICE = "telegram"
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_GONE_TOPIC = re.compile(r"thread not found|TOPIC_(?:CLOSED|DELETED)", re.IGNORECASE)
_LONGEST_REASON = 120


def trouble(error: TelegramError) -> ServiceFailure | Undeliverable:
    """What a failed call means for the message it was to deliver."""
    if isinstance(error, ChatMigrated):
        return Undeliverable("the group became a supergroup", moved_to=str(error.new_chat_id))
    if isinstance(error, Forbidden):
        return Undeliverable(reason(error), is_blocked=True)
    if isinstance(error, BadRequest):
        return Undeliverable(reason(error), is_blocked=is_gone(error))
    return service_failure(error)


def service_failure(error: TelegramError) -> ServiceFailure:
    """What a failed call says about the service."""
    if isinstance(error, RetryAfter):
        return ServiceFailure(SERVICE, Cause.BUSY, "flood limit", retry_after=_wait(error))
    if isinstance(error, InvalidToken):  # its text may quote the token
        return ServiceFailure(SERVICE, Cause.MISCONFIGURED, "the token was refused")
    if isinstance(error, BadRequest | Forbidden | ChatMigrated | EndPointNotFound):
        return ServiceFailure(SERVICE, Cause.REJECTED, reason(error))
    if isinstance(error, NetworkError) and not isinstance(error, ServerError):
        return ServiceFailure(SERVICE, Cause.UNREACHABLE, reason(error))
    detail = "another poller" if isinstance(error, Conflict) else reason(error)
    return ServiceFailure(SERVICE, Cause.BUSY, detail)


def is_unchanged(error: BadRequest) -> bool:
    """The edit would not have changed anything."""
    return "not modified" in error.message.lower()


def is_gone(error: BadRequest) -> bool:
    """There is no such room (any more)."""
    return "chat not found" in error.message.lower()


def is_topic_gone(error: BadRequest) -> bool:
    """There is no such topic (any more), or it is closed."""
    return _GONE_TOPIC.search(error.message) is not None


def is_too_big(error: BadRequest) -> bool:
    """getFile hands out no file of this size."""
    return "too big" in error.message.lower()


def _wait(error: RetryAfter) -> float:
    if isinstance(error, FloodWait):
        return error.seconds
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def reason(error: TelegramError) -> str:
    """Telegram's words without what they quote: addresses and texts do not belong in a log."""
    return _QUOTED.sub("…", error.message)[:_LONGEST_REASON]
