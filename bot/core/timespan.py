"""Half-open spans of time: from `start` up to, and without, `end`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Timespan:
    """Instants with a zone, kept in UTC; `start` before `end`.

    Raises:
        ValueError: a naive time, or nothing between the two.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a timespan needs times with a zone")
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.start >= self.end:
            raise ValueError("a timespan ends after it starts")

    @classmethod
    def of(cls, start: datetime, length: timedelta) -> "Timespan":
        return cls(start, start + length)

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def overlaps(self, other: "Timespan") -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Timespan") -> bool:
        return self.start <= other.start and other.end <= self.end

    def overlap(self, other: "Timespan") -> "Timespan | None":
        """What both have in common; None where they only touch."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Timespan(start, end) if start < end else None

    def widened(self, before: timedelta, after: timedelta) -> "Timespan":
        return Timespan(self.start - before, self.end + after)


def union(spans: Iterable[Timespan]) -> list[Timespan]:
    """The same time in as few spans as possible, in order; spans that touch become one."""
    merged: list[Timespan] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            if span.end > merged[-1].end:
                merged[-1] = Timespan(merged[-1].start, span.end)
        else:
            merged.append(span)
    return merged


def subtract(spans: Iterable[Timespan], taken: Iterable[Timespan]) -> list[Timespan]:
    """The time of `spans` that no span of `taken` covers, in order."""
    away = union(taken)
    left: list[Timespan] = []
    first = 0
    for span in union(spans):
        while first < len(away) and away[first].end <= span.start:
            first += 1
        start = span.start
        for other in away[first:]:
            if other.start >= span.end:
                break
            if start < other.start:
                left.append(Timespan(start, other.start))
            start = max(start, other.end)
        if start < span.end:
            left.append(Timespan(start, span.end))
    return left


def intersection(some: Iterable[Timespan], others: Iterable[Timespan]) -> list[Timespan]:
    """The time that both sets of spans cover, in order."""
    first, second = union(some), union(others)
    both: list[Timespan] = []
    i = j = 0
    while i < len(first) and j < len(second):
        common = first[i].overlap(second[j])
        if common is not None:
            both.append(common)
        if first[i].end <= second[j].end:
            i += 1
        else:
            j += 1
    return both


def total(spans: Sequence[Timespan]) -> timedelta:
    """How long the time is that the spans cover together."""
    return sum((span.length for span in union(spans)), timedelta())
