"""The example in the documents is what the product would bill, to the cent."""

from datetime import UTC, datetime

import pytest

from bot.billing.model import LessonFact, LessonOutcome, Presence, Rounding, Side, Source
from bot.billing.pricing import bill_for, split
from bot.core.money import Money
from bot.core.timespan import Timespan
from tests.conftest import ROOT


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-23T{clock}").replace(tzinfo=UTC)


def stay(side: Side, joined: str, left: str) -> Presence:
    return Presence(side, Source.ZOOM_WEBHOOK, at(joined), at(left))


STAYS = (
    stay(Side.TEACHER, "17:58:00", "19:03:00"),
    stay(Side.STUDENT, "18:02:34", "18:31:10"),
    stay(Side.STUDENT, "18:33:00", "19:04:00"),
)
MONEY = (ROOT / "docs/money.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def billed(
    rounding: Rounding = Rounding.STARTED_MINUTE,
    outcome: LessonOutcome = LessonOutcome.MET,
    share_percent: int = 0,
) -> Money:
    fact = LessonFact(
        booking_id="lesson",
        student_id="student",
        teacher_id="teacher",
        booked=Timespan(at("18:00:00"), at("19:00:00")),
        presences=STAYS if outcome is LessonOutcome.MET else (),
        rate=Money(2400, "EUR"),
        fee=Money(150, "EUR"),
        outcome=outcome,
        share_percent=share_percent,
    )
    return Money(sum(line.minor for line in bill_for(fact, rounding).lines), "EUR")


def shown(amount: Money) -> str:
    return f"€{amount.minor // 100}.{amount.minor % 100:02}"


@pytest.mark.parametrize("rounding", list(Rounding))
def test_each_rule_comes_to_what_its_row_says(rounding: Rounding) -> None:
    (row,) = [line for line in MONEY.splitlines() if line.startswith(f"| `{rounding}`")]

    assert shown(billed(rounding)) in row.rpartition(" | ")[2]


def test_the_shares_are_what_the_text_says() -> None:
    plain = split(billed(), tax_bp=0, commission_bp=1500)
    taxed = split(billed(), tax_bp=1900, commission_bp=1500)

    for part in (plain.commission, plain.teacher, taxed.tax, taxed.commission, taxed.teacher):
        assert shown(part) in MONEY


def test_the_policy_costs_what_the_text_says() -> None:
    assert f"{shown(billed(outcome=LessonOutcome.LATE_CANCELLATION, share_percent=50))};" in MONEY
    no_show = billed(outcome=LessonOutcome.STUDENT_NO_SHOW, share_percent=100)
    assert f"not come, {shown(no_show)};" in MONEY


def test_the_short_form_of_the_example_says_the_same() -> None:
    assert f"**{shown(billed())}**" in README
