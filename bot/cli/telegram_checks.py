"""What the doctor looks at on Telegram's side: token, way of delivery, and its clock."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.cli.bot_api import ask, ask_time
from bot.cli.findings import Finding, Status
from bot.core.errors import Cause, ServiceFailure
from config.settings import Settings, TelegramSettings

WEBHOOK_PATH = "/webhooks/telegram"
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_PORTS = {443, 80, 88, 8443}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_RECENT = timedelta(hours=1)
_MANY_WAITING = 100
_SLOW, _WRONG = timedelta(seconds=10), timedelta(minutes=2)
_NEEDS_BOT = "`linguaflex init` asks for one; @BotFather makes them with /newbot"


async def check_telegram(settings: Settings) -> Sequence[Finding]:
    """The token, the way updates come, the machine's clock, and what only a person can see."""
    telegram = settings.telegram
    if telegram.token is None:
        detail = "LINGUAFLEX_TELEGRAM__TOKEN is not set: Telegram is off"
        off = Finding("telegram.token", Status.WARN, detail, _NEEDS_BOT)
        return [off, clock_finding(await ask_time(telegram.api_url), datetime.now(UTC))]
    token = telegram.token.get_secret_value()
    try:
        me = await ask(telegram.api_url, token, "getMe")
        findings = [
            Finding("telegram.token", Status.OK, f"Telegram knows it as {bot_name(me.result)}"),
            clock_finding(me.date, datetime.now(UTC)),
        ]
        hook = await ask(telegram.api_url, token, "getWebhookInfo")
    except ServiceFailure as failure:
        return [refused(failure, telegram), *webhook_settings(telegram)]
    return [*findings, *webhook_settings(telegram), delivery(telegram, hook.result), _PRIVACY]


# Telegram's terms for bots (telegram.org/tos/bot-developers, 4) ask for one.
_PRIVACY = Finding(
    "telegram.privacy",
    Status.WARN,
    "every bot needs a privacy policy; Telegram does not tell programs whether yours has one",
    "@BotFather sets it: /mybots, then your bot",
)


def bot_name(user: Mapping[str, Any]) -> str:
    """@name of a getMe answer."""
    return f"@{user.get('username', '?')}"


def refused(failure: ServiceFailure, telegram: TelegramSettings) -> Finding:
    """Why Telegram could not be asked."""
    remedy = _NEEDS_BOT
    if failure.cause is not Cause.MISCONFIGURED:
        host = urlsplit(telegram.api_url).netloc.rpartition("@")[2]
        remedy = f"is {host} (LINGUAFLEX_TELEGRAM__API_URL) reachable from here?"
    return Finding("telegram.token", Status.FAIL, str(failure), remedy)


def webhook_settings(telegram: TelegramSettings) -> Sequence[Finding]:
    """What is wrong with the settings of a webhook, before anybody is asked."""
    if telegram.webhook_url is None:
        return []
    wrong: list[tuple[str, str]] = []
    secret = telegram.webhook_secret
    if secret is None:
        wrong.append(("LINGUAFLEX_TELEGRAM__WEBHOOK_SECRET is not set", _CHARACTERS))
    elif not _SECRET.fullmatch(secret.get_secret_value()):
        detail = "LINGUAFLEX_TELEGRAM__WEBHOOK_SECRET has characters Telegram does not take"
        wrong.append((detail, _CHARACTERS))
    if not _is_deliverable(telegram.webhook_url):
        detail = "LINGUAFLEX_TELEGRAM__WEBHOOK_URL is not an address Telegram delivers to"
        wrong.append((detail, "https on port 443, 80, 88 or 8443"))
    if not urlsplit(telegram.webhook_url).path.endswith(WEBHOOK_PATH):
        detail = f"LINGUAFLEX_TELEGRAM__WEBHOOK_URL does not end in {WEBHOOK_PATH}"
        wrong.append((detail, f"the bot listens on {WEBHOOK_PATH}"))
    return [Finding("telegram.webhook", Status.FAIL, *each) for each in wrong]


_CHARACTERS = "1 to 256 of A-Z a-z 0-9 _ -, e.g. from `openssl rand -hex 32`"


def _is_deliverable(address: str) -> bool:
    """Telegram's rule (Bot API, setWebhook); a Bot API server of one's own takes loopback too."""
    url = urlsplit(address)
    if url.hostname in _LOOPBACK:
        return True
    try:
        port = url.port or 443
    except ValueError:
        return False
    return url.scheme == "https" and bool(url.hostname) and port in _PORTS


def delivery(telegram: TelegramSettings, hook: Mapping[str, Any]) -> Finding:
    """Whether updates come the way the settings say; `hook` is a `WebhookInfo`."""
    theirs, ours = str(hook.get("url") or ""), telegram.webhook_url
    if not ours and theirs:
        detail = f"settings say polling, Telegram delivers to a webhook on {_host(theirs)}"
        remedy = "`run` removes it; is another installation using this token?"
        return Finding("telegram.delivery", Status.WARN, detail, remedy)
    if not ours:
        return Finding("telegram.delivery", Status.OK, "by polling")
    if theirs != ours:
        detail = f"Telegram delivers to {_host(theirs) or 'nobody'}, not to {_host(ours)}"
        return Finding("telegram.delivery", Status.WARN, detail, "`run` sets the webhook")
    return _webhook_health(hook)


def _webhook_health(hook: Mapping[str, Any]) -> Finding:
    failed_at = hook.get("last_error_date")
    waiting = int(hook.get("pending_update_count") or 0)
    if failed_at and datetime.now(UTC) - datetime.fromtimestamp(failed_at, UTC) < _RECENT:
        detail = f"Telegram's last delivery failed: {hook.get('last_error_message', 'no reason')}"
        remedy = f"is `run` up, and does the proxy pass {WEBHOOK_PATH} to it?"
        return Finding("telegram.delivery", Status.FAIL, f"{detail} ({waiting} waiting)", remedy)
    if waiting > _MANY_WAITING:
        detail = f"{waiting} updates wait at Telegram"
        return Finding("telegram.delivery", Status.WARN, detail, "is `run` up?")
    return Finding("telegram.delivery", Status.OK, f"by webhook, {waiting} waiting")


def _host(url: str) -> str:
    """The host alone: a path may be as secret as a password."""
    return urlsplit(url).hostname or ""


def clock_finding(theirs: datetime | None, ours: datetime) -> Finding:
    """How far this machine's clock is from Telegram's `Date`, which has whole seconds."""
    if theirs is None:
        detail = "not compared: Telegram did not answer"
        return Finding("clock", Status.WARN, detail, "is there a network?")
    apart = abs(ours - theirs)
    detail = f"{apart.total_seconds():.0f} s from Telegram's"
    if apart <= _SLOW:
        return Finding("clock", Status.OK, detail)
    status = Status.FAIL if apart > _WRONG else Status.WARN
    return Finding("clock", status, detail, "let the system keep its time (timedatectl set-ntp on)")
