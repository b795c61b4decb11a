"""What the doctor says about Telegram: the token, the way updates come, the clock."""

from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from bot.cli.findings import Finding, Status
from bot.cli.telegram_checks import check_telegram, clock_finding, webhook_settings
from bot.simulators.faults import Fault
from bot.simulators.telegram import TelegramSimulator
from config.settings import Settings, TelegramSettings, load_settings

TOKEN = "42:canary-of-a-token"
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
async def telegram():
    async with TelegramSimulator(TOKEN) as simulator:
        yield simulator


def settings(telegram: TelegramSimulator, **more: object) -> Settings:
    return load_settings(None, telegram={"token": TOKEN, "api_url": telegram.url, **more})


async def look(settings: Settings) -> dict[str, Finding]:
    findings = await check_telegram(settings)
    assert TOKEN not in repr(findings)
    return {finding.check: finding for finding in findings}


async def hook(telegram: TelegramSimulator, url: str) -> None:
    """Somebody set a webhook for this bot."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{telegram.url}/bot{TOKEN}/setWebhook", json={"url": url}) as reply,
    ):
        assert (await reply.json())["ok"]


async def test_a_bot_that_polls_is_fine(telegram):
    found = await look(settings(telegram))

    assert found["telegram.token"].detail == "Telegram knows it as @linguaflex_bot"
    assert {name: finding.status for name, finding in found.items()} == {
        "telegram.token": Status.OK,
        "telegram.delivery": Status.OK,
        "telegram.privacy": Status.WARN,
        "clock": Status.OK,
    }


async def test_without_a_token_telegram_is_off_and_the_clock_is_still_compared(telegram):
    found = await look(load_settings(None, telegram={"api_url": telegram.url}))

    assert found["telegram.token"].status is Status.WARN
    assert "LINGUAFLEX_TELEGRAM__TOKEN is not set" in found["telegram.token"].detail
    assert found["clock"].status is Status.OK


@pytest.mark.parametrize("token", ["42:another", "not a token"])
async def test_a_refused_token_is_named_but_not_shown(telegram, token):
    (found,) = (await look(settings(telegram, token=token))).values()

    assert (found.check, found.status) == ("telegram.token", Status.FAIL)
    assert "@BotFather" in found.remedy
    assert token not in repr(found)


async def test_a_telegram_that_cannot_be_reached_is_told_from_a_wrong_token(telegram):
    await telegram.stop()

    (found,) = (await look(settings(telegram))).values()

    assert "unreachable" in found.detail
    assert found.remedy == (
        f"is {telegram.url.removeprefix('http://')} (LINGUAFLEX_TELEGRAM__API_URL)"
        " reachable from here?"
    )


async def test_a_telegram_in_trouble_is_not_a_wrong_token(telegram):
    telegram.faults.add(Fault("status", "getMe", status=502))

    assert "busy HTTP 502" in (await look(settings(telegram)))["telegram.token"].detail


async def test_a_webhook_left_behind_is_found_when_polling(telegram):
    await hook(telegram, "https://old.example/secret-path")

    found = (await look(settings(telegram)))["telegram.delivery"]

    assert found.status is Status.WARN
    assert "webhook on old.example" in found.detail
    assert "secret-path" not in repr(found)


async def test_a_webhook_that_is_not_set_yet_is_found(telegram):
    ours = "https://bot.example/webhooks/telegram"

    found = await look(settings(telegram, webhook_url=ours, webhook_secret="s3cret"))

    assert found["telegram.delivery"].detail == "Telegram delivers to nobody, not to bot.example"
    assert "telegram.webhook" not in found


async def test_deliveries_that_fail_are_found(telegram):
    ours = "http://127.0.0.1:9/webhooks/telegram"
    await hook(telegram, ours)
    await telegram.person().send_text("hello")
    await telegram.until(lambda: len(telegram.deliveries) > 0)

    found = await look(settings(telegram, webhook_url=ours, webhook_secret="s3cret"))

    assert found["telegram.delivery"].status is Status.FAIL
    assert "Connection failed (1 waiting)" in found["telegram.delivery"].detail


@pytest.mark.parametrize(
    ("url", "secret", "named"),
    [
        ("https://b.example/webhooks/telegram", None, "WEBHOOK_SECRET is not set"),
        ("https://b.example/webhooks/telegram", "no spaces", "WEBHOOK_SECRET has characters"),
        ("http://b.example/webhooks/telegram", "s", "is not an address"),
        ("https://b.example:8444/webhooks/telegram", "s", "is not an address"),
        ("https://b.example:port/webhooks/telegram", "s", "is not an address"),
        ("https://b.example/telegram", "s", "does not end in /webhooks/telegram"),
    ],
)
def test_each_wrong_setting_of_a_webhook_is_named(url, secret, named):
    given = {"webhook_url": url, "webhook_secret": secret}
    (found,) = webhook_settings(TelegramSettings.model_validate(given))

    assert (found.check, found.status) == ("telegram.webhook", Status.FAIL)
    assert named in found.detail
    assert found.remedy


@pytest.mark.parametrize(
    ("apart", "status"),
    [(0, Status.OK), (-10, Status.OK), (11, Status.WARN), (-120, Status.WARN), (121, Status.FAIL)],
)
def test_a_clock_may_be_seconds_off_but_not_minutes(apart, status):
    found = clock_finding(NOW + timedelta(seconds=apart), NOW)

    assert (found.status, found.detail) == (status, f"{abs(apart)} s from Telegram's")
