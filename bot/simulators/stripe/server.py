"""Stripe's HTTP API on loopback: keys, idempotency, faults, and who serves which path."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.simulators.faults import Faults, cut
from bot.simulators.stripe.errors import Refused
from bot.simulators.stripe.forms import parse_form
from bot.simulators.stripe.idempotency import Idempotency
from bot.simulators.stripe.specification import Specification
from bot.simulators.stripe.state import API_VERSION

Operation = Callable[[Mapping[str, str], Mapping[str, Any]], Mapping[str, Any]]
"""Names in the path, and the request's parameters, to the answer."""


@dataclass(frozen=True, slots=True)
class Route:
    """One request of the API.

    Args:
        path: as its description writes it, `/v1/customers/{customer}`.
        operation: as faults name it, e.g. "payment_intents.confirm".
    """

    method: str
    path: str
    operation: str
    run: Operation


@dataclass(frozen=True, slots=True)
class Request:
    """One request that came, and how it was answered."""

    operation: str
    body: Mapping[str, Any]
    key: str | None
    status: int


class ApiServer:
    """Answers requests with the right key; counts, checks and breaks them as told.

    `faults` knows each operation with the kinds status (after a 500 the key answers 500 for ever),
    rate_limit, delay, drop_before and drop_after.
    """

    def __init__(
        self,
        key: str,
        faults: Faults,
        spec: Specification | None,
        now: Callable[[], datetime],
    ) -> None:
        self._key = key
        self._faults = faults
        self._spec = spec
        self._now = now
        self._answers = Idempotency()
        self.requests: list[Request] = []
        self.violations: list[str] = []

    def serving(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            await self._faults.hold(route.operation)
            if self._faults.take(route.operation, "drop_before"):
                return cut(request)
            status, body, headers = await self._answer(route, request)
            headers = {"Request-Id": f"req_{secrets.token_hex(7)}", **headers}
            headers["Stripe-Version"] = API_VERSION
            if self._faults.take(route.operation, "drop_after"):
                return cut(request)
            return web.json_response(body, status=status, headers=headers)

        return serve

    async def _answer(
        self, route: Route, request: web.Request
    ) -> tuple[int, Any, Mapping[str, str]]:
        asked = await _parameters(request)
        if request.headers.get("Authorization") != f"Bearer {self._key}":
            message = "Invalid API Key provided"
            return 401, Refused(message, status=401).body, {}
        if fault := self._faults.take(route.operation, "rate_limit"):
            message = "Request rate limit exceeded."
            headers = {"Retry-After": str(fault.retry_after)}
            return 429, Refused(message, code="rate_limit").body, headers
        self._check(route, asked)
        key = request.headers.get("Idempotency-Key") if route.method == "POST" else None
        try:
            status, body, is_replayed = await self._run_once(route, request, asked, key)
        except Refused as refusal:
            status, body, is_replayed = refusal.status, refusal.body, False
        self.requests.append(Request(route.operation, asked, key, status))
        return status, body, {"Idempotent-Replayed": "true"} if is_replayed else {}

    async def _run_once(
        self, route: Route, request: web.Request, asked: Mapping[str, Any], key: str | None
    ) -> tuple[int, Any, bool]:
        """The answer, and whether it was given before."""
        if key is None:
            return *self._run(route, request, asked), False
        same = (request.path, json.dumps(asked, sort_keys=True))
        earlier = self._answers.begin(key, same, self._now())
        if earlier is not None:
            return earlier.status, earlier.body, True
        if slow := self._faults.take(f"{route.operation}:running", "delay"):
            await asyncio.sleep(slow.seconds)
        status, body = self._run(route, request, asked)
        if status in {400, 404}:  # refused before it began: nothing is kept
            self._answers.forget(key)
        else:
            self._answers.end(key, status, json.loads(json.dumps(body)))
        return status, body, False

    def _run(self, route: Route, request: web.Request, asked: Mapping[str, Any]) -> tuple[int, Any]:
        if fault := self._faults.take(route.operation, "status"):
            message = "An unknown error occurred"
            return fault.status, Refused(message, kind="api_error").body
        try:
            return 200, _public(route.run(request.match_info, asked))
        except Refused as refusal:
            return refusal.status, _public(refusal.body)

    def _check(self, route: Route, asked: Mapping[str, Any]) -> None:
        if "payment_method_types" in asked:
            self.violations.append(f"{route.operation}: payment_method_types")
        if self._spec is not None:
            self.violations += self._spec.problems_of_request(route.method, route.path, asked)


async def _parameters(request: web.Request) -> Mapping[str, Any]:
    pairs = [*request.query.items()]
    if request.method == "POST":
        form = await request.post()
        pairs += [(name, str(value)) for name, value in form.items()]
    return parse_form(pairs)


def _public(value: Any) -> Any:
    """Without what the simulator keeps for itself."""
    if isinstance(value, Mapping):
        return {n: _public(each) for n, each in value.items() if not n.startswith("_")}
    if isinstance(value, list):
        return [_public(each) for each in value]
    return value
