"""Teachers are paid for seats that plans cover, once the conversation took place."""

from bot.billing.plan_cover import owe_for_plan
from bot.billing.rules import BillingRules
from bot.core.clock import Clock
from bot.core.money import Money
from bot.flows.ports import FlowWork
from bot.live.ports import SeatChange, SeatNews

_OVER = {SeatNews.ATTENDED, SeatNews.MISSED}


class PlanSeatPay:
    """Implements `SeatEvents`."""

    def __init__(self, rules: BillingRules, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock

    def on_seat(self, work: FlowWork, change: SeatChange, /) -> None:
        """Whoever kept a seat from others is paid for like somebody who came."""
        seat, conversation = change.seat, change.conversation
        teacher_id = conversation.instructor_id
        if not seat.is_included or teacher_id is None or change.news not in _OVER:
            return
        price = Money(conversation.price_minor, conversation.currency)
        now = self._clock.now()
        cause = f"plan:seat:{seat.id}"
        owe_for_plan(work, self._rules, teacher_id, "plan_seat", cause, price, now)
