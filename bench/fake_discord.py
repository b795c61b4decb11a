"""A Discord that costs next to nothing, so that a benchmark measures the bot and not the server."""

import asyncio
import json
import time
import zlib
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any, Self

from aiohttp import WSMsgType, web

_BOT_ID = "115"
_BOT = {"id": _BOT_ID, "username": "bench", "discriminator": "0", "avatar": None, "bot": True}
_APPLICATION = {
    "id": _BOT_ID,
    "name": "bench",
    "icon": None,
    "description": "",
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "00",
    "flags": 0,
    "team": None,
    "owner": _BOT,
}
_CHANNEL_OFFSET = 1_000_000
_HEARTBEAT_MS = 41_250
_EPOCH_MS = 1_420_070_400_000  # of Discord's ids: 2015-01-01


class FakeDiscord:
    """Private chats with people; whatever is written in one is told to the bot, its own too.

    `sent` counts the bot's messages, `calls` its requests; `came` has the messages' texts by the
    person. `ready` is set when a session of the gateway began.
    """

    def __init__(self) -> None:
        self.sent = 0
        self.calls = 0
        self.came: defaultdict[int, list[str]] = defaultdict(list)
        self.ready = asyncio.Event()
        self.url = ""
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._number = 0
        self._runner: web.AppRunner | None = None

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/gateway"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/gateway", self._gateway)
        app.router.add_post("/api/v10/channels/{channel}/messages", self._create)
        app.router.add_route("*", "/api/v10/{path:.+}", self._other)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def text(self, user_id: int, text: str) -> None:
        """Somebody writes to the bot in their private chat."""
        user = {"id": str(user_id), "username": "tom", "discriminator": "0", "global_name": "Tom"}
        self._tell(self._message(room_of(user_id), user | {"avatar": None}, text))

    async def _create(self, request: web.Request) -> web.Response:
        self.calls += 1
        channel = request.match_info["channel"]
        body = json.loads(await request.read())
        message = self._message(channel, _BOT, body.get("content", ""))
        message["nonce"] = body.get("nonce")
        message["components"] = body.get("components") or []
        self.came[int(channel) - _CHANNEL_OFFSET].append(message["content"])
        self.sent += 1
        self._tell(message)
        return _json(message)

    async def _other(self, request: web.Request) -> web.Response:
        self.calls += 1
        await request.read()
        path = request.match_info["path"]
        if path == "users/@me":
            return _json(_BOT)
        if path == "oauth2/applications/@me":
            return _json(_APPLICATION)
        if path.startswith("gateway"):
            limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
            return _json({"url": self.gateway_url, "shards": 1, "session_start_limit": limit})
        return web.Response(status=204) if "/reactions/" in path else _json([])

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        stream = _Stream(socket)
        await stream.send({"op": 10, "d": {"heartbeat_interval": _HEARTBEAT_MS}})
        teller: asyncio.Task[None] | None = None
        async for received in socket:
            if received.type is not WSMsgType.TEXT:
                continue
            opcode = json.loads(received.data)["op"]
            if opcode == 1:
                await stream.send({"op": 11, "d": None})
            elif opcode == 2:
                await stream.send(self._ready())
                teller = asyncio.create_task(self._tell_on(stream))
                self.ready.set()
        if teller is not None:
            teller.cancel()
        return socket

    def _ready(self) -> dict[str, Any]:
        session = {
            "v": 10,
            "user": _BOT,
            "guilds": [],
            "session_id": "bench",
            "resume_gateway_url": self.gateway_url,
            "shard": [0, 1],
            "application": {"id": _BOT_ID, "flags": 0},
        }
        return {"op": 0, "s": 1, "t": "READY", "d": session}

    async def _tell_on(self, stream: "_Stream") -> None:
        sequence = 1
        while True:
            message = await self._events.get()
            sequence += 1
            await stream.send({"op": 0, "s": sequence, "t": "MESSAGE_CREATE", "d": message})

    def _tell(self, message: dict[str, Any]) -> None:
        self._events.put_nowait(message)

    def _message(self, channel: str, author: dict[str, Any], text: str) -> dict[str, Any]:
        self._number += 1
        now = time.time()
        return {
            "id": str((int(now * 1000) - _EPOCH_MS << 22) + self._number % 4096),
            "type": 0,
            "channel_id": channel,
            "channel_type": 1,
            "author": author,
            "content": text,
            "timestamp": datetime.fromtimestamp(now, UTC).isoformat(),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "components": [],
            "pinned": False,
            "flags": 0,
        }


class _Stream:
    """Payloads to one connection, compressed as one zlib stream."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._deflate = zlib.compressobj()

    async def send(self, payload: dict[str, Any]) -> None:
        data = self._deflate.compress(json.dumps(payload).encode())
        await self._socket.send_bytes(data + self._deflate.flush(zlib.Z_SYNC_FLUSH))


def room_of(user_id: int) -> str:
    """The channel of the private chat with somebody."""
    return str(user_id + _CHANNEL_OFFSET)


def _json(body: object) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), content_type="application/json")
