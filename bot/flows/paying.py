"""Everything of money as people see it: commands, buttons, flows, and what booking asks."""

from collections.abc import Mapping, Sequence

from bot.accounts.gigs import Gig
from bot.accounts.model import User
from bot.billing.parties import has_card, may_book_paid
from bot.billing.rules import BillingRules
from bot.flows.billing_news import DISPUTE_PREFIX, MONEY_PREFIX, BillingNews
from bot.flows.commands import Command
from bot.flows.commissions import Commissions
from bot.flows.dispatch import Press
from bot.flows.disputes import Disputes
from bot.flows.lesson_ports import Needed
from bot.flows.live.seat_paying import SeatPaying
from bot.flows.model import Flow
from bot.flows.pay_desk import AwaitedJob, LightJob, PayDesk, PayingParts
from bot.flows.people import in_private
from bot.flows.ports import FlowWork
from bot.flows.runner import Runner
from bot.flows.scene import Later, Scene
from bot.flows.voice_turn import Parts
from bot.live.seats import SeatService

_COMMANDS = ("card", "receipts", "earnings")


class Paying:
    """Implements `Payments`, which booking asks.

    Args:
        own: None where no gateway is set up: then lessons cost nothing here, and the commands say
            so.
    """

    def __init__(self, runner: Runner, parts: Parts, own: PayingParts | None) -> None:
        rules = BillingRules() if own is None else own.rules
        news = BillingNews(parts.scenes.clock, rules)
        self._commissions = Commissions(runner, rules)
        self.desk = None if own is None else PayDesk(parts, own, news, self._commissions)
        self._disputes = Disputes(runner, rules, news)

    def may_book(self, work: FlowWork, user: User, _: Gig, /) -> Needed:
        """Nothing unpaid, and a card."""
        if self.desk is None:
            return Needed.NOTHING
        if not may_book_paid(work, user.id):
            return Needed.PAYMENT
        return Needed.NOTHING if has_card(work, user.id) else Needed.CARD

    def sell_seats(self, service: SeatService[FlowWork]) -> SeatPaying | None:
        """Where held seats are paid, which hears of their changes; None: nothing is sold here."""
        return None if self.desk is None else self.desk.sell_seats(service)

    def begin(self, work: FlowWork) -> None:
        """On start: promise today's look into the books."""
        if self.desk is not None:
            self.desk.begin(work)

    def flows(self) -> Sequence[Flow]:
        return [*self._disputes.flows(), *self._commissions.flows()]

    def commands(self) -> Sequence[Command]:
        actions = dict.fromkeys(_COMMANDS, _off) if self.desk is None else self.desk.actions()
        return [
            Command(name=name, action=in_private(actions[name]), needs_registration=True)
            for name in _COMMANDS
        ]

    def presses(self) -> Mapping[str, Press]:
        if self.desk is None:
            return {}
        return {MONEY_PREFIX: self.desk.press, DISPUTE_PREFIX: self._disputes.press}

    def jobs(self) -> Mapping[str, LightJob | AwaitedJob]:
        """For the worker, in place of those lessons have where nothing is paid."""
        return {} if self.desk is None else self.desk.jobs()


def _off(scene: Scene, _: str) -> Later | None:
    scene.say(scene.text("billing.off"))
    return None
