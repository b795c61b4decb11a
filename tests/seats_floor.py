"""Hosts, guests and conversations as rows, and somebody who counts what people are told."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from bot.core.zone_data import wall_time, zone_data_version
from bot.live.course import Course
from bot.live.model import LiveConversation, Stay
from bot.live.planning import PlanningService
from bot.live.policy import LivePolicy
from bot.live.ports import ConversationChange, SeatChange
from bot.live.seats import SeatService
from bot.live.turnout import Turnout
from bot.storage.engine import SqlStorage
from bot.storage.work import Work
from tests.message_builders import NOW, HandClock
from tests.relay_stage import a_profile, add_person

R = TypeVar("R")
TOMORROW = NOW + timedelta(days=1)


def a_conversation(host: str = "host", **changes: object) -> LiveConversation:
    """An hour of Spanish from this time tomorrow, for eight."""
    starts_at = changes.get("starts_at", TOMORROW)
    assert isinstance(starts_at, datetime)
    values: dict[str, object] = {
        "host_id": host,
        "title": "Café y charla",
        "language": "es",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "currency": "EUR",
        "wall_time": wall_time(starts_at, "UTC"),
        "zone": "UTC",
        "tz_version": zone_data_version(),
        "created_at": NOW,
        **changes,
    }
    return LiveConversation(**values)  # type: ignore[arg-type]


@dataclass
class Plans:
    """Whose plan covers seats, and what it counted. Implements `Entitlements`."""

    covered: set[str] = field(default_factory=set)
    used: Counter[str] = field(default_factory=Counter)

    def covers_seat(
        self, work: Work, user_id: str, conversation: LiveConversation, now: datetime, /
    ) -> bool:
        return user_id in self.covered

    def use_seat(
        self,
        work: Work,
        user_id: str,
        conversation: LiveConversation,
        key: str,
        now: datetime,
        /,
    ) -> bool:
        self.used[key] += user_id in self.covered
        return user_id in self.covered

    def give_back(self, work: Work, key: str, /) -> None:
        self.used[key] -= 1


class Told:
    """What people were told in a unit; a unit that runs again begins anew."""

    def __init__(self) -> None:
        self._seats: dict[int, list[SeatChange]] = {}
        self._conversations: dict[int, list[ConversationChange]] = {}

    def begin(self, work: Work) -> None:
        self._seats[id(work)] = []
        self._conversations[id(work)] = []

    def on_seat(self, work: Work, change: SeatChange, /) -> None:
        self._seats[id(work)].append(change)

    def on_conversation(self, work: Work, change: ConversationChange, /) -> None:
        self._conversations[id(work)].append(change)

    def of(self, work: Work) -> tuple[list[SeatChange], list[ConversationChange]]:
        return self._seats.pop(id(work)), self._conversations.pop(id(work))


class Floor:
    """The services of live conversations on one storage, and everything people were told."""

    def __init__(
        self, storage: SqlStorage, policy: LivePolicy | None = None, *, takes_money: bool = True
    ) -> None:
        policy = policy or LivePolicy()
        self.storage = storage
        self.clock = HandClock()
        self.plans = Plans()
        self.stays: dict[str, Stay] = {}
        self.seats: SeatService[Work] = SeatService(self.clock, policy, self.plans)
        self.turnout = Turnout(self.seats.seating)
        self.planning: PlanningService[Work] = PlanningService(
            self.clock, policy, self.turnout, takes_money=takes_money
        )
        self.course: Course[Work] = Course(
            self.clock, self.planning, self.seats, self.turnout, lambda _, __: self.stays
        )
        self._told = Told()
        self.seats.add_listener(self._told)
        self.planning.add_listener(self._told)
        self.changes: list[SeatChange] = []
        self.news: list[ConversationChange] = []

    async def do(self, unit: Callable[[Work], R]) -> R:
        """Run it, and remember what it told once it is committed."""

        def watched(work: Work) -> tuple[R, list[SeatChange], list[ConversationChange]]:
            self._told.begin(work)
            result = unit(work)
            return result, *self._told.of(work)

        result, changes, news = await self.storage.write(watched)
        self.changes += changes
        self.news += news
        return result

    def told(self) -> Sequence[tuple[str, str]]:
        """(person, what) since the last time this was asked."""
        told = [(change.seat.user_id, change.news.value) for change in self.changes]
        self.changes.clear()
        return told

    def announced(self) -> Sequence[str]:
        """What happened to whole conversations since the last time this was asked."""
        announced = [change.news.value for change in self.news]
        self.news.clear()
        return announced

    async def people(self, *names: str, teacher: str | None = None) -> None:
        """Registered people; `teacher` is one more, and verified."""

        def unit(work: Work) -> None:
            for name in names:
                add_person(work, name)
            if teacher is not None:
                add_person(work, teacher)
                work.teachers.add(a_profile(teacher))

        await self.storage.write(unit)

    async def add(self, conversation: LiveConversation) -> LiveConversation:
        return await self.storage.write(lambda work: work.live.conversations.add(conversation))

    async def get(self, conversation_id: str) -> LiveConversation:
        return await self.storage.read(lambda work: work.live.conversations.get(conversation_id))
