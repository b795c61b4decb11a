"""`linguaflex simulate`: a world on loopback, and the settings that lead to it."""

import socket
import stat
from argparse import ArgumentParser, Namespace

from bot.app import chosen_engine, engines_of
from bot.cli.bot_api import ask
from bot.cli.checks import check_mail
from bot.cli.findings import Status
from bot.cli.simulate import add_arguments, publish, run, simulated
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

    assert me.result["is_bot"] is True
    assert chosen_engine(settings) == "hume"
    assert [each.is_ok for each in health] == [True, True]
    assert mail.status is Status.OK


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


def test_a_port_that_is_taken_is_told(capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        status = run(options("--telegram-port", str(other.getsockname()[1])))

    assert status == 1
    assert "address already in use" in capsys.readouterr().err.lower()
