"""A bot's bare HTTP client, for what discord.py would hide or never send."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.simulators.discord import DiscordSimulator


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Any
    body: Any

    @property
    def code(self) -> int:
        return self.body["code"]


class Rest:
    """Sends JSON with the bot's token."""

    def __init__(self, session: aiohttp.ClientSession, sim: DiscordSimulator) -> None:
        self._session = session
        self._sim = sim

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str = "", **options: Any
    ) -> Answer:
        headers = {
            "Authorization": f"Bot {token or self._sim.token}",
            "User-Agent": "DiscordBot (https://example.org, 1)",
        }
        url = f"{self._sim.api_url}{path}"
        async with self._session.request(
            method, url, json=body, headers=headers, **options
        ) as answer:
            is_json = answer.headers.get("Content-Type") == "application/json"
            return Answer(answer.status, answer.headers, await answer.json() if is_json else None)

    async def send(self, channel_id: int, content: str = "hello", **more: Any) -> Answer:
        path = f"/channels/{channel_id}/messages"
        return await self.call("POST", path, {"content": content, **more})
