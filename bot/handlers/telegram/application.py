"""python-telegram-bot put together: its `Application`, our wire, our poll, our way in."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog
from telegram import Update
from telegram.error import TelegramError
from telegram.ext import Application, ApplicationBuilder, ContextTypes, TypeHandler

from bot.core.clock import Clock, SystemClock
from bot.core.errors import Cause, ServiceFailure
from bot.handlers.telegram.failures import SERVICE, service_failure
from bot.handlers.telegram.messenger import TelegramMessenger
from bot.handlers.telegram.polling import Poller, RawUpdate
from bot.handlers.telegram.request import AiohttpRequest
from bot.handlers.telegram.rooms import TelegramRooms
from bot.handlers.telegram.translate import parse_update
from bot.messaging.model import Incoming
from bot.messaging.ports import Received, Receiver

API_URL = "https://api.telegram.org"
ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "message_reaction",
    "callback_query",
    "my_chat_member",
)

PtbApplication = Application[Any, Any, Any, Any, Any, Any]
_log = structlog.get_logger()


class TelegramPlatform:
    """One bot on Telegram.

    Whatever way an update comes (poll, webhook, or a test kit's `application.process_update`),
    it goes to `receiver` before it is confirmed.

    Args:
        api_url: of the Bot API; files are under `/file/bot<token>/`.
        webhook_url, webhook_secret: where Telegram shall deliver, and how it proves itself;
            without them, `poll`.
        poll_seconds, retry_seconds: see `Poller`.
    """

    def __init__(
        self,
        *,
        token: str,
        receiver: Receiver,
        api_url: str = API_URL,
        allowed_updates: Sequence[str] = ALLOWED_UPDATES,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        clock: Clock | None = None,
        poll_seconds: float = 50.0,
        retry_seconds: float = 1.0,
        messages_per_second: float = 27.0,
    ) -> None:
        self._receiver = receiver
        self._allowed_updates = allowed_updates
        self._webhook_url = webhook_url
        self._webhook_secret = webhook_secret
        self._clock = clock or SystemClock()
        self._polling = AiohttpRequest(connections=1)
        self.application: PtbApplication = _build(token, api_url.rstrip("/"), self._polling)
        self.application.add_handler(TypeHandler(Update, self._on_update))
        self.messenger = TelegramMessenger(self.application.bot, per_second=messages_per_second)
        self.rooms = TelegramRooms(self.application.bot)
        self._poller = Poller(
            self._polling,
            f"{self.application.bot.base_url}/getUpdates",
            prepare=self._remove_webhook,
            take=self.take,
            allowed_updates=allowed_updates,
            poll_seconds=poll_seconds,
            retry_seconds=retry_seconds,
        )

    async def start(self) -> None:
        """Prove the token and get ready to send; does nothing where that was done.

        Raises:
            ServiceFailure: MISCONFIGURED for a refused token, otherwise worth another try.
        """
        if self.application.running:
            return
        try:
            await self.application.initialize()
        except TelegramError as error:
            failure = service_failure(error)
        else:
            await self.application.start()
            return
        await self.application.shutdown()
        await self.application.bot.shutdown()  # the one above does nothing before initialize()
        raise failure  # on its own: the error behind it may quote the token

    async def stop(self) -> None:
        """Close every connection. `poll` ends by its own `stop` event, before this."""
        if self.application.running:
            await self.application.stop()
        await self.application.shutdown()

    async def poll(self, stop: asyncio.Event) -> None:
        """Take updates by long polling until `stop` is set; a webhook left behind is removed.

        Raises:
            ServiceFailure: MISCONFIGURED, the token is refused.
        """
        await self._poller.run(stop)

    async def set_webhook(self) -> None:
        """Tell Telegram where to deliver.

        Raises:
            ServiceFailure: Telegram did not take it, or address or secret are not configured.
        """
        if not self._webhook_url or not self._webhook_secret:
            raise ServiceFailure(SERVICE, Cause.MISCONFIGURED, "a webhook needs address and secret")
        try:
            await self.application.bot.set_webhook(
                self._webhook_url,
                secret_token=self._webhook_secret,
                allowed_updates=self._allowed_updates,
                drop_pending_updates=False,
            )
        except TelegramError as error:
            raise service_failure(error) from None

    async def take(self, updates: Sequence[RawUpdate]) -> None:
        """Hand raw updates to the receiver; they may be confirmed when this returns."""
        events = [event for raw in updates if (event := self._received(raw))]
        if events:
            await self._receiver.receive(events)

    def parse(
        self, body: Mapping[str, Any], *, received_at: datetime | None = None
    ) -> Incoming | None:
        """What a raw update, as it is stored, says (see `parse_update`)."""
        username: str | None = None
        with suppress(RuntimeError):  # it is known once the bot is initialized
            username = self.application.bot.username
        return parse_update(body, bot_username=username, received_at=received_at)

    def _received(self, raw: RawUpdate) -> Received | None:
        """None for what is of no use to us, and for what cannot be read: it blocks nothing else."""
        try:
            incoming = self.parse(raw, received_at=self._clock.now())
        except Exception as error:  # whatever it may be: one update must not stop the others
            cause = type(error).__name__  # its text may quote the update
            _log.warning("telegram.update_unreadable", update_id=raw.get("update_id"), cause=cause)
            return None
        return None if incoming is None else Received(incoming, raw)

    async def _on_update(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """For `application.process_update`: returns when the answers have been sent."""
        body = update.to_dict()
        incoming = self.parse(body, received_at=self._clock.now())
        if incoming is not None:
            await self._receiver.receive([Received(incoming, body)])
            await self._receiver.settle([incoming.key])

    async def _remove_webhook(self) -> None:
        try:
            await self.application.bot.delete_webhook(drop_pending_updates=False)
        except TelegramError as error:
            raise service_failure(error) from None


def _build(token: str, api_url: str, polling: AiohttpRequest) -> PtbApplication:
    log = logging.getLogger("telegram")
    log.setLevel(max(log.getEffectiveLevel(), logging.INFO))  # PTB's DEBUG tells token and texts
    return (
        ApplicationBuilder()
        .token(token)
        .base_url(f"{api_url}/bot")
        .base_file_url(f"{api_url}/file/bot")
        .request(AiohttpRequest())
        .get_updates_request(polling)
        .updater(None)
        .job_queue(None)
        .build()
    )
