"""The page that takes hours over from Calendly, its API, and what is left of a token."""

import html
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from bot.accounts.model import Identity
from bot.accounts.tokens import Tokens
from bot.core.errors import ServiceFailure
from bot.flows.availability import CALENDLY_PATH
from bot.flows.slot_waits import LOOK_JOB
from bot.scheduling.adapters.calendly import CalendlyApi
from bot.scheduling.calendly import TokenRefused
from bot.scheduling.schedule import AvailabilityRule, DateException, Hours, Schedule
from bot.scheduling.waits import SlotWait
from bot.simulators.calendly import CalendlySimulator
from bot.simulators.faults import Fault
from bot.storage.engine import SqlStorage
from bot.storage.jobs import jobs
from bot.storage.work import Work
from bot.web.hours_import import HoursImport
from bot.web.server import WebServer
from tests.message_builders import HandClock
from tests.storage.test_teacher_rows import a_user

TOKEN = "a-personal-access-token"
_SPEC = Path(__file__).parents[2].parent / "shared" / "specs" / "calendly" / "openapi-subset.json"
_WORK = {
    "name": "Working <Hours>",
    "timezone": "America/New_York",
    "rules": [
        {"type": "wday", "wday": "monday", "intervals": [{"from": "08:30", "to": "17:00"}]},
        {"type": "wday", "wday": "tuesday", "intervals": []},
        {"type": "date", "date": "2030-12-24", "intervals": []},
        {"type": "date", "date": "2030-12-31", "intervals": [{"from": "22:00", "to": "00:00"}]},
    ],
}
_EVENINGS = {"name": "Evenings", "timezone": "Europe/Madrid", "rules": []}


class Page:
    """A browser on the page of one link."""

    def __init__(self, storage: SqlStorage, clock: HandClock, tokens: Tokens) -> None:
        self.storage, self.clock, self.tokens = storage, clock, tokens
        self.user = a_user(time_zone="Europe/Madrid")
        self.http = httpx.AsyncClient(trust_env=False)
        self.url = ""

    async def issue(self, base: str) -> None:
        def unit(work: Work) -> str:
            work.users.add(self.user)
            work.identities.add(
                Identity(
                    platform="telegram",
                    external_id="1",
                    user_id=self.user.id,
                    room="1",
                    is_latest=True,
                )
            )
            return self.tokens.issue_page(work, self.user.id)

        self.url = base + CALENDLY_PATH.format(key=await self.storage.write(unit))

    async def give(self, token: str) -> httpx.Response:
        return await self.http.post(self.url, data={"token": token})

    async def choose(self, shown: httpx.Response, number: int = 0) -> httpx.Response:
        match = re.search(r'name=hours value="([^"]*)"', shown.text)
        assert match is not None, shown.text
        data = {"hours": html.unescape(match[1]), "chosen": str(number)}
        return await self.http.post(self.url, data=data)

    async def schedule(self) -> Schedule | None:
        return await self.storage.read(lambda work: work.schedules.find(self.user.id))


@pytest.fixture
async def calendly() -> AsyncIterator[CalendlySimulator]:
    async with CalendlySimulator(TOKEN, _WORK, _EVENINGS) as simulator:
        yield simulator


@pytest.fixture
async def page(storage: SqlStorage, calendly: CalendlySimulator) -> AsyncIterator[Page]:
    clock = HandClock()
    tokens = Tokens(clock)
    handler = HoursImport(storage, clock, tokens, CalendlyApi(calendly.url))

    async def is_ready() -> bool:
        return True

    async def metrics() -> bytes:
        return b""

    server = WebServer(
        "127.0.0.1",
        0,
        is_ready=is_ready,
        metrics=metrics,
        webhooks={},
        pages={CALENDLY_PATH: (handler.get, handler.post)},
    )
    await server.start()
    browser = Page(storage, clock, tokens)
    await browser.issue(f"http://127.0.0.1:{server.port}")
    yield browser
    await browser.http.aclose()
    await server.aclose()


async def test_hours_are_shown_and_saved_once_they_are_chosen(page: Page) -> None:
    asked = await page.http.get(page.url)
    assert "Personal access token" in asked.text
    assert asked.headers["Cache-Control"] == "no-store"
    shown = await page.give(f" {TOKEN} ")
    assert "Working &lt;Hours&gt;" in shown.text
    assert "Mon 8:30–17:00" in shown.text
    assert "off 24 Dec 2030" in shown.text
    assert await page.schedule() is None
    assert "Saved." in (await page.choose(shown)).text
    schedule = await page.schedule()
    assert schedule is not None
    assert schedule.zone == "America/New_York"
    assert schedule.rules == (AvailabilityRule(0, Hours(510, 1020)),)
    assert [each.hours for each in schedule.exceptions] == [(), (Hours(1320, 1440),)]
    assert isinstance(schedule.exceptions[0], DateException)


async def test_whoever_waits_for_an_hour_is_looked_for_then(page: Page) -> None:
    wait = SlotWait(
        user_id="sam", teacher_id=page.user.id, gig_id="g", minutes=60, since=page.clock.now()
    )
    await page.storage.write(lambda work: work.slot_waits.add(wait))
    await page.choose(await page.give(TOKEN))

    def promised(work: Work) -> list[str]:
        rows = work.jobs._connection.execute(jobs.select().where(jobs.c.kind == LOOK_JOB))
        return [row.key for row in rows]

    (key,) = await page.storage.read(promised)
    assert key == f"{page.user.id}:{page.clock.now().isoformat()}"


async def test_a_link_works_once_and_for_ten_minutes(page: Page) -> None:
    shown = await page.give(TOKEN)
    page.clock.move(seconds=599)
    assert (await page.choose(shown)).status_code == 200
    again = await page.choose(shown, 1)
    assert again.status_code == 410
    assert (await page.http.get(page.url)).status_code == 410
    saved = await page.schedule()
    assert saved is not None
    assert saved.zone == "America/New_York"


async def test_a_link_that_is_too_old_or_made_up_opens_nothing(page: Page) -> None:
    made_up = await page.http.get(page.url[:-3] + "AAA")
    page.clock.move(minutes=10)
    old = await page.http.get(page.url)
    assert (old.status_code, made_up.status_code) == (410, 410)
    assert old.text == made_up.text
    assert (await page.give(TOKEN)).status_code == 410


async def test_a_token_that_is_refused_can_be_typed_again(page: Page) -> None:
    for wrong in ("wrong", "", "ñ", "a\r\nX: y"):
        assert "does not accept this token" in (await page.give(wrong)).text
    assert "Mon 8:30–17:00" in (await page.give(TOKEN)).text


async def test_trouble_at_calendly_is_said(page: Page, calendly: CalendlySimulator) -> None:
    calendly.faults.add(Fault("status", "schedules"))
    assert "gives no answer" in (await page.give(TOKEN)).text
    calendly.faults.add(Fault("drop_before", "me"))
    assert "gives no answer" in (await page.give(TOKEN)).text


@pytest.mark.parametrize("hours", ["", "[]", "{}", '[{"name":"x"}]', "x" * 1000])
async def test_made_up_hours_are_not_taken(page: Page, hours: str) -> None:
    sent = await page.http.post(page.url, data={"hours": hours, "chosen": "0"})
    assert sent.status_code == 410
    assert await page.schedule() is None


async def test_a_token_is_stored_nowhere_and_logged_nowhere(page: Page) -> None:
    with capture_logs() as logs:
        await page.choose(await page.give(TOKEN))

    def everything(work: Work) -> str:
        tables = ("one_time_codes", "outbox", "schedules", "users", "jobs", "notes")
        ask = work._connection.exec_driver_sql
        return repr([tuple(row) for name in tables for row in ask(f"SELECT * FROM {name}")])

    assert TOKEN not in await page.storage.read(everything)
    assert TOKEN not in repr(logs)


async def test_what_the_simulator_says_is_what_calendly_describes(
    calendly: CalendlySimulator,
) -> None:
    if not _SPEC.exists():
        pytest.skip("no description of Calendly's API at hand")
    spec: dict[str, Any] = json.loads(_SPEC.read_text("utf-8"))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=calendly.url, headers=headers, trust_env=False) as http:
        me = (await http.get("/users/me")).json()
        params = {"user": me["resource"]["uri"]}
        found = (await http.get("/user_availability_schedules", params=params)).json()
    assert _keys(spec, "User") <= set(me["resource"])
    for schedule in found["collection"]:
        assert _keys(spec, "AvailabilitySchedule") <= set(schedule)
        for rule in schedule["rules"]:
            assert _keys(spec, "AvailabilityRule") <= set(rule)


def _keys(spec: dict[str, Any], name: str) -> set[str]:
    return set(spec["components"]["schemas"][name]["required"])


async def test_the_adapter_tells_refusal_from_trouble(calendly: CalendlySimulator) -> None:
    api = CalendlyApi(calendly.url)
    with pytest.raises(TokenRefused):
        await api.schedules("wrong")
    calendly.schedules = [{**_WORK, "timezone": "Europe/Atlantis"}]
    with pytest.raises(ServiceFailure):
        await api.schedules(TOKEN)
    calendly.schedules = [{**_WORK, "rules": [{"type": "wday"}]}]
    with pytest.raises(ServiceFailure):
        await api.schedules(TOKEN)
