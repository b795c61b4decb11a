"""Two copies of the program on one PostgreSQL: one is killed, the other goes on."""

import asyncio
import itertools
import logging
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.simulators.telegram import Person
from bot.upkeep import LEASE
from tests.conftest import PostgresServer
from tests.crash.databases import quiet
from tests.crash.instances import needs_fork, some_instances
from tests.stage import Stage, a_stage, said

pytestmark = needs_fork

_log = logging.getLogger(__name__)

_PEOPLE, _TEXTS = 10, 10
_KILLED_AFTER = 30
_FAILOVER_SECONDS = LEASE.total_seconds() + 5.0
_HANDOVER_SECONDS = 5.0
_PATIENCE_SECONDS = 60.0


class Balancer:
    """Hands deliveries to the instances in turn; one that is gone is a 502."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self.url = ""
        self._turn = itertools.count()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Balancer"]:
        app = web.Application()
        app.router.add_post("/webhooks/telegram", self._pass_on)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/telegram"
        async with aiohttp.ClientSession() as self._http:
            yield self
        await runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.Response:
        port = self.ports[next(self._turn) % len(self.ports)]
        address = f"http://127.0.0.1:{port}{request.path}"
        body = await request.read()
        try:
            async with self._http.post(address, data=body, headers=request.headers) as answer:
                return web.Response(status=answer.status)
        except aiohttp.ClientError:
            return web.Response(status=502)


async def _a_crowd(stage: Stage) -> Sequence[Person]:
    """People who are practising."""
    people = [stage.telegram.person(2000 + n, f"Learner {n}") for n in range(_PEOPLE)]
    await asyncio.gather(*(stage.meet(person) for person in people))
    return people


def _answers(people: Sequence[Person]) -> list[list[str]]:
    """Which texts each person was answered, in order."""
    return [re.findall(r"You said: text (\d+)", "\n".join(said(person))) for person in people]


def _count(people: Sequence[Person]) -> int:
    return sum(map(len, _answers(people)))


async def _everything_answered(stage: Stage, people: Sequence[Person], url: str) -> None:
    def is_answered() -> bool:
        return all(len(set(answers)) == _TEXTS for answers in _answers(people))

    await stage.telegram.until(is_answered, _PATIENCE_SECONDS)
    await stage.telegram.until(lambda: not stage.telegram.updates_pending, _PATIENCE_SECONDS)
    await quiet(url, _PATIENCE_SECONDS)


def _check(people: Sequence[Person], before: list[list[str]], killed_at: float) -> int:
    """Everybody has every answer once and in order, but for the one that was being sent.

    Returns:
        How many came twice.
    """
    wanted = [str(n) for n in range(_TEXTS)]
    doubled = 0
    for answers, early in zip(_answers(people), before, strict=True):
        twice = sorted(n for n in wanted if answers.count(n) > 1)
        assert twice in ([], early[-1:])
        assert list(dict.fromkeys(answers)) == wanted
        assert len(answers) == _TEXTS + len(twice)
        doubled += len(twice)
    _log.info("after %.1f s all was answered, %d twice", time.monotonic() - killed_at, doubled)
    return doubled


async def _talk(stage: Stage, people: Sequence[Person]) -> None:
    for number in range(_TEXTS):
        for person in people:
            await person.send_text(f"text {number}")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("is_killed", [True, False], ids=["kill -9", "SIGTERM"])
async def test_the_one_that_stands_by_takes_over_when_the_polling_one_ends(
    postgres: PostgresServer, tmp_path: Path, is_killed: bool
) -> None:
    url = postgres.fresh_url()
    async with a_stage() as stage, some_instances(tmp_path) as instances:
        polling = await instances.start(stage.environment(url))
        await stage.telegram.until(lambda: stage.telegram.is_polled, _PATIENCE_SECONDS)
        await instances.start(stage.environment(url))
        people = await _a_crowd(stage)

        talking = asyncio.create_task(_talk(stage, people))
        await stage.telegram.until(lambda: _count(people) >= _KILLED_AFTER, _PATIENCE_SECONDS)
        killed_at = time.monotonic()
        if is_killed:
            await polling.kill()
        else:
            assert await polling.terminate() == 0
            assert not re.search(r"outbox\.failed|\[error", polling.log.read_text())
        before = _answers(people)
        await talking

        reached, limit = _count(people), _FAILOVER_SECONDS if is_killed else _HANDOVER_SECONDS
        await stage.telegram.until(lambda: _count(people) > reached, limit)
        _log.info("taken over after %.1f s", time.monotonic() - killed_at)
        await _everything_answered(stage, people, url)
        doubled = _check(people, before, killed_at)
        assert is_killed or doubled == 0
        assert stage.telegram.count_409 == 0


async def test_deliveries_to_either_of_two_are_answered_once_though_one_is_killed(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.fresh_url()
    async with (
        a_stage() as stage,
        some_instances(tmp_path) as instances,
        Balancer().running() as balancer,
    ):
        hook = {"webhook_url": balancer.url, "webhook_secret": "a-secret-of-nobody"}
        environment = stage.environment(url, telegram=hook, web={"port": 0})
        first, second = [await instances.start(environment, only="telegram,web") for _ in range(2)]
        balancer.ports = [await first.port(), await second.port()]
        people = await _a_crowd(stage)

        talking = asyncio.create_task(_talk(stage, people))
        await stage.telegram.until(lambda: _count(people) >= _KILLED_AFTER, _PATIENCE_SECONDS)
        await first.kill()
        before, killed_at = _answers(people), time.monotonic()
        third = await instances.start(environment, only="telegram,web")
        await talking
        balancer.ports = [await second.port(), await third.port()]

        await _everything_answered(stage, people, url)
        _check(people, before, killed_at)
        assert {d.status for d in stage.telegram.deliveries} <= {200, 502}
