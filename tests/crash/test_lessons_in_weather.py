"""Webhooks late, twice, in another order, forged, stale and replayed, over real HTTP."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import func, select

from bot.simulators.faults import Fault
from bot.simulators.stripe import signature as stripe_signature
from bot.simulators.zoom.webhooks import signature as zoom_signature
from bot.storage.meetings import sightings
from bot.storage.outside_events import outside_events
from tests.crash.databases import SqliteDatabases, fetch
from tests.crash.gate import Gate, Passed
from tests.crash.instances import needs_fork
from tests.crash.lesson_run import LessonRun
from tests.crash.school import STRIPE_SECRET, ZOOM_SECRET, Vendors
from tests.crash.theatre import a_theatre, compared

pytestmark = needs_fork

_STALE_SECONDS = 400
_ACCEPTED, _REFUSED = 200, 401


def _storm(vendors: Vendors) -> None:
    """Every kind of bad weather, often enough to strike each kind of event."""
    for faults in (vendors.zoom.faults, vendors.stripe.faults):
        faults.add(
            Fault("duplicate", "webhook:*", times=None, probability=0.5),
            Fault("reorder", "webhook:*", times=None, probability=0.3),
            Fault("forge", "webhook:*", times=None, probability=0.5),
            Fault("delay", "webhook:*", times=None, probability=0.3, seconds=0.1),
            Fault("drop_after", "webhook:*", times=None, probability=0.2),
        )


@pytest.mark.timeout(300)
async def test_of_good_and_bad_deliveries_the_good_ones_count_once(
    sqlite_template: Path, tmp_path: Path
) -> None:
    databases = SqliteDatabases(sqlite_template, tmp_path)
    async with a_theatre(databases, tmp_path) as theatre:
        calm = await theatre.play()
        async with Gate([theatre.school.port]).open() as gate:
            counts: list[tuple[int, int]] = []
            answers: list[tuple[str, int]] = []

            async def replay(run: LessonRun) -> None:
                counts.append(await _kept(run.url))
                kinds = {_kind(each): each for each in gate.seen if each.status == _ACCEPTED}
                assert len(kinds) > 8
                for passed in kinds.values():
                    answers.extend(await _again(gate.url, passed))
                await run.quiet()
                counts.append(await _kept(run.url))

            found = await theatre.play(hooks_at=gate.url, prepare=_storm, after=replay)
            forged = [each for each in gate.seen if each.status == _REFUSED]

    assert compared(found, calm).problems == []
    assert forged
    assert counts[0] == counts[1]
    assert {what for what, _ in answers} == {"again", "stale", "changed", "forged", "bare", "cross"}
    assert [each for each in answers if each[1] != _wanted(each[0])] == []


async def _again(url: str, passed: Passed) -> list[tuple[str, int]]:
    """One delivery once more, as it was and as it must not be; how each was answered."""
    other = passed.body.replace(b"{", b'{"more": 1, ', 1)
    across = "/webhooks/zoom" if passed.path.endswith("stripe") else "/webhooks/stripe"
    right = STRIPE_SECRET if passed.path.endswith("stripe") else ZOOM_SECRET
    now = int(time.time())
    tries = {
        "again": (passed.path, passed.headers, passed.body),
        "stale": (passed.path, _signed(passed, right, now - _STALE_SECONDS), passed.body),
        "changed": (passed.path, passed.headers, other),
        "forged": (passed.path, _signed(passed, "somebody else's", now), passed.body),
        "bare": (passed.path, {"Content-Type": "application/json"}, passed.body),
        "cross": (across, passed.headers, passed.body),
    }
    found = []
    async with aiohttp.ClientSession() as http:
        for what, (path, headers, body) in tries.items():
            async with http.post(f"{url}{path}", data=body, headers=headers) as answer:
                found.append((what, answer.status))
    return found


def _signed(passed: Passed, secret: str, at: int) -> Mapping[str, str]:
    if passed.path.endswith("stripe"):
        return {"Stripe-Signature": stripe_signature(secret, passed.body, at)}
    signature = zoom_signature(secret, str(at), passed.body)
    return {"x-zm-request-timestamp": str(at), "x-zm-signature": signature}


def _wanted(what: str) -> int:
    return _ACCEPTED if what == "again" else _REFUSED


def _kind(passed: Passed) -> str:
    """What the event is about, as its vendor names it."""
    document = json.loads(passed.body)
    return str(document.get("event") or document.get("type"))


async def _kept(url: str) -> tuple[int, int]:
    """How many events and sightings are stored."""
    events = await fetch(url, select(func.count()).select_from(outside_events))
    seen = await fetch(url, select(func.count()).select_from(sightings))
    return events[0][0], seen[0][0]
