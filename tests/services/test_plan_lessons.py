"""Lessons that a plan covers: nobody is billed, the teacher is paid, and the fifth one costs."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.accounts.model import Role
from bot.billing.ledger import first_fault
from bot.billing.model import LessonOutcome
from bot.messaging.instance import Instance
from bot.simulators.stripe import StripeSimulator
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring
from bot.tiers.model import Plan, Use
from tests.message_builders import HandClock
from tests.paying_stage import texts
from tests.plans_stage import PlansStage
from tests.services.test_billing import minutes
from tests.services.test_plan_allowances import a_subscription


@pytest.fixture
async def stage(sqlite_url: str, keyring: Keyring) -> AsyncIterator[PlansStage]:
    clock = HandClock()
    storage = open_storage(sqlite_url, keyring, Instance())
    await storage.open()
    async with StripeSimulator(clock=clock.now) as stripe:
        stage = PlansStage(storage, stripe, clock)
        await stage.join("student", Role.STUDENT)
        await stage.join("teacher", Role.TEACHER)
        subscription = a_subscription("student", plan=Plan.PRO)
        await storage.write(lambda work: work.tiers.subscriptions.add(subscription))
        yield stage
        await stage.account.aclose()
    entries = await storage.read(lambda work: work.billing.ledger.entries(0, 1_000))
    head = await storage.read(lambda work: work.billing.ledger.head())
    assert first_fault(head, [entries]) is None
    await storage.aclose()


async def test_four_lessons_are_covered_the_teacher_is_paid_and_the_fifth_is_billed(
    stage: PlansStage,
) -> None:
    for number in range(4):
        told = await stage.end_lesson(replace(minutes(46), booking_id=f"booking-{number}"))
        assert "Your plan covers this lesson" in texts(told, "student")
        left = f"in the order they take place: {3 - number} until"
        assert left in texts(told, "student")
        assert "Your part, €15.64" in texts(told, "teacher")
    assert await stage.left(Use.LESSON, "student") == 0
    earned = await stage.says("teacher", "/earnings")
    assert "€62.56" in texts(earned, "teacher")
    told = await stage.end_lesson(replace(minutes(46), booking_id="booking-4"))
    assert "is waiting to be paid: €18.40" in texts(told, "student")


async def test_the_same_lesson_is_covered_once_and_what_did_not_take_place_is_no_lesson(
    stage: PlansStage,
) -> None:
    fact = minutes(46)
    await stage.end_lesson(fact)
    await stage.end_lesson(fact)
    missed = replace(
        minutes(0),
        booking_id="another",
        outcome=LessonOutcome.LATE_CANCELLATION,
        share_percent=50,
    )
    told = await stage.end_lesson(missed)
    assert "waiting to be paid" in texts(told, "student")
    assert await stage.left(Use.LESSON, "student") == 3
