"""Telegram as a `Messenger`."""

from collections import OrderedDict
from dataclasses import dataclass

import structlog
from telegram import Bot, Message
from telegram.constants import ChatAction
from telegram.error import BadRequest, TelegramError

from bot.handlers.telegram.failures import (
    SERVICE,
    is_gone,
    is_topic_gone,
    is_unchanged,
    reason,
    trouble,
)
from bot.handlers.telegram.files import fetch_file
from bot.handlers.telegram.render import Call, attempts, chat_id, render_outgoing
from bot.handlers.telegram.request import as_request_data
from bot.messaging.model import Address, IncomingMedia, Indication, MessageKind, Outgoing
from bot.messaging.ports import Pace, Undeliverable

_UPLOAD_LIMIT_BYTES = 50_000_000  # Bot API, "Sending files"
_REMEMBERED = 1_000
# Bots FAQ, "My bot is hitting limits": about 30 a second in all, one a second in a chat with
# short bursts, 20 a minute in a group. A tenth below is what met no 429 when measured.
_PER_SECOND = 27.0
_BURST = 3  # what an event loop that wakes late would lose of the pace
_PRIVATE_CHAT = Pace(per_second=0.9, burst=5)
_GROUP = Pace(per_second=0.25, burst=5)
_ACTION = {
    Indication.TYPING: ChatAction.TYPING,
    Indication.RECORDING_VOICE: ChatAction.RECORD_VOICE,
}
# Refused, these change nothing that anybody waits for: the query is too old, the message is gone.
_COSMETIC = {"answer_callback_query", "set_message_reaction", "delete_message"}

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Sent:
    """How far a message of several calls came."""

    calls: int = 0
    first_id: str | None = None


class TelegramMessenger:
    """Sends through python-telegram-bot's `Bot`. Implements `PacedMessenger`.

    A message of several parts that failed half-way goes on where it stopped when the same key is
    sent again: what was sent is remembered for the last thousand such messages.

    Args:
        per_second: messages of this token in all; 0 switches every pace off (servers of ours).
    """

    def __init__(self, bot: Bot, *, per_second: float = _PER_SECOND) -> None:
        self._bot = bot
        self._per_second = per_second
        self._half_sent: OrderedDict[str, _Sent] = OrderedDict()

    @property
    def platform(self) -> str:
        return SERVICE

    @property
    def pace(self) -> Pace:
        return Pace(self._per_second, burst=_BURST)

    def room_pace(self, address: Address, /) -> Pace:
        if not self._per_second:
            return Pace(0)
        return _GROUP if address.room.startswith("-") else _PRIVATE_CHAT

    async def send(self, message: Outgoing, attachment: bytes | None, /) -> str | None:
        """See `Messenger.send`."""
        if attachment is not None and len(attachment) > _UPLOAD_LIMIT_BYTES:
            raise Undeliverable("larger than bots may upload")
        calls = render_outgoing(message, attachment)
        sent = self._half_sent.get(message.key, _Sent())
        stays = message.kind is MessageKind.RELAY  # what is for one topic is not for the whole room
        for call in calls[sent.calls :]:
            message_id = await self._perform(call, stays=stays)
            sent = _Sent(sent.calls + 1, sent.first_id or message_id)
            self._remember(message.key, sent, of=len(calls))
        return sent.first_id

    async def indicate(self, address: Address, indication: Indication, /) -> None:
        """See `Messenger.indicate`. Clients show it for about five seconds."""
        thread = None if address.thread is None else int(address.thread)
        try:
            await self._bot.send_chat_action(
                chat_id(address.room), _ACTION[indication], message_thread_id=thread
            )
        except TelegramError as error:
            _log.info("telegram.indication_failed", cause=type(error).__name__)

    async def fetch(self, media: IncomingMedia, /, *, max_bytes: int) -> bytes:
        """See `Messenger.fetch`."""
        return await fetch_file(self._bot, media, max_bytes=max_bytes)

    async def _perform(self, call: Call, *, stays: bool) -> str | None:
        try:
            return await self._first_accepted(call, stays=stays)
        except BadRequest as error:
            if stays and is_topic_gone(error):
                raise Undeliverable(reason(error), is_blocked=True) from None
            if call.method in _COSMETIC or is_unchanged(error):
                return None
            raise trouble(error) from error
        except TelegramError as error:
            raise trouble(error) from None  # PTB's errors about a token quote it

    async def _first_accepted(self, call: Call, *, stays: bool) -> str | None:
        """The id of the message that `call`, or what can stand in for it, made."""
        *others, last = attempts(call, stays=stays)
        for attempt in others:
            try:
                return await self._call(attempt)
            except BadRequest as error:
                if is_gone(error):
                    raise
                _log.info("telegram.refused", method=attempt.method, cause=reason(error))
        return await self._call(last)

    async def _call(self, call: Call) -> str | None:
        if call.method == "send_message":
            return await self._send_text(call)
        if call.method == "set_message_reaction":
            url = f"{self._bot.base_url}/setMessageReaction"
            await self._bot.request.post(url, as_request_data(call.params))
            return None
        result = await getattr(self._bot, call.method)(**call.params)
        return str(result.message_id) if isinstance(result, Message) else None

    async def _send_text(self, call: Call) -> str:
        """What `Bot.send_message` does, without a library object of an answer we want the id of."""
        url = f"{self._bot.base_url}/sendMessage"
        sent = await self._bot.request.post(url, as_request_data(call.params))
        if not isinstance(sent, dict):
            raise TelegramError("the answer is not a message")
        return str(sent["message_id"])

    def _remember(self, key: str, sent: _Sent, *, of: int) -> None:
        if sent.calls == of:
            self._half_sent.pop(key, None)
            return
        self._half_sent[key] = sent
        while len(self._half_sent) > _REMEMBERED:
            self._half_sent.popitem(last=False)
