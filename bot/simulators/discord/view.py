"""What a person sees of one channel, and waiting for something to be there."""

from collections.abc import Callable

from bot.simulators.discord.model import Account, Channel, Message
from bot.simulators.discord.permissions import Permission
from bot.simulators.discord.world import World


class View:
    """A channel with one person's eyes."""

    def __init__(self, world: World, account: Account, channel: Channel) -> None:
        self.channel = channel
        self._world = world
        self._account = account
        self._seen: set[tuple[int, int]] = set()

    @property
    def channel_id(self) -> int:
        return self.channel.channel_id

    @property
    def messages(self) -> list[Message]:
        """What the person sees, oldest first; ephemeral messages only if they are for them."""
        return self._visible(self.channel.messages)

    @property
    def is_thinking(self) -> bool:
        """Whether the bot has promised this person an answer that is not there yet."""
        return any(message.is_thinking for message in self.messages)

    async def wait(
        self,
        predicate: Callable[[Message], bool] = lambda _: True,
        timeout: float = 10,  # noqa: ASYNC109 - how long to wait is the caller's
        *,
        after: Message | int | None = None,
    ) -> Message:
        """The bot's first message that fits, now or when it comes; an edit counts as new.

        Neither "thinking" nor what Discord writes by itself ("added Ana to the thread") counts.

        Args:
            after: look at all messages above this one; None: at those no `wait` returned yet.
            timeout: seconds of real time.

        Raises:
            TimeoutError: none came; says what is in the channel instead.
        """
        start = id_of(after)

        def find() -> Message | None:
            found = self.messages if start is None else self._visible(self.channel.since(start))
            for message in found:
                is_due = start is not None or _version(message) not in self._seen
                if is_due and self._is_answer(message) and predicate(message):
                    return message
            return None

        try:
            message = await self.channel.bell.until(find, timeout)
        except TimeoutError:
            last = [f"{m.message_id}: {m.text[:60]!r}" for m in self.messages[-5:]]
            raise TimeoutError(f"no such message in {timeout} s; last: {last}") from None
        self._seen.add(_version(message))
        return message

    @property
    def _rights(self) -> Permission:
        return self._world.rights(self._account.user_id, self.channel)

    def _is_answer(self, message: Message) -> bool:
        is_bots = message.author_id == self._world.bot.user_id
        return is_bots and not message.is_thinking and not message.is_system

    def _visible(self, messages: list[Message]) -> list[Message]:
        if Permission.VIEW_CHANNEL not in self._rights:
            return []
        me = self._account.user_id
        return [each for each in messages if each.seen_by in (None, me)]

    def _existing(self, message: Message | int) -> Message:
        """Raises ValueError for a message this person does not see."""
        found = self.channel.find(id_of(message) or 0)
        if found is None or not self._visible([found]):
            raise ValueError(f"no message {id_of(message)} to be seen here")
        return found

    def _own(self, message: Message | int) -> Message:
        """Raises ValueError for a message of somebody else."""
        found = self._existing(message)
        if found.author_id != self._account.user_id:
            raise ValueError("somebody else's message")
        return found


def id_of(message: Message | int | None) -> int | None:
    """Messages are named by themselves or by their ids."""
    return message.message_id if isinstance(message, Message) else message


def _version(message: Message) -> tuple[int, int]:
    return message.message_id, message.revision
