"""The demo page's server: one WebSocket for events and commands, HTTP for files."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from secrets import token_urlsafe

from aiohttp import WSMsgType, web

from bot.simulators.page.assets import load_assets, load_samples
from bot.simulators.page.commands import Commands, Time
from bot.simulators.page.gate import Gate
from bot.simulators.page.refusal import Refused
from bot.simulators.page.tabs import Tab
from bot.simulators.page.uploads import MAX_UPLOAD, Uploads
from bot.simulators.page.view import View
from bot.simulators.world import DemoWorld

_MAX_COMMAND = 64 * 1024
_GRACE_SECONDS = 1.0


class DemoPage:
    """Serves the page on this machine to whoever has its address.

    Args:
        world: the simulators it shows.
        port: 0 takes a free one.
        token: the secret part of the address; random unless given.
        to_voice_note: any recording a browser makes -> (Ogg/Opus mono 48 kHz, seconds);
            raises ValueError when it cannot be read.
        time: what time it is in the demo, and how to move it.
        notices: lines shown for as long as the page runs, e.g. which part is off and why.
        is_ready: whether what is behind the page answers; what `/healthz` tells.
    """

    def __init__(
        self,
        *,
        world: DemoWorld,
        to_voice_note: Callable[[bytes], Awaitable[tuple[bytes, float]]],
        time: Time,
        host: str = "127.0.0.1",
        port: int = 8080,
        token: str | None = None,
        notices: Sequence[str] = (),
        is_ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self._world = world
        self._host, self._port = host, port
        self._token = token or token_urlsafe(18)
        self._gate = Gate(self._token)
        self._assets, self._samples = load_assets(), load_samples()
        self._view = View(
            world, now=time.now, notices=notices, samples=tuple(self._samples.values())
        )
        self._commands = Commands(world, self._samples, time)
        self._uploads = Uploads(world, to_voice_note)
        self._is_ready = is_ready
        self._tabs: set[Tab] = set()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where the browser goes; knowing it is the right to use the page. Valid once started."""
        return f"http://{self._host}:{self._port}/?token={self._token}"

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._runner = web.AppRunner(
            self._application(), access_log=None, shutdown_timeout=_GRACE_SECONDS
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._gate.listen_on(self._port)

    async def aclose(self) -> None:
        """Say goodbye to the browsers and stop listening."""
        for tab in tuple(self._tabs):
            await tab.socket.close(code=1001)
        if self._runner is not None:
            await self._runner.cleanup()

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._gate.check], client_max_size=MAX_UPLOAD)
        app.on_response_prepare.append(self._gate.dress)
        app.router.add_get("/", self._index)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/static/{name}", self._static)
        app.router.add_get("/samples/{id}", self._sample)
        app.router.add_get("/files/{id}", self._uploads.file)
        app.router.add_get("/events", self._events)
        app.router.add_post("/voice", self._uploads.voice)
        app.router.add_post("/photo", self._uploads.photo)
        app.router.add_post("/document", self._uploads.document)
        app.router.add_get(r"/discord/files/{id:\d{1,20}}", self._uploads.attachment)
        app.router.add_post("/discord/voice", self._uploads.member_voice)
        app.router.add_post("/discord/file", self._uploads.member_file)
        return app

    async def _index(self, _: web.Request) -> web.Response:
        return web.Response(body=self._assets["index.html"].body, content_type="text/html")

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok") if self._is_ready() else _starting()

    async def _static(self, request: web.Request) -> web.Response:
        asset = self._assets.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        return web.Response(body=asset.body, content_type=asset.mime, charset="utf-8")

    async def _sample(self, request: web.Request) -> web.Response:
        sample = self._samples.get(request.match_info["id"])
        if sample is None:
            raise web.HTTPNotFound
        return web.Response(body=sample.ogg, content_type="audio/ogg")

    async def _events(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=30.0, max_msg_size=_MAX_COMMAND)
        await socket.prepare(request)
        tab = Tab(socket, self._world.first_student)
        self._world.subscribe(tab.queue)
        tab.queue.put_nowait(self._view.state(tab.student))
        self._tabs.add(tab)
        teller = asyncio.create_task(self._tell(tab))
        try:
            await self._listen(tab)
        finally:
            self._world.unsubscribe(tab.queue)
            self._tabs.discard(tab)
            teller.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await teller
        return socket

    async def _tell(self, tab: Tab) -> None:
        while True:
            for event in self._view.shown(await tab.queue.get(), tab.student):
                await tab.socket.send_str(json.dumps(event, ensure_ascii=False))

    async def _listen(self, tab: Tab) -> None:
        async for message in tab.socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                done = await self._commands.run(message.data, tab)
            except Refused as refusal:
                tab.queue.put_nowait({"type": "refused", "reason": refusal.reason})
                continue
            self._tell_more(done, tab)

    def _tell_more(self, done: str, tab: Tab) -> None:
        """Some commands change what no simulator announces."""
        if done == "student":
            tab.queue.put_nowait(self._view.state(tab.student))
        for each in self._tabs if done in {"block", "unblock"} else ():
            each.queue.put_nowait(self._view.blocked(each.student))
        for each in self._tabs if done in {"advance", "next"} else ():
            for event in (self._view.clock(), {"type": "zoom"}, {"type": "stripe"}):
                each.queue.put_nowait(event)


def _starting() -> web.Response:
    return web.Response(status=503, text="starting")
