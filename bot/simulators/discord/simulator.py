"""The simulated Discord as a whole: the bot's server, and the way in for people and tests."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bot.simulators.bell import Bell
from bot.simulators.discord.changes import archive_idle
from bot.simulators.discord.gateway import Gateway
from bot.simulators.discord.intents import PRIVILEGED, Intent
from bot.simulators.discord.limits import RateLimits
from bot.simulators.discord.manager import GuildManager
from bot.simulators.discord.model import Account, Attachment, Channel, Json
from bot.simulators.discord.people import Person
from bot.simulators.discord.permissions import EVERYONE, Permission
from bot.simulators.discord.server import ApiServer, Request
from bot.simulators.discord.sharding import Sharding
from bot.simulators.discord.specification import Specification
from bot.simulators.discord.world import World
from bot.simulators.faults import Fault, Faults
from bot.simulators.loopback import Running

BOT_ID = 1_100_000_000_000_000_001


class DiscordSimulator(Running):
    """Discord with one application and its bot, and the people who use it.

    Args:
        token: the bot's.
        clock: gives the times of messages and ids, aware. Attachment addresses (24 hours) and
            interaction tokens (15 minutes) expire by it.
        limits: whether rate limits are kept; may be changed at any time.
        spec: openapi.json to check every request against (`find_spec()`); None: unchecked.
        monotonic: seconds for the rate limits.
        patience: seconds of real time the bot has to answer an interaction.
        privileged: the privileged intents the application was granted.
        kept: how many events a broken connection can catch up with by resuming.
        heartbeat: seconds between the client's heartbeats.
        seed: of the faults that strike by chance.
    """

    def __init__(
        self,
        token: str = "discord-demo",  # noqa: S107 - a token of nobody
        *,
        clock: Callable[[], datetime] | None = None,
        limits: bool = True,
        spec: Path | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        patience: float = 3.0,
        privileged: Intent = PRIVILEGED,
        kept: int = 5_000,
        heartbeat: float = 41.25,
        seed: int = 0,
    ) -> None:
        bot = Account(BOT_ID, "linguaflex", "LinguaFlex", is_bot=True)
        self.token = token
        self.faults = Faults(seed)
        self._bell = Bell()
        self._world = World(bot, clock or (lambda: datetime.now(UTC)), self._bell)
        self._world.patience = patience
        self._world.content_allowed = Intent.MESSAGE_CONTENT in privileged
        self._world.members_allowed = Intent.GUILD_MEMBERS in privileged
        self._gateway = Gateway(
            self._world,
            token,
            self.faults,
            allowed=privileged,
            kept=kept,
            heartbeat=heartbeat,
            may_begin=lambda shard: not self.limits or self.sharding.begin(shard, monotonic),
        )
        self._limits = RateLimits(self._world.now, monotonic, is_on=limits)
        self._spec = Specification(spec) if spec else None
        self._server = ApiServer(
            token, self._world, self._gateway, self._limits, self.faults, self._spec
        )
        self._people: dict[int, Person] = {}

    async def start(self, port: int = 0) -> None:
        """Serve on 127.0.0.1; port 0 takes a free one."""
        await self._server.start(port)

    async def stop(self) -> None:
        await self._server.stop()

    @property
    def url(self) -> str:
        """Base address of the server; the API is at `{url}/api/v10`."""
        return f"http://{self._world.address}"

    @property
    def api_url(self) -> str:
        """What `discord.http.Route.BASE` is to be."""
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        """What `DiscordWebSocket.DEFAULT_GATEWAY` is to be."""
        return f"ws://{self._world.address}/gateway"

    @property
    def bot(self) -> Account:
        return self._world.bot

    @property
    def is_checked(self) -> bool:
        """Whether requests are checked against the specification."""
        return self._spec is not None

    @property
    def violations(self) -> list[str]:
        """What broke the specification: "operation: problem"."""
        return self._server.violations

    @property
    def requests(self) -> deque[Request]:
        """The newest 10,000 requests of the bot."""
        return self._server.requests

    @property
    def statuses(self) -> Counter[int]:
        """How many REST answers had which HTTP status; 0 counts cut connections."""
        return self._server.statuses

    @property
    def invalid_requests(self) -> int:
        """Answers of 401, 403 and 429: Discord bans an address after 10,000 in ten minutes."""
        return sum(self._server.statuses[status] for status in (401, 403, 429))

    @property
    def limits(self) -> bool:
        return self._limits.is_on

    @limits.setter
    def limits(self, value: bool) -> None:
        self._limits.is_on = value

    @property
    def patience(self) -> float:
        """Seconds of real time the bot has to answer an interaction."""
        return self._world.patience

    @patience.setter
    def patience(self, value: float) -> None:
        self._world.patience = value

    @property
    def sharding(self) -> Sharding:
        """How many connections the bot must hold, and how fast it may begin sessions."""
        return self._world.sharding

    @property
    def commands(self) -> list[Json]:
        """The global commands the bot has registered."""
        return self._world.commands.of(None)

    def person(
        self,
        user_id: int = 2001,
        name: str = "Tom",
        locale: str = "en-US",
        username: str | None = None,
    ) -> Person:
        """The person with this id; made at the first call, when the other arguments count."""
        if user_id not in self._people:
            account = Account(user_id, username or name.lower().replace(" ", "."), name, locale)
            self._world.accounts[user_id] = account
            self._people[user_id] = Person(self._world, account)
        return self._people[user_id]

    def guild(
        self,
        name: str = "School",
        owner: Person | None = None,
        *,
        bot_rights: Permission | None = EVERYONE,
    ) -> GuildManager:
        """A guild; the bot is invited with these permissions (None: it is not).

        Args:
            owner: may do everything there; None: somebody nobody has met.
        """
        owner = owner or self.person(2000, "Owner")
        manager = GuildManager(self._world, name, owner.account)
        if bot_rights is not None:
            manager.invite_bot(bot_rights)
        return manager

    def channel(self, channel_id: int) -> Channel:
        """A channel, thread or DM. Raises KeyError when there is none."""
        return self._world.channels[channel_id]

    def file(self, attachment: Attachment) -> bytes:
        """The bytes of an attachment. Raises KeyError when there are none."""
        return self._world.cdn.data(attachment.attachment_id)

    @property
    def is_connected(self) -> bool:
        """Whether a session of the bot is there and connected."""
        return any(session.is_connected for session in self._gateway.sessions.values())

    @property
    def connections(self) -> Counter[str]:
        """How often the bot "identified", "resumed", and was "refused" a resumption."""
        gateway = self._gateway
        counted = {"identified": gateway.identified, "resumed": gateway.resumed}
        return Counter(counted | {"refused": gateway.refused_resumes})

    @property
    def shards(self) -> list[tuple[int, int]]:
        """(number, how many there are) of every connected session, in order."""
        return sorted(each.shard for each in self._gateway.sessions.values() if each.is_connected)

    async def drop_gateway(self, code: int | None = None, *, shard: int | None = None) -> None:
        """End the gateway connections: with a close code, or (None) as if a cable was pulled.

        Sessions stay and can be resumed.

        Args:
            shard: the only one whose connection ends; None: all.
        """
        await self._gateway.drop(code, shard)

    async def ask_to_reconnect(self) -> None:
        """Send the bot opcode 7, as before a restart of Discord's servers."""
        await self._gateway.ask_to_reconnect()

    def invalidate_next_resume(self) -> None:
        """The next RESUME, of whichever shard, is answered with INVALID_SESSION."""
        self.faults.add(Fault("status", match="gateway:RESUME"))

    async def go_away(self) -> None:
        """Cut every connection, refuse new ones and forget all sessions, until `come_back`.

        What people write meanwhile is there, but no event will tell of it.
        """
        self._server.is_away = True
        self._gateway.forget_sessions()
        await self._gateway.drop(None)

    def come_back(self) -> None:
        self._server.is_away = False

    def archive_idle_threads(self) -> None:
        """Let Discord put away threads that were idle too long, after the clock was moved."""
        archive_idle(self._world)

    def subscribe(self, queue: asyncio.Queue[Json]) -> None:
        """Put every event into `queue` from here on.

        Each is `{"type": "discord", "event": name, "data": object}`: gateway events as the bot
        could hear them, and besides TYPING_START, TOAST, MODAL_OPENED, INTERACTION_ANSWERED and
        ephemeral messages, which have `seen_by`.
        """
        self._world.subscribers.add(queue)

    def unsubscribe(self, queue: asyncio.Queue[Json]) -> None:
        self._world.subscribers.discard(queue)

    async def until(
        self,
        condition: Callable[[], bool],
        timeout: float = 10,  # noqa: ASYNC109 - how long to wait is the caller's
    ) -> None:
        """Wait until `condition` holds; asked after every change. Raises TimeoutError."""
        await self._bell.until(lambda: condition() or None, timeout)
