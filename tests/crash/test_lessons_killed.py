"""kill -9 from booking to payout: one room a lesson, every cent once, everybody told once.

The short form dies once at each of the points where it hurts most; the soak at every point of the
story, one a run, and again and again at random ones.
"""

import logging
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import PostgresServer
from tests.crash.databases import Databases, PostgresDatabases, SqliteDatabases
from tests.crash.instances import Instances, needs_fork, some_instances
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
from tests.crash.school import School
from tests.message_builders import NOW
from tests.stage import a_stage

pytestmark = needs_fork

_log = logging.getLogger(__name__)

_AROUND_CALLS = {
    "sqlite": (
        "after the vendor made a meeting",
        "after job meeting.change",
        "payment made",
        "payment confirmed",
        "refund made",
        "transfer made",
    ),
    "postgres": (
        "after job meeting.create",
        "before the vendor makes a meeting",
        "payment stored",
        "after job invoice.charge",
        "after job invoice.refund",
        "after job payout.transfer",
    ),
}
_CHARGED, _GIVEN_BACK = [1000, 1833], [833]  # half an hour's price; 55 minutes; all but 30 of them
_PARTS, _STORMS = 8, 6
_FIRST_DEATHS, _LAST_DEATHS = 25, 90  # a start alone passes about twenty points


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

    async def play(self, plan: Sequence[int | str] = ()) -> Outcome:
        """The story, with a death of the program at each point of the plan."""
        url, before = self.databases.copy_of(self.template), last_messages(self.school)
        self.school.clock.set(NOW)
        async with self.school.vendors() as vendors:
            run = LessonRun(self.school, vendors, self.instances, url, plan)
            problems = []
            try:
                async with run.running():
                    await Story(run).play()
                    await run.quiet()
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
        doubled, lost = found.told.more_than(calm.told), calm.told.more_than(found.told)
        if len(doubled) > found.excused.doubled:
            found.problems.append(f"told twice: {doubled}, excused {found.excused}")
        if len(lost) > found.excused.lost:
            found.problems.append(f"never told: {lost}, excused {found.excused}")
        if found.history != calm.history:
            found.problems.append(f"history: {found.history}, calm: {calm.history}")
        _log.info("died at %s: %s", found.kills, found.problems or "all right")
        return found


@pytest.fixture(params=["sqlite", "postgres"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    if request.param == "sqlite":
        return SqliteDatabases(request.getfixturevalue("sqlite_template"), tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres")
    return PostgresDatabases(server)


@pytest.fixture
async def theatre(databases: Databases, tmp_path: Path) -> AsyncIterator[Theatre]:
    async with _a_theatre(databases, tmp_path) as running:
        yield running


@asynccontextmanager
async def _a_theatre(databases: Databases, folder: Path) -> AsyncIterator[Theatre]:
    async with a_stage() as stage, some_instances(folder) as instances:
        school, template = School.on(stage, folder), databases.fresh()
        await school.settle_in(template)
        yield Theatre(school, instances, databases, template)


async def test_deaths_around_calls_lose_nothing_and_charge_nothing_twice(
    theatre: Theatre, request: pytest.FixtureRequest
) -> None:
    points = _AROUND_CALLS[request.node.callspec.params["databases"]]
    calm = await theatre.play()
    assert calm.problems == []

    found = await theatre.judged(points, calm)

    assert found.problems == []
    assert tuple(found.kills) == points


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(_PARTS))
async def test_a_death_at_any_point_loses_nothing_and_charges_nothing_twice(
    theatre: Theatre, part: int
) -> None:
    calm = await theatre.play()
    assert calm.problems == []
    numbers = range(1 + part, len(calm.passed) + 1, _PARTS)

    outcomes = [await theatre.judged([number], calm) for number in numbers]

    _log.info("%d points of %d swept", len(outcomes), len(calm.passed))
    assert [(each.kills, each.problems) for each in outcomes if each.problems] == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_one_death_after_another_loses_nothing_and_charges_nothing_twice(
    theatre: Theatre,
) -> None:
    calm = await theatre.play()
    outcomes = []
    for seed in range(_STORMS):
        chance = random.Random(seed)
        plan = [chance.randint(_FIRST_DEATHS, _LAST_DEATHS) for _ in range(100)]
        outcomes.append(await theatre.judged(plan, calm))

    _log.info("%d deaths", sum(len(each.kills) for each in outcomes))
    assert [(each.kills, each.problems) for each in outcomes if each.problems] == []
