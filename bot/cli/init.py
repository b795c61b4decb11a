"""`linguaflex init`: asks for keys, checks each against its service, and writes `.env`.

What `.env` says stays unless it is answered anew, and nothing secret is shown but the link that
makes its opener an admin.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.cli.env_file import merged, read_text, write_private
from bot.cli.findings import Finding, Scrubber, Status, render_lines
from bot.cli.questions import Questions
from bot.core.errors import ServiceFailure
from config.logging import configure
from config.settings import PREFIX, Settings, load_settings

ENV_FILE = Path(".env")
_KEYS = "encryption_keys"


@dataclass(frozen=True, slots=True)
class Question:
    """A setting, by its path in the settings, and how it is asked for.

    Args:
        needs: settings without which this one is not asked for.
    """

    setting: str
    prompt: str
    is_secret: bool = True
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """Settings that are checked together.

    Args:
        checked: the finding that says whether they are right; a prefix of its name.
    """

    title: str
    checked: str
    look: Callable[[Settings], Awaitable[Sequence[Finding]]]
    questions: tuple[Question, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """For scripts; what is in the environment counts too, and is not written down."""
    parser.add_argument(
        "--telegram-token", metavar="TOKEN", help="as @BotFather gives it; others may see it in ps"
    )
    parser.add_argument("--yes", action="store_true", help="ask nothing, keep what is set")


def run(arguments: argparse.Namespace) -> int:
    """Set up in this folder; 1 when something given was refused or the database cannot be used."""
    configure("text", "ERROR")
    given = {"telegram.token": arguments.telegram_token} if arguments.telegram_token else {}
    print(f"Settings go to {ENV_FILE.absolute()}. Enter keeps what is set, or leaves it out.")
    try:
        return asyncio.run(Setup(Questions(is_silent=arguments.yes), given).run())
    except OSError as error:
        print(f"linguaflex init: {error.filename or ENV_FILE}: {error.strerror}", file=sys.stderr)
        return 1


class Setup:
    """One run of `init`.

    Args:
        given: settings that need not be asked for.
    """

    def __init__(self, questions: Questions, given: Mapping[str, str]) -> None:
        self._questions = questions
        self._given = dict(given)
        self._changes: dict[str, str] = {}
        self._settings = load_settings(ENV_FILE)

    async def run(self) -> int:
        """The exit status."""
        is_fine = all([await self._settle(topic) for topic in topics()])
        if not await self._has_keys():
            return 1
        self._write()
        return 0 if await self._open_database() and is_fine else 1

    async def _settle(self, topic: Topic) -> bool:
        """Ask and check, again while the service refuses; False where nobody can be asked again."""
        before = dict(self._changes)
        answers = self._answers(topic)
        self._set(answers)
        while await self._check(topic) is Status.FAIL:
            if self._questions.is_silent:
                if answers:
                    print(f"{topic.title}: what was given is left out.")
                self._changes = before
                self._set({})
                return not answers
            print("Again, or Enter keeps it all the same.")
            answers = self._answers(topic)
            if not answers:
                break
            self._set(answers)
        return True

    def _answers(self, topic: Topic) -> dict[str, str]:
        answers: dict[str, str] = {}
        for question in topic.questions:
            if not all(name in answers or self._is_set(name) for name in question.needs):
                continue
            answer = self._given.pop(question.setting, "") or self._ask(question)
            if answer:
                answers[question.setting] = answer
        return answers

    def _ask(self, question: Question) -> str:
        is_set = self._is_set(question.setting)
        prompt = f"{question.prompt} [set]" if is_set else question.prompt
        ask = self._questions.ask_secret if question.is_secret else self._questions.ask
        return ask(prompt)

    def _is_set(self, setting: str) -> bool:
        return value_of(self._settings, setting) is not None

    async def _check(self, topic: Topic) -> Status:
        """Show how the topic is doing; the worst of it."""
        print(f"{topic.title}: checking", flush=True)
        scrubber = Scrubber(self._settings)
        findings = [
            f for f in await topic.look(self._settings) if f.check.startswith(topic.checked)
        ]
        for finding in findings:
            print("\n".join(render_lines(scrubber.clean(finding))), flush=True)
        return Status.FAIL if any(f.status is Status.FAIL for f in findings) else Status.OK

    def _set(self, changes: Mapping[str, str]) -> None:
        self._changes.update(changes)
        self._settings = load_settings(ENV_FILE, **_nested(self._changes))

    async def _has_keys(self) -> bool:
        """Make keys where there are none; False where a database is sealed with others."""
        from bot.cli.admin_link import is_sealed_otherwise
        from bot.storage.vault import generate_key, parse_keys

        if self._settings.encryption_keys is not None:
            try:
                parse_keys(self._settings.encryption_keys.get_secret_value())
            except ValueError as error:
                print(f"LINGUAFLEX_ENCRYPTION_KEYS: {error}. Nothing was written.")
                return False
            return True
        keys = generate_key()
        try:
            is_sealed = await is_sealed_otherwise(self._settings.database_url, keys)
        except ServiceFailure as failure:
            print(f"The database cannot be looked at: {failure}. Nothing was written.")
            return False
        if is_sealed:
            print(
                "The database was sealed with keys that are not set. Put LINGUAFLEX_ENCRYPTION_KEYS"
                " back, or name another LINGUAFLEX_DATABASE_URL. Nothing was written."
            )
            return False
        self._set({_KEYS: keys})
        print("A key for encryption was made. Keep a copy of it: without it nothing can be read.")
        return True

    def _write(self) -> None:
        changes = {_variable(setting): value for setting, value in self._changes.items()}
        write_private(ENV_FILE, merged(read_text(ENV_FILE), changes))
        print(f"Wrote {ENV_FILE}: {', '.join(changes) or 'nothing new'}")
        environment = {name.upper() for name in os.environ}
        for name in changes.keys() & environment:
            print(f"{name} is set in the environment as well, and that one counts.")

    async def _open_database(self) -> bool:
        """Bring it up to date and print the link; False where that cannot be done."""
        from bot.cli.admin_link import BotIsRunning, bring_up_to_date

        try:
            await bring_up_to_date(self._settings.database_url)
            print("The database is up to date.")
            await self._print_link()
        except BotIsRunning:
            print(
                "The bot is running and has the database: stop it and run `linguaflex init` again"
                " for an admin link, or name yourself in LINGUAFLEX_ADMINS."
            )
            return False
        except ServiceFailure as failure:
            print(f"No admin link: {failure}")
            return False
        print("Next: `linguaflex doctor`, then `linguaflex run`.")
        return True

    async def _print_link(self) -> None:
        from bot.cli.admin_link import admin_link
        from bot.cli.bot_api import ask

        telegram, keys = self._settings.telegram, self._settings.encryption_keys
        if telegram.token is None or keys is None:
            print("No admin link yet: there is no Telegram bot to open it with.")
            return
        me = await ask(telegram.api_url, telegram.token.get_secret_value(), "getMe")
        link = await admin_link(
            self._settings.database_url, keys.get_secret_value(), str(me.result["username"])
        )
        print(f"Whoever opens this within a day becomes an admin; it works once:\n{link}")


def topics() -> Sequence[Topic]:
    """What is asked, in order; whom vendors shall tell stands before what they tell."""
    from bot.cli.checks import check_engines, check_mail
    from bot.cli.discord_checks import check_discord
    from bot.cli.stripe_checks import check_stripe
    from bot.cli.telegram_checks import check_telegram
    from bot.cli.web_checks import check_public_address
    from bot.cli.zoom_checks import check_zoom

    return (
        Topic(
            "Telegram",
            "telegram.token",
            check_telegram,
            (Question("telegram.token", "Telegram bot token, from @BotFather"),),
        ),
        Topic(
            "Voice",
            "voice.",
            check_engines,
            (
                Question("hume.api_key", "Hume API key (none: the voice on this machine)"),
                Question("openai.api_key", "OpenAI API key, for speech and chat"),
            ),
        ),
        Topic("Mail", "mail", check_mail, _MAIL),
        Topic(
            "Discord",
            "discord.token",
            check_discord,
            (Question("discord.token", "Discord bot token, from discord.com/developers"),),
        ),
        Topic("Public address", "web.public_url", check_public_address, _WEB),
        Topic("Zoom", "zoom", check_zoom, _ZOOM),
        Topic("Stripe", "stripe", check_stripe, _STRIPE),
    )


_MAIL = (
    Question("mail.smtp_url", "Mail server, smtp://user:password@host:587"),
    Question("mail.from", "Address our mails come from", is_secret=False, needs=("mail.smtp_url",)),
)
_WEB = (
    Question(
        "web.public_url",
        "Public address of this bot, https://..., behind a proxy (none: vendors are asked)",
        is_secret=False,
    ),
)
_ZOOM = (
    Question(
        "zoom.account_id",
        "Zoom account id, of a Server-to-Server OAuth app (none: teachers give links)",
        is_secret=False,
    ),
    Question("zoom.client_id", "Zoom client id", is_secret=False, needs=("zoom.account_id",)),
    Question("zoom.client_secret", "Zoom client secret", needs=("zoom.client_id",)),
    Question(
        "zoom.hosts",
        "Zoom users that lead lessons, e-mail addresses by commas",
        is_secret=False,
        needs=("zoom.client_secret",),
    ),
    Question(
        "zoom.webhook_secret", "Zoom secret token", needs=("zoom.client_secret", "web.public_url")
    ),
)
_STRIPE = (
    Question("stripe.api_key", "Stripe secret key, sk_test_... first (none: nothing is charged)"),
    Question(
        "stripe.webhook_secret",
        "Stripe signing secret, whsec_...",
        needs=("stripe.api_key", "web.public_url"),
    ),
)


def value_of(settings: Settings, path: str) -> object:
    """The value at a dotted path, by the names used in the environment."""
    value: object = settings
    for name in path.split("."):
        value = getattr(value, "sender" if name == "from" else name)
    return value


def _nested(changes: Mapping[str, str]) -> dict[str, object]:
    nested: dict[str, object] = {}
    for setting, value in changes.items():
        group, _, name = setting.rpartition(".")
        if not group:
            nested[name] = value
            continue
        inner = nested.setdefault(group, {})
        assert isinstance(inner, dict)  # noqa: S101 - no group is named like a setting
        inner[name] = value
    return nested


def _variable(setting: str) -> str:
    return PREFIX + setting.replace(".", "__").upper()
