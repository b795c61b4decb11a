"""Rooms inside a forum group: a topic for every student."""

from collections.abc import Sequence

from telegram import Bot
from telegram.error import TelegramError

from bot.core.text import shorten
from bot.handlers.telegram.failures import trouble
from bot.handlers.telegram.render import chat_id
from bot.messaging.model import Address

_TITLE_LIMIT = 128  # Bot API, createForumTopic


class TelegramRooms:
    """Implements `bot.chat.ports.Rooms`. Needs the right to manage topics.

    Telegram lists no topics to bots: a crash between the opening and its record leaves an empty
    one behind. Whoever is in the group sees them all.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def open(
        self, place: Address, title: str, /, *, nonce: str, guests: Sequence[str]
    ) -> Address:
        """See `Rooms`."""
        try:
            topic = await self._bot.create_forum_topic(
                chat_id(place.room), shorten(title, _TITLE_LIMIT)
            )
        except TelegramError as error:
            raise trouble(error) from None  # PTB's errors about a token quote it
        return Address(place.platform, place.room, str(topic.message_thread_id))
