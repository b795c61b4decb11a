"""`linguaflex simulate`: a world on loopback, and the settings that lead to it."""

import asyncio
import socket
import stat
from argparse import ArgumentParser, Namespace

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.cli.bot_api import ask
from bot.cli.checks import check_mail
from bot.cli.findings import Status
from bot.cli.simulate import CALENDLY_TOKEN, add_arguments, publish, run, simulated
from bot.cli.stripe_checks import check_stripe
from bot.cli.zoom_checks import check_zoom
from bot.scheduling.adapters.calendly import CalendlyApi
from bot.wiring.voice import chosen_engine, engines_of
from config.settings import load_settings


def options(*words: str) -> Namespace:
    parser = ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(["--scripted", *words])


async def test_the_settings_lead_a_bot_to_every_simulator(folder):
    async with simulated(options()) as printed:
        publish(printed, folder / "sim.env")
        settings = load_settings(folder / "sim.env", voice={"fallback": "cascade"})
        token = settings.telegram.token.get_secret_value()
        me = await ask(settings.telegram.api_url, token, "getMe")
        engines = engines_of(settings)
        health = [await engine.check() for engine in engines]
        for engine in engines:
            await engine.aclose()
        (mail,) = await check_mail(settings)
        found = [*await check_stripe(settings), *await check_zoom(settings)]
        hours = await CalendlyApi(settings.calendly.api_url).schedules(CALENDLY_TOKEN)

    assert me.result["is_bot"] is True
    assert chosen_engine(settings) == "hume"
    assert [each.is_ok for each in health] == [True, True]
    assert mail.status is Status.OK
    told = {each.check: each.status for each in found}
    assert (told["stripe"], told["stripe.webhooks"], told["zoom.hosts"]) == (Status.OK,) * 3
    assert [each.name for each in hours] == ["Working hours"]


async def test_what_is_printed_is_an_env_file_too(folder, capsys):
    publish({"LINGUAFLEX_WEB__HOST": "a host", "LINGUAFLEX_WEB__PORT": "9"}, folder / "sim.env")

    (folder / "printed.env").write_text(capsys.readouterr().out)
    assert load_settings(folder / "printed.env") == load_settings(folder / "sim.env")
    assert load_settings(folder / "sim.env").web.host == "a host"


def test_a_file_that_is_there_keeps_its_other_settings(folder):
    (folder / "sim.env").write_text("LINGUAFLEX_WEB__PORT=9000\n")

    publish({"LINGUAFLEX_MAIL__FROM": "bot@x.example"}, folder / "sim.env")

    settings = load_settings(folder / "sim.env")
    assert (settings.web.port, settings.mail.sender) == (9000, "bot@x.example")
    assert stat.S_IMODE((folder / "sim.env").stat().st_mode) == 0o600


async def test_ports_can_be_chosen():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]

    async with simulated(options("--mail-port", str(free))) as settings:
        assert settings["LINGUAFLEX_MAIL__SMTP_URL"] == f"smtp://127.0.0.1:{free}"


async def test_what_happens_at_stripe_is_told_to_the_port_the_bot_is_to_listen_on(folder):
    heard = asyncio.get_running_loop().create_future()

    async def take(request: web.Request) -> web.Response:
        heard.set_result((await request.json())["type"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/webhooks/stripe", take)
    page = {"mode": "setup", "currency": "eur", "success_url": "https://x.example"}
    async with TestServer(app) as bot, simulated(options("--bot-port", str(bot.port))) as printed:
        publish(printed, folder / "sim.env")
        settings = load_settings(folder / "sim.env")
        assert settings.web.public_url == f"http://127.0.0.1:{bot.port}"
        key = settings.stripe.api_key.get_secret_value()
        address = f"{settings.stripe.api_url}/v1/checkout/sessions"
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as http:
            async with http.post(address, data=page) as answer:
                session = await answer.json()
            async with http.post(f"{address}/{session['id']}/expire") as answer:
                assert answer.status == 200
        assert await asyncio.wait_for(heard, 10) == "checkout.session.expired"


def test_a_port_that_is_taken_is_told(capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        status = run(options("--telegram-port", str(other.getsockname()[1])))

    assert status == 1
    assert "address already in use" in capsys.readouterr().err.lower()
