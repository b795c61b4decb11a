"""Which rooms were heard and how far, and who wrote what lately."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

import structlog

from bot.core.errors import ServiceFailure
from bot.handlers.discord.ports import Heard, HeardRooms
from bot.handlers.discord.translate import Object

_AUTHORS_REMEMBERED = 10_000
_WRITE_SECONDS = 5.0

_log = structlog.get_logger()


class Memory:
    """Keeps marks in memory and writes them down now and then: a new room's at once.

    A mark that is a little old costs a few messages asked for twice, which fall away by their keys.
    """

    def __init__(self, rooms: HeardRooms) -> None:
        self._rooms = rooms
        self._heard: dict[str, Heard] = {}
        self._changed: set[str] = set()
        self._authors: OrderedDict[str, str] = OrderedDict()

    async def load(self) -> Sequence[Heard]:
        """Every room, newest first, as it is remembered here and in the database."""
        for heard in await self._rooms.all():
            self._advance(heard)
        return sorted(self._heard.values(), key=lambda heard: -int(heard.newest))

    def knows(self, room: str) -> bool:
        return room in self._heard

    async def hear(self, events: Sequence[Object]) -> None:
        """These events (bodies as stored) are stored."""
        new: list[Heard] = []
        for heard in filter(None, map(_heard, events)):
            if heard.room not in self._heard:
                new.append(heard)
            self._advance(heard)
        if new:
            await self._begin(new)

    async def echo(self, data: Object) -> None:
        """A message of our own is the newest of its room."""
        heard = Heard(data["channel_id"], data["id"], data.get("guild_id"))
        is_new = heard.room not in self._heard
        self._advance(heard)
        if is_new:
            await self._begin([heard])

    def wrote(self, data: Object) -> None:
        """Remember the author of a message."""
        author = data.get("author")
        if author:
            self._authors[data["id"]] = author["id"]
            while len(self._authors) > _AUTHORS_REMEMBERED:
                self._authors.popitem(last=False)

    def author_of(self, room: str, message: str) -> str | None:
        """Who wrote a message that we read; in a DM, who it is with."""
        known = self._heard.get(room)
        return self._authors.get(message) or (known.person if known else None)

    async def forget(self, room: str) -> None:
        """A room that is gone."""
        self._heard.pop(room, None)
        self._changed.discard(room)
        await self._rooms.remove(room)

    async def run(self) -> None:
        """Write marks down until cancelled."""
        while True:
            await asyncio.sleep(_WRITE_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Write marks down; what has none any more was forgotten, and is here too."""
        changed, self._changed = self._changed & self._heard.keys(), set()
        if not changed:
            return
        try:
            gone = await self._rooms.advance([self._heard[room] for room in changed])
        except ServiceFailure as failure:
            self._changed |= changed
            _log.warning("discord.marks_wait", cause=str(failure))
            return
        for room in gone:
            self._heard.pop(room, None)

    async def _begin(self, new: Sequence[Heard]) -> None:
        try:
            await self._rooms.put(new)
        except ServiceFailure as failure:
            for heard in new:  # the next message there begins it
                self._heard.pop(heard.room, None)
            _log.warning("discord.marks_wait", cause=str(failure))

    def _advance(self, heard: Heard) -> None:
        known = self._heard.get(heard.room)
        if known is None:
            self._heard[heard.room] = heard
        elif int(heard.newest) > int(known.newest):
            self._heard[heard.room] = Heard(
                heard.room,
                heard.newest,
                heard.guild or known.guild,
                heard.person or known.person,
            )
            self._changed.add(heard.room)


def _heard(event: Object) -> Heard | None:
    """The mark a stored event makes; only what can be asked for by REST makes one."""
    data: Object = event["d"]
    guild = data.get("guild_id")
    is_press = event["t"] == "INTERACTION_CREATE" and guild is None
    if event["t"] != "MESSAGE_CREATE" and not is_press:
        return None
    user = data.get("author") or data.get("user")
    person = user["id"] if user and guild is None else None
    return Heard(data["channel_id"], data["id"], guild, person)
