"""The Bot API on loopback: requests in, envelopes out."""

import re
from collections import deque
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.simulators.faults import Fault, Faults, cut
from bot.simulators.loopback import LoopbackServer
from bot.simulators.telegram.call import Call, read_call
from bot.simulators.telegram.content import find_chat
from bot.simulators.telegram.errors import ApiError, bad_request, conflict, too_many_requests
from bot.simulators.telegram.files import MAX_UPLOAD
from bot.simulators.telegram.flood import FloodLimits
from bot.simulators.telegram.methods import COUNTED, HANDLERS
from bot.simulators.telegram.specification import Specification
from bot.simulators.telegram.updates import UpdateQueue
from bot.simulators.telegram.webhook import WebhookSender, read_hook
from bot.simulators.telegram.wire import Json
from bot.simulators.telegram.world import World

_KEPT_REQUESTS = 10_000
_LONGEST_POLL = 50
_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
_HOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


@dataclass(frozen=True, slots=True)
class Request:
    """A request the bot made, and how it was answered.

    Args:
        status: the HTTP status; 0 when the connection was cut.
        result: what was answered, when it was 200.
    """

    method: str
    params: dict[str, Any]
    status: int
    description: str = ""
    result: Any = None


class ApiServer(LoopbackServer):
    """Answers the bot's requests.

    Args:
        flood: whether the published sending limits are kept; may be changed at any time.
        violations: what broke the specification.
    """

    grace_seconds = 0.1
    cancels = True

    def __init__(
        self,
        token: str,
        world: World,
        updates: UpdateQueue,
        webhook: WebhookSender,
        limits: FloodLimits,
        faults: Faults,
        spec: Specification | None,
    ) -> None:
        super().__init__()
        self.flood = True
        self.violations: list[str] = []
        self.requests: deque[Request] = deque(maxlen=_KEPT_REQUESTS)
        self.count_429 = 0
        self._token = token
        self._world = world
        self._updates = updates
        self._webhook = webhook
        self._limits = limits
        self._faults = faults
        self._spec = spec

    def application(self) -> web.Application:
        """See `LoopbackServer.application`."""
        app = web.Application(client_max_size=MAX_UPLOAD)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        return app

    async def stop(self) -> None:
        await self._webhook.aclose()
        self._updates.interrupt(ApiError(502, "Bad Gateway"))
        await super().stop()

    async def _answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        await self._faults.hold(method)
        if self._faults.take(method, "drop_before"):
            self._record(Call(method, {}), 0, "cut before it was done")
            return cut(request)
        call = Call(method, {})
        try:
            call = await read_call(request, method)
            self._authorize(request.match_info["token"])
            self._fail_on_command(method)
            result = await self._run(call)
        except ApiError as error:
            return self._refuse(call, error)
        except web.HTTPRequestEntityTooLarge:
            return self._refuse(call, ApiError(413, "Request Entity Too Large"))
        if self._faults.take(method, "drop_after"):
            self._record(call, 0, "cut when it was done", result)
            return cut(request)
        self._record(call, 200, "", result)
        return web.json_response({"ok": True, "result": result})

    async def _run(self, call: Call) -> Any:
        """Do what the call asks for; checks come in the order the vendor's seem to."""
        method = call.method.lower()
        if method not in HANDLERS and method not in _UPDATE_METHODS:
            raise ApiError(404, "Not Found: method not found")
        if self._spec and (problems := self._spec.problems_of_call(call)):
            self.violations += [f"{call.method}: {problem}" for problem in problems]
            raise bad_request("; ".join(problems))
        if method in _UPDATE_METHODS:
            return await _UPDATE_METHODS[method](self, call)
        if self.flood and method in COUNTED:
            self._limits.admit(find_chat(self._world, call).chat_id)
        return HANDLERS[method](self._world, call)

    def _authorize(self, token: str) -> None:
        if not _TOKEN.fullmatch(token):
            raise ApiError(404, "Not Found")
        if token != self._token:
            raise ApiError(401, "Unauthorized")

    def _fail_on_command(self, method: str) -> None:
        fault: Fault | None = self._faults.take(method, "status", "rate_limit")
        if fault is None:
            return
        if fault.kind == "rate_limit":
            raise too_many_requests(fault.retry_after)
        raise ApiError(fault.status, "Internal Server Error: on command")

    def _refuse(self, call: Call, error: ApiError) -> web.Response:
        self.count_429 += error.code == 429
        self._record(call, error.code, error.description)
        return web.json_response(error.envelope, status=error.code)

    def _record(self, call: Call, status: int, description: str, result: Any = None) -> None:
        params = dict(call.params) | {
            name: f"<{len(upload.data)} bytes>" for name, upload in call.uploads.items()
        }
        self.requests.append(Request(call.method, params, status, description, result))
        self._world.bell.ring()

    async def _download(self, request: web.Request) -> web.Response:
        await self._faults.hold("download")
        if self._faults.take("download", "drop_before", "drop_after"):
            return cut(request)
        try:
            self._authorize(request.match_info["token"])
            self._fail_on_command("download")
        except ApiError as error:
            return self._refuse(Call("download", {}), error)
        stored = self._world.files.download(request.match_info["path"])
        if stored is None:
            return web.json_response(ApiError(404, "Not Found").envelope, status=404)
        return web.Response(body=stored.data, content_type="application/octet-stream")

    async def _get_updates(self, call: Call) -> list[Json]:
        if self._webhook.hook is not None:
            raise conflict(_HOOK_ACTIVE)
        self._updates.allow(call.structure("allowed_updates"))
        limit = call.integer("limit", 100)
        seconds = min(_LONGEST_POLL, max(0, call.integer("timeout", 0)))
        limit = limit if 1 <= limit <= 100 else 100
        return await self._updates.poll(call.integer("offset", 0), limit, seconds)

    async def _set_webhook(self, call: Call) -> bool:
        url = call.text("url")
        if not url:
            return await self._delete_webhook(call)
        hook = read_hook(url, call.text("secret_token"), call.integer("max_connections", 40))
        self._updates.allow(call.structure("allowed_updates"))
        self._updates.interrupt(conflict("terminated by setWebhook request"))
        if call.flag("drop_pending_updates"):
            self._updates.drop_all()
        await self._webhook.point_to(hook)
        return True

    async def _delete_webhook(self, call: Call) -> bool:
        if call.flag("drop_pending_updates"):
            self._updates.drop_all()
        await self._webhook.point_to(None)
        return True

    async def _get_webhook_info(self, _: Call) -> Json:
        return self._webhook.info(int(self._world.now().timestamp()))


_UPDATE_METHODS = {
    "getupdates": ApiServer._get_updates,
    "setwebhook": ApiServer._set_webhook,
    "deletewebhook": ApiServer._delete_webhook,
    "getwebhookinfo": ApiServer._get_webhook_info,
}
