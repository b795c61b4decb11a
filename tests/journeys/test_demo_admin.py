"""On the demo's page a student begins to teach, and an administrator looks at them."""

import pytest
from playwright.async_api import Page, expect

from bot.voice.adapters.local.espeak import spoken_languages
from tests.demo_stage import PATIENCE_SECONDS, Visitor, a_demo
from tests.page_stage import a_browser_at, needs_chromium

pytestmark = [
    pytest.mark.model,
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not spoken_languages(), reason="the extra [local] is not installed"),
]


class Admin:
    """Sam at the page, in their own messages with the bot."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._log = page.locator("#dc-log")

    async def comes(self) -> None:
        await self._page.get_by_role("button", name="Sam admin").click()

    async def asks(self, command: str, then: str) -> None:
        await self._page.locator("#dc-input").fill(command)
        await self._page.locator("#dc-input").press("Enter")
        await self.reads(then)

    async def press(self, label: str, then: str) -> None:
        await self._log.get_by_role("button", name=label).last.click()
        await self.reads(then)

    async def reads(self, text: str) -> None:
        found = self._log.get_by_text(text).last
        await expect(found).to_be_visible(timeout=PATIENCE_SECONDS * 1000)


@needs_chromium
async def test_an_administrator_approves_a_student_who_begins_to_teach() -> None:
    async with a_demo() as demo, a_browser_at(demo.url, width=1440, height=900) as page:
        ana, sam = Visitor(page), Admin(page)
        await ana.reads("I understood every word")  # everybody is connected
        await sam.comes()
        await sam.asks("/admin", then="Nobody waits")
        await _hand_in(ana)
        await sam.reads("1 teacher waits to be verified.")
        await sam.press("Open the queue", then="MA in Linguistics")
        await sam.press("Approve", then="Approved, and the teacher was told.")
        await ana.reads("You are verified as a teacher!")
        await sam.press("Last actions", then="Sam verified Ana")


async def _hand_in(ana: Visitor) -> None:
    """All answers, the shortest way."""
    await _says(ana, "/gig", "What qualifies you")
    await _says(ana, "MA in Linguistics", "how many years")
    await _says(ana, "7", "Which languages do you teach?")
    await _presses(ana, "Español", "Which languages do you teach?")
    await _presses(ana, "Done", "from which level")
    await _presses(ana, "A1–C2", "in a few sentences")
    await _presses(ana, "Skip", "In which currency")
    await _presses(ana, "EUR · Euro", "usually cost")
    await _says(ana, "20", "Calendly")
    await _presses(ana, "Skip", "Is everything right?")
    await _presses(ana, "Confirm", "Not handed in yet")
    await _presses(ana, "Hand in to be verified", "Handed in.")


async def _says(ana: Visitor, text: str, then: str) -> None:
    await ana.write(text)
    await ana.reads(then)


async def _presses(ana: Visitor, label: str, then: str) -> None:
    await ana.press(label)
    await ana.reads(then)
