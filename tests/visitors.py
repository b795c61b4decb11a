"""People in a chat, told what to press and what they should read next."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from bot.accounts.archive import ArchiveFile
from bot.accounts.model import User
from bot.app import App
from bot.core.clock import Clock
from bot.core.errors import NotFound
from bot.flows.own_data import Everything, collect
from bot.simulators.mailbox import Mailbox
from bot.simulators.telegram import ChatMessage, Person
from bot.storage.work import Work
from tests.discord_visitors import DiscordVisitor
from tests.stage import PATIENCE_SECONDS, SENDER, Stage, a_note, an_app, said

JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffc0000b080001000101011100ffc40014000100000000000000"
    "000000000000000009ffda0008010100003f007fffd9"
)
_CODE = re.compile(r"\b\d{6}\b")


@dataclass
class Visitor:
    """A person; `then` is a part of what the bot says or asks next."""

    person: Person
    platform = "telegram"

    @property
    def external_id(self) -> str:
        return str(self.person.account.user_id)

    async def speak(self, then: str) -> ChatMessage:
        """Send a voice note."""
        await self.person.send_voice(a_note(), 1)
        return await self.reads(then)

    async def hears(self) -> ChatMessage:
        """The next voice note."""
        return await self.person.wait(lambda m: m.kind == "voice", PATIENCE_SECONDS)

    @property
    def texts(self) -> list[str]:
        """What the bot has said so far."""
        return said(self.person)

    async def say(self, text: str, then: str) -> ChatMessage:
        await self.person.send_text(text)
        return await self.reads(then)

    async def press(self, label: str, then: str) -> ChatMessage:
        """Press the newest button whose label begins so, or has it after its icon."""
        message, data = self.button(label)
        await self.person.press(message.message_id, data=data)
        return await self.reads(then)

    async def reads(self, part: str) -> ChatMessage:
        return await self.person.wait(lambda m: part in m.text, PATIENCE_SECONDS)

    async def forge(self, data: str) -> str:
        """Press a button with data of one's own choice; the notice that comes back."""
        shown = [message for message in self.person.chat.messages if message.from_bot]
        callback = await self.person.press(shown[-1].message_id, data=data, is_forged=True)
        answers = self.person.chat.callback_answers
        await self.person.chat.bell.until(
            lambda: next((a for a in answers if a.callback_id == callback), None), PATIENCE_SECONDS
        )
        return next(a.text for a in answers if a.callback_id == callback)

    def button(self, label: str) -> tuple[ChatMessage, str]:
        """The newest button with this label, and the message it is under."""
        for message in reversed(self.person.chat.messages):
            for row in message.buttons:
                for button in row:
                    if button.label == label or button.label.endswith(f" {label}"):
                        return message, button.data or ""
        raise AssertionError(f"no button {label!r}")

    @property
    def data(self) -> set[str]:
        """What all the buttons carry that this person ever saw and still sees."""
        rows = [row for message in self.person.chat.messages for row in message.buttons]
        return {button.data for row in rows for button in row if button.data}


Anybody = Visitor | DiscordVisitor


async def to_the_name(ana: Anybody) -> None:
    """Begin registering as a grown-up student."""
    await ana.say("/register", then="What brings you here?")
    await ana.press("I want to learn", then="How old are you?")
    await ana.press("18 or older", then="full name")


async def past_the_email(ana: Anybody) -> None:
    """Everything after the address, up to the summary."""
    await ana.press("Español", then="Which language do you want to learn?")
    await ana.press("English", then="How well do you speak")
    await ana.press("B1 · I get by on a journey", then="Which accent")
    await ana.press("English (United Kingdom)", then="Which voice")
    await ana.press("Male", then="Who shall be your tutor?")
    await ana.press("George", then="Is this your tutor?")
    await ana.press("Yes", then="In which situation")
    await ana.press("In a café", then="Is everything right?")


async def register(ana: Anybody) -> None:
    """The shortest way to being registered, without an address."""
    await to_the_name(ana)
    await ana.say("Ana García", then="e-mail")
    await ana.press("Skip", then="own language")
    await past_the_email(ana)
    await ana.press("Confirm", then="Welcome, Ana!")


async def code_from(mailbox: Mailbox) -> str:
    """The code in the next mail."""
    mail = await mailbox.wait(timeout=PATIENCE_SECONDS)
    found = _CODE.search(mail.text)
    assert found is not None, mail.text
    return found[0]


async def user_of(app: App, visitor: Anybody) -> User:
    """The person's record as it is stored."""

    def find(work: Work) -> User:
        identity = work.identities.find(visitor.platform, visitor.external_id)
        assert identity is not None
        return work.users.get(identity.user_id)

    return await app.storage.read(find)


@asynccontextmanager
async def an_app_with_mail(
    stage: Stage, url: str, mailbox: Mailbox, clock: Clock | None = None, **changes: Any
) -> AsyncIterator[App]:
    mail = {"smtp_url": mailbox.url, "from": SENDER}
    async with an_app(stage, url, clock=clock, mail=mail, **changes) as app:
        yield app


async def register_with_mail(visitor: Visitor, mailbox: Mailbox, address: str) -> None:
    """The shortest way to being registered with an address that is proved."""
    await to_the_name(visitor)
    await visitor.say("Ana García", then="e-mail")
    await visitor.say(address, then="six digits")
    await visitor.say(await code_from(mailbox), then="own language")
    await past_the_email(visitor)
    await visitor.press("Confirm", then="Welcome, Ana!")


@dataclass
class Kept:
    """Everything stored about a person, as the export tells it."""

    records: Mapping[str, Any]
    files: list[ArchiveFile]


async def stored_of(app: App, visitor: Anybody) -> Kept:
    user = await user_of(app, visitor)

    def read(work: Work) -> Kept:
        found: Everything = collect(work, app.product.records, user.id)
        files = [(name, _bytes(work, blob_id)) for name, blob_id in found.files]
        return Kept(found.records, [ArchiveFile(name, data) for name, data in files if data])

    return await app.storage.read(read)


def _bytes(work: Work, blob_id: str) -> bytes | None:
    try:
        return work.blobs.get(blob_id)
    except NotFound:
        return None


async def talk_once(person: Person) -> None:
    """A practice with one note that was answered."""
    await person.send_text("/talk")
    opening = await person.wait(lambda m: m.kind == "voice", PATIENCE_SECONDS)
    await person.send_voice(a_note(), 1)
    await person.wait(
        lambda m: m.kind == "voice" and m.from_bot, PATIENCE_SECONDS, after=opening.message_id
    )


def checkpointed_counts(url: str) -> dict[str, int]:
    """Rows by table, once the log was folded into the file."""
    engine = create_engine(make_url(url).set(drivername="sqlite+pysqlite"))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        counts = {
            name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()
            for name in names.scalars().all()
        }
        unfinished = "SELECT count(*) FROM inbox WHERE done_at IS NULL OR lane <> ''"
        counts["unfinished"] = connection.exec_driver_sql(unfinished).scalar_one()
    engine.dispose()
    return counts
