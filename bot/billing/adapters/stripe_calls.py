"""Asking Stripe: what fails in our terms, what must not be done twice, lists of many pages.

A key that once got a failure of Stripe's own gets it again for a day: then what was made is looked
for before it is made with another key.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

import stripe

from bot.billing.adapters.stripe_wire import KEY, Object
from bot.core.errors import Cause, ServiceFailure

SERVICE = "stripe"
PAGE = 100
_GONE = "resource_missing"

Call = Callable[[str], Awaitable[Any]]
Find = Callable[[], Awaitable[Object | None]]


class Refused(ServiceFailure):
    """Stripe understood, and says no."""

    def __init__(self, code: str | None, detail: str) -> None:
        super().__init__(SERVICE, Cause.REJECTED, detail)
        self.is_about_something_gone = code == _GONE


class Broken(ServiceFailure):
    """Stripe failed; `is_replayed` when it only tells of an earlier failure."""

    def __init__(self, detail: str, *, is_replayed: bool) -> None:
        super().__init__(SERVICE, Cause.BUSY, detail)
        self.is_replayed = is_replayed


async def once(key: str, make: Call, find: Find | None = None) -> Object:
    """Make something under `key`, or get what was made under it before.

    Args:
        find: looks for it where the key only says again that Stripe had failed.
    """
    try:
        return await answer_of(make(key))
    except Broken as failure:
        if not failure.is_replayed:
            raise
    found = await find() if find is not None else None
    return found or await answer_of(make(f"{key}:again"))


async def answer_of(call: Awaitable[Any]) -> Object:
    """The answer as plain values; the library's errors in our terms."""
    try:
        found = await call
    except stripe.StripeError as error:
        raise _failure(error) from error
    plain: Object = found.to_dict()
    return plain


async def all_rows(ask: Callable[[Any], Awaitable[Any]], asked: Mapping[str, Any]) -> list[Object]:
    """Every row of a list, however many pages."""
    rows: list[Object] = []
    while True:
        after = {"starting_after": rows[-1]["id"]} if rows else {}
        page = await answer_of(ask({**asked, "limit": PAGE, **after}))
        rows += page["data"]
        if not page["has_more"]:
            return rows


async def with_key(listing: Awaitable[Any], key: str) -> Object | None:
    """What was made under our key, of a list's first page."""
    rows: Sequence[Object] = (await answer_of(listing))["data"]
    return next((row for row in rows if (row.get("metadata") or {}).get(KEY) == key), None)


def _failure(error: stripe.StripeError) -> ServiceFailure:
    status, code = error.http_status, error.code
    detail = f"{status or type(error).__name__} {code or ''} {error.request_id or ''}".strip()
    if isinstance(error, stripe.APIConnectionError):
        return ServiceFailure(SERVICE, Cause.UNREACHABLE, detail)
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return ServiceFailure(SERVICE, Cause.MISCONFIGURED, detail)
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if isinstance(error, stripe.RateLimitError) or status == HTTPStatus.CONFLICT:
        wait = headers.get("retry-after", "")
        seconds = float(wait) if wait.isdigit() else None
        return ServiceFailure(SERVICE, Cause.BUSY, detail, retry_after=seconds)
    if status is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        is_replayed = headers.get("idempotent-replayed") == "true"
        return Broken(detail, is_replayed=is_replayed)
    return Refused(code, detail)


def keyed(key: str) -> Any:
    """A request's options: it may be repeated."""
    return {"idempotency_key": key}


def page_life(return_url: str, expires_at: datetime) -> Mapping[str, Any]:
    """Of a Checkout page: where it leads back to, and until when it can be used."""
    return {
        "success_url": return_url,
        "cancel_url": return_url,
        "expires_at": int(expires_at.timestamp()),
    }
