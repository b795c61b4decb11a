"""kill -9 before and after every commit and every outside call: nothing lost, nothing doubled.

The short form kills at a few points of every scenario, each on one of the databases; the soak at
all of them, on both.
"""

import logging
from pathlib import Path

import pytest

from bot.simulators.mailbox import Mailbox
from tests.conftest import PostgresServer
from tests.crash.databases import Databases, PostgresDatabases, SqliteDatabases
from tests.crash.instances import needs_fork, some_instances
from tests.crash.scenarios import SCENARIOS
from tests.crash.sweep import Scenario, Verdict, prepared, spread
from tests.stage import a_stage

pytestmark = needs_fork

_log = logging.getLogger(__name__)

_SHORT_FORM = {
    "sqlite": {"voice note": 2, "recovering": 2},
    "postgres": {"joining two accounts": 2, "relayed text": 2},
}


@pytest.fixture(params=["sqlite", "postgres"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    if request.param == "sqlite":
        return SqliteDatabases(request.getfixturevalue("sqlite_template"), tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres")
    return PostgresDatabases(server)


async def test_a_crash_loses_nothing_and_answers_nothing_twice(
    databases: Databases, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    verdicts = []
    counts = _SHORT_FORM[request.node.callspec.params["databases"]]
    async with some_instances(tmp_path) as instances:
        for scenario in SCENARIOS:
            if count := counts.get(scenario.name):
                async with Mailbox() as mailbox, a_stage(mailbox=mailbox) as stage:
                    sweep = await prepared(stage, instances, databases, scenario)
                    turn, end = sweep.first_of_the_answer, len(sweep.points)
                    verdicts += [await sweep.crash_at(n) for n in spread(count, turn, end)]
    _check(verdicts)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_a_crash_at_any_point_loses_nothing_and_answers_nothing_twice(
    scenario: Scenario, databases: Databases, tmp_path: Path
) -> None:
    async with (
        some_instances(tmp_path) as instances,
        Mailbox() as mailbox,
        a_stage(mailbox=mailbox) as stage,
    ):
        sweep = await prepared(stage, instances, databases, scenario)
        _check([await sweep.crash_at(n) for n in range(1, len(sweep.points) + 1)])


def _check(verdicts: list[Verdict]) -> None:
    hit = [verdict for verdict in verdicts if verdict.point]
    _log.info(
        "%d points swept, %d messages doubled and %d lost by their rule",
        len(hit),
        sum(len(verdict.doubled) for verdict in hit),
        sum(len(verdict.lost) for verdict in hit),
    )
    assert [str(verdict) for verdict in verdicts if verdict.problems] == []
