"""What the doctor says about our own port, and about the address the world has for it."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.cli.findings import Finding, Status
from bot.cli.web_checks import check_public_address, check_web
from bot.simulators.mailbox import Mailbox
from config.settings import load_settings


@pytest.fixture
async def bot_port() -> AsyncIterator[int]:
    """Of a bot that runs."""

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.router.add_get("/healthz", health)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def port(number: int, host: str = "127.0.0.1") -> Finding:
    found, _ = await check_web(load_settings(None, web={"host": host, "port": number}))
    return found


async def public(address: str | None, number: int = 0) -> Finding:
    settings = load_settings(None, web={"public_url": address, "port": number})
    (found,) = await check_public_address(settings)
    return found


async def test_a_free_port_is_fine():
    assert (await port(0)).status is Status.OK


async def test_a_port_of_another_program_is_found():
    async with Mailbox() as mailbox:
        found = await port(mailbox.port)

    assert (found.status, found.detail) == (
        Status.FAIL,
        f"another program listens on 127.0.0.1:{mailbox.port}",
    )


async def test_a_port_on_which_the_bot_itself_answers_is_fine(bot_port):
    found = await port(bot_port)

    assert (found.status, found.detail.split(" on ")[0]) == (Status.OK, "the bot answers")


async def test_an_address_of_another_machine_is_found():
    assert (await port(0, "192.0.2.1")).status is Status.FAIL


async def test_without_a_public_address_it_is_said_that_vendors_are_asked():
    found = await public(None)

    assert found.status is Status.WARN
    assert "asked every five minutes" in found.detail
    assert "LINGUAFLEX_WEB__PUBLIC_URL" in found.remedy


@pytest.mark.parametrize("address", ["http://school.example", "school.example", "https://"])
async def test_an_address_nobody_delivers_to_is_found(address):
    assert (await public(address)).status is Status.FAIL


async def test_an_address_is_believed_until_the_bot_runs():
    found = await public("https://school.example")

    assert (found.status, found.detail) == (
        Status.OK,
        "https://school.example; looked at once the bot runs",
    )


async def test_an_address_that_leads_to_the_bot_is_fine(bot_port):
    found = await public(f"http://127.0.0.1:{bot_port}/", bot_port)

    assert (found.status, found.detail.split(" at ")[0]) == (Status.OK, "the bot answers")


async def test_an_address_that_leads_elsewhere_is_worth_a_look(bot_port):
    found = await public("https://127.0.0.1:9", bot_port)

    assert found.status is Status.WARN
    assert "does the proxy pass it on" in found.remedy
