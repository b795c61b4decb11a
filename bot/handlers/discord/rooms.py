"""Rooms for one conversation each: private threads in a text channel, posts in a forum."""

from collections.abc import Sequence

import discord

from bot.chat.ports import Offer
from bot.core.text import shorten
from bot.handlers.discord.failures import TROUBLES, trouble
from bot.handlers.discord.markdown import escaped
from bot.handlers.discord.rest import Json, Rest
from bot.handlers.discord.translate import PLATFORM
from bot.messaging.model import Address
from bot.messaging.ports import Undeliverable

_TEXT, _PRIVATE_THREAD, _FORUM = 0, 12, 15
_OFFERS = {_TEXT: Offer.PRIVATE, _FORUM: Offer.OPEN}
_WEEK_MINUTES = 10_080  # the longest before a silent thread is archived
_TITLE_LIMIT = 90
_NO_PINGS: Json = {"parse": []}


class DiscordRooms:
    """Opens rooms in the channel a server's manager chose. Implements `bot.chat.ports.Rooms`.

    Discord makes as many threads of one name as it is asked for. So a room is opened empty, written
    down, and only then are people let in: an empty one whose opening a crash cut off is found again
    by its name, and whichever of several namesakes takes it, nobody was in it before.
    """

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def offer(self, place: Address, person: str, /, *, is_vouched: bool) -> Offer:
        """See `bot.chat.ports.Rooms.offer`. A line that somebody typed proves nothing."""
        if not is_vouched:
            return Offer.NOT_MANAGER
        try:
            channel = await self._rest.get_channel(place.room)
        except TROUBLES as error:
            failure = trouble(error)
            if isinstance(failure, Undeliverable):
                return Offer.NO_ROOMS
            raise failure from None
        return _OFFERS.get(channel["type"], Offer.NO_ROOMS)

    async def find_empty(self, place: Address, title: str, /) -> Sequence[Address]:
        """See `bot.chat.ports.Rooms.find_empty`."""
        try:
            parent = await self._rest.get_channel(place.room)
            threads = await self._rest.active_threads(parent["guild_id"])
        except TROUBLES as error:
            raise trouble(error) from None
        wanted = (parent["id"], _name(title), self._rest.own_id, 0, 1)
        return [Address(PLATFORM, str(thread["id"])) for thread in threads if _as(thread) == wanted]

    async def open(self, place: Address, title: str, /) -> Address:
        """See `bot.chat.ports.Rooms.open`."""
        body: Json = {"name": _name(title), "auto_archive_duration": _WEEK_MINUTES}
        try:
            parent = await self._rest.get_channel(place.room)
            if parent["type"] == _FORUM:
                body["message"] = {"content": escaped(title), "allowed_mentions": _NO_PINGS}
            else:
                body |= {"type": _PRIVATE_THREAD, "invitable": False}
            return Address(PLATFORM, await self._rest.create_thread(parent["id"], body))
        except TROUBLES as error:
            raise trouble(error) from None

    async def invite(self, room: Address, guests: Sequence[str], /) -> None:
        """See `bot.chat.ports.Rooms.invite`. Some have another account in that server, or none."""
        for guest in guests:
            try:
                await self._rest.add_thread_member(room.room, guest)
            except (discord.Forbidden, discord.NotFound):
                continue
            except TROUBLES as error:
                failure = trouble(error)
                if not isinstance(failure, Undeliverable):
                    raise failure from None


def _name(title: str) -> str:
    return shorten(title, _TITLE_LIMIT)


def _as(thread: Json) -> tuple[str, str, str, int, int]:
    """What tells an empty room of ours: its messages do not count the first one of a post."""
    return (
        thread["parent_id"],
        thread["name"],
        thread["owner_id"],
        thread["message_count"],
        thread["member_count"],
    )
