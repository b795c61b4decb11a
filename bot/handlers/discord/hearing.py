"""From the gateway to the inbox: stored first, in order, then acknowledged."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog

from bot.core.crash import crash_point
from bot.core.errors import ServiceFailure
from bot.handlers.discord.answers import Answers
from bot.handlers.discord.asking import Asking
from bot.handlers.discord.gateway import Shard
from bot.handlers.discord.interactions import read_interaction
from bot.handlers.discord.memory import Memory
from bot.handlers.discord.missed import Missed
from bot.handlers.discord.ports import Rooms
from bot.handlers.discord.translate import Object, mentions, parse_event
from bot.handlers.discord.voices import Voices
from bot.messaging.model import Incoming
from bot.messaging.ports import Received, Receiver

_LATER = {"MESSAGE_DELETE", "MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE"}
_WANTED = re.compile(
    r'"t":\s*"(?:READY|INTERACTION_CREATE|GUILD_CREATE|VOICE_STATE_UPDATE|'
    r'MESSAGE_(?:CREATE|UPDATE|DELETE(?:_BULK)?|REACTION_(?:ADD|REMOVE)))"'
)
_PRESENCE = {"GUILD_CREATE", "VOICE_STATE_UPDATE"}
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.5, 15.0
_BATCH = 100

_log = structlog.get_logger()

Event = dict[str, Any]


class Hearing:
    """Takes what the gateway sends, as text, in the order it comes.

    Args:
        bot_id: ours, once it is known.
        on_ready: told at every session that begins anew.
    """

    def __init__(
        self,
        receiver: Receiver,
        *,
        memory: Memory,
        missed: Missed,
        answers: Answers,
        asking: Asking,
        rooms: Rooms,
        voices: Voices,
        bot_id: Callable[[], str | None],
        on_ready: Callable[[], None],
    ) -> None:
        self._receiver = receiver
        self._memory = memory
        self._missed = missed
        self._answers = answers
        self._asking = asking
        self._rooms = rooms
        self._voices = voices
        self._bot_id = bot_id
        self._on_ready = on_ready
        self._queue: asyncio.Queue[Event] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, text: str) -> None:
        """One payload of the gateway."""
        if _WANTED.search(text) is None:
            return
        payload = json.loads(text)
        name, data = payload.get("t"), payload.get("d")
        if name == "MESSAGE_DELETE_BULK":
            for message in data["ids"]:
                self.put({"t": "MESSAGE_DELETE", "d": data | {"id": message}})
            return
        self.put({"t": name, "d": data})

    def put(self, event: Event) -> None:
        self._queue.put_nowait(event)

    async def run(self) -> None:
        """Store what was heard until cancelled."""
        self._spawn(self._memory.run())
        try:
            while True:
                batch = [await self._queue.get()]
                while not self._queue.empty() and len(batch) < _BATCH:
                    batch.append(self._queue.get_nowait())
                await self._take(batch)
        finally:
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._memory.flush()

    async def store(self, events: Sequence[Event]) -> list[Incoming]:
        """Store events until that succeeds; what they say comes back."""
        found = [(event, incoming) for event in events if (incoming := self._parsed(event))]
        if not found:
            return []
        for _, incoming in found:
            if (asked := read_interaction(incoming.callback_id)) is not None:
                self._answers.expect(asked)
        received = [Received(incoming, event) for event, incoming in found]
        crash_point("before store")
        await self._until_stored(received)
        crash_point("after store")
        await self._memory.hear([event for event, _ in found if not self._is_ahead(event)])
        return [incoming for _, incoming in found]

    async def _take(self, batch: Sequence[Event]) -> None:
        wanted: list[Event] = []
        for event in batch:
            if event["t"] in _LATER:  # about a message that may stand in this very batch
                await self._store_and_acknowledge(wanted)
                wanted = []
            wanted += await self._judged(event)
        await self._store_and_acknowledge(wanted)

    async def _store_and_acknowledge(self, events: Sequence[Event]) -> None:
        for incoming in await self.store(events):
            if (asked := read_interaction(incoming.callback_id)) is not None:
                on_message = incoming.message is not None
                self._spawn(self._answers.acknowledge(asked, on_message=on_message))

    async def _judged(self, event: Event) -> Sequence[Event]:
        """What of it is to be stored, asked until the database can tell."""
        wait = _FIRST_WAIT_SECONDS
        while True:
            try:
                if event["t"] in _PRESENCE:
                    return await self._voices.changed(event)
                return [event] if await self._is_wanted(event) else ()
            except ServiceFailure as failure:
                _log.warning("discord.hearing_waits", cause=str(failure), seconds=wait)
            except Exception as error:  # one event must not stop the others
                cause = type(error).__name__
                _log.warning("discord.event_unreadable", kind=event["t"], cause=cause)
                return ()
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    async def _is_wanted(self, event: Event) -> bool:
        name, data = event["t"], event["d"]
        if name == "READY":
            self._on_ready()
            self._voices.begin()
            _log.info("discord.connected", bot=data["user"]["username"], shard=data["shard"])
            shard = Shard(*data["shard"])
            await self._missed.begin(self.put, self.store, self.is_for_us, shard)
            return False
        if name == "INTERACTION_CREATE":
            return await self._is_to_be_stored(event)
        if self._missed.holds(event):
            return False
        if name == "MESSAGE_CREATE" and _author(data) == self._bot_id():
            await self._echo(data)
            return False
        if name in _LATER:
            return await self._complete(event)
        return await self.is_for_us(data)

    async def _echo(self, data: Object) -> None:
        """A message of our own: what comes after it, in a room of ours, may be missed one day."""
        room = data["channel_id"]
        if self._memory.knows(room) or ("guild_id" in data and await self._rooms.is_ours(room)):
            await self._memory.echo(data)

    async def is_for_us(self, data: Object) -> bool:
        """A DM, a message that names us, or one in a room of ours."""
        self._memory.wrote(data)
        if "guild_id" not in data or mentions(data, self._bot_id()):
            return True
        return await self._rooms.is_ours(data["channel_id"])

    async def _is_to_be_stored(self, event: Event) -> bool:
        """Presses that open a form and half-typed options are answered at once, aside."""
        if event.get("is_plain") or not self._asking.is_question(event["d"]):
            return True
        self._spawn(self._ask(event))
        return False

    async def _ask(self, event: Event) -> None:
        incoming = self._parsed(event)
        if not await self._asking.answer(event["d"], incoming):
            self.put(event | {"is_plain": True})

    async def _complete(self, event: Event) -> bool:
        """Add what Discord leaves out: who had written it, and which time it happened."""
        data = event["d"]
        if not self._memory.knows(data["channel_id"]):
            return False
        if event["t"] == "MESSAGE_DELETE":
            room, message = data["channel_id"], data["id"]
            author = self._memory.author_of(room, message)
            author = author or await self._rooms.author_of(room, message)
            event["d"] = data | {"author_id": author}
        else:
            event["d"] = data | {"heard": str(time.time_ns())}
        return True

    def _is_ahead(self, event: Event) -> bool:
        """A press in a room whose missed messages are still being asked for."""
        is_press = event["t"] == "INTERACTION_CREATE"
        return is_press and self._missed.is_pending(event["d"]["channel_id"])

    def _parsed(self, event: Event) -> Incoming | None:
        """None for what is of no use to us, and for what cannot be read."""
        try:
            return parse_event(event, bot_id=self._bot_id())
        except Exception as error:  # whatever it may be: one event must not stop the others
            cause = type(error).__name__  # its text may quote the event
            _log.warning("discord.event_unreadable", kind=event.get("t"), cause=cause)
            return None

    async def _until_stored(self, received: Sequence[Received]) -> None:
        wait = _FIRST_WAIT_SECONDS
        while True:
            try:
                await self._receiver.receive(received)
            except Exception as error:
                _log.warning("discord.not_stored", cause=type(error).__name__, seconds=wait)
            else:
                return
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _author(data: Object) -> str | None:
    author = data.get("author")
    return str(author["id"]) if author else None
