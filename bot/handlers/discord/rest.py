"""Calls of Discord's REST API through discord.py's client, which keeps the rate limits."""

import json
from collections.abc import Awaitable, Callable, Sequence
from io import BytesIO
from typing import Any, Literal

import discord
from discord.http import Route

from bot.handlers.discord.gateway import Advice
from bot.handlers.discord.render import File

Json = dict[str, Any]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class Rest:
    """What we call. Every method raises what `failures.TROUBLES` names.

    Args:
        ready: signs in where that was not done yet.
    """

    def __init__(self, client: discord.Client, ready: Callable[[], Awaitable[None]]) -> None:
        self._client = client
        self._ready = ready

    @property
    def own_id(self) -> str:
        """Ours, once signed in."""
        return "" if self._client.user is None else str(self._client.user.id)

    async def create_message(self, channel: str, body: Json, files: Sequence[File] = ()) -> Json:
        return await self._send("POST", "/channels/{channel_id}/messages", body, files, channel)

    async def edit_message(self, channel: str, message: str, body: Json) -> None:
        await self._request(_message("PATCH", channel, message), json=body)

    async def delete_message(self, channel: str, message: str) -> None:
        await self._request(_message("DELETE", channel, message))

    async def get_message(self, channel: str, message: str) -> Json:
        found: Json = await self._request(_message("GET", channel, message))
        return found

    async def messages_after(self, channel: str, message: str, limit: int) -> list[Json]:
        """The oldest `limit` messages after `message`, newest first as Discord tells them."""
        return await self._messages(channel, {"after": message, "limit": limit})

    async def messages_before(self, channel: str, message: str, limit: int) -> list[Json]:
        """The newest `limit` messages before `message`, newest first."""
        return await self._messages(channel, {"before": message, "limit": limit})

    async def _messages(self, channel: str, which: dict[str, str | int]) -> list[Json]:
        path = "/channels/{channel_id}/messages"
        found: list[Json] = await self._call("GET", path, channel, params=which)
        return found

    async def react(self, channel: str, message: str, emoji: str) -> None:
        await self._request(_reaction("PUT", channel, message, emoji))

    async def reacted(self, channel: str, message: str, emoji: str, limit: int) -> list[Json]:
        """The users who put this emoji there."""
        route = _reaction("GET", channel, message, emoji, whose="")
        found: list[Json] = await self._request(route, params={"limit": limit})
        return found

    async def take_back_reactions(self, channel: str, message: str) -> None:
        """Remove whatever we put on a message."""
        found = await self.get_message(channel, message)
        for reaction in found.get("reactions", ()):
            if reaction["me"]:
                emoji = reaction["emoji"]["name"]
                await self._request(_reaction("DELETE", channel, message, emoji))

    async def show_typing(self, channel: str) -> None:
        await self._call("POST", "/channels/{channel_id}/typing", channel)

    async def unarchive(self, thread: str) -> None:
        await self._call("PATCH", "/channels/{channel_id}", thread, json={"archived": False})

    async def get_channel(self, channel: str) -> Json:
        found: Json = await self._call("GET", "/channels/{channel_id}", channel)
        return found

    async def active_threads(self, guild: str) -> list[Json]:
        """Those that are not archived."""
        route = Route("GET", "/guilds/{guild_id}/threads/active", guild_id=int(guild))
        found: Json = await self._request(route)
        return list(found["threads"])

    async def create_thread(self, channel: str, body: Json) -> str:
        made: Json = await self._call("POST", "/channels/{channel_id}/threads", channel, json=body)
        return str(made["id"])

    async def add_thread_member(self, thread: str, user: str) -> None:
        path = "/channels/{channel_id}/thread-members/{user_id}"
        await self._request(Route("PUT", path, channel_id=int(thread), user_id=int(user)))

    async def events(self, guild: str) -> list[Json]:
        """Entries of a server's calendar that are not over."""
        found: list[Json] = await self._request(_calendar("GET", guild))
        return found

    async def create_event(self, guild: str, body: Json) -> str:
        made: Json = await self._request(_calendar("POST", guild), json=body)
        return str(made["id"])

    async def edit_event(self, guild: str, event: str, body: Json) -> None:
        await self._request(_calendar("PATCH", guild, event), json=body)

    async def channels(self, guild: str) -> list[Json]:
        """Those of a server, without threads."""
        route = Route("GET", "/guilds/{guild_id}/channels", guild_id=int(guild))
        found: list[Json] = await self._request(route)
        return found

    async def create_channel(self, guild: str, body: Json) -> str:
        route = Route("POST", "/guilds/{guild_id}/channels", guild_id=int(guild))
        made: Json = await self._request(route, json=body)
        return str(made["id"])

    async def edit_channel(self, channel: str, body: Json) -> None:
        await self._call("PATCH", "/channels/{channel_id}", channel, json=body)

    async def delete_channel(self, channel: str) -> None:
        await self._call("DELETE", "/channels/{channel_id}", channel)

    async def open_dm(self, user: str) -> str:
        """The channel of the private chat with somebody."""
        body = {"recipient_id": user}
        opened: Json = await self._request(Route("POST", "/users/@me/channels"), json=body)
        return str(opened["id"])

    async def answer(self, interaction: str, token: str, kind: int, data: Json | None) -> None:
        """The first answer, due within three seconds."""
        route = Route(  # named like a webhook's: the token makes it a bucket of its own
            "POST",
            "/interactions/{webhook_id}/{webhook_token}/callback",
            webhook_id=int(interaction),
            webhook_token=token,
        )
        await self._request(route, json={"type": kind} | ({"data": data} if data else {}))

    async def get_original(self, token: str) -> Json:
        found: Json = await self._request(await self._webhook("GET", "/messages/@original", token))
        return found

    async def edit_original(self, token: str, body: Json, files: Sequence[File] = ()) -> Json:
        route = await self._webhook("PATCH", "/messages/@original", token)
        made: Json = await self._request(route, **_content(body, files))
        return made

    async def delete_original(self, token: str) -> None:
        await self._request(await self._webhook("DELETE", "/messages/@original", token))

    async def follow_up(self, token: str, body: Json, files: Sequence[File] = ()) -> Json:
        route = await self._webhook("POST", "?wait=true", token)
        made: Json = await self._request(route, **_content(body, files))
        return made

    async def gateway(self) -> Advice:
        """Where the gateway is, and how many connections to it we are to hold."""
        found: Json = await self._request(Route("GET", "/gateway/bot"))
        limit = found["session_start_limit"]
        return Advice(
            url=str(found["url"]),
            shards=int(found["shards"]),
            at_once=int(limit["max_concurrency"]),
            sessions_left=int(limit["remaining"]),
            resets_in_seconds=limit["reset_after"] / 1000,
        )

    async def put_commands(self, commands: Sequence[Json], guild: int | None) -> None:
        """Replace every command there is."""
        await self._ready()
        app = self._client.application_id
        where = f"/applications/{app}" + (f"/guilds/{guild}" if guild else "") + "/commands"
        await self._request(Route("PUT", where), json=list(commands))

    async def _webhook(self, method: Method, path: str, token: str) -> Route:
        await self._ready()  # who we are stands in the address
        app = self._client.application_id
        start = "/webhooks/{webhook_id}/{webhook_token}"
        return Route(method, start + path, webhook_id=app, webhook_token=token)

    async def _send(
        self, method: Method, path: str, body: Json, files: Sequence[File], channel: str
    ) -> Json:
        made: Json = await self._call(method, path, channel, **_content(body, files))
        return made

    async def _call(self, method: Method, path: str, channel: str, **request: Any) -> Any:
        return await self._request(Route(method, path, channel_id=int(channel)), **request)

    async def _request(self, route: Route, **request: Any) -> Any:
        await self._ready()
        return await self._client.http.request(route, **request)


# Ids go in as parameters: the library remembers every other path it ever saw.
_MESSAGE = "/channels/{channel_id}/messages/{message_id}"


def _calendar(method: Method, guild: str, event: str | None = None) -> Route:
    path = "/guilds/{guild_id}/scheduled-events"
    if event is None:
        return Route(method, path, guild_id=int(guild))
    return Route(method, f"{path}/{{event_id}}", guild_id=int(guild), event_id=int(event))


def _message(method: Method, channel: str, message: str) -> Route:
    return Route(method, _MESSAGE, channel_id=int(channel), message_id=int(message))


def _reaction(method: Method, channel: str, message: str, emoji: str, whose: str = "/@me") -> Route:
    path = f"{_MESSAGE}/reactions/{{emoji}}{whose}"
    return Route(method, path, channel_id=int(channel), message_id=int(message), emoji=emoji)


def _content(body: Json, files: Sequence[File]) -> dict[str, Any]:
    if not files:
        return {"json": body}
    form: list[Json] = [
        {"name": "payload_json", "value": json.dumps(body), "content_type": "application/json"}
    ]
    uploads = [discord.File(BytesIO(file.content)) for file in files]  # rewound for another try
    form += [
        {
            "name": f"files[{number}]",
            "value": upload.fp,  # read bit by bit: bytes would go out in one piece
            "filename": file.name,
            "content_type": file.mime,
        }
        for number, (file, upload) in enumerate(zip(files, uploads, strict=True))
    ]
    return {"form": form, "files": uploads}
