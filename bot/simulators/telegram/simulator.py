"""The simulated Telegram as a whole: the bot's server, and the way in for people and tests."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

from bot.simulators.bell import Bell
from bot.simulators.faults import Faults
from bot.simulators.loopback import Running
from bot.simulators.telegram.account import Account
from bot.simulators.telegram.chat import Chat
from bot.simulators.telegram.flood import FloodLimits
from bot.simulators.telegram.groups import Group
from bot.simulators.telegram.people import Person
from bot.simulators.telegram.server import ApiServer, Request
from bot.simulators.telegram.specification import Specification
from bot.simulators.telegram.updates import UpdateQueue
from bot.simulators.telegram.webhook import Delivery, WebhookSender
from bot.simulators.telegram.wire import Json
from bot.simulators.telegram.world import World


class TelegramSimulator(Running):
    """A Bot API server with one bot, and the people who talk to it.

    Args:
        token: the bot's; its number is the bot's user id.
        clock: gives the time shown on messages, aware. Lifetimes of links and presses follow it.
        flood: whether the published sending limits are kept; may be changed at any time.
        spec: api.json to check every request against (`find_spec()`); None: unchecked.
        monotonic: seconds for the sending limits.
        webhook_pause: seconds before a webhook delivery is first repeated.
        seed: of the faults that strike by chance.
    """

    def __init__(
        self,
        token: str = "1:demo",  # noqa: S107 - a token of nobody
        *,
        clock: Callable[[], datetime] | None = None,
        flood: bool = True,
        spec: Path | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        webhook_pause: float = 0.5,
        seed: int = 0,
    ) -> None:
        now = clock or (lambda: datetime.now(UTC))
        bot = Account(int(token.split(":")[0]), "LinguaFlex", "linguaflex_bot", is_bot=True)
        self.token = token
        self.faults = Faults(seed)
        self._bell = Bell()
        self._world = World(bot, now, self._bell)
        self._updates = UpdateQueue(self._bell, self.faults, now)
        self._webhook = WebhookSender(self._updates, self._bell, self.faults, pause=webhook_pause)
        self._spec = Specification(spec) if spec else None
        self._server = ApiServer(
            token,
            self._world,
            self._updates,
            self._webhook,
            FloodLimits(monotonic),
            self.faults,
            self._spec,
        )
        self._server.flood = flood
        self._people: dict[int, Person] = {}
        self._groups: list[Group] = []

    async def start(self, port: int = 0) -> None:
        """Serve on 127.0.0.1; port 0 takes a free one."""
        await self._server.start(port)

    async def stop(self) -> None:
        await self._server.stop()

    @property
    def url(self) -> str:
        """Base address; methods are at `{url}/bot{token}/{method}`."""
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def is_checked(self) -> bool:
        """Whether requests are checked against the specification."""
        return self._spec is not None

    @property
    def bot(self) -> Account:
        return self._world.bot

    @property
    def flood(self) -> bool:
        return self._server.flood

    @flood.setter
    def flood(self, value: bool) -> None:
        self._server.flood = value

    @property
    def violations(self) -> list[str]:
        """What broke the specification: "method: problem"."""
        return self._server.violations

    @property
    def requests(self) -> deque[Request]:
        """The newest 10,000 requests of the bot."""
        return self._server.requests

    @property
    def count_429(self) -> int:
        return self._server.count_429

    def person(
        self,
        user_id: int = 1001,
        name: str = "Ana",
        language: str = "en",
        username: str | None = None,
    ) -> Person:
        """The person with this id; made at the first call, when the other arguments count."""
        if user_id not in self._people:
            account = Account(user_id, name, username, language)
            self._people[user_id] = Person(self._world, self._updates, account)
        return self._people[user_id]

    def group(
        self, chat_id: int, title: str, is_forum: bool = False, *, sees_all: bool = False
    ) -> Group:
        """A group the bot is in: a supergroup where the id says so (-100...), else a basic one.

        Args:
            sees_all: the bot is an admin; otherwise privacy mode hides what is not for it.
        """
        group = next((known for known in self._groups if chat_id in known.ids), None)
        if group is None:
            is_super = str(chat_id).startswith("-100")
            chat = Chat(
                chat_id=chat_id,
                kind="supergroup" if is_super else "group",
                title=title,
                is_forum=is_forum,
                is_open=True,
                sees_all=sees_all,
            )
            self._world.chats[chat_id] = chat
            group = Group(self._world, self._updates, chat)
            self._groups.append(group)
        return group

    def file(self, file_id: str) -> bytes:
        """The bytes of a file that was sent. Raises KeyError when there is none."""
        stored = self._world.files.find(file_id)
        if stored is None:
            raise KeyError(file_id)
        return stored.data

    def commands_for(self, user_id: int, language: str | None = None) -> list[Json]:
        """The command menu this person sees in the private chat."""
        if language is None and user_id in self._people:
            language = self._people[user_id].account.language
        return self._world.profile.commands_for(user_id, language)

    def subscribe(self, queue: asyncio.Queue[Json]) -> None:
        """Put every event into `queue` from here on, as JSON-able dictionaries."""
        self._world.subscribers.add(queue)

    def unsubscribe(self, queue: asyncio.Queue[Json]) -> None:
        self._world.subscribers.discard(queue)

    async def events(self) -> AsyncIterator[Json]:
        """Every event from the first step of the iteration on."""
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self.subscribe(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self.unsubscribe(queue)

    @property
    def updates_confirmed(self) -> int:
        return self._updates.confirmed

    @property
    def updates_pending(self) -> int:
        return len(self._updates.waiting())

    @property
    def is_polled(self) -> bool:
        """Whether a getUpdates is waiting."""
        return self._updates.is_polled

    @property
    def count_409(self) -> int:
        return self._updates.conflicts

    @property
    def deliveries(self) -> deque[Delivery]:
        """Attempts to deliver to the webhook, with the status answered."""
        return self._webhook.deliveries

    def redeliver(self, count: int = 1) -> None:
        """Hand out the last `count` confirmed updates once more."""
        self._updates.redeliver(count)

    @property
    def never_acks(self) -> bool:
        """While True, confirmed updates are handed out again and again."""
        return self._updates.never_acks

    @never_acks.setter
    def never_acks(self, value: bool) -> None:
        self._updates.never_acks = value
        self._bell.ring()

    async def until(
        self,
        condition: Callable[[], bool],
        timeout: float = 10,  # noqa: ASYNC109 - how long to wait is the caller's
    ) -> None:
        """Wait until `condition` holds; asked after every change. Raises TimeoutError."""
        await self._bell.until(lambda: condition() or None, timeout)
