"""Live conversations on Discord: scheduled events, and voice or stage channels made for them.

Discord has no keys of ours for either. An event carries our id at the end of its description, a
room the last characters of it in its name: what a crash left behind is found by that.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import discord
import structlog

from bot.core.entity import short_id
from bot.core.text import shorten
from bot.handlers.discord import failures
from bot.handlers.discord.failures import TROUBLES, service_failure
from bot.handlers.discord.rest import Json, Rest
from bot.handlers.discord.translate import PLATFORM
from bot.live.hall_model import Trouble
from bot.live.hall_ports import Guests, Notice, Phase, Refused
from bot.live.model import RoomKind
from bot.messaging.model import Address

_VOICE, _STAGE = 2, 13  # channel types
_CHANNELS = {RoomKind.DISCORD_VOICE: _VOICE, RoomKind.DISCORD_STAGE: _STAGE}
_AT_STAGE, _IN_VOICE, _OUTSIDE = 1, 2, 3  # entity types of events
_ENTITIES = {RoomKind.DISCORD_VOICE: _IN_VOICE, RoomKind.DISCORD_STAGE: _AT_STAGE}
_ACTIVE, _COMPLETED, _CANCELED = 2, 3, 4
_MEMBERS_ONLY = 2  # privacy level
_NAME_LIMIT, _ABOUT_LIMIT = 100, 1_000
_MOST_IN_VOICE, _MOST_OVERWRITES = 99, 100
_TAG = 6
_ROLE, _MEMBER = 0, 1  # kinds of overwrites
_MANAGE_CHANNELS, _VIEW, _CONNECT, _SPEAK = 1 << 4, 1 << 10, 1 << 20, 1 << 21
_MUTE, _MOVE = 1 << 22, 1 << 24
_GUEST = _VIEW | _CONNECT | _SPEAK
_OWN = _GUEST | _MANAGE_CHANNELS  # who may not connect to a room may not remove it either
_GONE_EVENT = {failures.UNKNOWN_EVENT, failures.FINISHED_EVENT}
_GONE = {failures.UNKNOWN_CHANNEL, failures.UNKNOWN_GUILD, failures.MISSING_ACCESS}

_log = structlog.get_logger()


class DiscordHalls:
    """Implements `LiveHalls`. Needs CREATE_EVENTS, and MANAGE_CHANNELS with CONNECT and SPEAK."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def server_of(self, place: Address, /) -> str:
        """See `LiveHalls.server_of`."""
        async with _calling(Trouble.CLOSED):
            return str((await self._rest.get_channel(place.room))["guild_id"])

    async def announce(self, server: str, place: Address, notice: Notice, /) -> str:
        """See `LiveHalls.announce`."""
        async with _calling(Trouble.EVENTS):
            for event in await self._rest.events(server):
                if event["creator_id"] == self._rest.own_id and _is_about(event, notice):
                    return str(event["id"])
            body = _told(notice, self.link(server, place)) | {"privacy_level": _MEMBERS_ONLY}
            return await self._rest.create_event(server, body)

    async def update(self, server: str, place: Address, event: str, notice: Notice, /) -> bool:
        """See `LiveHalls.update`.

        In a channel an event begins and ends when it is told to; elsewhere by itself.
        """
        if notice.phase is Phase.OFF:
            await self.withdraw(server, event)
            return False
        if notice.phase is Phase.AHEAD:
            return await self._edit(server, event, _told(notice, self.link(server, place)))
        if notice.phase is Phase.RUNNING:
            return notice.room is None or await self._edit(server, event, {"status": _ACTIVE})
        await self._edit(server, event, {"status": _COMPLETED})
        return False

    async def withdraw(self, server: str, event: str, /) -> None:
        """See `LiveHalls.withdraw`: what has begun can only end."""
        if not await self._edit(server, event, {"status": _CANCELED}):
            await self._edit(server, event, {"status": _COMPLETED})

    async def open_room(
        self, server: str, place: Address, notice: Notice, guests: Guests, /
    ) -> Address:
        """See `LiveHalls.open_room`."""
        name, type_ = _room_name(notice), _CHANNELS[notice.kind]
        async with _calling(Trouble.ROOMS):
            for channel in await self._rest.channels(server):
                if (channel["type"], channel["name"]) == (type_, name):
                    return Address(PLATFORM, str(channel["id"]))
            beside = await self._rest.get_channel(place.room)
            body: Json = {
                "name": name,
                "type": type_,
                "parent_id": beside.get("parent_id"),
                "user_limit": min(notice.people + 1, _MOST_IN_VOICE),
                "permission_overwrites": self._overwrites(server, notice.kind, guests),
            }
            return Address(PLATFORM, await self._rest.create_channel(server, body))

    async def admit(self, server: str, room: Address, kind: RoomKind, guests: Guests, /) -> bool:
        """See `LiveHalls.admit`. Who is in and no longer let in is not thrown out by this."""
        body = {"permission_overwrites": self._overwrites(server, kind, guests)}
        async with _calling(Trouble.ROOMS):
            try:
                await self._rest.edit_channel(room.room, body)
            except discord.HTTPException as error:
                if error.code != failures.UNKNOWN_CHANNEL:
                    raise
                return False
        return True

    async def close_room(self, room: Address, /) -> None:
        """See `LiveHalls.close_room`."""
        async with _calling(Trouble.ROOMS):
            try:
                await self._rest.delete_channel(room.room)
            except discord.HTTPException as error:
                if error.code not in _GONE:
                    raise

    def link(self, server: str, room: Address, /) -> str:
        """See `LiveHalls.link`."""
        return f"https://discord.com/channels/{server}/{room.room}"

    async def _edit(self, server: str, event: str, body: Json) -> bool:
        """False: there is none any more, or it cannot go where the body wants it."""
        async with _calling(Trouble.EVENTS):
            try:
                await self._rest.edit_event(server, event, body)
            except discord.HTTPException as error:
                if error.code not in _GONE_EVENT and error.status != HTTPStatus.BAD_REQUEST:
                    raise
                _log.info("discord.event_left", id=event, cause=failures.reason(error))
                return False
        return True

    def _overwrites(self, server: str, kind: RoomKind, guests: Guests) -> list[Json]:
        """Closed for everybody but these; to lead takes rights on a stage."""
        more = _MANAGE_CHANNELS | _MUTE | _MOVE if kind is RoomKind.DISCORD_STAGE else 0
        rights = {who: _GUEST | (more if leads else 0) for who, leads in guests.items()}
        people = list(rights.items())[: _MOST_OVERWRITES - 2]
        return [
            {"id": server, "type": _ROLE, "deny": str(_CONNECT)},
            {"id": self._rest.own_id, "type": _MEMBER, "allow": str(_OWN)},
            *({"id": who, "type": _MEMBER, "allow": str(allowed)} for who, allowed in people),
        ]


@asynccontextmanager
async def _calling(refusal: Trouble) -> AsyncIterator[None]:
    """What a call means that fails: `refusal` where we are not allowed to."""
    try:
        yield
    except discord.HTTPException as error:
        if error.code == failures.TOO_MANY_EVENTS:
            raise Refused(Trouble.FULL) from None
        if isinstance(error, discord.Forbidden | discord.NotFound):
            raise Refused(refusal) from None
        raise service_failure(error) from None
    except TROUBLES as error:
        raise service_failure(error) from None


def _told(notice: Notice, where: str) -> Json:
    """What an event says of a conversation that is to come.

    Args:
        where: more is to be read, as long as there is no room.
    """
    body: Json = {
        "name": shorten(notice.title, _NAME_LIMIT),
        "description": _about(notice),
        "scheduled_start_time": notice.span.start.isoformat(),
        "scheduled_end_time": notice.span.end.isoformat(),
    }
    if notice.room is None:
        return body | {"entity_type": _OUTSIDE, "entity_metadata": {"location": where}}
    inside: Json = {"channel_id": notice.room.room, "entity_metadata": None}
    return body | inside | {"entity_type": _ENTITIES[notice.kind]}


def _about(notice: Notice) -> str:
    mark = f"#{short_id(notice.id)}"
    about = shorten(notice.about, _ABOUT_LIMIT - len(mark) - 2)
    return f"{about}\n\n{mark}".strip()


def _is_about(event: Json, notice: Notice) -> bool:
    return str(event.get("description") or "").endswith(f"#{short_id(notice.id)}")


def _room_name(notice: Notice) -> str:
    """The end of our id is its random part."""
    tag = f" · {notice.id[-_TAG:]}"
    return shorten(notice.title, _NAME_LIMIT - len(tag)) + tag
