"""One event being answered: who wrote, in what transaction, and the answers so far."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from bot.accounts.entrance import Entrance
from bot.accounts.model import Identity, User
from bot.core.clock import Clock
from bot.flows.ports import FlowWork
from bot.flows.rules import Rules
from bot.i18n.catalog import Texts, texts_in
from bot.messaging.model import (
    LATE,
    Attachment,
    Button,
    Change,
    Incoming,
    MessageKind,
    MessageRef,
    Outgoing,
    Paragraph,
    Style,
)

COMMAND_PREFIX = "c"  # of a button that stands for a command

Rows = Sequence[Sequence[Button]]


class Later(Protocol):
    """What cannot be done inside the transaction: it awaits the world, and has units of its own.

    It marks the event as done in its last unit. `interrupted` is set when an event that overtakes
    (cancel, end, stop) waits behind it.
    """

    def __call__(self, incoming: Incoming, interrupted: asyncio.Event, /) -> Awaitable[None]: ...


@dataclass(slots=True)
class Scene:
    """Collects what is said in answer to one event; everything goes out with the commit.

    Args:
        part: names one of several units that answer the same event, so that the keys of their
            messages differ.
        has_shown: whether the message whose button was pressed has been replaced.
    """

    work: FlowWork
    incoming: Incoming
    identity: Identity
    user: User
    now: datetime
    rules: Rules
    part: str = ""
    has_shown: bool = field(default=False, init=False)
    _said: int = field(default=0, init=False)

    @property
    def texts(self) -> Texts:
        return texts_in(self.user.ui_language)

    @property
    def place(self) -> str:
        """Where this happens, as flow states remember it."""
        return f"{self.incoming.address.platform}:{self.incoming.address.room}"

    def save_user(self, user: User) -> User:
        """Store changes of the person; later steps of this event see them."""
        self.user = self.work.users.save(user)
        return self.user

    def text(self, key: str, style: Style = Style.PLAIN, /, **params: object) -> Paragraph:
        """A paragraph of the catalog's text for `key`."""
        return Paragraph(self.texts(key, **params), style)

    def button(self, key: str, data: str, /, **params: object) -> Button:
        return Button(self.texts(key, **params), data)

    def say(
        self,
        *body: Paragraph,
        buttons: Rows = (),
        kind: MessageKind = MessageKind.NOTICE,
        attachment: Attachment | None = None,
        key: str | None = None,
        extra: dict[str, str] | None = None,
    ) -> None:
        """Send a message to where the event came from.

        Args:
            key: of the outbox row, where it must be the same over retries that may say different
                things; otherwise it follows from the event and its place among the answers.
        """
        self._put(
            Outgoing(
                key=key or self._next_key(),
                to=self.incoming.address,
                kind=kind,
                body=body,
                buttons=_frozen(buttons),
                attachment=attachment,
                extra=extra or {},
            )
        )

    def show(self, *body: Paragraph, buttons: Rows = ()) -> None:
        """Replace the message whose button was pressed; without one, send a new message.

        What has been put in its place once stays: what is shown after it is a message of its own.

        Raises:
            ForeignMessage: it was written for somebody else.
        """
        target = self._pressed()
        if target is None or self.has_shown:
            self.say(*body, buttons=buttons, kind=MessageKind.PROMPT)
            return
        self.has_shown = True
        self._put(
            Outgoing(
                key=self._next_key(),
                to=self.incoming.address,
                kind=MessageKind.PROMPT,
                change=Change.EDIT,
                target=target,
                body=body,
                buttons=_frozen(buttons),
            )
        )

    def _pressed(self) -> MessageRef | None:
        """The message whose button was pressed, unless somebody else's command stands there."""
        incoming = self.incoming
        if incoming.data is None or incoming.message is None:
            return None
        is_seen_by_others = incoming.is_shared and not incoming.is_whispered
        if not is_seen_by_others or self.work.outbox.was_for(self.user.id, incoming.message):
            return incoming.message
        if incoming.data.partition(":")[0] == COMMAND_PREFIX:  # may be typed by anybody
            return None
        raise ForeignMessage

    def answer_button(self, notice: str = "", *, is_alert: bool = False) -> None:
        """Tell the platform that a press was seen, with a short notice or none."""
        if self.incoming.callback_id is None:
            return
        self._put(
            Outgoing(
                key=f"{self.incoming.key}:{self.part}pressed",
                to=self.incoming.address,
                kind=MessageKind.CALLBACK,
                change=Change.ANSWER_BUTTON,
                callback_id=self.incoming.callback_id,
                body=(Paragraph(notice),) if notice else (),
                extra={"alert": "1"} if is_alert else {},
            )
        )

    def react(self, emoji: str, target: MessageRef) -> None:
        self._put(
            Outgoing(
                key=f"{self.incoming.key}:reaction",
                to=self.incoming.address,
                kind=MessageKind.CALLBACK,
                change=Change.REACT,
                target=target,
                reaction=emoji,
            )
        )

    def _next_key(self) -> str:
        self._said += 1
        return f"{self.incoming.key}:{self.part}{self._said}"

    def _put(self, message: Outgoing) -> None:
        callback_id = message.callback_id or self.incoming.callback_id
        extra = {**message.extra, **self._if_late()}
        whole = replace(message, user_id=self.user.id, callback_id=callback_id, extra=extra)
        self.work.outbox.put(whole, at=self.now)

    def _if_late(self) -> dict[str, str]:
        """What the first answer to a command begins with where its promised place is gone."""
        incoming = self.incoming
        is_promised = incoming.command is not None and incoming.callback_id is not None
        if not is_promised or self._said != 1:
            return {}
        return {LATE: self.texts("command.late", command=incoming.command)}


class Scenes:
    """Makes the scene of an event inside a transaction."""

    def __init__(self, clock: Clock, rules: Rules, entrance: Entrance) -> None:
        self.clock = clock
        self.rules = rules
        self._entrance = entrance

    def of(self, work: FlowWork, incoming: Incoming, part: str = "") -> Scene:
        now = self.clock.now()
        user, identity = self._entrance.recognise(work, incoming, now)
        return Scene(work, incoming, identity, user, now, self.rules, part)

    def look(self, work: FlowWork, incoming: Incoming) -> Scene | None:
        """The scene of somebody known, to be looked at alone; None for a stranger."""
        identity = work.identities.find(incoming.sender.platform, incoming.sender.external_id)
        if identity is None:
            return None
        user = work.users.get(identity.user_id)
        return Scene(work, incoming, identity, user, self.clock.now(), self.rules)

    def finish(self, scene: Scene) -> None:
        """The event was answered.

        Raises:
            AlreadyDone: another process answered it; the unit is to be rolled back.
        """
        if not scene.work.inbox.done(scene.incoming.key, self.clock.now()):
            raise AlreadyDone


class ForeignMessage(Exception):
    """A press that would change what somebody else was shown; its unit is rolled back."""


class AlreadyDone(Exception):
    """Another process handled this event; our unit is rolled back."""


def _frozen(rows: Rows) -> tuple[tuple[Button, ...], ...]:
    return tuple(tuple(row) for row in rows if row)
