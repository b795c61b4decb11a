"""The one place that answers "may this person do this now, and if not, why and what would help"."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.tiers.allowance import Account, Verdict
from bot.tiers.cycles import calendar_month, cycle_of, day_of
from bot.tiers.model import GIVING, Plan, Subscription, Usage, Use
from bot.tiers.ports import TierWork
from bot.tiers.terms import Tiers


class Plans:
    """What people may use. Every method works in the caller's unit.

    What is asked may change before it is used; `use` asks again, and two who use the last of
    something at once wait for each other there.
    """

    def __init__(self, tiers: Tiers) -> None:
        self.tiers = tiers

    def subscription(self, work: TierWork, user_id: str, now: datetime, /) -> Subscription | None:
        """The one that gives the most at the moment; None: the person has the free plan."""
        grace = self.tiers.grace
        giving = [s for s in work.tiers.subscriptions.of_user(user_id) if s.gives(now, grace)]
        return _best(giving)

    def running(self, work: TierWork, user_id: str, /) -> Subscription | None:
        """The best one that the gateway has not ended, even where it gives nothing: paid too late.

        Nobody needs another one beside it.
        """
        own = work.tiers.subscriptions.of_user(user_id)
        return _best([each for each in own if each.status in GIVING])

    def plan(self, work: TierWork, user_id: str, now: datetime, /) -> Plan:
        found = self.subscription(work, user_id, now)
        return Plan.FREE if found is None else found.plan

    def may(
        self, work: TierWork, user_id: str, what: Use, amount: int, now: datetime, /
    ) -> Verdict:
        """Whether so much may be used; nothing is taken."""
        return self.account(work, user_id, what, now).judged(amount, self.tiers)

    def use(
        self, work: TierWork, user_id: str, what: Use, amount: int, now: datetime, key: str, /
    ) -> Verdict:
        """Take so much, or nothing where there is less; the same `key` takes once."""
        work.users.lock(user_id)
        verdict = self.may(work, user_id, what, amount, now)
        if work.tiers.usage.find_by_key(key) is not None:
            return replace(verdict, allowed=True, reason_key=None, remedies=())
        if verdict.allowed:
            self._count(work, user_id, what, amount, now, key)
        return verdict

    def spend(
        self, work: TierWork, user_id: str, what: Use, amount: int, now: datetime, key: str, /
    ) -> Verdict:
        """Count what was used already, even where it was more than there was.

        Returns:
            What holds from here on, as if one more was asked for.
        """
        work.users.lock(user_id)
        if work.tiers.usage.find_by_key(key) is None:
            self._count(work, user_id, what, amount, now, key)
        return self.may(work, user_id, what, 1, now)

    def give_back(self, work: TierWork, key: str, /) -> bool:
        """As if it had never been used; False: nothing was."""
        used = work.tiers.usage.find_by_key(key)
        if used is None:
            return False
        work.tiers.usage.remove(used.id)
        return True

    def booking_horizon(self, work: TierWork, user_id: str, now: datetime, /) -> timedelta | None:
        """How far ahead the person may book; None: as far as their teacher lets people."""
        days = self.tiers.booking_days(self.plan(work, user_id, now))
        return None if days is None else timedelta(days=days)

    def recordings_kept_for(
        self, work: TierWork, user_id: str, default: timedelta, now: datetime, /
    ) -> timedelta:
        """How long recordings of the person stay; `default` where plans say nothing."""
        days = self.tiers.recording_days(self.plan(work, user_id, now), default.days)
        return timedelta(days=days)

    def account(self, work: TierWork, user_id: str, what: Use, now: datetime, /) -> Account:
        """What the person used of something, and may."""
        user = work.users.find(user_id)
        found = self.subscription(work, user_id, now)
        plan = Plan.FREE if found is None else found.plan
        day = day_of(None if user is None else user.time_zone, now)
        cycle = cycle_of(calendar_month(now) if found is None else found.began_at, now)
        usage = work.tiers.usage
        limit = self.tiers.of(plan).limit(what)
        return Account(
            plan=plan,
            what=what,
            limit=limit,
            day=day,
            cycle=cycle,
            in_day=usage.included_since(user_id, what, day.start) if limit.a_day else 0,
            in_cycle=usage.included_since(user_id, what, cycle.start) if limit.a_cycle else 0,
            bought=work.tiers.packs.total(user_id, what) - usage.bought(user_id, what),
        )

    def _count(
        self, work: TierWork, user_id: str, what: Use, amount: int, now: datetime, key: str
    ) -> None:
        included, bought = self.account(work, user_id, what, now).split(amount)
        work.tiers.usage.put(
            Usage(user_id=user_id, what=what, key=key, included=included, bought=bought, at=now)
        )


def _best(subscriptions: Sequence[Subscription]) -> Subscription | None:
    return max(subscriptions, key=lambda each: (each.plan.rank, each.began_at), default=None)
