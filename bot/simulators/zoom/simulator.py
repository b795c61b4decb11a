"""Zoom on loopback: its API for the bot, and rooms for people to meet in."""

import base64
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from aiohttp import web

from bot.simulators.bell import Bell
from bot.simulators.changes import Changes
from bot.simulators.faults import Faults, cut
from bot.simulators.loopback import LoopbackServer
from bot.simulators.zoom.api import Api, Asked, Route
from bot.simulators.zoom.specification import Specification
from bot.simulators.zoom.state import Account, Meeting, Refused, Seat, stamp
from bot.simulators.zoom.webhooks import Webhooks

_PAGE = Path(__file__).with_name("room.html")
_TOKEN_SECONDS = 3600
_Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]
Json = dict[str, Any]


class ZoomSimulator(LoopbackServer):
    """One account.

    `faults` knows the operations of `Api.routes` and "oauth" with the kinds status, rate_limit,
    delay, drop_before and drop_after, and those of `Webhooks`.

    Args:
        hosts: users that may hold meetings, by address.
        clock: gives the time, aware.
        page_size: lists are cut into pages of at most so many.
        limit_status: how the day's limit is answered: 429, or 300 as the older documents say.
        spec: requests, answers and events are checked against it; what is wrong with ours or with
            the bot's is in `violations`.
    """

    account_id, client_id, client_secret = "acc_demo", "client_demo", "client_secret_demo"

    def __init__(
        self,
        *hosts: str,
        clock: Callable[[], datetime] | None = None,
        page_size: int = 300,
        limit_status: int = 429,
        spec: Specification | None = None,
        pause: float = 0.05,
    ) -> None:
        super().__init__()
        self._now = clock or (lambda: datetime.now(UTC))
        self._limit_status = limit_status
        self._spec = spec
        self.faults = Faults()
        self.bell = Bell()
        self.changes = Changes("zoom")
        self.webhooks = Webhooks(self.faults, self.bell, self._now, pause=pause)
        names = {host: secrets.token_urlsafe(12) for host in hosts}
        self.account = Account(names, self._now, self._emit)
        self.requests: list[str] = []
        self.violations: list[str] = []
        self.tokens: dict[str, datetime] = {}
        self._api = Api(self.account, page_size=page_size, url=lambda: self.url)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/v2"

    @property
    def oauth_url(self) -> str:
        return f"{self.url}/oauth/token"

    @property
    def meetings(self) -> Sequence[Meeting]:
        return list(self.account.meetings.values())

    def deliver_to(self, url: str, secret: str) -> None:
        """Send events there from here on."""
        self.webhooks.url, self.webhooks.secret = url, secret

    def enter(self, url: str) -> Seat:
        """Come in by a link, as somebody does who opens it. Raises Refused."""
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        token = (query.get("tk") or query.get("zak") or [""])[0]
        meeting = self.account.meeting(parts.path.rsplit("/", 1)[-1])
        return self.account.enter(meeting, token)

    def leave(self, seat: Seat) -> None:
        self.account.leave(seat)

    async def settle(self, timeout: float = 10) -> None:  # noqa: ASYNC109 - how long to wait is the caller's
        """Wait until every event was delivered, or given up. Raises TimeoutError."""
        await self.bell.until(lambda: self.webhooks.is_quiet or None, timeout)

    def application(self) -> web.Application:
        """Its API and its rooms."""
        app = web.Application(middlewares=[self.changes.watch])
        app.router.add_post("/oauth/token", self._serving("oauth", self._oauth))
        for route in self._api.routes():
            names = route.path.replace("{meetingId}", "{meetingId:.+}")
            app.router.add_route(route.method, f"/v2{names}", self._serving_api(route))
        for path in ("/j/{meeting}", "/s/{meeting}"):
            app.router.add_get(path, _page)
        app.router.add_get("/room/{meeting}", self._look)
        for name, act in (("enter", self._enter), ("leave", self._leave), ("end", self._end)):
            app.router.add_post(f"/room/{{meeting}}/{name}", _acting(act))
        return app

    async def stop(self) -> None:
        await self.webhooks.aclose()
        await super().stop()

    def _emit(self, event: str, about: Json) -> None:
        if self._spec is not None:
            document = {
                "event": event,
                "event_ts": 0,
                "payload": {"account_id": "", "object": about},
            }
            self.violations += self._spec.problems_of_event(document)
        self.webhooks.emit(event, about)
        self.bell.ring()
        self.changes.tell()

    def _serving(self, operation: str, handler: _Serve) -> _Serve:
        async def serve(request: web.Request) -> web.StreamResponse:
            await self.faults.hold(operation)
            if self.faults.take(operation, "drop_before"):
                return cut(request)
            if fault := self.faults.take(operation, "rate_limit"):
                until = self._now() + timedelta(seconds=fault.retry_after)
                return _limited(429, stamp(until))
            if fault := self.faults.take(operation, "status"):
                return _error(Refused(fault.status, 0, "Internal error."))
            self.requests.append(operation)
            reply = await handler(request)
            return cut(request) if self.faults.take(operation, "drop_after") else reply

        return serve

    def _serving_api(self, route: Route) -> _Serve:
        async def handle(request: web.Request) -> web.StreamResponse:
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if self.tokens.get(token, self._now()) <= self._now():
                return _error(Refused(401, 124, "Invalid access token."))
            body = await request.json() if request.can_read_body else None
            if self._spec is not None:
                self.violations += self._spec.problems_of_request(
                    route.method, route.path, request.query, body
                )
            try:
                answer = route.run(Asked(_names(request), request.query, body or {}))
            except Refused as refusal:
                return self._refused(refusal)
            if answer is None:
                return web.Response(status=route.status)
            if self._spec is not None:
                self.violations += self._spec.problems_of_answer(
                    route.method, route.path, route.status, answer
                )
            return web.json_response(answer, status=route.status)

        return self._serving(route.operation, handle)

    def _refused(self, refusal: Refused) -> web.Response:
        if refusal.status != 429:
            return _error(refusal)
        midnight = (self._now() + timedelta(days=1)).replace(hour=0, minute=0, second=0)
        return _limited(self._limit_status, stamp(midnight))

    async def _oauth(self, request: web.Request) -> web.Response:
        login = f"{self.client_id}:{self.client_secret}".encode()
        form = await request.post()
        if request.headers.get("Authorization") != f"Basic {base64.b64encode(login).decode()}":
            return web.json_response({"reason": "Invalid client_id or client_secret"}, status=400)
        if form.get("grant_type") != "account_credentials":
            return web.json_response({"reason": "unsupported grant type"}, status=400)
        if form.get("account_id") != self.account_id:
            return web.json_response({"reason": "Bad account"}, status=400)
        token = secrets.token_urlsafe(24)
        self.tokens[token] = self._now() + timedelta(seconds=_TOKEN_SECONDS)
        answer = {"access_token": token, "token_type": "bearer", "expires_in": _TOKEN_SECONDS}
        return web.json_response({**answer, "scope": "meeting:write:admin report:read:admin"})

    async def _look(self, request: web.Request) -> web.Response:
        try:
            meeting = self.account.meeting(request.match_info["meeting"])
        except Refused as refusal:
            return _error(refusal)
        people = [{"name": stay.name, "seat": stay.seat} for stay in meeting.inside]
        return web.json_response({"topic": meeting.body.get("topic", ""), "people": people})

    def _enter(self, meeting: str, body: Json) -> Json:
        seat = self.account.enter(self.account.meeting(meeting), str(body.get("token", "")))
        return {"seat": seat.seat}

    def _leave(self, meeting: str, body: Json) -> Json:
        self.account.leave(Seat(self.account.meeting(meeting).number, str(body.get("seat", ""))))
        return {}

    def _end(self, meeting: str, body: Json) -> Json:
        found = self.account.meeting(meeting)
        is_host = any(s.seat == body.get("seat") and s.registrant is None for s in found.inside)
        if not is_host:
            raise Refused(403, 3000, "Only the host can end the meeting for all.")
        self.account.end(found)
        return {}


def _acting(act: Callable[[str, Json], Json]) -> _Serve:
    async def handle(request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.text() or "{}")  # a beacon says it is text
        try:
            return web.json_response(act(request.match_info["meeting"], body))
        except Refused as refusal:
            return _error(refusal)

    return handle


async def _page(_: web.Request) -> web.Response:
    return web.Response(text=_PAGE.read_text(encoding="utf-8"), content_type="text/html")


def _names(request: web.Request) -> Mapping[str, str]:
    """Of the path, decoded once: what was encoded twice still is."""
    tail = request.rel_url.raw_path.split("/v2/", 1)[1].split("/")
    number = 2 if tail[0] == "report" else 1
    return {"userId": unquote(tail[1]), "meetingId": unquote(tail[number])}


def _error(refusal: Refused) -> web.Response:
    body = {"code": refusal.code, "message": str(refusal)}
    return web.json_response(body, status=refusal.status)


def _limited(status: int, until: str) -> web.Response:
    headers = {"Retry-After": until, "X-RateLimit-Type": "Daily-limit"}
    body = {"code": status, "message": "You have reached the maximum per-day rate limit."}
    return web.json_response(body, status=status, headers=headers)
