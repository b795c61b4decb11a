"""Rooms inside a forum group: a topic for every student."""

from collections.abc import Sequence

from telegram import Bot
from telegram.error import TelegramError

from bot.chat.ports import Offer
from bot.core.text import shorten
from bot.handlers.telegram.failures import trouble
from bot.handlers.telegram.render import chat_id
from bot.messaging.model import Address
from bot.messaging.ports import Undeliverable

_TITLE_LIMIT = 128  # Bot API, createForumTopic
_MANAGERS = {"creator", "administrator"}  # ChatMember.status


class TelegramRooms:
    """Implements `bot.chat.ports.Rooms`. Needs the right to manage topics.

    Telegram lists no topics to bots: a crash between the opening and its record leaves an empty
    one behind. Whoever is in the group sees them all.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def offer(self, place: Address, person: str, /, *, is_vouched: bool) -> Offer:
        """See `Rooms.offer`. Anybody may type a command here, so who it was is asked for."""
        group = chat_id(place.room)
        try:
            asker = await self._bot.get_chat_member(group, int(person))
            if asker.status not in _MANAGERS:
                return Offer.NOT_MANAGER
            chat = await self._bot.get_chat(group)
            ours = await self._bot.get_chat_member(group, self._bot.id)
        except TelegramError as error:
            failure = trouble(error)
            if isinstance(failure, Undeliverable):
                return Offer.NO_ROOMS
            raise failure from None
        may_open = bool(getattr(ours, "can_manage_topics", False))
        return Offer.OPEN if chat.is_forum and may_open else Offer.NO_ROOMS

    async def find_empty(self, place: Address, title: str, /) -> Sequence[Address]:
        """See `Rooms.find_empty`."""
        return ()

    async def open(self, place: Address, title: str, /) -> Address:
        """See `Rooms.open`."""
        try:
            topic = await self._bot.create_forum_topic(
                chat_id(place.room), shorten(title, _TITLE_LIMIT)
            )
        except TelegramError as error:
            raise trouble(error) from None  # PTB's errors about a token quote it
        return Address(place.platform, place.room, str(topic.message_thread_id))

    async def invite(self, room: Address, guests: Sequence[str], /) -> None:
        """See `Rooms.invite`: they are in the group already."""
