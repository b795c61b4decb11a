"""Spans of time: what they share, what is left, and what they add up to."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.timespan import Timespan, intersection, subtract, total, union

_MIDNIGHT = datetime(2026, 3, 29, tzinfo=UTC)


def _span(start: int, end: int) -> Timespan:
    return Timespan(_MIDNIGHT + timedelta(minutes=start), _MIDNIGHT + timedelta(minutes=end))


_pairs = st.tuples(st.integers(0, 60), st.integers(1, 20))
_some_spans = st.lists(_pairs.map(lambda pair: _span(pair[0], sum(pair))), max_size=8)


def _minutes(spans: list[Timespan]) -> set[int]:
    """The minutes the spans cover, one by one."""
    return {n for n in range(100) if any(span.contains(_span(n, n + 1)) for span in spans)}


@given(some=_some_spans, others=_some_spans)
def test_spans_are_sets_of_minutes(some: list[Timespan], others: list[Timespan]) -> None:
    assert _minutes(union([*some, *others])) == _minutes(some) | _minutes(others)
    assert _minutes(subtract(some, others)) == _minutes(some) - _minutes(others)
    assert _minutes(intersection(some, others)) == _minutes(some) & _minutes(others)
    assert total(some) == timedelta(minutes=len(_minutes(some)))


@given(some=_some_spans, others=_some_spans)
def test_results_are_in_order_and_apart(some: list[Timespan], others: list[Timespan]) -> None:
    assert all(a.end < b.start for a, b in pairwise(union(some)))
    for result in (subtract(some, others), intersection(some, others)):
        assert all(a.end <= b.start for a, b in pairwise(result))


def test_spans_that_only_touch_do_not_overlap() -> None:
    assert not _span(0, 10).overlaps(_span(10, 20))
    assert _span(0, 10).overlap(_span(10, 20)) is None
    assert _span(0, 10).overlap(_span(5, 20)) == _span(5, 10)


def test_a_span_is_kept_in_utc() -> None:
    madrid = timezone(timedelta(hours=2))
    span = Timespan.of(datetime(2026, 6, 1, 12, tzinfo=madrid), timedelta(hours=1))
    assert span.start == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert span.start.tzinfo is UTC


def test_naive_times_and_empty_spans_are_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Timespan(_MIDNIGHT.replace(tzinfo=None), _MIDNIGHT.replace(tzinfo=None))
    with pytest.raises(ValueError, match="ends after"):
        Timespan(_MIDNIGHT, _MIDNIGHT)
