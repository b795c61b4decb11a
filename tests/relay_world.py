"""Two platforms of which every message is known, and the real conversation between them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

from bot.accounts.codes import Codes
from bot.accounts.couriers import MailedCodes
from bot.accounts.entrance import Entrance
from bot.accounts.model import UserStatus
from bot.accounts.tokens import Tokens
from bot.core.errors import Cause, ServiceFailure
from bot.flows.conversation import Product, assemble
from bot.flows.dispatch import Dispatch
from bot.flows.rules import Rules
from bot.flows.scene import Scenes
from bot.flows.voice_turn import Parts
from bot.messaging.inbox import Inbox
from bot.messaging.instance import Instance
from bot.messaging.model import (
    Address,
    Change,
    Incoming,
    IncomingKind,
    IncomingMedia,
    Indication,
    MediaKind,
    MessageRef,
    Outgoing,
)
from bot.messaging.model import Sender as Writer
from bot.messaging.outbox import Sender
from bot.messaging.ports import OutboxWork, Pace, Received, Undeliverable
from bot.storage.engine import SqlStorage, open_storage
from bot.storage.vault import Keyring
from bot.storage.work import Signal, Work
from bot.voice.adapters import sound
from bot.voice.avatars import voice_of
from bot.voice.engines import EngineChain
from bot.voice.model import EncodedVoice, Pcm, Spoken
from bot.voice.service import VoiceService
from tests.fakes_voice import FakeVoiceEngine
from tests.message_builders import NOW, HandClock
from tests.relay_stage import a_profile

ANA, BEN = ("telegram", "1"), ("discord", "2")
NAMES = {ANA: "Ana", BEN: "Ben"}
T = TypeVar("T")
UNPACED = Pace(0)
_INCOMING: TypeAdapter[Incoming] = TypeAdapter(Incoming)


class FakeCodec:
    """Every note is one second of sound."""

    async def decode(self, data: bytes, /, *, max_seconds: float) -> Pcm:
        return Pcm(b"\0\x10" * 16_000, 16_000)

    async def hear(self, data: bytes, /, *, max_seconds: float) -> Spoken | None:
        return Spoken(await self.decode(data, max_seconds=max_seconds), None)

    async def encode(self, pcm: Pcm, /) -> EncodedVoice:
        return EncodedVoice(b"OggS", pcm.seconds, b"\1")


@dataclass
class Shown:
    """A message of the bot in a room."""

    paragraphs: tuple[str, ...]
    data: bytes | None = None
    reply_to: str | None = None

    @property
    def author(self) -> str:
        """Whose name stands first; "" for a sound without words."""
        return self.paragraphs[0] if self.paragraphs else ""

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs[1:])


@dataclass
class Platform:
    """One person's room on a platform; `is_away`: nobody is reached there.

    Args:
        refusal: what every message meets, if anything.
    """

    platform: str
    room: str
    files: dict[str, bytes] = field(default_factory=dict)
    shown: dict[str, Shown] = field(default_factory=dict)
    signs: dict[str, str] = field(default_factory=dict)
    is_away: bool = False
    refusal: Exception | None = None
    closed: set[str] = field(default_factory=set)
    ids: "count[int]" = field(default_factory=lambda: count(1))
    pace: Pace = UNPACED

    def room_pace(self, address: Address, /) -> Pace:
        return self.pace

    async def send(self, message: Outgoing, attachment: bytes | None, /) -> str | None:
        if self.is_away:
            raise ServiceFailure(self.platform, Cause.UNREACHABLE, retry_after=0.02)
        if self.refusal is not None:
            raise self.refusal
        if message.to.room in self.closed:
            raise Undeliverable("HTTP 404, code 10003", is_blocked=True)
        assert message.to == Address(self.platform, self.room)
        match message.change:
            case Change.SEND:
                own = str(next(self.ids))
                paragraphs = tuple(paragraph.text for paragraph in message.body)
                self.shown[own] = Shown(paragraphs, attachment, message.reply_to)
                return own
            case Change.EDIT:
                assert message.target is not None
                self.shown[message.target.message_id].paragraphs = tuple(
                    paragraph.text for paragraph in message.body
                )
            case Change.DELETE:
                assert message.target is not None
                self.shown.pop(message.target.message_id, None)
            case Change.REACT:
                assert message.target is not None
                self.signs[message.target.message_id] = message.reaction or ""
            case Change.ANSWER_BUTTON:
                pass
        return None

    async def indicate(self, address: Address, indication: Indication, /) -> None: ...

    async def fetch(self, media: IncomingMedia, /, *, max_bytes: int) -> bytes:
        return self.files[media.file_id]


class RelayWorld:
    """The program between two people, which may be ended at any moment and started anew."""

    def __init__(self, url: str, keyring: Keyring, rules: Rules | None = None) -> None:
        self._url = url
        self._keyring = keyring
        self.rules = rules or Rules()
        self.clock = HandClock()
        self.platforms = {who: Platform(*who) for who in (ANA, BEN)}
        self._keys = count(1)
        self.storage: SqlStorage
        self.product: Product

    async def start(self) -> None:
        """What a process does at its start."""
        storage = self.storage = open_storage(self._url, self._keyring, Instance())
        await storage.open()
        messengers = {who[0]: platform for who, platform in self.platforms.items()}
        parts = self._parts(storage, messengers)
        tokens = Tokens(self.clock)
        self.product = assemble(parts, Codes(self.clock, MailedCodes(str)), tokens)
        self.senders = {
            name: Sender(
                storage,
                self.clock,
                messenger,
                on_trouble=self.product.relay.waits,
                on_settled=self._settled,
            )
            for name, messenger in messengers.items()
        }
        dispatch = Dispatch(storage, parts.scenes, self.product.conversation, parts.turnstile)
        self.inbox = Inbox(
            storage,
            self.clock,
            dispatch.handle,
            translators=dict.fromkeys(messengers, _INCOMING.validate_python),
            overtakes=dispatch.overtakes,
            is_shared=False,
        )
        storage.on_commit(self._announce)
        await storage.write(lambda work: work.claims.forget_others())
        for name, sender in self.senders.items():
            sender.start()
            storage.instance.senders.add(name)
            await sender.adopt()
        await self.inbox.recover()

    async def stop(self) -> None:
        """End at once: what was not sent is still in its rows."""
        await self.inbox.lanes.aclose()
        for sender in self.senders.values():
            sender._is_closing = True
            for task in [*sender._loops, *sender._serving]:
                task.cancel()
            await asyncio.gather(*sender._loops, *sender._serving, return_exceptions=True)
            await sender._marks.flush()
        await self.storage.aclose()

    async def introduce(self) -> str:
        """Ana learns with Ben; what they write goes to each other. Returns their thread's id."""
        for who in (ANA, BEN):
            await self.happens(who, IncomingKind.COMMAND, command="start")

        def unit(work: Work) -> str:
            ids = {}
            for who in (ANA, BEN):
                identity = work.identities.find(*who)
                assert identity is not None
                user = work.users.get(identity.user_id)
                ids[who] = work.users.save(replace(user, status=UserStatus.ACTIVE)).id
            work.teachers.add(a_profile(ids[BEN]))
            thread = self.product.relay.relay.open(work, ids[ANA], ids[BEN], NOW)
            for user_id in ids.values():
                self.product.relay.relay.focus(work, user_id, thread)
                focus = work.chat.focuses.find(user_id)
                assert focus is not None
                work.chat.focuses.put(replace(focus, is_told=True))
            return thread.id

        thread_id = await self.storage.write(unit)
        await self.settled()
        for platform in self.platforms.values():
            platform.shown.clear()
        return thread_id

    async def happens(self, who: tuple[str, str], kind: IncomingKind, **content: Any) -> str:
        """An event of a person; handled when this returns, whether its answers are out or not."""
        key = f"{who[0]}:{next(self._keys)}"
        address = Address(*who)
        message_id = content.pop("message_id", None)
        reply_to = content.pop("reply_to", None)
        incoming = Incoming(
            key=key,
            kind=kind,
            sender=Writer(*who, NAMES[who]),
            address=address,
            at=self.clock.now(),
            message=None if message_id is None else MessageRef(address, message_id),
            reply_to=None if reply_to is None else MessageRef(address, reply_to),
            **content,
        )
        body = cast("Mapping[str, object]", _INCOMING.dump_python(incoming, mode="json"))
        await self.inbox.receive([Received(incoming, body)])
        await self.inbox.settle([key])
        return key

    async def says(self, who: tuple[str, str], text: str, *, reply_to: str | None = None) -> str:
        """Write a text; the id of the person's own message."""
        own = str(next(self.platforms[who].ids))
        await self.happens(who, IncomingKind.TEXT, text=text, message_id=own, reply_to=reply_to)
        return own

    async def speaks(self, who: tuple[str, str], data: bytes) -> str:
        """Send a voice note."""
        platform = self.platforms[who]
        own = str(next(platform.ids))
        platform.files[own] = data
        media = IncomingMedia(kind=MediaKind.VOICE, file_id=own, mime="audio/ogg", seconds=1.0)
        await self.happens(who, IncomingKind.MEDIA, media=media, message_id=own)
        return own

    async def edits(self, who: tuple[str, str], own: str, text: str) -> None:
        await self.happens(who, IncomingKind.EDITED, text=text, message_id=own)

    async def deletes(self, who: tuple[str, str], own: str) -> None:
        await self.happens(who, IncomingKind.DELETED, message_id=own)

    async def reacts(self, who: tuple[str, str], message_id: str, emoji: str | None) -> None:
        await self.happens(who, IncomingKind.REACTION, message_id=message_id, reaction=emoji)

    async def until(self, find: Callable[[], T | None]) -> T:
        """What `find` finds, looking again and again for a few seconds."""
        async with asyncio.timeout(10):
            while (found := find()) is None:  # noqa: ASYNC110 - fakes ring no bells
                await asyncio.sleep(0.01)
            return found

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        for _ in self.senders:
            for sender in self.senders.values():
                await sender.all_sent()

    def _parts(self, storage: SqlStorage, messengers: Mapping[str, Platform]) -> Parts:
        entrance = Entrance(frozenset(), lambda locale: locale or "en")
        return Parts(
            storage=storage,
            scenes=Scenes(self.clock, self.rules, entrance),
            service=VoiceService(timedelta(hours=1)),
            chain=EngineChain([FakeVoiceEngine()], voices=voice_of),
            codec=FakeCodec(),
            sound=sound,
            messengers=messengers,
        )

    def _settled(
        self, work: OutboxWork, message: Outgoing, message_id: str | None, error: str | None
    ) -> None:
        self.product.relay.settled(cast("Work", work), message, message_id, error)

    def _announce(self, signals: list[Signal]) -> None:
        for signal in signals:
            if signal.message is not None:
                self.senders[signal.message.to.platform].put([signal.message])


def fresh_world(url: str, keyring: Keyring, **rules: Any) -> RelayWorld:
    """A world with rules of its own."""
    return RelayWorld(url, keyring, Rules(**rules))
