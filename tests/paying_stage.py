"""People at the conversation with a fake gateway behind it: what they send, what they are told."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count

from bot.accounts.model import Identity, Role, User, UserStatus
from bot.billing.adapters.pdf import PdfPrinter
from bot.billing.model import LessonFact
from bot.billing.rules import BillingRules
from bot.core.errors import NotFound
from bot.flows.conversation import assemble
from bot.flows.dispatch import Dispatch
from bot.flows.pay_desk import PayDesk, PayingParts
from bot.flows.ports import FlowWork
from bot.jobs.model import Job
from bot.jobs.worker import Worker
from bot.messaging.model import Address, Button, Incoming, IncomingKind, Outgoing, Sender
from bot.messaging.ports import Received
from bot.storage.engine import SqlStorage
from bot.storage.work import Signal, Work
from tests.billing_stage import FakeGateway
from tests.message_builders import NOW, HandClock
from tests.people_at_a_desk import a_desk

_PLATFORM = "telegram"


class FactBook:
    """Lessons as the tests tell them. Implements `LessonFacts`."""

    def __init__(self) -> None:
        self.known: dict[str, LessonFact] = {}

    def get(self, _: FlowWork, booking_id: str, /) -> LessonFact:
        if booking_id not in self.known:
            raise NotFound
        return self.known[booking_id]


class PayingStage:
    """Told messages stay in `told`, in their order."""

    def __init__(self, storage: SqlStorage) -> None:
        parts, codes, tokens = a_desk()
        self.parts = replace(parts, storage=storage)
        self.storage = storage
        self.gateway = FakeGateway()
        self.facts = FactBook()
        self.rules = BillingRules()
        money = PayingParts(
            gateway=self.gateway,
            facts=self.facts,
            printer=PdfPrinter(),
            rules=self.rules,
            currency="EUR",
            rails={"telegram": "card"},
        )
        self.product = assemble(self.parts, codes, tokens, money=money)
        self._dispatch = Dispatch(
            storage, self.parts.scenes, self.product.conversation, self.parts.turnstile
        )
        jobs = self.product.paying.jobs()
        self.worker: Worker[Work] = Worker(storage, self.clock, jobs, is_shared=False)
        self.told: list[Outgoing] = []
        self._numbers = count(1)
        storage.on_commit(self._hear)

    @property
    def clock(self) -> HandClock:
        clock = self.parts.scenes.clock
        assert isinstance(clock, HandClock)
        return clock

    @property
    def desk(self) -> PayDesk:
        desk = self.product.paying.desk
        assert desk is not None
        return desk

    async def join(self, name: str, *roles: Role) -> None:
        user = User(
            id=name, created_at=NOW, name=name, status=UserStatus.ACTIVE, roles=frozenset(roles)
        )
        known = Identity(
            platform=_PLATFORM, external_id=name, user_id=name, room=name, is_latest=True
        )

        def unit(work: Work) -> None:
            work.users.add(user)
            work.identities.add(known)

        await self.storage.write(unit)

    async def says(self, name: str, text: str) -> list[Outgoing]:
        """A command or typed words; what everybody was told in answer."""
        command, _, rest = text.removeprefix("/").partition(" ")
        is_command = text.startswith("/")
        return await self._send(
            name,
            kind=IncomingKind.COMMAND if is_command else IncomingKind.TEXT,
            command=command if is_command else None,
            text=rest if is_command else text,
        )

    async def presses(self, name: str, data: str) -> list[Outgoing]:
        return await self._send(name, kind=IncomingKind.BUTTON, data=data, callback_id="c")

    async def end_lesson(self, fact: LessonFact) -> list[Outgoing]:
        """The lesson ended: what the jobs that follow told."""
        self.facts.known[fact.booking_id] = fact
        payload = {"booking_id": fact.booking_id}
        job = Job(kind="lesson.bill", key=fact.booking_id, due_at=self.clock.now(), payload=payload)
        await self.storage.write(lambda work: work.jobs.put(job))
        return await self.work()

    async def work(self, **later: float) -> list[Outgoing]:
        """Everything that is due after so much time."""
        self.clock.at += timedelta(**later)
        before = len(self.told)
        await self.worker.run_due()
        return self.told[before:]

    async def _send(self, name: str, **what: object) -> list[Outgoing]:
        values: dict[str, object] = {
            "key": f"{_PLATFORM}:{next(self._numbers)}",
            "sender": Sender(_PLATFORM, name, name),
            "address": Address(_PLATFORM, name),
            "at": self.clock.now(),
        }
        incoming = Incoming(**{**values, **what})  # type: ignore[arg-type] # one dict, many types
        received = Received(incoming, {})
        now, before = self.clock.now(), len(self.told)
        await self.storage.write(lambda work: work.inbox.add(received, now, overtakes=False))
        await self._dispatch.handle(incoming, asyncio.Event())
        return self.told[before:]

    def _hear(self, signals: Sequence[Signal]) -> None:
        self.told += [signal.message for signal in signals if signal.message is not None]


def texts(messages: Sequence[Outgoing], name: str) -> str:
    """All that one person was told."""
    return "\n".join(message.text for message in messages if message.to.room == name)


def buttons(messages: Sequence[Outgoing], name: str) -> list[Button]:
    """All that one person can press."""
    own = [message for message in messages if message.to.room == name]
    return [button for message in own for row in message.buttons for button in row]


def button(messages: Sequence[Outgoing], name: str, start: str) -> Button:
    """The newest button whose data begins so."""
    return [each for each in buttons(messages, name) if each.data.startswith(start)][-1]
