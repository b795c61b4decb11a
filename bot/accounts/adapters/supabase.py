"""Supabase Auth sends and checks the codes of operators whose users live there.

Public reference: github.com/supabase/auth, openapi.yaml (POST /otp, POST /verify); error codes at
supabase.com/docs/guides/auth/debugging/error-codes.
"""

from http import HTTPStatus

import httpx

from bot.accounts.model import OneTimeCode
from bot.core.errors import Cause, ServiceFailure
from bot.messaging.model import Address, IncomingMedia, Indication, Outgoing
from bot.messaging.ports import Pace, Undeliverable

SERVICE = "supabase"
_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
_NOBODY = frozenset({"otp_disabled", "user_not_found", "signup_disabled"})
_WRONG = frozenset({"otp_expired", "otp_disabled", "validation_failed", "user_not_found"})
_RESEND_SECONDS = 60.0  # its own wait between two codes for one address


class SupabaseCodes:
    """Implements `CodeCourier`, and the `PacedMessenger` that its letters go by.

    A letter's own words and digits stay here: Supabase writes its own. An address it does not
    know gets none, and nobody is told.

    Args:
        http: a client of its own; closed by `aclose`.
        url: of the project, e.g. `https://abc.supabase.co`.
        key: the publishable or anonymous key.
    """

    platform = SERVICE
    pace = Pace(per_second=5.0, burst=10)

    def __init__(self, http: httpx.AsyncClient, url: str, key: str) -> None:
        self._http = http
        self._url = f"{url.rstrip('/')}/auth/v1"
        self._headers = {"apikey": key}

    def letter_box(self, address: str, /) -> Address:
        return Address(SERVICE, address)

    def room_pace(self, _: Address, /) -> Pace:
        return Pace(per_second=1.0, burst=3)

    async def send(self, message: Outgoing, _: bytes | None, /) -> str | None:
        reply = await self._post("otp", {"email": message.to.room, "create_user": False})
        if reply.is_success or _error_code(reply) in _NOBODY:
            return None
        if reply.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
            raise Undeliverable(f"refused: {_error_code(reply) or reply.status_code}")
        raise _failure(reply)

    async def is_right(self, _: OneTimeCode, address: str, typed: str, /) -> bool:
        token = typed.strip()
        body: dict[str, object] = {"type": "email", "email": address, "token": token}
        reply = await self._post("verify", body)
        if reply.is_success:
            return _address_in(reply).casefold() == address.casefold()
        if _error_code(reply) in _WRONG:
            return False
        raise _failure(reply)

    async def indicate(self, _: Address, __: Indication, /) -> None:
        """A mailbox shows no signs of life."""

    async def fetch(self, _: IncomingMedia, /, *, max_bytes: int) -> bytes:
        raise ServiceFailure(SERVICE, Cause.REJECTED, f"nothing to fetch (up to {max_bytes} bytes)")

    async def check(self) -> None:
        """Whether address and key are right. Raises ServiceFailure."""
        try:
            reply = await self._http.get(
                f"{self._url}/settings", headers=self._headers, timeout=_TIMEOUT
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreachable(error) from error
        if not reply.is_success:
            raise _failure(reply)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _post(self, path: str, body: dict[str, object]) -> httpx.Response:
        try:
            return await self._http.post(
                f"{self._url}/{path}", json=body, headers=self._headers, timeout=_TIMEOUT
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreachable(error) from error


def _unreachable(error: Exception) -> ServiceFailure:
    return ServiceFailure(SERVICE, Cause.UNREACHABLE, type(error).__name__)


def _failure(reply: httpx.Response) -> ServiceFailure:
    status = reply.status_code
    detail = f"{status} {_error_code(reply)}".strip()
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ServiceFailure(SERVICE, Cause.BUSY, detail, retry_after=_retry_after(reply))
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        return ServiceFailure(SERVICE, Cause.MISCONFIGURED, detail)
    if reply.is_server_error:
        return ServiceFailure(SERVICE, Cause.BUSY, detail)
    return ServiceFailure(SERVICE, Cause.REJECTED, detail)


def _retry_after(reply: httpx.Response) -> float:
    value = reply.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else _RESEND_SECONDS


def _error_code(reply: httpx.Response) -> str:
    """`error_code`; API versions since 2024-01-01 call it `code`, which was the status before."""
    body = _body(reply)
    named = (body.get("error_code"), body.get("code"))
    return next((value for value in named if isinstance(value, str)), "")


def _address_in(reply: httpx.Response) -> str:
    user = _body(reply).get("user")
    return str(user.get("email", "")) if isinstance(user, dict) else ""


def _body(reply: httpx.Response) -> dict[str, object]:
    try:
        body = reply.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
