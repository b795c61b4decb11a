"""Seats in conversations led by teachers, as far as people's plans cover them."""

from datetime import datetime, timedelta

from bot.flows.ports import FlowWork
from bot.live.model import LiveConversation
from bot.tiers.model import Use
from bot.tiers.service import Plans

_MINUTE = timedelta(minutes=1)


class PlanSeats:
    """A seat is one of so many, and takes so many minutes. Implements `Entitlements`."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans

    def covers_seat(
        self, work: FlowWork, user_id: str, conversation: LiveConversation, now: datetime, /
    ) -> bool:
        if conversation.instructor_id is None:
            return False
        may, length = self._plans.may, _minutes(conversation)
        return (
            may(work, user_id, Use.GROUP_SEAT, 1, now).allowed
            and may(work, user_id, Use.GROUP_MINUTES, length, now).allowed
        )

    def use_seat(
        self,
        work: FlowWork,
        user_id: str,
        conversation: LiveConversation,
        key: str,
        now: datetime,
        /,
    ) -> bool:
        if conversation.instructor_id is None:
            return False
        use, length = self._plans.use, _minutes(conversation)
        if not use(work, user_id, Use.GROUP_SEAT, 1, now, _seat(key)).allowed:
            return False
        if use(work, user_id, Use.GROUP_MINUTES, length, now, _time(key)).allowed:
            return True
        self._plans.give_back(work, _seat(key))
        return False

    def give_back(self, work: FlowWork, key: str, /) -> None:
        self._plans.give_back(work, _seat(key))
        self._plans.give_back(work, _time(key))


def _seat(key: str) -> str:
    return f"seat:{key}"


def _time(key: str) -> str:
    return f"seat:{key}:time"


def _minutes(conversation: LiveConversation) -> int:
    return (conversation.ends_at - conversation.starts_at) // _MINUTE
