"""A Bot API that costs next to nothing, so that a benchmark measures the bot and not the server."""

import asyncio
import json
import time
from collections import deque
from typing import Any

from aiohttp import web

TOKEN = "1234567:bench-bench-bench-bench-bench-bench"
_ME = {"id": 1, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}


class FakeApi:
    """Hands out queued updates and counts what is sent.

    `sent_at` holds a monotonic time for each sendMessage, `texts` each text, by chat.
    """

    def __init__(self) -> None:
        self._updates: deque[dict[str, Any]] = deque()
        self._number = 1
        self._news = asyncio.Event()
        self.polled = asyncio.Event()
        self.sent_at: list[float] = []
        self.first_sent: dict[int, float] = {}
        self.files: dict[str, bytes] = {}
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/file/bot{token}/{path}", self._file)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def aclose(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def text(self, user_id: int, text: str) -> None:
        self._put(user_id, {"text": text} | _command(text))

    def voice(self, user_id: int, file_id: str, seconds: float) -> None:
        voice = {"file_id": file_id, "file_unique_id": file_id, "duration": int(seconds) + 1}
        self._put(user_id, {"voice": voice | {"mime_type": "audio/ogg"}})

    def press(self, user_id: int, data: str) -> None:
        message = {"message_id": 1, "date": int(time.time()), "chat": _chat(user_id), "text": "?"}
        query = {"id": str(self._number), "from": _user(user_id), "message": message}
        self._add({"callback_query": query | {"chat_instance": "1", "data": data}})

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
        if method == "getMe":
            return _ok(_ME)
        if method == "getFile":
            file_id = (await _parameters(request))["file_id"]
            return _ok({"file_id": file_id, "file_unique_id": file_id, "file_path": file_id})
        if method.startswith("send") and method != "sendChatAction":
            chat_id = int((await _parameters(request)).get("chat_id", 0))
            now = time.monotonic()
            self.sent_at.append(now)
            self.first_sent.setdefault(chat_id, now)
            message = {"message_id": len(self.sent_at), "date": 0, "chat": _chat(chat_id)}
            return _ok(message | {"text": "x"})
        return _ok(True)

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


def _user(user_id: int) -> dict[str, Any]:
    return {"id": user_id, "is_bot": False, "first_name": "Ana", "language_code": "en"}


def _chat(user_id: int) -> dict[str, Any]:
    return {"id": user_id, "type": "private", "first_name": "Ana"}


def _command(text: str) -> dict[str, Any]:
    if not text.startswith("/"):
        return {}
    return {"entities": [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]}
