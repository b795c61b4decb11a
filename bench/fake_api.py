"""A Bot API that costs next to nothing, so that a benchmark measures the bot and not the server."""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

Limits = Callable[[str, int], int]

_ME = {"id": 1, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}


@dataclass(frozen=True, slots=True)
class Came:
    """A call that the bot made for one chat: its method, its text, and the monotonic time."""

    method: str
    text: str
    at: float


class FakeApi:
    """Hands out queued updates and keeps what the bot does, by chat.

    `calls` counts what the bot asked for but updates, `sent` its messages, and `refused` those
    above the limits; `came` has the messages with reactions and signs of life.

    Args:
        limits: the seconds a method has to wait with a chat, and 0 where it counts as done.
    """

    def __init__(self, limits: Limits = lambda method, chat_id: 0) -> None:
        self._limits = limits
        self._updates: deque[dict[str, Any]] = deque()
        self._number = 1
        self._news = asyncio.Event()
        self.polled = asyncio.Event()
        self.calls = 0
        self.sent = 0
        self.refused = 0
        self.came: defaultdict[int, list[Came]] = defaultdict(list)
        self.files: dict[str, bytes] = {}
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/file/bot{token}/{path}", self._file)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def aclose(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def text(self, user_id: int, text: str) -> None:
        self._put(user_id, {"text": text} | _command(text))

    def voice(self, user_id: int, file_id: str, seconds: float) -> None:
        voice = {"file_id": file_id, "file_unique_id": file_id, "duration": int(seconds) + 1}
        self._put(user_id, {"voice": voice | {"mime_type": "audio/ogg"}})

    def _put(self, user_id: int, content: dict[str, Any]) -> None:
        message = {"message_id": self._number, "date": int(time.time()), "chat": _chat(user_id)}
        self._add({"message": message | {"from": _user(user_id)} | content})

    def _add(self, update: dict[str, Any]) -> None:
        self._updates.append({"update_id": self._number} | update)
        self._number += 1
        self._news.set()

    async def _file(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["path"]])

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if method == "getUpdates":
            return await self._updates_for(await _parameters(request))
        self.calls += 1
        if method == "getMe":
            return _ok(_ME)
        if method == "getFile":
            file_id = (await _parameters(request))["file_id"]
            return _ok({"file_id": file_id, "file_unique_id": file_id, "file_path": file_id})
        parameters = await _parameters(request)
        chat_id = int(parameters.get("chat_id", 0))
        if wait := self._limits(method, chat_id):
            self.refused += 1
            return _too_many(wait)
        text = str(parameters.get("text") or parameters.get("caption") or "")
        self.came[chat_id].append(Came(method, text, time.monotonic()))
        if not method.startswith("send") or method == "sendChatAction":
            return _ok(True)
        self.sent += 1
        message = {"message_id": self.sent, "date": 0, "chat": _chat(chat_id)}
        return _ok(message | {"text": "x"})

    async def _updates_for(self, parameters: dict[str, Any]) -> web.Response:
        self.polled.set()
        offset = int(parameters.get("offset") or 0)
        while self._updates and self._updates[0]["update_id"] < offset:
            self._updates.popleft()
        if not self._updates and int(parameters.get("timeout") or 0):
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), 5)
            except TimeoutError:
                return _ok([])
        return _ok([self._updates[i] for i in range(min(100, len(self._updates)))])


async def _parameters(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    return dict(await request.post())


def _ok(result: object) -> web.Response:
    return web.Response(
        body=json.dumps({"ok": True, "result": result}).encode(), content_type="application/json"
    )


def _too_many(seconds: int) -> web.Response:
    body = {"ok": False, "error_code": 429, "description": "Too Many Requests"}
    return web.json_response(body | {"parameters": {"retry_after": seconds}}, status=429)


def _user(user_id: int) -> dict[str, Any]:
    return {"id": user_id, "is_bot": False, "first_name": "Ana", "language_code": "en"}


def _chat(user_id: int) -> dict[str, Any]:
    return {"id": user_id, "type": "private", "first_name": "Ana"}


def _command(text: str) -> dict[str, Any]:
    if not text.startswith("/"):
        return {}
    return {"entities": [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]}
