"""Meetings and Checkout on the demo page: who comes and goes, what waits to be paid."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from playwright.async_api import expect

from bot.simulators.stripe import GOOD
from tests.page_stage import TOKEN, Stage, a_browser, a_stage, needs_chromium

HOUR = timedelta(hours=1)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as stage:
        yield stage


class Line:
    """A tab's WebSocket, and the cards as they were told last; what never comes times out."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.meetings: list[Any] = []
        self.pages: list[Any] = []

    async def hear(self, kind: str) -> Any:
        """Read on until something of that kind comes."""
        while (told := await self.socket.receive_json())["type"] != kind:
            self._note(told)
        self._note(told)
        return told

    def _note(self, told: Any) -> None:
        self.meetings = told.get("meetings", self.meetings)
        self.pages = told.get("pages", self.pages)

    @property
    def inside(self) -> list[str]:
        return [each["name"] for each in self.meetings[0]["people"] if each["seat"]]


@pytest.fixture
async def line(stage: Stage) -> AsyncIterator[Line]:
    jar = aiohttp.CookieJar(unsafe=True)  # cookies for an IP address
    async with aiohttp.ClientSession(stage.origin, cookie_jar=jar) as guest:
        async with guest.get("/", params={"token": TOKEN}) as answer:
            assert answer.status == 200
        async with guest.ws_connect("/events") as socket:
            line = Line(socket)
            await line.hear("state")
            yield line


async def test_a_meeting_is_told_with_its_people_and_doors_that_open(stage: Stage, line: Line):
    (anas,) = await stage.meeting(stage.time.now() + HOUR, "Ana")
    while not line.meetings or len(line.meetings[0]["people"]) < 2:
        await line.hear("meetings")
    (meeting,) = line.meetings
    assert (meeting["topic"], meeting["at"]) == (
        "English for job interviews",
        "2026-05-04T13:00:00+00:00",
    )
    assert [each["name"] for each in meeting["people"]] == ["Ana", "Elena"]
    assert meeting["people"][0]["link"] == anas
    for person in meeting["people"]:
        stage.zoom.enter(person["link"])
    while line.inside != ["Ana", "Elena"]:
        await line.hear("meetings")


async def test_people_join_and_leave_from_the_page(stage: Stage, line: Line):
    await stage.meeting(stage.time.now() + HOUR, "Ana")
    while not line.meetings or len(line.meetings[0]["people"]) < 2:
        await line.hear("meetings")
    (meeting,) = line.meetings
    for person in meeting["people"]:
        command = {"do": "join", "meeting": meeting["id"], "who": person["who"]}
        await line.socket.send_json(command)
    while line.inside != ["Ana", "Elena"]:
        await line.hear("meetings")
    seat = line.meetings[0]["people"][0]["seat"]
    await line.socket.send_json({"do": "leave", "meeting": meeting["id"], "seat": seat})
    while line.inside != ["Elena"]:
        await line.hear("meetings")


async def test_a_host_who_is_in_another_room_is_refused(stage: Stage, line: Line):
    for hours in (1, 3):
        await stage.meeting(stage.time.now() + hours * HOUR)
    while len(line.meetings) < 2:
        await line.hear("meetings")
    for meeting in line.meetings:
        await line.socket.send_json({"do": "join", "meeting": meeting["id"], "who": "host"})
    assert (await line.hear("refused"))["reason"] == "room"


@pytest.mark.parametrize(
    "command",
    [
        {"do": "join", "meeting": "1", "who": "host"},
        {"do": "join", "meeting": "x", "who": "host"},
        {"do": "leave", "meeting": 1, "seat": "1"},
    ],
)
async def test_a_meeting_that_is_not_there_is_refused(line: Line, command: dict[str, object]):
    await line.socket.send_json(command)
    assert (await line.hear("refused"))["reason"] == "gone"


async def test_a_meeting_leaves_the_page_an_hour_after_its_end(stage: Stage, line: Line):
    await stage.meeting(stage.time.now())
    await line.hear("meetings")
    await line.socket.send_json({"do": "advance", "minutes": 119})
    await line.hear("meetings")
    assert len(line.meetings) == 1
    await line.socket.send_json({"do": "advance", "minutes": 1})
    await line.hear("meetings")
    assert line.meetings == []


async def test_open_pages_are_told_until_they_are_done_or_too_old(stage: Stage, line: Line):
    saving = await stage.checkout(mode="setup", currency="eur")
    item = {
        "line_items[0][price_data][unit_amount]": "1250",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][product_data][name]": "Lesson",
        "line_items[0][quantity]": "1",
    }
    paying = await stage.checkout(mode="payment", **item)
    while len(line.pages) < 2:
        await line.hear("checkout")
    assert line.pages == [
        {
            "mode": "payment",
            "name": "Ana",
            "amount": 1250,
            "currency": "eur",
            "link": paying["url"],
        },
        {"mode": "setup", "name": "Ana", "amount": None, "currency": "eur", "link": saving["url"]},
    ]
    async with stage.http.post(saving["url"], data={"number": GOOD}) as answer:
        assert answer.status == 200
    while len(line.pages) > 1:
        await line.hear("checkout")
    await line.socket.send_json({"do": "advance", "minutes": 24 * 60})
    while line.pages:
        await line.hear("checkout")


async def test_the_clock_goes_to_what_happens_next_where_something_does(stage: Stage, line: Line):
    stage.time.next_at = stage.time.now() + 5 * HOUR
    await line.socket.send_json({"do": "next"})
    assert (await line.hear("clock"))["now"] == "2026-05-04T17:00:00+00:00"
    await line.socket.send_json({"do": "next"})
    assert (await line.hear("refused"))["reason"] == "nothing_due"


@pytest.mark.browser
@needs_chromium
async def test_the_cards_say_what_to_do_and_then_what_there_is(stage: Stage):
    async with a_browser(stage) as page:
        meetings = page.get_by_role("region", name="Meetings")
        checkout = page.get_by_role("region", name="Checkout")
        await expect(meetings).to_contain_text("As Ana, send /book.")
        await expect(checkout).to_contain_text("/card opens one")
        (anas,) = await stage.meeting(stage.time.now() + HOUR, "Ana")
        await expect(meetings).to_contain_text("Monday, May 4, 13:00 – 14:00")
        door = meetings.get_by_role("link", name="Ana’s room")
        await expect(door).to_have_attribute("href", anas)
        await meetings.get_by_role("button", name="Join as Ana").click()
        await meetings.get_by_role("button", name="Join as Elena").click()
        await meetings.get_by_role("button", name="Ana leaves").click()
        await expect(meetings.get_by_role("button", name="Join as Ana")).to_be_focused()
        assert [each.name for each in stage.zoom.meetings[0].inside] == ["Host"]
        await stage.checkout(mode="setup", currency="eur")
        await expect(checkout).to_contain_text("Ana saves a card")
        async with page.expect_popup() as opened:
            await checkout.get_by_role("link", name="Open the page").click()
        room = await opened.value
        await room.get_by_role("button", name="4242").click()
        await room.get_by_role("button", name="Save card").click()
        await expect(checkout).to_contain_text("/card opens one")
