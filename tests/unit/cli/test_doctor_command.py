"""`linguaflex doctor`: every part is looked at, whatever the others do, and no secret is shown."""

import asyncio
import json
from argparse import Namespace

import pytest

from bot.cli.doctor import Check, bounded, examine, run
from bot.cli.findings import Finding, Scrubber, Status, render_json, render_table
from bot.simulators.hume.server import HumeSimulator
from bot.simulators.scripted_brain import ScriptedBrain
from bot.storage.vault import generate_key
from config.logging import configure
from config.settings import load_settings

FINDINGS = [
    Finding("disk", Status.OK, "much room"),
    Finding("telegram.token", Status.FAIL, "refused", "ask @BotFather"),
    Finding("mail", Status.WARN, "off", "set it"),
]


def test_the_table_has_a_line_a_finding_its_remedy_and_the_sum():
    assert render_table(FINDINGS).splitlines() == [
        "ok    disk            much room",
        "FAIL  telegram.token  refused",
        "                      -> ask @BotFather",
        "warn  mail            off",
        "                      -> set it",
        "",
        "1 wrong, 1 to look at, 1 ok",
    ]


def test_the_list_for_programs_has_exactly_the_promised_fields():
    assert json.loads(render_json(FINDINGS))[1] == {
        "check": "telegram.token",
        "status": "fail",
        "detail": "refused",
        "remedy": "ask @BotFather",
    }


def test_no_secret_of_the_settings_passes_the_scrubber():
    keys = [generate_key(), generate_key()]
    settings = load_settings(
        None,
        database_url="postgresql+asyncpg://bot:database%40canary@db.example/x",
        encryption_keys=",".join(keys),
        telegram={"token": "1:telegram-canary", "webhook_secret": "webhook-canary"},
        mail={"smtp_url": "smtp://bot:mail-canary@mail.example", "from": "bot@x.example"},
        hume={"api_key": "hume-canary"},
    )
    said = (
        f"1:telegram-canary webhook-canary mail-canary hume-canary database%40canary"
        f" database@canary {keys[1]} smtp://bot:mail-canary@mail.example"
    )

    cleaned = Scrubber(settings).clean(Finding("x", Status.FAIL, said, said))

    assert cleaned.detail == cleaned.remedy == " ".join(["<secret>"] * 8)


async def test_a_check_that_hangs_is_a_finding():
    async def hang(_: object) -> list[Finding]:
        await asyncio.Event().wait()
        return []

    (found,) = await bounded(Check("mail", hang, 0.01), load_settings(None))

    assert (found.check, found.status, found.detail) == (
        "mail",
        Status.FAIL,
        "no answer within 0.01 s",
    )


async def test_a_check_that_breaks_is_a_finding(capsys):
    async def broken(_: object) -> list[Finding]:
        raise LookupError("canary")

    configure("text", "ERROR")
    (found,) = await bounded(Check("web", broken, 1), load_settings(None))

    assert (found.status, found.detail) == (Status.FAIL, "could not be looked at: LookupError")
    assert "LookupError" in capsys.readouterr().err


async def test_every_part_is_looked_at_even_without_network(folder, monkeypatch):
    monkeypatch.setenv("LINGUAFLEX_ENCRYPTION_KEYS", generate_key())
    monkeypatch.setenv("LINGUAFLEX_TELEGRAM__TOKEN", "1:telegram-canary")
    monkeypatch.setenv("LINGUAFLEX_TELEGRAM__API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LINGUAFLEX_VOICE__FALLBACK", "none")
    monkeypatch.setenv("LINGUAFLEX_WEB__PORT", "0")
    async with HumeSimulator(ScriptedBrain()) as hume:
        monkeypatch.setenv("LINGUAFLEX_HUME__API_URL", hume.url)
        findings = await examine()

    assert {finding.check: finding.status.value for finding in findings} == {
        "settings": "ok",
        "database": "warn",
        "disk": "ok",
        "encryption": "ok",
        "admins": "warn",
        "telegram.token": "fail",
        "discord.token": "warn",
        "voice.hume": "ok",
        "sound": "ok",
        "mail": "warn",
        "zoom": "warn",
        "stripe": "warn",
        "web": "ok",
        "web.public_url": "warn",
    }
    assert "canary" not in repr(findings)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("as_json", [False, True])
def test_no_secret_is_printed_when_everything_fails(folder, capsys, as_json):
    canaries = {
        "LINGUAFLEX_ENCRYPTION_KEYS": "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LTEyMzQ=",
        "LINGUAFLEX_TELEGRAM__TOKEN": "42:canary-of-a-token",
        "LINGUAFLEX_TELEGRAM__API_URL": "http://127.0.0.1:9",
        "LINGUAFLEX_TELEGRAM__WEBHOOK_URL": "https://bot.example/canary-path",
        "LINGUAFLEX_TELEGRAM__WEBHOOK_SECRET": "canary of a secret",
        "LINGUAFLEX_VOICE__ENGINE": "cascade",
        "LINGUAFLEX_VOICE__FALLBACK": "none",
        "LINGUAFLEX_OPENAI__API_KEY": "canary-of-a-key",
        "LINGUAFLEX_OPENAI__STT_URL": "http://127.0.0.1:9/v1",
        "LINGUAFLEX_MAIL__SMTP_URL": "smtp://bot:canary-of-a-password@127.0.0.1:9",
        "LINGUAFLEX_MAIL__FROM": "bot@x.example",
        "LINGUAFLEX_ZOOM__ACCOUNT_ID": "account",
        "LINGUAFLEX_ZOOM__CLIENT_ID": "client",
        "LINGUAFLEX_ZOOM__CLIENT_SECRET": "canary-of-a-client-secret",
        "LINGUAFLEX_ZOOM__HOSTS": "host@x.example",
        "LINGUAFLEX_ZOOM__OAUTH_URL": "http://127.0.0.1:9/oauth/token",
        "LINGUAFLEX_STRIPE__API_KEY": "sk_test_canary",
        "LINGUAFLEX_STRIPE__API_URL": "http://127.0.0.1:9",
    }
    lines = "".join(f"{name}='{value}'\n" for name, value in canaries.items())
    (folder / ".env").write_text(lines)

    assert run(Namespace(json=as_json, probe=False)) == 1

    printed = capsys.readouterr()
    for part in ("telegram.token", "telegram.webhook", "voice.cascade", "mail", "zoom", "stripe"):
        assert part in printed.out
    assert "canary" not in printed.out + printed.err
    assert canaries["LINGUAFLEX_ENCRYPTION_KEYS"] not in printed.out


@pytest.mark.parametrize("as_json", [False, True])
def test_settings_that_cannot_be_used_are_named_and_nothing_else_is_tried(
    monkeypatch, capsys, as_json
):
    monkeypatch.setenv("LINGUAFLEX_WEB__PORT", "canary")

    assert run(Namespace(json=as_json, probe=False)) == 1

    printed = capsys.readouterr().out
    assert "LINGUAFLEX_WEB__PORT: " in printed
    assert "canary" not in printed
    if as_json:
        assert [finding["check"] for finding in json.loads(printed)] == ["settings"]
