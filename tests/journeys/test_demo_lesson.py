"""A paid lesson from the first button to a disagreement, on the demo's page, its clock in hand."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from bot.i18n.catalog import texts_in
from bot.voice.adapters.local.espeak import spoken_languages
from tests.demo_stage import PATIENCE_SECONDS, Visitor, a_demo
from tests.page_stage import a_browser_at, needs_chromium

EN = texts_in("en")

pytestmark = [
    pytest.mark.model,
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not spoken_languages(), reason="the extra [local] is not installed"),
]


class Afternoon:
    """Somebody at the page who is student, teacher and time."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.ana = Visitor(page)
        self.emma = page.locator("#dc-log")
        self.meetings = page.get_by_role("region", name="Meetings")
        self.checkout = page.get_by_role("region", name="Checkout")

    async def until_they_have_talked(self) -> None:
        await expect(self.emma).to_contain_text(
            "I understood every word", timeout=PATIENCE_SECONDS * 1000
        )

    async def move(self, button: str) -> None:
        """Press one of the clock's buttons, and wait until it has moved."""
        await self.page.get_by_role("button", name=button).click()
        await expect(self.page.locator("#clock")).to_have_attribute("aria-busy", "false")

    async def until_it_says(self, text: str, among: Locator) -> None:
        """Go from one thing that happens by itself to the next."""
        for _ in range(8):
            if await among.filter(has_text=text).count():
                return
            await self.move("To what happens next")
        await expect(among.filter(has_text=text).last).to_be_visible()

    async def emma_reads(self, text: str) -> None:
        await expect(self.emma).to_contain_text(text)


@needs_chromium
async def test_a_lesson_is_booked_met_paid_and_disagreed_about() -> None:
    async with a_demo() as demo, a_browser_at(demo.url, width=1440, height=900) as page:
        visit = Afternoon(page)
        await visit.until_they_have_talked()
        await _book(visit)
        await _save_a_card(visit)
        await _be_reminded(visit)
        await _meet(visit)
        await _pay(visit)
        await _disagree(visit)


async def _book(visit: Afternoon) -> None:
    await visit.ana.write("/book")
    await visit.ana.press("English for job interviews", "60 min")
    await visit.ana.reads("On which day?")
    await visit.page.locator("#log .key", has_text=re.compile(r"\(\d\d\)")).nth(1).click()
    await visit.ana.reads("At what time?")
    await visit.ana.press("9:00")
    await visit.ana.reads("Is this right?")
    await visit.ana.press("✓ Book")
    await visit.ana.reads(EN("booking.needs.card").partition(".")[0])


async def _save_a_card(visit: Afternoon) -> None:
    await visit.ana.press("Save a card")
    await expect(visit.checkout).to_contain_text("Ana saves a card")
    async with visit.page.expect_popup() as opened:
        await visit.checkout.get_by_role("link", name="Open the page").click()
    page = await opened.value
    await page.get_by_role("button", name="4242").click()
    await page.get_by_role("button", name="Save card").click()
    await visit.ana.reads("Your card is saved")
    await visit.ana.reads("Your lesson with Emma is booked")


async def _be_reminded(visit: Afternoon) -> None:
    await expect(visit.meetings).to_contain_text("English for job interviews")
    for text in ("Tomorrow: your lesson", "In an hour: your lesson", "In ten minutes: your lesson"):
        await visit.until_it_says(text, visit.ana.told)


async def _meet(visit: Afternoon) -> None:
    await visit.move("+10 min")
    await visit.meetings.get_by_role("button", name="Join as Ana").click()
    await visit.meetings.get_by_role("button", name="Join as Emma").click()
    await expect(visit.meetings.get_by_text("in the room")).to_have_count(2)
    await visit.move("+10 min")
    await visit.move("+10 min")
    await visit.meetings.get_by_role("button", name="Ana leaves").click()
    await visit.meetings.get_by_role("button", name="Emma leaves").click()
    await expect(visit.meetings.get_by_text("in the room")).to_have_count(0)


async def _pay(visit: Afternoon) -> None:
    await visit.until_it_says("Receipt", visit.ana.told)


async def _disagree(visit: Afternoon) -> None:
    await visit.ana.press("Something is wrong")
    await visit.ana.reads("About receipt")
