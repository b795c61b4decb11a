"""kill -9 from booking to payout: one room a lesson, every cent once, everybody told once.

The short form dies once at each of the points where it hurts most; the soak at every point of the
story, one a run, and again and again at random ones.
"""

import logging
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import PostgresServer
from tests.crash.databases import Databases, PostgresDatabases, SqliteDatabases
from tests.crash.instances import needs_fork
from tests.crash.theatre import Theatre, a_theatre

pytestmark = needs_fork

_log = logging.getLogger(__name__)

_AROUND_CALLS = (
    "after the vendor made a meeting",
    "after job meeting.change",
    "payment made",
    "payment confirmed",
    "refund made",
    "transfer made",
)
_BESIDE_CALLS = (
    "after job meeting.create",
    "before the vendor makes a meeting",
    "payment stored",
    "after job invoice.charge",
    "after job invoice.refund",
    "after job payout.transfer",
)
_PARTS, _STORMS = 8, 6
_FIRST_DEATHS, _LAST_DEATHS = 25, 90  # a start alone passes about twenty points


@pytest.fixture(params=["sqlite", "postgres"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    if request.param == "sqlite":
        return SqliteDatabases(request.getfixturevalue("sqlite_template"), tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres")
    return PostgresDatabases(server)


@pytest.fixture
async def theatre(databases: Databases, tmp_path: Path) -> AsyncIterator[Theatre]:
    async with a_theatre(databases, tmp_path) as running:
        yield running


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("databases", "points"),
    [
        pytest.param("sqlite", _AROUND_CALLS, id="sqlite"),
        pytest.param("postgres", _AROUND_CALLS, marks=pytest.mark.soak, id="postgres"),
        pytest.param("sqlite", _BESIDE_CALLS, marks=pytest.mark.soak, id="sqlite, beside"),
        pytest.param("postgres", _BESIDE_CALLS, marks=pytest.mark.soak, id="postgres, beside"),
    ],
    indirect=["databases"],
)
async def test_deaths_around_calls_lose_nothing_and_charge_nothing_twice(
    theatre: Theatre, points: tuple[str, ...]
) -> None:
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
