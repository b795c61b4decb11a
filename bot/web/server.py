"""Our HTTP server: health, readiness, metrics, and the platforms' webhooks."""

from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web

from bot.core.errors import ServiceFailure
from bot.web.back import show_way_back

_log = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
API_PATH = "/api"
_GRACE_SECONDS = 3.0


class WebServer:
    """Serves on one address.

    Args:
        is_ready: everything that is switched on works; raises ServiceFailure or answers False.
        metrics: the exposition text.
        webhooks: path to its handler.
        pages: for people: path to what shows it and what takes its form.
        api: for programs, under `API_PATH`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        is_ready: Callable[[], Awaitable[bool]],
        metrics: Callable[[], Awaitable[bytes]],
        webhooks: Mapping[str, Handler],
        pages: Mapping[str, tuple[Handler, Handler]] | None = None,
        api: web.Application | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._is_ready = is_ready
        self._metrics = metrics
        self._webhooks = webhooks
        self._pages = pages or {}
        self._api = api
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        return self._port

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        app = web.Application(client_max_size=1024 * 1024)
        app.router.add_get("/", show_way_back)
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/readyz", self._ready)
        app.router.add_get("/metrics", self._exposition)
        for path, handler in self._webhooks.items():
            app.router.add_post(path, handler)
        for path, (shown, sent) in self._pages.items():
            app.router.add_get(path, shown)
            app.router.add_post(path, sent)
        if self._api is not None:
            app.add_subapp(API_PATH, self._api)
        self._runner = web.AppRunner(
            app, handle_signals=False, access_log=None, shutdown_timeout=_GRACE_SECONDS
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = self._runner.addresses[0][1]

    async def aclose(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _ready(self, _: web.Request) -> web.Response:
        try:
            is_ready = await self._is_ready()
        except ServiceFailure as failure:
            _log.warning("web.not_ready", cause=str(failure))
            is_ready = False
        return web.json_response({"ready": is_ready}, status=200 if is_ready else 503)

    async def _exposition(self, _: web.Request) -> web.Response:
        try:
            text = await self._metrics()
        except ServiceFailure:
            return web.Response(status=503)
        return web.Response(body=text, content_type="text/plain", charset="utf-8")
