"""What the doctor says about names of settings, sound, engines and mail."""

import pytest

from bot.cli import checks
from bot.cli.findings import Finding, Status
from bot.simulators.hume.server import HumeSimulator
from bot.simulators.mailbox import Mailbox
from bot.simulators.scripted_brain import ScriptedBrain
from config.settings import WrongSettings, load_settings


def names_of(**environment: str) -> list[Finding]:
    return checks.check_names(environment)


def test_settings_that_are_understood_are_one_line():
    (found,) = names_of(LINGUAFLEX_WEB__PORT="1", LINGUAFLEX_TELEGRAM="{}", PATH="/bin")

    assert found.status is Status.OK


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LINGUAFLEX_TELEGRAM_TOKEN", "LINGUAFLEX_TELEGRAM__TOKEN"),
        ("linguaflex_encryption_key", "LINGUAFLEX_ENCRYPTION_KEYS"),
    ],
)
def test_a_name_nobody_reads_is_found_with_the_one_meant(name, meant):
    (found,) = names_of(**{name: "canary"})

    assert (found.status, found.remedy) == (Status.WARN, f"is {meant} meant?")
    assert "canary" not in repr(found)


def test_names_and_lines_of_the_env_file_are_looked_at_too(folder):
    (folder / ".env").write_text("LINGUAFLEX_WEB__PORTS=1\nno way = = 'x\n")
    (folder / ".env").chmod(0o600)

    found = names_of()

    assert [finding.detail for finding in found] == [
        ".env line 2 cannot be read",
        "LINGUAFLEX_WEB__PORTS is no setting",
    ]


def test_an_env_file_others_can_read_is_found(folder):
    (folder / ".env").write_text("LINGUAFLEX_WEB__PORT=1\n")
    (folder / ".env").chmod(0o640)

    (found,) = names_of()

    assert (found.status, found.remedy) == (Status.WARN, "chmod 600 .env")


def test_every_wrong_setting_is_a_finding(monkeypatch):
    monkeypatch.setenv("LINGUAFLEX_WEB__PORT", "99999")
    monkeypatch.setenv("LINGUAFLEX_DATABASE_URL", "mysql://user:canary@host/db")

    with pytest.raises(WrongSettings) as wrong:
        load_settings()
    found = checks.wrong_settings(wrong.value)

    assert [finding.detail.partition(":")[0] for finding in found] == [
        "LINGUAFLEX_DATABASE_URL",
        "LINGUAFLEX_WEB__PORT",
    ]
    assert {finding.status for finding in found} == {Status.FAIL}
    assert "canary" not in repr(found)


async def test_a_beep_survives_as_a_voice_note():
    (found,) = await checks.check_sound(load_settings(None))

    assert found == Finding("sound", Status.OK, "voice notes can be read and made")


async def test_the_engine_of_choice_and_its_fallback_are_both_asked(folder):
    async with HumeSimulator(ScriptedBrain()) as hume:
        settings = load_settings(
            None,
            hume={"api_url": hume.url},
            voice={"fallback": "cascade"},
            openai={"stt_url": "http://127.0.0.1:9/v1"},
        )
        answering, fallback = await checks.check_engines(settings)

    assert answering == Finding("voice.hume", Status.OK, "answers: a chat was opened")
    assert (fallback.check, fallback.status) == ("voice.cascade", Status.WARN)
    assert "LINGUAFLEX_OPENAI__" in fallback.remedy


async def test_an_engine_of_choice_that_cannot_be_reached_is_wrong():
    settings = load_settings(
        None, hume={"api_url": "ws://127.0.0.1:9/v0/evi"}, voice={"fallback": "none"}
    )

    (found,) = await checks.check_engines(settings)

    assert (found.check, found.status) == ("voice.hume", Status.FAIL)
    assert "LINGUAFLEX_VOICE__ENGINE" in found.remedy


@pytest.fixture
async def mailbox():
    async with Mailbox(credentials=("bot", "canary")) as box:
        yield box


async def mail(**mail: str) -> Finding:
    (found,) = await checks.check_mail(load_settings(None, mail=mail))
    assert "canary" not in repr(found)
    return found


async def test_a_mail_server_that_lets_us_in_is_fine(mailbox):
    url = mailbox.url.replace("smtp://", "smtp://bot:canary@")

    assert (await mail(smtp_url=url, **{"from": "bot@x.example"})).status is Status.OK


async def test_a_mail_server_that_refuses_the_password_is_found(mailbox):
    url = mailbox.url.replace("smtp://", "smtp://bot:wrong-canary@")

    found = await mail(smtp_url=url, **{"from": "bot@x.example"})

    assert (found.status, found.detail) == (Status.FAIL, "mail: misconfigured authentication")


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("smtp://bot:canary@127.0.0.1:9", "unreachable"),
        ("http://bot:canary@mail.example", "MAIL__SMTP_URL must look like"),
    ],
)
async def test_a_mail_server_that_is_none_is_found(url, named):
    found = await mail(smtp_url=url, **{"from": "bot@x.example"})

    assert found.status is Status.FAIL
    assert named in found.detail


async def test_mail_without_a_sender_is_wrong_and_without_a_server_is_off():
    assert (await mail(smtp_url="smtp://x.example")).detail == "LINGUAFLEX_MAIL__FROM is not set"
    assert (await mail()).status is Status.WARN
