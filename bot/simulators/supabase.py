"""Supabase Auth's two requests for e-mailed codes, over HTTP on loopback.

As github.com/supabase/auth describes them in openapi.yaml, with the error codes its
documentation lists.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from aiohttp import web

from bot.simulators.bell import Bell
from bot.simulators.faults import Faults, cut
from bot.simulators.loopback import LoopbackServer

_LIFETIME = timedelta(hours=1)
_WAIT_SECONDS = 60
_Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(slots=True)
class Letter:
    """A mail with a code; the newest for an address is the one that works, once."""

    to: str
    code: str
    at: datetime
    is_used: bool = False


class SupabaseSimulator(LoopbackServer):
    """A project's Auth server.

    `faults` knows the operations "otp", "verify" and "settings" with the kinds status, rate_limit,
    delay, drop_before and drop_after.

    Args:
        key: the only key accepted as `apikey`.
        users: addresses that have an account there.
        clock: gives the time, aware.
        deliver: is given every letter; where it would be mailed.
        has_waits: one code a minute for an address, as the service asks.
    """

    def __init__(
        self,
        key: str,
        *users: str,
        clock: Callable[[], datetime] | None = None,
        deliver: Callable[[Letter], None] = lambda _: None,
        has_waits: bool = True,
    ) -> None:
        super().__init__()
        self.faults = Faults()
        self.users = {user.casefold() for user in users}
        self.letters: list[Letter] = []
        self.verifications = 0
        self._key = key
        self._now = clock or (lambda: datetime.now(UTC))
        self._deliver = deliver
        self._has_waits = has_waits
        self._bell = Bell()
        self._seen = 0

    @property
    def url(self) -> str:
        """The project's address."""
        return f"http://127.0.0.1:{self.port}"

    def application(self) -> web.Application:
        """See `LoopbackServer.application`."""
        app = web.Application()
        app.router.add_post("/auth/v1/otp", self._serving("otp", self._otp))
        app.router.add_post("/auth/v1/verify", self._serving("verify", self._verify))
        app.router.add_get("/auth/v1/settings", self._serving("settings", _settings))
        return app

    async def wait(self, timeout: float = 10) -> Letter:  # noqa: ASYNC109 - how long to wait is the caller's
        """The first letter that no `wait` returned yet. Raises TimeoutError."""

        def find() -> Letter | None:
            return self.letters[self._seen] if self._seen < len(self.letters) else None

        letter = await self._bell.until(find, timeout)
        self._seen += 1
        return letter

    def _serving(self, operation: str, handler: _Handler) -> Any:
        async def serve(request: web.Request) -> web.StreamResponse:
            await self.faults.hold(operation)
            if self.faults.take(operation, "drop_before"):
                return cut(request)
            if fault := self.faults.take(operation, "rate_limit"):
                headers = {"Retry-After": str(fault.retry_after)}
                return _refused(429, "over_request_rate_limit", headers)
            if fault := self.faults.take(operation, "status"):
                return _refused(fault.status, "unexpected_failure")
            if request.headers.get("apikey") != self._key:
                body = {"message": "Invalid API key", "hint": "Double check the apiKey."}
                return web.json_response(body, status=401)
            reply = await handler(request)
            return cut(request) if self.faults.take(operation, "drop_after") else reply

        return serve

    async def _otp(self, request: web.Request) -> web.Response:
        body = await request.json()
        address = str(body.get("email", "")).casefold()
        if "@" not in address:
            return _refused(400, "validation_failed")
        if address not in self.users:
            if not body.get("create_user", True):
                return _refused(422, "otp_disabled")
            self.users.add(address)
        now = self._now()
        latest = self._latest(address)
        if self._has_waits and latest and now - latest.at < timedelta(seconds=_WAIT_SECONDS):
            return _refused(429, "over_email_send_rate_limit")
        letter = Letter(address, f"{secrets.randbelow(10**6):06d}", now)
        self.letters.append(letter)
        self._deliver(letter)
        self._bell.ring()
        return web.json_response({})

    async def _verify(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.verifications += 1
        if body.get("type") != "email" or not body.get("token"):
            return _refused(400, "validation_failed")
        letter = self._latest(str(body.get("email", "")).casefold())
        is_open = letter is not None and not letter.is_used and self._now() - letter.at < _LIFETIME
        if letter is None or not is_open or body["token"] != letter.code:
            return _refused(403, "otp_expired")
        letter.is_used = True
        return web.json_response(_session(letter.to))

    def _latest(self, address: str) -> Letter | None:
        return next((each for each in reversed(self.letters) if each.to == address), None)


async def _settings(_: web.Request) -> web.Response:
    return web.json_response({"external": {"email": True}, "disable_signup": False})


def _session(address: str) -> dict[str, Any]:
    """An access token response, as far as anybody reads it."""
    return {
        "access_token": secrets.token_urlsafe(24),
        "token_type": "bearer",
        "expires_in": 3600,
        "refresh_token": secrets.token_urlsafe(9),
        "user": {"id": str(uuid4()), "aud": "authenticated", "email": address},
    }


def _refused(status: int, code: str, headers: Mapping[str, str] | None = None) -> web.Response:
    body = {"code": status, "error_code": code, "msg": code.replace("_", " ")}
    return web.json_response(body, status=status, headers=headers)
