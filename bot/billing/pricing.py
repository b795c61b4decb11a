"""From the minutes two people met to the cents one of them owes; whole numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.billing.model import (
    Evidence,
    Invoice,
    LessonFact,
    LessonOutcome,
    Line,
    LineKind,
    Presence,
    Rounding,
    Side,
    Source,
)
from bot.billing.seat_facts import SeatEvidence
from bot.core.money import Money
from bot.core.timespan import Timespan, intersection, total, union

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)
_ALL_BP = 10_000
_PERCENT = 100
_ABSENT = {
    LessonOutcome.LATE_CANCELLATION: LineKind.LATE_CANCELLATION,
    LessonOutcome.STUDENT_NO_SHOW: LineKind.STUDENT_NO_SHOW,
}


@dataclass(frozen=True, slots=True)
class Bill:
    """What a lesson costs and why; no lines: nothing is owed."""

    lines: tuple[Line, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Split:
    """Whose an amount is; the three sum to it."""

    tax: Money
    commission: Money
    teacher: Money


def bill_for(fact: LessonFact, rounding: Rounding) -> Bill:
    """What is owed for a lesson.

    Where both met: the time both were there inside the booked span and its extension, rounded,
    never more than that span, at the hourly rate; then the fee, once. Where the student called off
    too late or did not come: the policy's share of the booked price, without the fee. The fraction
    of a minor unit goes up from a half.
    """
    span = billable_span(fact)
    met = _met(fact.presences, span)
    counted = total(intersection(met, [span]))
    billed = min(rounded(counted, rounding), span.length)
    if fact.outcome is not LessonOutcome.MET:
        billed = timedelta()
    evidence = Evidence(
        booked=fact.booked,
        extension=fact.extension,
        presences=fact.presences,
        met=total(met),
        counted=counted,
        billed=billed,
        rounding=rounding,
        rate_minor=fact.rate.minor,
        outcome=fact.outcome,
        share_percent=fact.share_percent,
    )
    return Bill(_lines(fact, billed), evidence)


def billable_span(fact: LessonFact) -> Timespan:
    """What was booked, and the extension behind it."""
    return fact.booked.widened(timedelta(), fact.extension)


def counting(presences: Sequence[Presence]) -> list[Presence]:
    """Those that are billed by: what was measured.

    Both people's own word counts only where the measuring missed one of them, and both gave it.
    """
    measured = [p for p in presences if p.source is not Source.TAP]
    told = [p for p in presences if p.source is Source.TAP]
    sides = set(Side)
    is_told = {p.side for p in told} == sides and {p.side for p in measured} != sides
    return told if is_told else measured


def stays(presences: Sequence[Presence], side: Side, end: Timespan) -> list[Timespan]:
    """When one side was there, by what counts, in as few spans as possible.

    A stay whose end nobody told of lasts until the end of the span: the other side's stay and
    the span itself bound what comes of it.
    """
    known = [
        (p.joined_at, end.end if p.left_at is None else p.left_at)
        for p in counting(presences)
        if p.side is side
    ]
    return union(Timespan(joined, left) for joined, left in known if joined < left)


def rounded(length: timedelta, rule: Rounding) -> timedelta:
    """By the product's one rule."""
    match rule:
        case Rounding.STARTED_MINUTE:
            return -(-length // _MINUTE) * _MINUTE
        case Rounding.NEAREST_MINUTE:
            return (length + _MINUTE / 2) // _MINUTE * _MINUTE
        case Rounding.FULL_MINUTE:
            return length // _MINUTE * _MINUTE
        case Rounding.SECOND:
            return -(-length // timedelta(seconds=1)) * timedelta(seconds=1)


def price_of(length: timedelta, rate: Money) -> Money:
    """At a rate for an hour."""
    return rate.share(length // _MICROSECOND, _HOUR // _MICROSECOND)


def split(amount: Money, *, tax_bp: int, commission_bp: int) -> Split:
    """The tax an amount contains, the platform's share of the rest, and the teacher's."""
    tax = amount.share(tax_bp, _ALL_BP + tax_bp)
    commission = (amount - tax).share(commission_bp, _ALL_BP)
    return Split(tax, commission, amount - tax - commission)


def owed_for(invoice: Invoice, minutes: int) -> Money:
    """What an invoice would have come to, had only so many minutes been billed; never more.

    Where nobody met there are no minutes to argue about but those of the policy's share: none at
    all, or what was billed. Of a seat's price it is the minutes' part.
    """
    evidence, most = invoice.evidence, disputable_minutes(invoice)
    if minutes <= 0:
        return Money(0, invoice.currency)
    if isinstance(evidence, SeatEvidence):
        return invoice.total.share(min(minutes, most), most)
    if evidence.outcome is not LessonOutcome.MET:
        return invoice.total
    billed = min(minutes * _MINUTE, evidence.billed)
    fees = sum(line.minor for line in invoice.lines if line.kind is LineKind.FEE)
    rate = Money(evidence.rate_minor, invoice.currency)
    return price_of(billed, rate) + Money(fees, invoice.currency)


def disputable_minutes(invoice: Invoice) -> int:
    """The most anybody can propose: what was billed, a started minute counted; a seat's hour."""
    evidence = invoice.evidence
    if isinstance(evidence, SeatEvidence):
        return -(-evidence.booked.length // _MINUTE)
    if evidence.outcome is not LessonOutcome.MET:
        return -(-evidence.booked.length * evidence.share_percent // (_MINUTE * _PERCENT))
    return -(-evidence.billed // _MINUTE)


def _met(presences: Sequence[Presence], span: Timespan) -> list[Timespan]:
    both = (stays(presences, side, span) for side in Side)
    return intersection(*both)


def _lines(fact: LessonFact, billed: timedelta) -> tuple[Line, ...]:
    if fact.outcome in _ABSENT:
        share = price_of(fact.booked.length, fact.rate).share(fact.share_percent, _PERCENT)
        lines = [Line(_ABSENT[fact.outcome], share.minor)]
    elif billed:
        lines = [Line(LineKind.TIME, price_of(billed, fact.rate).minor)]
        lines += [Line(LineKind.FEE, fact.fee.minor)] if fact.fee is not None else []
    else:
        lines = []
    return tuple(line for line in lines if line.minor)
