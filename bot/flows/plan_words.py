"""Plans in words: what is left of them, and what larger ones give."""

from collections.abc import Sequence
from datetime import timedelta

from bot.i18n.catalog import Texts
from bot.i18n.formats import day_in, decimal, minutes, time_in
from bot.tiers.allowance import Account, Remedy, Verdict
from bot.tiers.model import Plan, Use
from bot.tiers.terms import Limit, Tiers

COUNTED = (Use.AI_SECONDS, Use.GROUP_SEAT, Use.GROUP_MINUTES, Use.LESSON)


def plan_name(plan: Plan, texts: Texts) -> str:
    """ "PREMIUM"."""
    return texts(f"tier.plan.{plan}")


def use_name(what: Use, texts: Texts) -> str:
    """What is counted: "Talking with the tutor"."""
    return texts(f"tier.use.{what}")


def amount_of(what: Use, amount: int, texts: Texts) -> str:
    """So much of it: "12 minutes", "4"."""
    if what is Use.AI_SECONDS:
        return minutes(timedelta(seconds=amount), texts.language)
    if what is Use.GROUP_MINUTES:
        return minutes(timedelta(minutes=amount), texts.language)
    return decimal(amount, texts.language, 0)


def left_lines(account: Account, texts: Texts, zone: str | None) -> Sequence[str]:
    """What is left of one thing; nothing where the plan has nothing of it."""
    what, limit = account.what, account.limit
    name = use_name(what, texts)
    lines = []
    if account.included is None and what is not Use.GROUP_MINUTES:
        lines.append(texts("tier.left.unlimited", what=name))
    elif account.included is not None and not limit.is_nothing:
        is_day = account.is_day_what_binds
        most = limit.a_day if is_day else limit.a_cycle
        lines.append(
            texts(
                "tier.left.day" if is_day else "tier.left.cycle",
                what=name,
                left=amount_of(what, account.included, texts),
                limit=amount_of(what, most or 0, texts),
                date=day_in(account.cycle.end, texts.language, zone),
            )
        )
    if account.bought > 0:
        left = amount_of(what, account.bought, texts)
        lines.append(texts("tier.left.packs", what=name, left=left))
    return lines


def refused_lines(
    verdict: Verdict, texts: Texts, zone: str | None, *, is_sold: bool
) -> Sequence[str]:
    """Why not, and what would help; what cannot be bought where it is read is not named."""
    if verdict.reason_key is None:
        return []
    reader, what = texts.language, verdict.what
    limit = amount_of(what, verdict.limit or 0, texts)
    lines = [texts(verdict.reason_key, what=use_name(what, texts), limit=limit)]
    for remedy in verdict.remedies:
        if is_sold or remedy is Remedy.WAIT:
            day = day_in(verdict.resets_at, reader, zone)
            time = time_in(verdict.resets_at, reader, zone)
            lines.append(texts(f"tier.help.{remedy}", date=day, time=time))
    return lines


def given_lines(tiers: Tiers, plan: Plan, texts: Texts) -> Sequence[str]:
    """What a plan gives."""
    terms, ahead = tiers.of(plan), tiers.booking_days(plan)
    lines = [line for what in COUNTED for line in _given(what, terms.limit(what), texts)]
    if ahead is not None:
        days = decimal(ahead, texts.language, 0)
        lines.append(texts("tier.gives.booking", days=days))
    if terms.recording_days:
        days = decimal(terms.recording_days, texts.language, 0)
        lines.append(texts("tier.gives.recordings", days=days))
    return lines


def _given(what: Use, limit: Limit, texts: Texts) -> Sequence[str]:
    name = use_name(what, texts)
    if limit.is_nothing:
        return []
    lines = []
    if limit.a_day is not None:
        lines.append(texts("tier.gives.day", what=name, limit=amount_of(what, limit.a_day, texts)))
    if limit.a_cycle is not None:
        most = amount_of(what, limit.a_cycle, texts)
        lines.append(texts("tier.gives.cycle", what=name, limit=most))
    if not lines and what is not Use.GROUP_MINUTES:
        lines.append(texts("tier.left.unlimited", what=name))
    return lines
