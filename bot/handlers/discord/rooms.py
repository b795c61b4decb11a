"""Rooms for one conversation each: private threads in a text channel, posts in a forum."""

from collections.abc import Sequence
from hashlib import blake2b

import discord

from bot.core.text import shorten
from bot.handlers.discord.failures import TROUBLES, trouble
from bot.handlers.discord.markdown import escaped
from bot.handlers.discord.rest import Json, Rest
from bot.handlers.discord.translate import PLATFORM
from bot.messaging.model import Address

_FORUM, _PRIVATE_THREAD = 15, 12
_WEEK_MINUTES = 10_080  # the longest before a silent thread is archived
_TITLE_LIMIT = 80
_NO_PINGS: Json = {"parse": []}


class DiscordRooms:
    """Opens rooms in the channel a server's manager chose. Implements `bot.chat.ports.Rooms`.

    Discord makes as many threads of one name as it is asked for: a tag made of the nonce stands in
    the name, by which a room is found again whose opening a crash cut off.
    """

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def open(
        self, place: Address, title: str, /, *, nonce: str, guests: Sequence[str]
    ) -> Address:
        """See `bot.chat.ports.Rooms.open`."""
        try:
            parent = await self._rest.get_channel(place.room)
            name = f"{shorten(title, _TITLE_LIMIT)} · {_tag(nonce)}"
            thread = await self._find(parent, name) or await self._create(parent, name)
            for guest in guests:
                await self._invite(thread, guest)
        except TROUBLES as error:
            raise trouble(error) from None
        return Address(PLATFORM, thread)

    async def _find(self, parent: Json, name: str) -> str | None:
        threads = await self._rest.active_threads(parent["guild_id"])
        found = (t for t in threads if t["parent_id"] == parent["id"] and t["name"] == name)
        return next((str(thread["id"]) for thread in found), None)

    async def _create(self, parent: Json, name: str) -> str:
        body: Json = {"name": name, "auto_archive_duration": _WEEK_MINUTES}
        if parent["type"] == _FORUM:
            body["message"] = {"content": escaped(name), "allowed_mentions": _NO_PINGS}
        else:
            body |= {"type": _PRIVATE_THREAD, "invitable": False}
        return await self._rest.create_thread(parent["id"], body)

    async def _invite(self, thread: str, guest: str) -> None:
        """Somebody who has another account in that server, or none, is left out."""
        try:
            await self._rest.add_thread_member(thread, guest)
        except (discord.Forbidden, discord.NotFound):
            return


def _tag(nonce: str) -> str:
    return blake2b(nonce.encode(), digest_size=2).hexdigest()
