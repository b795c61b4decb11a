"""What stands around the conversation: mailbox, clock, status, tabs, and the way in by keyboard."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from tests.page_stage import Stage, a_browser, a_stage, needs_chromium

pytestmark = [pytest.mark.browser, needs_chromium]

PANES = ("telegram", "discord", "lessons", "samples", "mail", "clock")
NAMELESS = """() => [...document.querySelectorAll('button, input, textarea, summary, a')]
    .filter(node => node.checkVisibility() && !node.labels?.length)
    .filter(node => !(node.getAttribute('aria-label') || node.textContent.trim()
        || node.getAttribute('aria-labelledby')))
    .map(node => node.outerHTML)"""
SCROLLED_SIZE = """() => {
    const root = document.documentElement;
    return [root.scrollWidth, root.scrollHeight];
}"""


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with a_stage() as stage:
        yield stage


async def test_a_mail_arrives_is_opened_and_its_code_copied(stage: Stage):
    async with a_browser(stage) as page:
        pane = page.get_by_role("region", name="Mailbox")
        await expect(pane).to_contain_text("Mails the bot sends arrive here.")
        stage.mail("<b>Your code</b>", "Your code is 482913. https://example.com/terms")
        await expect(pane.locator(".badge")).to_have_text("1")
        await pane.get_by_text("<b>Your code</b>").click()
        await expect(pane.locator(".badge")).to_be_hidden()
        await expect(pane.get_by_role("link")).to_have_attribute(
            "href", "https://example.com/terms"
        )
        await pane.get_by_role("button", name="Copy code 482913").click()
        await expect(pane.get_by_role("button", name="Copied")).to_be_visible()
        assert await page.evaluate("() => navigator.clipboard.readText()") == "482913"


async def test_the_clock_is_moved_forward(stage: Stage):
    async with a_browser(stage) as page:
        await expect(page.locator("#clock-day")).to_have_text("Monday, May 4")
        await page.get_by_role("button", name="+1 day").click()
        await expect(page.locator("#clock-day")).to_have_text("Tuesday, May 5")
        await page.get_by_role("button", name="+1 hour").click()
        await expect(page.locator("#clock-hour")).to_contain_text("13:0")
    assert stage.time.advances == [timedelta(days=1), timedelta(hours=1)]


async def test_the_strip_says_what_the_machine_is_doing(stage: Stage):
    async with a_browser(stage) as page:
        await expect(page.locator("#notices")).to_have_text("Mail is off.")
        stage.world.report("engine", "ready", detail="local")
        stage.world.report("speech", "loading", progress=0.4)
        bar = page.get_by_role("progressbar", name="Speech model")
        await expect(bar).to_have_attribute("aria-valuenow", "40")
        stage.world.report("speech", "ready")
        await expect(bar).to_have_count(0)
        await expect(page.locator("#status li")).to_have_text(["Enginelocal", "Speech modelready"])


@pytest.mark.parametrize(("width", "height"), [(360, 640), (390, 844)])
async def test_on_a_phone_one_pane_shows_at_a_time_and_nothing_is_wider(
    stage: Stage, width: int, height: int
):
    await stage.say("word" * 60 + "\n" + "many words " * 40)
    stage.mail("A subject that goes on and on and on and on", "x" * 300)
    async with a_browser(stage, width=width, height=height) as page:
        for name in PANES:
            await page.locator(f"[data-pane={name}]").click()
            shown = [one for one in PANES if await page.locator(f"#pane-{one}").is_visible()]
            assert shown == [name]
            assert await page.evaluate(SCROLLED_SIZE) == [width, height]
        await stage.say("are you there?")
        await expect(page.locator("[data-pane=telegram] .badge")).to_have_text("1")
        await page.get_by_role("tab", name="Telegram").click()
        await expect(page.locator("[data-pane=telegram] .badge")).to_be_hidden()


async def test_every_control_has_a_name_and_the_keyboard_reaches_the_important_ones(stage: Stage):
    keyboard = {"inline_keyboard": [[{"text": "Slower", "callback_data": "slow"}]]}
    await stage.say("Reply", reply_markup=keyboard)
    await stage.bot("setMyCommands", commands=[{"command": "talk", "description": "Practise"}])
    stage.mail("Hello", "hello")
    async with a_browser(stage) as page:
        await expect(page.locator(".mail")).to_have_count(1)
        assert await page.evaluate(NAMELESS) == []
        reached = await _tabbed_through(page)
    wanted = {"Slower", "Commands", "Message", "Attach", "Record a voice note", "+10 min"}
    assert wanted - reached == set()
    assert any(name.startswith("Send “") for name in reached)
    assert any("Hello" in name for name in reached)


async def test_the_page_speaks_spanish_to_a_spanish_browser(stage: Stage):
    async with a_browser(stage, locale="es-CO") as page:
        await expect(page.locator("#clock-title")).to_have_text("Hora en la demo")
        await expect(page.locator("#input")).to_have_attribute("placeholder", "Mensaje")
        await expect(page.locator("html")).to_have_attribute("lang", "es")


async def test_the_page_finds_its_server_again(stage: Stage):
    async with a_browser(stage) as page:
        await page.evaluate("() => { window.wasHere = true; }")
        await stage.page.aclose()
        await stage.page.start()
        await stage.student.send_text("while away")
        await expect(page.locator("#log .is-mine")).to_contain_text("while away")
        await expect(page.locator("body")).to_have_class("is-ready")
        assert await page.evaluate("() => window.wasHere") is True


async def test_the_token_does_not_stay_in_the_address(stage: Stage):
    async with a_browser(stage) as page:
        assert page.url == f"{stage.origin}/"
        await page.reload()
        await expect(page.locator("#bot-name")).to_have_text(stage.telegram.bot.name)


async def _tabbed_through(page: Page) -> set[str]:
    """The names of what the Tab key comes by, once around."""
    name = """() => document.activeElement.getAttribute('aria-label')
        || document.activeElement.textContent.trim()"""
    names = set()
    for _ in range(60):
        await page.keyboard.press("Tab")
        names.add(await page.evaluate(name))
    return names
