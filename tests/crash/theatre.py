"""Where the story of a lesson is played again and again, each time on a copy of one database."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.databases import Databases
from tests.crash.instances import Instances, some_instances
from tests.crash.lesson_checks import (
    Told,
    history_of,
    job_problems,
    last_messages,
    meeting_problems,
    money_problems,
)
from tests.crash.lesson_run import Excused, LessonRun
from tests.crash.lesson_story import Story
from tests.crash.school import School, Vendors
from tests.message_builders import NOW
from tests.stage import a_stage

_log = logging.getLogger(__name__)

_CHARGED, _GIVEN_BACK = [1000, 1833], [833]  # half an hour's price; 55 minutes; all but 30 of them


@dataclass
class Outcome:
    """One run of the story."""

    kills: Sequence[str]
    passed: Sequence[str]
    told: Told
    history: Counter[str]
    excused: Excused
    problems: list[str] = field(default_factory=list)


@dataclass
class Theatre:
    """Where the story is played again and again, each time on a copy of one database."""

    school: School
    instances: Instances
    databases: Databases
    template: str

    async def play(
        self,
        plan: Sequence[int | str] = (),
        *,
        hooks_at: str | None = None,
        prepare: Callable[[Vendors], None] = lambda _: None,
        after: Callable[[LessonRun], Awaitable[None]] | None = None,
    ) -> Outcome:
        """The story, with a death of the program at each point of the plan.

        Args:
            hooks_at: where vendors deliver; None: to the program itself.
            prepare: arms the vendors with faults.
            after: something more, while the program still runs.
        """
        url, before = self.databases.copy_of(self.template), last_messages(self.school)
        self.school.clock.set(NOW)
        async with self.school.vendors(hooks_at) as vendors:
            prepare(vendors)
            run = LessonRun(self.school, vendors, self.instances, url, plan)
            problems = []
            try:
                async with run.running():
                    await Story(run).play()
                    await run.quiet()
                    if after is not None:
                        await after(run)
            except AssertionError as error:
                problems.append(str(error))
            problems += await money_problems(url, vendors, self.school)
            problems += await meeting_problems(url, vendors)
            problems += await job_problems(url)
            charged = sorted(charge["amount"] for charge in vendors.stripe.all("charge"))
            back = [refund["amount"] for refund in vendors.stripe.all("refund")]
            if (charged, back) != (_CHARGED, _GIVEN_BACK):
                problems.append(f"charged {charged}, given back {back}")
            told = Told.since(self.school, before)
            history = await history_of(url)
        return Outcome(run.kills, run.passed, told, history, run.excused, problems)

    async def judged(self, plan: Sequence[int | str], calm: Outcome) -> Outcome:
        """The story with deaths, held against the one without."""
        found = await self.play(plan)
        return compared(found, calm)


def compared(found: Outcome, calm: Outcome) -> Outcome:
    """With what must not differ between two plays added to its problems."""
    doubled, lost = found.told.more_than(calm.told), calm.told.more_than(found.told)
    if len(doubled) > found.excused.doubled:
        found.problems.append(f"told twice: {doubled}, excused {found.excused}")
    if len(lost) > found.excused.lost:
        found.problems.append(f"never told: {lost}, excused {found.excused}")
    if found.history != calm.history:
        found.problems.append(f"history: {found.history}, calm: {calm.history}")
    _log.info("died at %s: %s", found.kills, found.problems or "all right")
    return found


@asynccontextmanager
async def a_theatre(databases: Databases, folder: Path) -> AsyncIterator[Theatre]:
    async with a_stage() as stage, some_instances(folder) as instances:
        school, template = School.on(stage, folder), databases.fresh()
        await school.settle_in(template)
        yield Theatre(school, instances, databases, template)
