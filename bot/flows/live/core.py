"""The services of live conversations, put together once for everybody who needs them."""

from dataclasses import dataclass

from bot.core.clock import Clock
from bot.flows.ports import FlowWork
from bot.live.course import Course, Stays
from bot.live.planning import PlanningService
from bot.live.policy import LivePolicy
from bot.live.ports import ConversationEvents, Entitlements, SeatEvents
from bot.live.seats import SeatService
from bot.live.turnout import Turnout


@dataclass(frozen=True, slots=True)
class LiveCore:
    """Seats, plans and course, on one set of listeners."""

    clock: Clock
    seats: SeatService[FlowWork]
    planning: PlanningService[FlowWork]
    course: Course[FlowWork]

    def add_listener(
        self,
        *,
        seats: SeatEvents[FlowWork] | None = None,
        conversations: ConversationEvents[FlowWork] | None = None,
    ) -> None:
        """Told in the unit of every change, after those who were added before."""
        if seats is not None:
            self.seats.add_listener(seats)
        if conversations is not None:
            self.planning.add_listener(conversations)


def live_core(
    clock: Clock,
    policy: LivePolicy,
    *,
    takes_money: bool,
    plans: Entitlements[FlowWork] | None = None,
    stays: Stays[FlowWork] = lambda _, __: {},
) -> LiveCore:
    """The services.

    Args:
        takes_money: somebody collects payments here.
        plans: what people's plans cover; None: nothing.
        stays: who was in the room; without it nobody is known to have been there.
    """
    seats: SeatService[FlowWork] = SeatService(clock, policy, plans)
    turnout = Turnout(seats.seating)
    planning = PlanningService(clock, policy, turnout, takes_money=takes_money)
    return LiveCore(clock, seats, planning, Course(clock, planning, seats, turnout, stays))
