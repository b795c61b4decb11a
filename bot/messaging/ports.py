"""What messaging needs from a platform."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.messaging.model import Address, Incoming, IncomingMedia, Indication, Outgoing


@dataclass(frozen=True, slots=True)
class Received:
    """An event in our terms and, beside it, as the platform said it (JSON), which is what is stored."""

    incoming: Incoming
    body: Mapping[str, object]


class Receiver(Protocol):
    """The way in."""

    async def receive(self, events: Sequence[Received], /) -> None:
        """Store the events; they may be confirmed to the platform once this returns.

        Events already known (same key) fall away. Work on the rest starts at once, elsewhere.
        """
        ...

    async def settle(self, keys: Sequence[str], /) -> None:
        """Wait until these events were handled and what came of them was sent."""
        ...


class Undeliverable(Exception):
    """The platform will never take this message.

    Args:
        reason: for the log and the delivery state.
        is_blocked: the person does not want to hear from us, or the room is gone.
        moved_to: the room has this new id; send there instead.
    """

    def __init__(
        self, reason: str, *, is_blocked: bool = False, moved_to: str | None = None
    ) -> None:
        self.reason = reason
        self.is_blocked = is_blocked
        self.moved_to = moved_to
        super().__init__(reason)


class Messenger(Protocol):
    """One platform's way out, and the files that came in."""

    @property
    def platform(self) -> str: ...

    async def send(self, message: Outgoing, attachment: bytes | None, /) -> str | None:
        """Do what `message` says; returns the platform's id of the (first) message, if any.

        Raises:
            ServiceFailure: try again later (`retry_after` where the platform says when).
            Undeliverable: never try again.
        """
        ...

    async def indicate(self, address: Address, indication: Indication, /) -> None:
        """Show a sign of life; never raises."""
        ...

    async def fetch(self, media: IncomingMedia, /, *, max_bytes: int) -> bytes:
        """Download a file a person sent.

        Raises:
            ServiceFailure: the platform did not hand it out.
            FileTooLarge: it is larger than `max_bytes`, or than the platform allows bots.
        """
        ...
