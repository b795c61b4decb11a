"""What nobody told us of, asked for by REST after every session that could not be resumed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

import discord
import structlog

from bot.core.clock import Clock
from bot.core.errors import ServiceFailure
from bot.handlers.discord.failures import TROUBLES, reason, service_failure
from bot.handlers.discord.gateway import Shard
from bot.handlers.discord.memory import Memory
from bot.handlers.discord.ports import Heard, Rooms
from bot.handlers.discord.rest import Rest
from bot.handlers.discord.translate import Object, time_of
from bot.messaging.model import Incoming

_PAGE = 100  # the most Discord gives
_LATEST = 25
_EDITED_FOR = timedelta(days=1)
_REACTED_FOR = timedelta(days=7)  # as long as keys are known: what was found once is not news
_AT_ONCE = 4
_SILENT_FOR = timedelta(days=30)
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.5, 30.0
_CLOSED = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}

_log = structlog.get_logger()

T = TypeVar("T")
Event = dict[str, Any]
Put = Callable[[Event], None]
Store = Callable[[Sequence[Event]], Awaitable[list[Incoming]]]
IsForUs = Callable[[Object], Awaitable[bool]]


class RoomClosed(Exception):
    """We may not read there any more."""


class Missed:
    """Catches up room by room; what comes in meanwhile waits until its room is done."""

    def __init__(self, rest: Rest, memory: Memory, rooms: Rooms, clock: Clock) -> None:
        self._rest = rest
        self._memory = memory
        self._rooms = rooms
        self._clock = clock
        self._held: dict[str, list[Event]] = {}
        self._tasks: dict[Shard, asyncio.Task[None]] = {}

    def is_pending(self, room: str) -> bool:
        return room in self._held

    def holds(self, event: Event) -> bool:
        """Keep the event for later if its room is not caught up with; True when it was kept."""
        held = self._held.get(event["d"].get("channel_id", ""))
        if held is None:
            return False
        held.append(event)
        return True

    async def begin(self, put: Put, store: Store, is_for_us: IsForUs, shard: Shard) -> None:
        """Start over, in the rooms this connection tells of: from the marks, in the background.

        Args:
            put: takes what waited, in order, when its room is done.
            store: stores what was missed.
            is_for_us: whether a message is.
        """
        await _ended(self._tasks.pop(shard, None))
        since = self._clock.now() - _SILENT_FOR
        known = await self._memory.load()
        rooms = [each for each in known if shard.has(each.guild) and time_of(each.newest) > since]
        others = [each.room for each in known if not shard.has(each.guild)]
        self._held = {room: self._held[room] for room in others if room in self._held} | {
            heard.room: self._held.get(heard.room, []) for heard in rooms
        }
        catching_up = self._catch_up(rooms, put, store, is_for_us)
        self._tasks[shard] = asyncio.create_task(catching_up)

    async def stop(self) -> None:
        tasks, self._tasks = self._tasks, {}
        for task in tasks.values():
            await _ended(task)

    async def _catch_up(
        self, rooms: Sequence[Heard], put: Put, store: Store, is_for_us: IsForUs
    ) -> None:
        slots = asyncio.Semaphore(_AT_ONCE)

        async def visit(heard: Heard) -> None:
            async with slots:
                with suppress(RoomClosed):
                    count = await self._visit(heard, store, is_for_us)
                    _log.debug("discord.caught_up", room=heard.room, count=count)
            for event in self._held.pop(heard.room, []):
                put(event)

        await asyncio.gather(*(visit(heard) for heard in rooms))

    async def _visit(self, heard: Heard, store: Store, is_for_us: IsForUs) -> int:
        count = await self._changes(heard, store, is_for_us)
        after = heard.newest
        while True:
            ask = partial(self._rest.messages_after, heard.room, after, _PAGE)
            page = await self._asked(heard.room, ask)
            messages = sorted(page, key=_id)
            events = await _events("MESSAGE_CREATE", messages, heard, is_for_us)
            count += len(await store(events))
            if len(page) < _PAGE:
                return count
            after = messages[-1]["id"]

    async def _changes(self, heard: Heard, store: Store, is_for_us: IsForUs) -> int:
        """What became of the latest messages; what was heard of falls away by its keys."""
        authors = await self._asked(heard.room, partial(self._rooms.authors, heard.room))
        newest = max(map(int, (heard.newest, *authors)))
        ask = partial(self._rest.messages_before, heard.room, str(newest + 1), _LATEST)
        page = sorted(await self._asked(heard.room, ask), key=_id)
        since = self._clock.now() - _EDITED_FOR
        edited = [
            message
            for message in page
            if message.get("edited_timestamp")
            and datetime.fromisoformat(message["edited_timestamp"]) > since
        ]
        events = await _events("MESSAGE_UPDATE", edited, heard, is_for_us)
        events += await self._reactions(heard, page)
        return len(await store(events + _removals(heard, page, authors)))

    async def _reactions(self, heard: Heard, page: Sequence[Event]) -> list[Event]:
        """Those of people; one that was taken off meanwhile leaves no trace to find."""
        ours = partial(self._rooms.is_ours, heard.room)
        if heard.guild is not None and not await self._asked(heard.room, ours):
            return []
        since = self._clock.now() - _REACTED_FOR
        found: list[Event] = []
        for message in page:
            if time_of(message["id"]) > since:
                for reaction in message.get("reactions", ()):
                    found += await self._reacted(heard, message["id"], reaction)
        return found

    async def _reacted(self, heard: Heard, message: str, reaction: Object) -> list[Event]:
        emoji = reaction["emoji"]
        if emoji.get("id") or reaction["count"] <= reaction["me"]:  # nobody but us
            return []
        ask = partial(self._rest.reacted, heard.room, message, emoji["name"], _PAGE)
        try:
            users = await ask()
        except TROUBLES:  # gone within the moment, say; the next time tells
            return []
        place = _place(heard) | {"message_id": message, "emoji": emoji, "heard": "later"}
        return [
            {
                "t": "MESSAGE_REACTION_ADD",
                "d": place | {"user_id": user["id"], "member": {"user": user}},
            }
            for user in users
        ]

    async def _asked(self, room: str, ask: Callable[[], Awaitable[T]]) -> T:
        """Asked for again until there is an answer. Raises RoomClosed, and forgets the room."""
        wait = _FIRST_WAIT_SECONDS
        while True:
            try:
                return await ask()
            except discord.HTTPException as error:
                if error.status in _CLOSED:
                    _log.info("discord.room_closed", room=room, cause=reason(error))
                    await self._memory.forget(room)
                    raise RoomClosed from None
                cause = reason(error)
            except ServiceFailure as failure:
                cause = str(failure)
            except TROUBLES as error:
                cause = str(service_failure(error))
            _log.warning("discord.catch_up_waits", room=room, cause=cause, seconds=wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)


def _removals(heard: Heard, page: Sequence[Event], authors: Mapping[str, str]) -> list[Event]:
    """What was carried from there and is there no more.

    An empty page says nothing: that is what Discord gives to who may not read the history.
    """
    if not page:
        return []
    there = {message["id"] for message in page}
    oldest = _id(page[0]) if len(page) == _LATEST else 0
    return [
        {"t": "MESSAGE_DELETE", "d": _place(heard) | {"id": message, "author_id": author}}
        for message, author in authors.items()
        if message not in there and int(message) >= oldest
    ]


def _place(heard: Heard) -> Event:
    guild = {"guild_id": heard.guild} if heard.guild else {}
    return {"channel_id": heard.room} | guild


async def _events(
    name: str, messages: Sequence[Event], heard: Heard, is_for_us: IsForUs
) -> list[Event]:
    """Messages asked for, as the gateway would have told of them."""
    guild = {"guild_id": heard.guild} if heard.guild else {}
    return [
        {"t": name, "d": message | guild}
        for message in messages
        if await is_for_us(message | guild)
    ]


def _id(message: Event) -> int:
    return int(message["id"])


async def _ended(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
