"""`linguaflex init`: asked or not, what is set is kept, what is refused is not written."""

import asyncio
import io
import re
import stat
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator

import pytest

from bot.accounts.tokens import Tokens
from bot.cli.init import Setup, add_arguments, run
from bot.cli.questions import Questions
from bot.core.clock import SystemClock
from bot.messaging.instance import Instance
from bot.simulators.hume.server import HumeSimulator
from bot.simulators.mailbox import Mailbox
from bot.simulators.scripted_brain import ScriptedBrain
from bot.simulators.stripe import StripeSimulator
from bot.simulators.telegram import TelegramSimulator
from bot.simulators.zoom import ZoomSimulator
from bot.storage import schema
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring, generate_key, parse_keys
from config.settings import load_settings

TOKEN = "42:canary-of-a-token"
LINK = re.compile(r"https://t\.me/linguaflex_bot\?start=(admin_[\w-]+)$", re.MULTILINE)
HOST = "first@school.example"
UP_TO_THE_ADDRESS = (TOKEN, "hume-canary", "", "", "")  # OpenAI, mail and Discord: none
DATABASE = "sqlite+aiosqlite:///linguaflex.db"


@pytest.fixture(autouse=True)
async def telegram(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TelegramSimulator]:
    """The services a bot would be set up with, where the settings say they are."""
    hume = HumeSimulator(ScriptedBrain(), api_key="hume-canary")
    async with TelegramSimulator(TOKEN) as simulator, hume:
        monkeypatch.setenv("LINGUAFLEX_TELEGRAM__API_URL", simulator.url)
        monkeypatch.setenv("LINGUAFLEX_HUME__API_URL", hume.url)
        monkeypatch.setenv("LINGUAFLEX_VOICE__FALLBACK", "none")
        yield simulator


async def init(*, token: str | None = None) -> int:
    given = {"telegram.token": token} if token else {}
    return await Setup(Questions(is_silent=True), given).run()


async def answer(monkeypatch: pytest.MonkeyPatch, *answers: str) -> int:
    """Answers come down a pipe, one a line, in the order of the questions."""
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in answers)))
    return await Setup(Questions(is_silent=False), {}).run()


async def test_a_script_gets_a_private_file_a_database_and_a_link(folder, capsys):
    assert await init(token=TOKEN) == 0

    settings, printed = load_settings(), capsys.readouterr().out
    assert settings.telegram.token.get_secret_value() == TOKEN
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    assert (folder / "linguaflex.db").is_file()
    assert "Telegram knows it as @linguaflex_bot" in printed
    assert TOKEN not in printed
    assert settings.encryption_keys.get_secret_value() not in printed


async def test_the_link_makes_one_person_an_admin_once(capsys):
    await init(token=TOKEN)

    payload = LINK.search(capsys.readouterr().out)[1]
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload)
    keys = parse_keys(load_settings().encryption_keys.get_secret_value())
    storage = open_storage(DATABASE, Keyring(keys), Instance())
    await storage.open()
    tokens, claim = Tokens(SystemClock()), payload.removeprefix("admin_")
    try:
        assert await storage.write(lambda work: tokens.redeem_claim(work, claim)) is True
        assert await storage.write(lambda work: tokens.redeem_claim(work, claim)) is False
    finally:
        await storage.aclose()


async def test_a_second_run_changes_nothing_and_makes_another_link(folder, capsys):
    await init(token=TOKEN)
    before = (folder / ".env").read_text()
    first = LINK.search(capsys.readouterr().out)[1]

    assert await init() == 0

    assert (folder / ".env").read_text() == before
    assert LINK.search(capsys.readouterr().out)[1] != first


async def test_what_the_file_says_besides_is_kept(folder):
    (folder / ".env").write_text("# ours\nLINGUAFLEX_WEB__PORT=9000 # taken: 8080\n")

    await init(token=TOKEN)

    assert (
        (folder / ".env")
        .read_text()
        .startswith("# ours\nLINGUAFLEX_WEB__PORT=9000 # taken: 8080\nLINGUAFLEX_TELEGRAM__TOKEN=")
    )


@pytest.mark.parametrize("token", ["42:refused-canary", "canary"])
async def test_a_refused_token_is_left_out_and_the_status_says_so(folder, capsys, token):
    assert await init(token=token) == 1

    printed = capsys.readouterr().out
    assert "Telegram: what was given is left out." in printed
    assert "canary" not in printed
    assert "TELEGRAM__TOKEN" not in (folder / ".env").read_text()


async def test_a_token_in_the_environment_counts_and_is_not_written(folder, monkeypatch, capsys):
    monkeypatch.setenv("LINGUAFLEX_TELEGRAM__TOKEN", TOKEN)

    assert await init() == 0

    assert LINK.search(capsys.readouterr().out)
    assert TOKEN not in (folder / ".env").read_text()


async def test_a_person_is_asked_for_everything(monkeypatch, capsys):
    async with Mailbox(credentials=("bot", "mail-canary")) as mailbox:
        url = mailbox.url.replace("://", "://bot:mail-canary@")
        status = await answer(monkeypatch, TOKEN, "hume-canary", "", url, "bot@x.example")

    settings, printed = load_settings(), capsys.readouterr().out
    assert status == 0
    assert settings.hume.api_key.get_secret_value() == "hume-canary"
    assert settings.openai.api_key is None
    assert settings.mail.smtp_url.get_secret_value() == url
    assert settings.mail.sender == "bot@x.example"
    assert "the mail server lets us in" in printed
    assert "canary" not in printed


async def test_a_person_is_asked_again_for_what_was_refused(monkeypatch, capsys):
    assert await answer(monkeypatch, "42:wrong", TOKEN, "hume-canary") == 0

    assert load_settings().telegram.token.get_secret_value() == TOKEN
    assert "Again, or Enter keeps it all the same." in capsys.readouterr().out


@pytest.fixture
async def zoom(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ZoomSimulator]:
    async with ZoomSimulator(HOST) as simulator:
        monkeypatch.setenv("LINGUAFLEX_ZOOM__API_URL", simulator.api_url)
        monkeypatch.setenv("LINGUAFLEX_ZOOM__OAUTH_URL", simulator.oauth_url)
        yield simulator


@pytest.fixture
async def stripe(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StripeSimulator]:
    async with StripeSimulator("sk_test_canary") as simulator:
        monkeypatch.setenv("LINGUAFLEX_STRIPE__API_URL", simulator.url)
        yield simulator


async def test_lessons_and_money_are_asked_for_and_looked_at(monkeypatch, capsys, zoom, stripe):
    credentials = (zoom.account_id, zoom.client_id, zoom.client_secret)
    status = await answer(
        monkeypatch,
        *UP_TO_THE_ADDRESS,
        "https://school.example",
        *credentials,
        HOST,
        "zoom-canary",
        "sk_test_canary",
        "whsec_canary",
    )

    settings, printed = load_settings(), capsys.readouterr().out
    assert status == 0
    assert settings.web.public_url == "https://school.example"
    assert settings.zoom.is_set
    assert settings.zoom.hosts == (HOST,)
    assert settings.zoom.webhook_secret.get_secret_value() == "zoom-canary"
    assert settings.stripe.api_key.get_secret_value() == "sk_test_canary"
    assert settings.stripe.webhook_secret.get_secret_value() == "whsec_canary"
    assert "Zoom shall deliver to https://school.example/webhooks/zoom" in printed
    assert "Stripe is to deliver to https://school.example/webhooks/stripe" in printed
    assert "canary" not in printed
    assert zoom.client_secret not in printed


async def test_without_an_address_nobody_is_asked_for_what_proves_deliveries(
    monkeypatch, capsys, zoom, stripe
):
    credentials = (zoom.account_id, zoom.client_id, zoom.client_secret)
    status = await answer(monkeypatch, *UP_TO_THE_ADDRESS, "", *credentials, HOST, "sk_test_canary")

    settings, printed = load_settings(), capsys.readouterr().out
    assert status == 0
    assert settings.zoom.is_set
    assert settings.stripe.api_key.get_secret_value() == "sk_test_canary"
    assert "secret token" not in printed
    assert "signing secret" not in printed
    assert "Zoom and Stripe are asked every five minutes" in printed


async def test_zoom_and_stripe_are_off_when_they_are_skipped(monkeypatch, capsys):
    assert await answer(monkeypatch, *UP_TO_THE_ADDRESS) == 0

    settings, printed = load_settings(), capsys.readouterr().out
    assert not settings.zoom.is_set
    assert settings.stripe.api_key is None
    assert "teachers are asked for links of their own" in printed
    assert "Zoom client id" not in printed


async def test_a_refused_zoom_secret_is_asked_for_again(monkeypatch, capsys, zoom):
    wrong = (zoom.account_id, zoom.client_id, "wrong-canary", HOST)
    right = ("", "", zoom.client_secret, "", "")
    assert await answer(monkeypatch, *UP_TO_THE_ADDRESS, "", *wrong, *right) == 0

    assert load_settings().zoom.client_secret.get_secret_value() == zoom.client_secret
    assert "credentials refused" in capsys.readouterr().out


async def test_keys_that_seal_a_database_are_never_replaced(folder, capsys):
    await schema.migrate(DATABASE)
    storage = open_storage(DATABASE, Keyring(parse_keys(generate_key())), Instance())
    await storage.open()
    await storage.aclose()

    assert await init(token=TOKEN) == 1

    assert "Put LINGUAFLEX_ENCRYPTION_KEYS back" in capsys.readouterr().out
    assert not (folder / ".env").exists()


async def test_a_running_bot_is_told_of_when_it_has_the_database(capsys):
    await init(token=TOKEN)
    keys = parse_keys(load_settings().encryption_keys.get_secret_value())
    storage = open_storage(DATABASE, Keyring(keys), Instance())
    await storage.open()
    try:
        capsys.readouterr()
        status = await init()
    finally:
        await storage.aclose()

    printed = capsys.readouterr().out
    assert status == 1
    assert "The bot is running and has the database: stop it" in printed
    assert not LINK.search(printed)


async def test_without_a_bot_there_is_no_link_and_nothing_is_wrong(folder, monkeypatch, capsys):
    monkeypatch.setenv("LINGUAFLEX_VOICE__ENGINE", "cascade")

    assert await init() == 0

    assert "No admin link yet" in capsys.readouterr().out
    assert (folder / "linguaflex.db").is_file()


async def test_a_server_is_migrated_while_it_is_empty(postgres, monkeypatch, capsys):
    monkeypatch.setenv("LINGUAFLEX_DATABASE_URL", postgres.empty_url())

    assert await init(token=TOKEN) == 0

    assert LINK.search(capsys.readouterr().out)


async def test_a_folder_that_cannot_be_written_to_is_told(folder, monkeypatch, capsys):
    (folder / ".env").symlink_to(folder / "gone/.env")
    monkeypatch.setenv("LINGUAFLEX_VOICE__ENGINE", "cascade")

    assert await asyncio.to_thread(run, Namespace(telegram_token=None, yes=True)) == 1

    assert "No such file or directory" in capsys.readouterr().err


def test_the_command_line_is_the_documented_one():
    parser = ArgumentParser()
    add_arguments(parser)

    options = parser.parse_args(["--telegram-token", TOKEN, "--yes"])

    assert (options.telegram_token, options.yes) == (TOKEN, True)
