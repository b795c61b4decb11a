"""What a lesson costs: exact against an oracle, and the rule's edges."""

import random
from datetime import timedelta

import pytest

from bot.billing.model import LessonOutcome, LineKind, Rounding, Side, Source
from bot.billing.pricing import bill_for, price_of, rounded, split
from bot.core.money import Money
from tests.unit.billing.lessons import HOUR, a_history, a_lesson, oracle_cents, there

STUDENT, TEACHER = Side.STUDENT, Side.TEACHER
RULE = Rounding.STARTED_MINUTE


def cents(*presences: object, rounding: Rounding = RULE, **changes: object) -> int:
    bill = bill_for(a_lesson(*presences, **changes), rounding)  # type: ignore[arg-type] # one dict, many types
    return sum(line.minor for line in bill.lines)


def check_random_histories(seeds: range) -> None:
    for seed in seeds:
        rng = random.Random(seed)
        minutes, extra = rng.choice((30, 45, 60, 90)), rng.choice((0, 0, 15, 30))
        rate, fee = rng.randint(1, 50_000), rng.choice((0, rng.randint(1, 5_000)))
        seconds = 60 * (minutes + extra)
        told, truth = a_history(rng, seconds)
        fact = a_lesson(
            *told,
            booked=a_lesson().booked.of(a_lesson().booked.start, timedelta(minutes=minutes)),
            extension=timedelta(minutes=extra),
            rate=Money(rate, "EUR"),
            fee=Money(fee, "EUR") if fee else None,
        )
        bill = bill_for(fact, RULE)
        found = bill.evidence.billed.total_seconds(), sum(line.minor for line in bill.lines)
        assert found == oracle_cents(truth, seconds, rate, fee), f"seed {seed}"


def test_random_histories_are_billed_to_the_cent() -> None:
    check_random_histories(range(500))


@pytest.mark.soak
def test_ten_thousand_random_histories_are_billed_to_the_cent() -> None:
    check_random_histories(range(500, 10_500))


def test_the_worked_example_of_the_receipt() -> None:
    """18:02:11 to 18:49:40 and 18:04:28 to 19:00: both for 45 min 12 s, 46 minutes at 24.00."""
    bill = bill_for(a_lesson(there(STUDENT, 131, 2980), there(TEACHER, 268, 3600)), RULE)
    assert bill.evidence.counted == timedelta(minutes=45, seconds=12)
    assert [(line.kind, line.minor) for line in bill.lines] == [(LineKind.TIME, 1840)]


def test_minutes_before_and_after_the_booked_span_are_free_and_told() -> None:
    both = there(STUDENT, -600, 4000), there(TEACHER, -300, 4500)
    bill = bill_for(a_lesson(*both), RULE)
    assert bill.evidence.billed == HOUR
    assert bill.evidence.unbilled == timedelta(seconds=300 + 400)


def test_an_agreed_extension_is_billed_and_one_that_was_not_agreed_is_not() -> None:
    both = there(STUDENT, 0, 5400), there(TEACHER, 0, 5400)
    assert cents(*both) == 2400
    assert cents(*both, extension=timedelta(minutes=15)) == 3000


def test_who_never_met_owes_nothing_not_even_the_fee() -> None:
    fee = Money(500, "EUR")
    assert cents(there(STUDENT, 0, 1800), there(TEACHER, 1800, 3600), fee=fee) == 0
    assert cents(there(STUDENT, 0, 3600), fee=fee) == 0
    assert cents(fee=fee) == 0
    assert cents(there(STUDENT, 0, 1), there(TEACHER, 0, 1), fee=fee) == 40 + 500


def test_a_stay_without_an_end_is_bounded_by_the_other_and_by_the_booked_span() -> None:
    assert cents(there(STUDENT, 0, None), there(TEACHER, 0, 1800)) == 1200
    assert cents(there(STUDENT, 0, None), there(TEACHER, 0, None)) == 2400
    assert cents(there(STUDENT, 4000, None), there(TEACHER, 0, None)) == 0


def test_both_peoples_own_word_counts_only_where_measuring_missed_one_of_them() -> None:
    tapped = [there(side, 0, 3600, Source.TAP) for side in Side]
    measured = [there(side, 0, 1800) for side in Side]
    assert cents(*tapped) == 2400
    assert cents(*tapped, *measured) == 1200
    assert cents(*tapped, measured[0]) == 2400
    assert cents(tapped[0], measured[0]) == 0


def test_a_late_cancellation_and_an_absent_student_owe_the_policys_share() -> None:
    fee = Money(500, "EUR")
    late = LessonOutcome.LATE_CANCELLATION
    assert cents(outcome=late, share_percent=50, fee=fee) == 1200
    assert cents(outcome=LessonOutcome.STUDENT_NO_SHOW, share_percent=100, fee=fee) == 2400
    assert cents(outcome=late, share_percent=0) == 0


@pytest.mark.parametrize("outcome", [LessonOutcome.TEACHER_NO_SHOW, LessonOutcome.CANCELLED])
def test_an_absent_teacher_and_a_lesson_called_off_in_time_cost_nothing(
    outcome: LessonOutcome,
) -> None:
    both = there(STUDENT, 0, 3600), there(TEACHER, 0, 3600)
    assert cents(*both, outcome=outcome, share_percent=50) == 0


@pytest.mark.parametrize(
    ("rule", "seconds", "expected"),
    [
        (Rounding.STARTED_MINUTE, 60, 60),
        (Rounding.STARTED_MINUTE, 60.000001, 120),
        (Rounding.NEAREST_MINUTE, 89.999999, 60),
        (Rounding.NEAREST_MINUTE, 90, 120),
        (Rounding.FULL_MINUTE, 119, 60),
        (Rounding.SECOND, 61.5, 62),
    ],
)
def test_each_rounding_rule_at_its_edge(rule: Rounding, seconds: float, expected: int) -> None:
    assert rounded(timedelta(seconds=seconds), rule) == timedelta(seconds=expected)


def test_rounding_never_bills_more_than_was_booked() -> None:
    span = a_lesson().booked
    short = span.of(span.start, timedelta(minutes=30, seconds=30))
    both = there(STUDENT, 0, 3600), there(TEACHER, 0, 3600)
    assert bill_for(a_lesson(*both, booked=short), RULE).evidence.billed == short.length


def test_half_a_cent_goes_up() -> None:
    assert price_of(timedelta(minutes=1), Money(30, "EUR")) == Money(1, "EUR")
    assert price_of(timedelta(minutes=1), Money(29, "EUR")) == Money(0, "EUR")


@pytest.mark.parametrize("minor", [0, 1, 2, 99, 1840, 123_457])
def test_tax_commission_and_the_teachers_part_sum_to_the_amount(minor: int) -> None:
    amount = Money(minor, "EUR")
    parts = split(amount, tax_bp=2100, commission_bp=1500)
    assert parts.tax + parts.commission + parts.teacher == amount


def test_tax_is_contained_and_commission_is_taken_of_the_rest() -> None:
    parts = split(Money(1210, "EUR"), tax_bp=2100, commission_bp=1500)
    assert (parts.tax.minor, parts.commission.minor, parts.teacher.minor) == (210, 150, 850)
