"""Discord as a `Messenger`."""

import time
from collections import OrderedDict
from dataclasses import dataclass, replace

import discord
import structlog

from bot.handlers.discord import failures
from bot.handlers.discord.answers import Answers, TooLate
from bot.handlers.discord.failures import SERVICE, TROUBLES, trouble
from bot.handlers.discord.files import Files
from bot.handlers.discord.interactions import Interaction, read_interaction
from bot.handlers.discord.render import Draft, as_file, changes, drafts, nonce, notice
from bot.handlers.discord.rest import Json, Rest
from bot.messaging.model import (
    LATE,
    Address,
    Change,
    IncomingMedia,
    Indication,
    MessageRef,
    Outgoing,
    Paragraph,
)
from bot.messaging.ports import Pace, Undeliverable

_UPLOAD_LIMIT_BYTES = 10 * 1024 * 1024  # message.mdx, of a server without boosts
# Within the 50 requests a second of rate-limits.mdx, whichever second one looks at.
_PER_SECOND, _BURST = 45.0, 5
_ROOM = Pace(per_second=1.0, burst=5)
_TYPING_SECONDS = 8.0  # clients show it for ten
_REMEMBERED = 1_000
_NO_VOICE = {failures.NO_VOICE_MESSAGES, failures.MISSING_PERMISSIONS}

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Sent:
    """How far a message of several parts came."""

    drafts: int = 0
    first_id: str | None = None


class DiscordMessenger:
    """Sends through Discord's REST API. Implements `PacedMessenger`.

    Where a message answers an interaction that can still be answered, it goes that way if it must
    (a promised answer, one for the asker's eyes alone); all else is an ordinary message.

    Args:
        per_second: messages of this token in all; 0 switches every pace off (servers of ours).
    """

    def __init__(
        self, rest: Rest, answers: Answers, files: Files, *, per_second: float = _PER_SECOND
    ) -> None:
        self._rest = rest
        self._answers = answers
        self._files = files
        self._per_second = per_second
        self._half_sent: OrderedDict[str, _Sent] = OrderedDict()
        self._typing: OrderedDict[str, float] = OrderedDict()

    @property
    def platform(self) -> str:
        return SERVICE

    @property
    def pace(self) -> Pace:
        return Pace(self._per_second, burst=_BURST)

    def room_pace(self, address: Address, /) -> Pace:
        return _ROOM if self._per_second else Pace(0)

    async def send(self, message: Outgoing, attachment: bytes | None, /) -> str | None:
        """See `Messenger.send`."""
        if attachment is not None and len(attachment) > _UPLOAD_LIMIT_BYTES:
            raise Undeliverable("larger than bots may upload")
        try:
            match message.change:
                case Change.SEND:
                    return await self._create(message, drafts(message, attachment))
                case Change.EDIT:
                    return await self._edit(message)
                case Change.ANSWER_BUTTON:
                    await self._notify(message)
                case Change.REACT | Change.DELETE:
                    await self._touch(message)
        except TROUBLES as error:
            raise trouble(error, is_bare=attachment is None) from None  # it may quote what was sent
        return None

    async def indicate(self, address: Address, indication: Indication, /) -> None:
        """See `Messenger.indicate`. Bots have one sign, typing."""
        room = _room(address)
        if time.monotonic() - self._typing.get(room, -_TYPING_SECONDS) < _TYPING_SECONDS:
            return
        self._typing[room] = time.monotonic()
        while len(self._typing) > _REMEMBERED:
            self._typing.popitem(last=False)
        try:
            await self._rest.show_typing(room)
        except Exception as error:
            _log.info("discord.indication_failed", cause=type(error).__name__)

    async def fetch(self, media: IncomingMedia, /, *, max_bytes: int) -> bytes:
        """See `Messenger.fetch`."""
        return await self._files.fetch(media, max_bytes=max_bytes)

    async def _create(self, message: Outgoing, made: list[Draft]) -> str | None:
        asked = read_interaction(message.callback_id)
        sent = self._half_sent.get(message.key, _Sent())
        for number, draft in enumerate(made[sent.drafts :], sent.drafts):
            created = await self._deliver(message, asked, draft, number)
            sent = _Sent(number + 1, sent.first_id or created)
            self._remember(message.key, sent, of=len(made))
        self._typing.pop(_room(message.to), None)  # a message takes the sign away
        return sent.first_id

    async def _deliver(
        self, message: Outgoing, asked: Interaction | None, draft: Draft, number: int
    ) -> str:
        """The id of the message made, as an answer to what was asked where it has to be one."""
        room, is_late = _room(message.to), False
        if asked is not None:
            try:
                answered = await self._answers.give(asked, message.key, draft, is_first=number == 0)
            except TooLate:
                answered, is_late = None, True
            if answered is not None:
                return answered
            if asked.is_whispered:  # too late to whisper, and never to be said aloud
                room = await self._rest.open_dm(asked.user_id)
                draft = Draft(_without_reply(draft.body), draft.files)
        if is_late and number == 0 and LATE in message.extra:
            await self._say_late(message, room)
        return await self._post_once(room, message.key, draft, number)

    async def _say_late(self, message: Outgoing, room: str) -> None:
        """That what follows is about something sent a while ago."""
        said = Paragraph(message.extra[LATE])
        (line,) = drafts(replace(message, body=(said,), buttons=(), attachment=None))
        await self._post_once(room, f"{message.key}:{LATE}", line, 0)

    async def _post_once(self, room: str, key: str, draft: Draft, number: int) -> str:
        body = draft.body | {"nonce": nonce(key, number), "enforce_nonce": True}
        return await self._post(room, Draft(body, draft.files))

    async def _post(self, room: str, draft: Draft) -> str:
        try:
            return str((await self._rest.create_message(room, draft.body, draft.files))["id"])
        except discord.HTTPException as error:
            if error.code == failures.ARCHIVED:
                await self._rest.unarchive(room)
                return str((await self._rest.create_message(room, draft.body, draft.files))["id"])
            if draft.is_voice and error.code in _NO_VOICE:
                return await self._post(room, as_file(draft))
            raise

    async def _edit(self, message: Outgoing) -> str | None:
        body, more = changes(message)
        asked = read_interaction(message.callback_id)
        target = _target(message)
        if asked is not None and asked.is_whispered:
            if not await self._answers.change(asked, body):
                return await self._create(message, [Draft(body), *more])
        else:
            await self._change(target, body)
        if more:
            await self._create(message, more)
        return target.message_id

    async def _change(self, target: MessageRef, body: Json) -> None:
        room = _room(target.address)
        try:
            await self._rest.edit_message(room, target.message_id, body)
        except discord.HTTPException as error:
            if error.code != failures.ARCHIVED:
                raise
            await self._rest.unarchive(room)
            await self._rest.edit_message(room, target.message_id, body)

    async def _notify(self, message: Outgoing) -> None:
        asked, body = read_interaction(message.callback_id), notice(message)
        if asked is not None and body is not None:
            await self._answers.whisper(asked, body)

    async def _touch(self, message: Outgoing) -> None:
        """Refused, these change nothing that anybody waits for: the message is gone, say."""
        target = _target(message)
        room = _room(target.address)
        try:
            if message.change is Change.DELETE:
                await self._rest.delete_message(room, target.message_id)
            elif message.reaction:
                await self._rest.react(room, target.message_id, message.reaction)
            else:
                await self._rest.take_back_reactions(room, target.message_id)
        except (discord.NotFound, discord.Forbidden) as error:
            _log.info("discord.refused", what=message.change.value, cause=failures.reason(error))
        except discord.HTTPException as error:
            if error.status != 400:
                raise
            _log.info("discord.refused", what=message.change.value, cause=failures.reason(error))

    def _remember(self, key: str, sent: _Sent, *, of: int) -> None:
        if sent.drafts == of:
            self._half_sent.pop(key, None)
            return
        self._half_sent[key] = sent
        while len(self._half_sent) > _REMEMBERED:
            self._half_sent.popitem(last=False)


def _room(address: Address) -> str:
    """A thread is a channel of its own."""
    return address.thread or address.room


def _target(message: Outgoing) -> MessageRef:
    if message.target is None:
        raise ValueError(f"{message.change.value} which message?")
    return message.target


def _without_reply(body: Json) -> Json:
    return {name: value for name, value in body.items() if name != "message_reference"}
