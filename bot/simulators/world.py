"""The demo's world: the simulators that are on, the people in it, and what the machine is doing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bot.simulators.calendly import CalendlySimulator
from bot.simulators.discord import Channel, DiscordSimulator
from bot.simulators.discord import Person as Member
from bot.simulators.mailbox import Mailbox
from bot.simulators.stripe import StripeSimulator
from bot.simulators.telegram import Person, TelegramSimulator
from bot.simulators.zoom import ZoomSimulator

Json = dict[str, Any]
PartState = Literal["loading", "ready", "off", "failed"]


@dataclass(frozen=True, slots=True)
class PartStatus:
    """How one part of the machine is doing.

    Args:
        detail: a few words shown beside it, e.g. which engine answers; may be empty.
        progress: how much is loaded, 0 to 1; None where nobody can tell.
    """

    state: PartState
    detail: str = ""
    progress: float | None = None


class DemoWorld:
    """Holds the simulators; whoever subscribes hears every change in any of them.

    Args:
        students: whose Telegram the page can show, by what they are in the demo ("student",
            "newcomer"); the first is shown at first.
        members: the same for Discord ("teacher", "admin").
        group: learners who take part in live conversations by themselves; the first one invites.
        hall: the channel in which the teacher receives students.
        host: who it is that leads the meetings of the simulated Zoom.
    """

    def __init__(
        self,
        *,
        telegram: TelegramSimulator,
        mailbox: Mailbox,
        students: Mapping[str, Person],
        group: Sequence[Person],
        discord: DiscordSimulator,
        members: Mapping[str, Member],
        hall: Channel,
        zoom: ZoomSimulator,
        stripe: StripeSimulator,
        calendly: CalendlySimulator,
        host: str,
    ) -> None:
        self.telegram = telegram
        self.mailbox = mailbox
        self.students = students
        self.group = group
        self.discord = discord
        self.members = members
        self.hall = hall
        self.zoom = zoom
        self.stripe = stripe
        self.calendly = calendly
        self.host = host
        self._sources = (telegram, mailbox, discord, zoom.changes, stripe.changes)
        self.status: dict[str, PartStatus] = {}
        self._queues: set[asyncio.Queue[Json]] = set()

    @property
    def first_student(self) -> str:
        return next(iter(self.students))

    def report(
        self, part: str, state: PartState, *, detail: str = "", progress: float | None = None
    ) -> None:
        """Tell the page how a part is doing.

        The page knows the names "voice", "engine", "speech", "bot" and "database" in the reader's
        language; any other is shown as it is.
        """
        self.status[part] = PartStatus(state, detail, progress)
        for queue in self._queues:
            queue.put_nowait(self.status_json())

    def is_ready(self, part: str) -> bool:
        return part in self.status and self.status[part].state == "ready"

    def status_json(self) -> Json:
        return {
            "type": "status",
            "status": {part: asdict(status) for part, status in self.status.items()},
        }

    def subscribe(self, queue: asyncio.Queue[Json]) -> None:
        """Put every later event into `queue`: JSON objects, told apart by their `type`."""
        self._queues.add(queue)
        for source in self._sources:
            source.subscribe(queue)

    def unsubscribe(self, queue: asyncio.Queue[Json]) -> None:
        self._queues.discard(queue)
        for source in self._sources:
            source.unsubscribe(queue)
