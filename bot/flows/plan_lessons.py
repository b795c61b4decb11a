"""Lessons that a plan covers: the first ones that take place in a month, as many as it includes."""

from bot.billing.model import LessonFact, LessonOutcome
from bot.billing.plan_cover import owe_for_plan
from bot.billing.pricing import bill_for
from bot.billing.rules import BillingRules
from bot.core.clock import Clock
from bot.core.money import Money
from bot.flows.plan_news import PLAN_PREFIX
from bot.flows.ports import FlowWork
from bot.flows.scene import Scene
from bot.flows.telling import tell
from bot.i18n.catalog import Texts
from bot.i18n.formats import day_in
from bot.i18n.money import money
from bot.messaging.model import Button, Paragraph
from bot.tiers.allowance import Verdict
from bot.tiers.model import Use
from bot.tiers.service import Plans


class PlanLessons:
    """Asked before a lesson is billed."""

    def __init__(self, plans: Plans, rules: BillingRules, clock: Clock) -> None:
        self._plans = plans
        self._rules = rules
        self._clock = clock

    def cover(self, work: FlowWork, fact: LessonFact) -> bool:
        """Whether the plan takes this lesson: then nobody is billed, and both are told.

        What did not take place is no lesson: calling off late costs what it costs everybody.
        """
        bill, now = bill_for(fact, self._rules.rounding), self._clock.now()
        is_billed = work.billing.invoices.find_of_booking(fact.booking_id) is not None
        if fact.outcome is not LessonOutcome.MET or is_billed or not bill.lines:
            return False
        key = f"lesson:{fact.booking_id}"
        if not self._plans.use(work, fact.student_id, Use.LESSON, 1, now, key).allowed:
            return False
        price = Money(sum(line.minor for line in bill.lines), fact.rate.currency)
        cause = f"plan:{key}"
        part = owe_for_plan(work, self._rules, fact.teacher_id, "plan_lesson", cause, price, now)
        left = self._plans.may(work, fact.student_id, Use.LESSON, 1, now)
        self._tell_student(work, fact, cause, left)
        teacher = work.users.find(fact.teacher_id)
        if teacher is not None:
            tell(
                work,
                teacher,
                f"{cause}:teacher",
                now,
                lambda texts: [
                    Paragraph(texts("tier.lesson.earned", amount=money(part, texts.language)))
                ],
            )
        return True

    def _tell_student(self, work: FlowWork, fact: LessonFact, cause: str, left: Verdict) -> None:
        student = work.users.find(fact.student_id)
        if student is None:
            return
        tell(
            work,
            student,
            f"{cause}:student",
            self._clock.now(),
            lambda texts: [
                Paragraph(texts("tier.lesson.covered")),
                Paragraph(_left(left, texts, student.time_zone)),
            ],
            lambda texts: [[Button(texts("tier.button.open"), f"{PLAN_PREFIX}:show")]],
        )


def lessons_left(scene: Scene) -> Paragraph | None:
    """What the plan still covers this month, for whoever is about to book; None: nothing."""
    plans = Plans(scene.rules.tiers)
    verdict = plans.may(scene.work, scene.user.id, Use.LESSON, 1, scene.now)
    if not verdict.allowed:
        return None
    return Paragraph(_left(verdict, scene.texts, scene.user.time_zone))


def _left(verdict: Verdict, texts: Texts, zone: str | None) -> str:
    if verdict.left is None:
        return texts("tier.lesson.unlimited")
    date = day_in(verdict.resets_at, texts.language, zone)
    return texts("tier.lesson.left", left=verdict.left, date=date)
