"""Events and messages for tests: override only what matters."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bot.messaging.model import (
    Address,
    Incoming,
    IncomingKind,
    MessageKind,
    Outgoing,
    Paragraph,
    Sender,
)
from bot.messaging.ports import Received

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


def translate(body: Mapping[str, object]) -> Incoming:
    """What the platform "test" means by a stored body."""
    person = str(body["person"])
    return Incoming(
        key=f"test:{body['key']}",
        kind=IncomingKind.TEXT,
        sender=Sender("test", person, "Ana"),
        address=Address("test", person),
        at=NOW,
        text=str(body["text"]),
    )


def an_event(key: object, person: str = "7", text: str = "hello") -> Received:
    body = {"key": str(key), "person": person, "text": text}
    return Received(translate(body), body)


def a_message(
    key: object,
    room: str = "7",
    kind: MessageKind = MessageKind.TUTOR_REPLY,
    text: str = "hi",
    platform: str = "test",
    **changes: object,
) -> Outgoing:
    return Outgoing(
        key=str(key),
        to=Address(platform, room),
        kind=kind,
        body=(Paragraph(text),),
        **changes,  # type: ignore[arg-type] # one dict, many types
    )
