"""Messages that were already created, by the nonce that came with them."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.simulators.discord.model import Channel, Message

_LIFETIME = timedelta(minutes=5)  # "a few minutes" (message.mdx)


class Nonces:
    """Remembers nonces of the bot's messages for five minutes."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._known: OrderedDict[tuple[int, str], tuple[int, datetime]] = OrderedDict()

    def remember(self, message: Message, nonce: str | int) -> None:
        oldest = self._now() - _LIFETIME
        while self._known and next(iter(self._known.values()))[1] < oldest:
            self._known.popitem(last=False)
        self._known[message.channel_id, str(nonce)] = (message.message_id, self._now())

    def find(self, channel: Channel, nonce: str | int | None) -> Message | None:
        message_id, at = self._known.get((channel.channel_id, str(nonce)), (0, self._now()))
        return channel.find(message_id) if at >= self._now() - _LIFETIME else None
