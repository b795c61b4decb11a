"""The product on a stage: Telegram and a voice service simulated, the real program between them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bot.app import App, build
from bot.core.clock import Clock
from bot.messaging.instance import Instance
from bot.serving import Serving
from bot.simulators.hume.server import HumeSimulator
from bot.simulators.mailbox import Mailbox
from bot.simulators.scripted_brain import ScriptedBrain
from bot.simulators.telegram import ChatMessage, Person, TelegramSimulator
from bot.storage.engine import SqlStorage, open_storage
from bot.storage.vault import Keyring, generate_key, parse_keys
from config.settings import Settings, load_settings
from tests.hostile_audio import opus_note, tone

TOKEN = "1234567:a-token-of-nobody-a-token-of-nobody"
SENDER = "bot@example.org"
PATIENCE_SECONDS = 40.0

Options = dict[str, Any]


@dataclass
class Stage:
    """Simulators that run, and the keys of whichever database is used with them."""

    telegram: TelegramSimulator
    hume: HumeSimulator
    brain: ScriptedBrain
    keys: str = field(default_factory=generate_key)
    mailbox: Mailbox | None = None

    def options(self, database_url: str, **changes: Mapping[str, object] | object) -> Options:
        """Settings that point the program here; groups of `changes` are merged into ours."""
        options: Options = {
            "database_url": database_url,
            "encryption_keys": self.keys,
            "telegram": {
                "token": TOKEN,
                "api_url": self.telegram.url,
                "messages_per_second": 0,
            },
            "voice": {"engine": "hume", "fallback": "none", "guest_turns": 1_000_000},
            "hume": {"api_url": self.hume.url, "pace": 0},
        }
        if self.mailbox is not None:
            options["mail"] = {"smtp_url": self.mailbox.url, "from": SENDER}
        for name, value in changes.items():
            ours = options.get(name)
            is_group = isinstance(ours, dict) and isinstance(value, Mapping)
            options[name] = {**ours, **value} if is_group else value  # type: ignore[dict-item] # asked just before
        return options

    def settings(self, database_url: str, **changes: Mapping[str, object] | object) -> Settings:
        return load_settings(None, **self.options(database_url, **changes))

    def environment(self, database_url: str, **changes: object) -> dict[str, str]:
        """The same settings as a process of its own reads them."""
        return dict(_flat("LINGUAFLEX", self.options(database_url, **changes)))

    def look_at(self, database_url: str) -> SqlStorage:
        """The database of a program that may be running; only to be read."""
        return open_storage(database_url, Keyring(parse_keys(self.keys)), Instance())

    async def meet(self, person: Person, patience: float = PATIENCE_SECONDS) -> ChatMessage:
        """Start a practice of English as a guest; the tutor's first message."""
        await person.send_text("/start")
        doors = await person.wait(lambda m: bool(m.buttons), patience)
        await person.press(doors.message_id, data="c:talk")
        languages = await person.wait(lambda m: "English" in labels(m), patience)
        await person.press(languages.message_id, label="English")
        return await person.wait(lambda m: m.kind == "voice", patience)


@asynccontextmanager
async def a_stage(
    brain: ScriptedBrain | None = None, *, mailbox: Mailbox | None = None, **telegram: Any
) -> AsyncIterator[Stage]:
    """Simulators, started; Telegram without its sending limits unless `flood` says otherwise.

    Args:
        mailbox: running; the program sends its mails there.
    """
    brain = brain or ScriptedBrain()
    async with (
        TelegramSimulator(TOKEN, **{"flood": False, "webhook_pause": 0.05, **telegram}) as chat,
        HumeSimulator(brain) as hume,
    ):
        yield Stage(chat, hume, brain, mailbox=mailbox)


@asynccontextmanager
async def an_app(
    stage: Stage,
    database_url: str,
    *,
    clock: Clock | None = None,
    parts: frozenset[str] = frozenset({"telegram"}),
    **changes: Any,
) -> AsyncIterator[App]:
    """The whole program in this process."""
    async with build(stage.settings(database_url, **changes), clock=clock) as app:
        stop = asyncio.Event()
        serving = asyncio.create_task(Serving(app, parts).run(stop))
        try:
            yield app
        finally:
            stop.set()
            await serving


@cache
def a_note(seconds: float = 1.0) -> bytes:
    """A voice note that can be heard."""
    return opus_note(tone(seconds=seconds))


def labels(message: ChatMessage) -> list[str]:
    return [button.label for row in message.buttons for button in row]


def button(message: ChatMessage, action: str) -> str:
    """The data of the button of a turn that does `action`."""
    found = [b.data for row in message.buttons for b in row if b.data and b.data.endswith(action)]
    assert len(found) == 1, labels(message)
    return found[0]


def said(person: Person) -> list[str]:
    """What the bot has said to this person so far."""
    return [message.text for message in person.chat.messages if message.from_bot]


def _flat(prefix: str, options: Mapping[str, object]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in options.items():
        joint = "_" if prefix == "LINGUAFLEX" else "__"
        if isinstance(value, Mapping):
            pairs += _flat(f"{prefix}{joint}{name.upper()}", value)
        else:
            pairs.append((f"{prefix}{joint}{name.upper()}", str(value)))
    return pairs
