"""May a person use so much of something, and if not, why and what would help; pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.timespan import Timespan
from bot.tiers.model import Plan, Use
from bot.tiers.terms import Limit, Tiers


class Remedy(StrEnum):
    """What would help somebody who may not."""

    WAIT = "wait"
    TOP_UP = "top_up"
    UPGRADE = "upgrade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to "may this person do this".

    Args:
        left: how much may be used, packs and all; None: as much as one likes. `limit`: of the
            plan, in the span that ends first.
        resets_at: when the plan gives anew.
        reason_key: the catalog's text that says why not, of `what` and `limit`; None: they may.
        remedies: what would help, the easiest first.
    """

    plan: Plan
    what: Use
    allowed: bool
    left: int | None
    limit: int | None
    resets_at: datetime
    reason_key: str | None = None
    remedies: tuple[Remedy, ...] = ()

    @property
    def remedy_key(self) -> str | None:
        """The catalog's text of the first thing that would help."""
        return f"tier.help.{self.remedies[0]}" if self.remedies else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What one person used of something, and what they may.

    Args:
        day, cycle: the spans in which uses are counted, with what was used `in_day`, `in_cycle`.
        bought: what packs have left.
    """

    plan: Plan
    what: Use
    limit: Limit
    day: Timespan
    cycle: Timespan
    in_day: int = 0
    in_cycle: int = 0
    bought: int = 0

    @property
    def included(self) -> int | None:
        """What the plan has left; None: as much as one likes."""
        rests = [
            max(0, limit - used)
            for limit, used in (
                (self.limit.a_day, self.in_day),
                (self.limit.a_cycle, self.in_cycle),
            )
            if limit is not None
        ]
        return min(rests) if rests else None

    @property
    def left(self) -> int | None:
        included = self.included
        return None if included is None else included + self.bought

    @property
    def is_day_what_binds(self) -> bool:
        """The day's limit is reached before the cycle's."""
        if self.limit.a_day is None:
            return False
        if self.limit.a_cycle is None:
            return True
        return self.limit.a_day - self.in_day <= self.limit.a_cycle - self.in_cycle

    def split(self, amount: int) -> tuple[int, int]:
        """How much of `amount` the plan gives, and how much packs do.

        More than there is was used in good faith: it counts for the plan's.
        """
        included = self.included
        if included is None or amount <= included:
            return amount, 0
        bought = min(amount - included, self.bought)
        return amount - bought, bought

    def judged(self, amount: int, tiers: Tiers) -> Verdict:
        """Whether `amount` may be used; at least one, to be asked about."""
        left = self.left
        is_allowed = left is None or amount <= left
        span = self.day if self.is_day_what_binds else self.cycle
        return Verdict(
            plan=self.plan,
            what=self.what,
            allowed=is_allowed,
            left=left,
            limit=self.limit.a_day if self.is_day_what_binds else self.limit.a_cycle,
            resets_at=span.end,
            reason_key=None if is_allowed else self._reason(),
            remedies=() if is_allowed else self._remedies(amount, tiers),
        )

    def _reason(self) -> str:
        if self.limit.is_nothing:
            return "tier.why.never"
        return "tier.why.day" if self.is_day_what_binds else "tier.why.cycle"

    def _remedies(self, amount: int, tiers: Tiers) -> tuple[Remedy, ...]:
        found = []
        if any(pack.what is self.what for pack in tiers.packs):
            found.append(Remedy.TOP_UP)
        if any(self._is_more(tiers, plan) for plan in self.plan.larger):
            found.append(Remedy.UPGRADE)
        if _fits(amount, self.limit):
            found.append(Remedy.WAIT)
        return tuple(found)

    def _is_more(self, tiers: Tiers, plan: Plan) -> bool:
        """Whether a larger plan is sold and gives more of this."""
        terms = tiers.of(plan)
        mine, theirs = self.limit, terms.limit(self.what)
        pairs = ((mine.a_day, theirs.a_day), (mine.a_cycle, theirs.a_cycle))
        return terms.price is not None and any(_exceeds(new, old) for old, new in pairs)


def _exceeds(new: int | None, old: int | None) -> bool:
    return old is not None and (new is None or new > old)


def _fits(amount: int, limit: Limit) -> bool:
    """Whether so much is ever given at once."""
    return all(each is None or amount <= each for each in (limit.a_day, limit.a_cycle))
