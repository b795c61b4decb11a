"""The simulated service: handshake, keys, chat groups."""

import asyncio
from collections import OrderedDict
from uuid import uuid4

from aiohttp import web

from bot.simulators.brain import Brain
from bot.simulators.faults import Faults, cut
from bot.simulators.hume import frames
from bot.simulators.hume.chat import Chat, ChatGroup, Dropped, Limits, Manner, Observer, Quirk
from bot.simulators.hume.frames import BadMessage
from bot.simulators.loopback import LoopbackServer

_MAX_GROUPS = 1000
_MAX_MESSAGE = 16 * 2**20


class HumeSimulator(LoopbackServer):
    """EVI on loopback, with `brain` for the model behind it.

    Args:
        api_key: the only key accepted; None accepts every client.
        observe: is shown every message and who sent it.

    `faults` knows the operations "connect" (status, rate_limit, delay) and the types of the
    service's frames (delay, drop_before, drop_after, duplicate). `arm` adds what is special to
    this service.
    """

    def __init__(
        self,
        brain: Brain,
        *,
        api_key: str | None = None,
        limits: Limits | None = None,
        observe: Observer = lambda _sender, _message: None,
    ) -> None:
        super().__init__()
        self.faults = Faults()
        self._brain = brain
        self._api_key = api_key
        self._manner = Manner(self.faults, limits or Limits(), observe)
        self._groups: OrderedDict[str, ChatGroup] = OrderedDict()
        self._open: set[web.WebSocketResponse] = set()

    @property
    def url(self) -> str:
        """What the bot's `HUME__API_URL` is set to."""
        return f"ws://127.0.0.1:{self.port}/v0/evi"

    def arm(self, quirk: Quirk, times: int = 1) -> None:
        """Let the service do this the next `times` it can."""
        self._manner.quirks[quirk] = times

    def application(self) -> web.Application:
        """See `LoopbackServer.application`."""
        app = web.Application()
        app.router.add_get("/v0/evi/chat", self._chat)
        return app

    async def stop(self) -> None:
        """End all chats; may be called twice."""
        await asyncio.gather(*(socket.close(code=1012) for socket in tuple(self._open)))
        await super().stop()

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        await self.faults.hold("connect")
        if refusal := self._refusal(request):
            return refusal
        socket = web.WebSocketResponse(max_msg_size=_MAX_MESSAGE, compress=False)
        await socket.prepare(request)
        self._open.add(socket)
        try:
            await self._serve(request, socket)
        except Dropped:
            cut(request)
        finally:
            self._open.discard(socket)
        return socket

    async def _serve(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        group = self._group(request.query.get("resumed_chat_group_id"))
        if group is None:
            unknown = BadMessage("E0101", "chat_group_not_found", "resumed_chat_group_id: unknown")
            await socket.send_json(frames.error(unknown))
            await socket.close(code=1008)
            return
        is_verbose = request.query.get("verbose_transcription") == "true"
        chat = Chat(socket, group, self._brain, self._manner, is_verbose=is_verbose)
        try:
            await chat.run()
        except ConnectionResetError:  # the client went away in the middle of a frame
            return
        await socket.close()

    def _refusal(self, request: web.Request) -> web.Response | None:
        if self.faults.take("connect", "rate_limit"):
            return web.Response(status=429, headers={"Retry-After": "7"})
        if fault := self.faults.take("connect", "status"):
            return web.Response(status=fault.status)
        given = request.headers.get("X-Hume-Api-Key") or request.query.get("api_key")
        if self._api_key is not None and given != self._api_key:
            return web.json_response({"message": "Invalid API key"}, status=401)
        return None

    def _group(self, resumed: str | None) -> ChatGroup | None:
        if resumed is not None:
            return self._groups.get(resumed)
        group = ChatGroup(str(uuid4()))
        self._groups[group.id] = group
        if len(self._groups) > _MAX_GROUPS:
            self._groups.popitem(last=False)
        return group
