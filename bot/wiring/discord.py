"""Discord's ports, filled by the rest of the product; a part of the composition root."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from bot.chat.model import ChatMessage, parse_place, place_key
from bot.chat.ports import Rooms
from bot.flows.commands import Command, CommandTable
from bot.flows.conversation import Product
from bot.flows.forms import FlowForms, Suggestions
from bot.flows.scene import Scenes
from bot.handlers.discord.ports import Heard, SeenHashes, SlashCommand
from bot.i18n.catalog import texts_in, ui_languages
from bot.live.hall_ports import LiveHalls
from bot.messaging.model import Address, Incoming
from bot.messaging.ports import PacedMessenger, Receiver
from bot.storage.engine import SqlStorage
from bot.storage.rooms import HeardRoom
from bot.storage.work import Work
from config.settings import DiscordSettings

DISCORD = "discord"
LOOKED_AT = 25  # messages of a room, after an absence


class DiscordLink(Protocol):
    """Discord as the rest knows it: its library is loaded only where there is a token."""

    @property
    def client(self) -> Any:
        """The `discord.Client`."""
        ...

    @property
    def messenger(self) -> PacedMessenger: ...
    @property
    def rooms(self) -> Rooms: ...
    @property
    def halls(self) -> LiveHalls: ...
    def parse(self, body: Mapping[str, Any], /) -> Incoming | None: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def listen(self, stop: asyncio.Event, on_ready: Callable[[], None], /) -> None: ...
    async def publish(
        self, commands: Sequence[SlashCommand], /, *, guild: int | None, seen: SeenHashes
    ) -> None: ...


def discord_link(
    settings: DiscordSettings,
    *,
    receiver: Receiver,
    storage: SqlStorage,
    scenes: Scenes,
    product: Product,
) -> DiscordLink | None:
    """The platform; None without a token."""
    if settings.token is None:
        return None
    from bot.handlers.discord.client import DiscordPlatform

    return DiscordPlatform(
        token=settings.token.get_secret_value(),
        receiver=receiver,
        heard=StoredRooms(storage),
        rooms=RelayRooms(storage),
        talks=OpenRooms(storage),
        forms=FlowForms(storage, scenes, product.conversation.runner),
        suggestions=Suggestions(storage, scenes, product.commands),
        api_url=settings.api_url,
        gateway_url=settings.gateway_url,
        message_content=settings.message_content,
        clock=scenes.clock,
        messages_per_second=settings.messages_per_second,
        identify_seconds=settings.identify_seconds,
    )


def slash_commands(table: CommandTable) -> Sequence[SlashCommand]:
    """Every command of use there, those of a role too: who may is decided when it is used."""
    return [_slash(command) for command in table.offered(DISCORD)]


def _slash(command: Command) -> SlashCommand:
    takes = command.takes
    return SlashCommand(
        name=command.name,
        about=_described(f"command.{command.name}.about"),
        takes=takes,
        option=_described(f"command.{command.name}.{takes}") if takes else {},
        is_completed=command.suggest is not None,
        is_for_managers=command.is_for_managers,
    )


def _described(key: str) -> dict[str, str]:
    return {tag: texts_in(tag)(key) for tag in ui_languages()}


class StoredRooms:
    """How far every room was heard, in the database. Implements `HeardRooms`."""

    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage

    async def all(self) -> Sequence[Heard]:
        rows = await self._storage.read(lambda work: work.heard_rooms.all(DISCORD))
        return [Heard(row.room, row.newest, row.guild, row.person) for row in rows]

    async def put(self, heard: Sequence[Heard], /) -> None:
        rows = _rows(heard)
        await self._storage.write(lambda work: work.heard_rooms.put(DISCORD, *rows))

    async def advance(self, heard: Sequence[Heard], /) -> Sequence[str]:
        rows = _rows(heard)
        return await self._storage.write(lambda work: work.heard_rooms.advance(DISCORD, *rows))

    async def remove(self, room: str, /) -> None:
        await self._storage.write(lambda work: work.heard_rooms.remove(DISCORD, room))


def _rows(heard: Sequence[Heard]) -> Sequence[HeardRoom]:
    return [HeardRoom(each.room, each.newest, each.guild, each.person) for each in heard]


class RelayRooms:
    """Rooms in servers that belong to a conversation. Implements `Rooms`."""

    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage

    async def is_ours(self, room: str, /) -> bool:
        def find(work: Work) -> bool:
            return work.chat.threads.find_at(place_key(Address(DISCORD, room))) is not None

        return await self._storage.read(find)

    async def authors(self, room: str, /) -> Mapping[str, str]:
        place = place_key(Address(DISCORD, room))

        def find(work: Work) -> Mapping[str, str]:
            return _authors(work, work.chat.messages.written_at(place, LOOKED_AT))

        return await self._storage.read(find)

    async def author_of(self, room: str, message: str, /) -> str | None:
        place = place_key(Address(DISCORD, room))

        def find(work: Work) -> Mapping[str, str]:
            return _authors(work, work.chat.messages.of_source(place, message))

        return (await self._storage.read(find)).get(message)


class OpenRooms:
    """Rooms of ours where people talk. Implements `TalkRooms`."""

    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage

    async def open_ones(self) -> Mapping[str, Collection[str]]:
        found: dict[str, set[str]] = {}
        for room in await self._storage.read(lambda work: work.halls.rooms.open_on(DISCORD)):
            found.setdefault(room.server, set()).add(parse_place(room.place).room)
        return found


def _authors(work: Work, written: Sequence[ChatMessage]) -> Mapping[str, str]:
    """Discord's ids of authors by its ids of messages; who left Discord wrote nothing there."""
    known: dict[str, str | None] = {}
    for sender_id in {message.sender_id for message in written}:
        ours = (i for i in work.identities.of_user(sender_id) if i.platform == DISCORD)
        known[sender_id] = next((identity.external_id for identity in ours), None)
    return {
        str(message.source_id): author
        for message in written
        if (author := known[message.sender_id]) is not None
    }


class StoredHashes:
    """Hashes of what was published, in the database's notes. Implements `SeenHashes`."""

    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage

    async def get(self, key: str, /) -> str | None:
        return await self._storage.read(lambda work: work.notes.get(key))

    async def set(self, key: str, value: str, /) -> None:
        await self._storage.write(lambda work: work.notes.put(key, value))
