"""Meetings on Zoom, by its REST API with Server-to-Server OAuth."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import httpx

from bot.core.clock import Clock
from bot.core.errors import Cause, ServiceFailure
from bot.core.timespan import Timespan
from bot.meetings.adapters.zoom_wire import (
    HAS_ENDED,
    IN_PROGRESS,
    NO_MEETING,
    SERVICE,
    code_in,
    failure_of,
    in_path,
    meeting_body,
    parse_made,
    parse_stayed,
    registrant_body,
    subject_in,
    unreadable,
)
from bot.meetings.ports import Guest, Invited, Made, Stayed, Subject

CHANGES_PER_DAY = 100
_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
_RENEW_BEFORE_SECONDS = 120.0
_BAD_TOKEN = 124
_MOST_PAGES = 100
_PAGE_SIZE = 300

Query = Mapping[str, str | int]


class ZoomToken:
    """An access token for the account, asked for again before it ends; one asks for all."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        url: str,
        account_id: str,
        client_id: str,
        client_secret: str,
        clock: Clock,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._url = url
        self._account_id = account_id
        self._login = httpx.BasicAuth(client_id, client_secret)
        self._clock = clock
        self._seconds = seconds
        self._lock = asyncio.Lock()
        self._token = ""
        self._good_until = 0.0

    async def get(self) -> str:
        """Raises ServiceFailure."""
        async with self._lock:
            if self._seconds() >= self._good_until:
                await self._renew()
            return self._token

    def drop(self, token: str) -> None:
        """Zoom does not take it any more; nothing is done where another has taken its place."""
        if token == self._token:
            self._good_until = 0.0

    async def _renew(self) -> None:
        form = {"grant_type": "account_credentials", "account_id": self._account_id}
        try:
            reply = await self._http.post(self._url, data=form, auth=self._login, timeout=_TIMEOUT)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreachable(error) from error
        if reply.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
            detail = f"credentials refused, {reply.status_code}"
            raise ServiceFailure(SERVICE, Cause.MISCONFIGURED, detail)
        if not reply.is_success:
            raise failure_of(reply, self._clock.now())
        body = _object(reply)
        self._token = str(body.get("access_token", ""))
        lifetime = float(body.get("expires_in", 0))
        self._good_until = self._seconds() + max(lifetime - _RENEW_BEFORE_SECONDS, 1.0)


class ZoomMeetings:
    """Implements `MeetingProvider`.

    Args:
        http: a client of its own; closed by `aclose`.
        url: of the API, with its version.
        hosts: e-mail addresses or ids of users that may hold meetings for hours.
    """

    changes_per_day = CHANGES_PER_DAY

    def __init__(
        self,
        http: httpx.AsyncClient,
        token: ZoomToken,
        clock: Clock,
        *,
        url: str,
        hosts: Sequence[str],
    ) -> None:
        self._http = http
        self._clock = clock
        self._token = token
        self._url = url.rstrip("/")
        self._hosts = tuple(hosts)

    @property
    def hosts(self) -> Sequence[str]:
        return self._hosts

    async def find(self, subject_id: str, host: str, span: Timespan, /) -> Made | None:
        around = span.widened(timedelta(days=1), timedelta(days=1))
        query = {
            "type": "scheduled",
            "from": f"{around.start:%Y-%m-%d}",
            "to": f"{around.end:%Y-%m-%d}",
        }
        for row in await self._pages(f"/users/{in_path(host)}/meetings", "meetings", query):
            if subject_in(row) == subject_id:
                return parse_made(host, row)
        return None

    async def create(self, subject: Subject, host: str, /) -> Made:
        path = f"/users/{in_path(host)}/meetings"
        return parse_made(host, _object(await self._ask("POST", path, meeting_body(subject))))

    async def change(self, provider_id: str, subject: Subject, /) -> bool:
        path = f"/meetings/{provider_id}"
        reply = await self._ask("PATCH", path, meeting_body(subject), bears={NO_MEETING})
        return reply.is_success

    async def remove(self, provider_id: str, /) -> None:
        bears = {NO_MEETING, IN_PROGRESS, HAS_ENDED}
        reply = await self._ask("DELETE", f"/meetings/{provider_id}", bears=bears)
        if not reply.is_success and code_in(reply) == IN_PROGRESS:
            raise ServiceFailure(SERVICE, Cause.BUSY, "people are in the meeting")

    async def register(self, provider_id: str, guest: Guest, /) -> Invited:
        path = f"/meetings/{provider_id}/registrants"
        body = _object(await self._ask("POST", path, registrant_body(guest)))
        try:
            return Invited(str(body["registrant_id"]), str(body["join_url"]))
        except KeyError as error:
            raise unreadable(f"a registrant without {error}") from error

    async def start_url(self, provider_id: str, /) -> str:
        return str(_object(await self._ask("GET", f"/meetings/{provider_id}")).get("start_url", ""))

    async def is_running(self, provider_id: str, /) -> bool:
        reply = await self._ask("GET", f"/meetings/{provider_id}", bears={NO_MEETING})
        return reply.is_success and _object(reply).get("status") == "started"

    async def participants(self, provider_id: str, host_id: str, /) -> Sequence[Stayed]:
        """By the list of past participants; by the account's report where that says nothing."""
        found: list[Stayed] = []
        for instance in await self._instances(provider_id):
            where = f"/past_meetings/{in_path(instance)}/participants"
            rows = await self._pages(where, "participants", bears={NO_MEETING})
            if not rows:
                where = f"/report/meetings/{in_path(instance)}/participants"
                query = {"include_fields": "registrant_id"}
                rows = await self._pages(where, "participants", query, bears={NO_MEETING})
            parsed = (parse_stayed(instance, row, host_id=host_id) for row in rows)
            found += [row for row in parsed if row is not None]
        return found

    async def check(self) -> dict[str, bool]:
        """Whether each host is there. Raises ServiceFailure, e.g. for wrong credentials."""
        found = {}
        for host in self._hosts:
            path = f"/users/{in_path(host)}/meetings"
            try:
                await self._ask("GET", path, query={"type": "scheduled", "page_size": 1})
                found[host] = True
            except ServiceFailure as failure:
                if not failure.detail.startswith(f"{HTTPStatus.NOT_FOUND}"):
                    raise
                found[host] = False
        return found

    async def may_ask_who_was_there(self, provider_id: str, /) -> None:
        """Ask it of a meeting that never took place.

        Raises:
            ServiceFailure: plan or scopes do not allow it.
        """
        where = f"/past_meetings/{in_path(provider_id)}"
        await self._ask("GET", f"{where}/instances", bears={NO_MEETING})
        await self._ask("GET", f"{where}/participants", bears={NO_MEETING})

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _instances(self, provider_id: str) -> Sequence[str]:
        path = f"/past_meetings/{provider_id}/instances"
        reply = await self._ask("GET", path, bears={NO_MEETING})
        if not reply.is_success:
            return []
        rows = _object(reply).get("meetings", [])
        return [str(row["uuid"]) for row in rows if isinstance(row, dict) and "uuid" in row]

    async def _pages(
        self, path: str, name: str, query: Query | None = None, *, bears: set[int] | None = None
    ) -> list[dict[str, Any]]:
        """All rows of a list, page by page."""
        rows: list[dict[str, Any]] = []
        wanted: dict[str, str | int] = {**(query or {}), "page_size": _PAGE_SIZE}
        for _ in range(_MOST_PAGES):
            reply = await self._ask("GET", path, query=wanted, bears=bears)
            if not reply.is_success:
                break
            body = _object(reply)
            rows += [row for row in body.get(name, []) if isinstance(row, dict)]
            following = body.get("next_page_token")
            if not following:
                break
            wanted["next_page_token"] = str(following)
        return rows

    async def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        query: Query | None = None,
        bears: set[int] | None = None,
    ) -> httpx.Response:
        """The answer, if it is a success or has an error code the caller `bears`."""
        reply = await self._sent(method, path, body, query)
        if reply.status_code == HTTPStatus.UNAUTHORIZED and code_in(reply) == _BAD_TOKEN:
            reply = await self._sent(method, path, body, query)
        if reply.is_success or (reply.is_client_error and code_in(reply) in (bears or ())):
            return reply
        raise failure_of(reply, self._clock.now())

    async def _sent(
        self, method: str, path: str, body: Mapping[str, object] | None, query: Query | None
    ) -> httpx.Response:
        token = await self._token.get()
        try:
            reply = await self._http.request(
                method,
                f"{self._url}{path}",
                json=body,
                params=query,
                headers={"Authorization": f"Bearer {token}"},
                timeout=_TIMEOUT,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreachable(error) from error
        if reply.status_code == HTTPStatus.UNAUTHORIZED:
            self._token.drop(token)
        return reply


def _unreachable(error: Exception) -> ServiceFailure:
    return ServiceFailure(SERVICE, Cause.UNREACHABLE, type(error).__name__)


def _object(reply: httpx.Response) -> dict[str, Any]:
    try:
        body = reply.json()
    except ValueError as error:
        raise unreadable("an answer that is no JSON") from error
    if not isinstance(body, dict):
        raise unreadable("an answer that is no object")
    return body
