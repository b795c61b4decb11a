"""Discord on loopback: REST, gateway and attachments at one address."""

import json
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.simulators.discord.call import Call, read_call
from bot.simulators.discord.cdn import MAX_REQUEST
from bot.simulators.discord.errors import ApiError, on_command, plain, rate_limited
from bot.simulators.discord.gateway import Gateway
from bot.simulators.discord.limits import RateLimits
from bot.simulators.discord.routes import Route, all_routes
from bot.simulators.discord.specification import Specification
from bot.simulators.discord.world import World
from bot.simulators.faults import Faults, cut
from bot.simulators.loopback import LoopbackServer

_KEPT_REQUESTS = 10_000
_API = "/api/v10"


@dataclass(frozen=True, slots=True)
class Request:
    """A request the bot made, and how it was answered.

    Args:
        operation: the `operationId` of the OpenAPI document, "create_message".
        status: the HTTP status; 0 when the connection was cut.
        code: Discord's JSON error code; 0 where there was none.
        result: what was answered, when it was 2xx.
    """

    operation: str
    path: dict[str, str]
    body: Any
    status: int
    code: int = 0
    result: Any = None


class ApiServer(LoopbackServer):
    """Answers the bot's requests.

    Args:
        statuses: how many answers had which HTTP status.
        violations: what broke the specification: "operation: problem".
        is_away: while True, every connection is cut.
    """

    grace_seconds = 0.1

    def __init__(
        self,
        token: str,
        world: World,
        gateway: Gateway,
        limits: RateLimits,
        faults: Faults,
        spec: Specification | None,
    ) -> None:
        super().__init__()
        self.limits = limits
        self.violations: list[str] = []
        self.requests: deque[Request] = deque(maxlen=_KEPT_REQUESTS)
        self.statuses: Counter[int] = Counter()
        self.is_away = False
        self._token = token
        self._world = world
        self._gateway = gateway
        self._faults = faults
        self._spec = spec

    def application(self) -> web.Application:
        """See `LoopbackServer.application`."""
        app = web.Application(client_max_size=MAX_REQUEST)
        app.router.add_get("/gateway{rest:/?}", self._connect)
        app.router.add_get("/attachments/{channel}/{attachment}/{name}", self._download)
        for route in all_routes():
            app.router.add_route(route.method, _API + route.path, self._answering(route))
        app.router.add_route("*", "/{path:.*}", self._unknown)
        return app

    async def start(self, port: int = 0) -> None:
        """See `Running.start`."""
        await super().start(port)
        self._world.address = f"127.0.0.1:{self.port}"
        self._world.cdn.base = f"http://{self._world.address}"

    async def stop(self) -> None:
        await self._gateway.drop(1001)
        await super().stop()

    def _answering(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._answer(request, route)

        return answer

    async def _answer(self, request: web.Request, route: Route) -> web.StreamResponse:
        call = Call(route.name, dict(request.match_info))
        if self.is_away:
            return cut(request)
        await self._faults.hold(route.name)
        if self._faults.take(route.name, "drop_before"):
            self._record(call, 0)
            return cut(request)
        headers: dict[str, str] = {}
        try:
            call = await read_call(request, route.name)
            if route.needs_token:
                self._authorize(request)
            headers = self.limits.admit(call, needs_token=route.needs_token)
            self._fail_on_command(route.name)
            self._check(call)
            result = route.handler(self._world, call)
        except ApiError as error:
            return self._refuse(call, error, headers)
        if self._faults.take(route.name, "drop_after"):
            self._record(call, 0, result=result)
            return cut(request)
        status = 204 if result is None else route.status
        self._record(call, status, result=result)
        if result is None:
            return web.Response(status=204, headers=headers)
        return _json(result, status, headers)

    def _authorize(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bot {self._token}":
            raise plain(401, "Unauthorized")
        agent = request.headers.get("User-Agent", "")
        if not agent.startswith("DiscordBot ("):
            problem = f"User-Agent: {agent!r} is none of a bot"
            if problem not in self.violations:
                self.violations.append(problem)

    def _check(self, call: Call) -> None:
        if self._spec is not None:
            problems = self._spec.problems_of_call(call)
            self.violations += [f"{call.operation}: {problem}" for problem in problems]

    def _fail_on_command(self, operation: str) -> None:
        fault = self._faults.take(operation, "status", "rate_limit")
        if fault is None:
            return
        if fault.kind == "rate_limit":
            seconds = fault.seconds or fault.retry_after
            raise rate_limited(seconds, is_global=False, scope="user")
        raise on_command(fault.status)

    def _refuse(self, call: Call, error: ApiError, headers: dict[str, str]) -> web.Response:
        self._record(call, error.status, code=int(error.body.get("code", 0)))
        return _json(error.body, error.status, headers | error.headers)

    def _record(self, call: Call, status: int, *, code: int = 0, result: Any = None) -> None:
        self.statuses[status] += 1
        path = dict(call.path)
        self.requests.append(Request(call.operation, path, call.body, status, code, result))
        self._world.bell.ring()

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if self.is_away or self._faults.take("gateway:CONNECT", "drop_before"):
            return cut(request)
        return await self._gateway.connect(request)

    async def _download(self, request: web.Request) -> web.Response:
        await self._faults.hold("download")
        if self.is_away or self._faults.take("download", "drop_before", "drop_after"):
            return cut(request)
        if fault := self._faults.take("download", "status"):
            return web.Response(status=fault.status)
        place, query = request.match_info, request.query
        data = self._world.cdn.fetch(
            place["channel"],
            place["attachment"],
            query.get("ex", ""),
            query.get("is", ""),
            query.get("hm", ""),
        )
        if data is None:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=data, content_type="application/octet-stream")

    async def _unknown(self, request: web.Request) -> web.Response:
        if self.is_away:
            return cut(request)
        self.violations.append(f"{request.method} {request.path}: not known here")
        error = plain(404, "Not Found")
        return _json(error.body, error.status, {})


def _json(body: Any, status: int, headers: dict[str, str]) -> web.Response:
    """The content type is exactly `application/json`; discord.py reads nothing else as JSON."""
    data = json.dumps(body, separators=(",", ":")).encode()
    return web.Response(
        body=data, status=status, headers=headers | {"Content-Type": "application/json"}
    )
