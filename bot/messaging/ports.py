"""What messaging needs from a platform."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.core.storage import Storage
from bot.messaging.model import Address, Incoming, IncomingMedia, Indication, Outgoing


@dataclass(frozen=True, slots=True)
class Received:
    """An event in our terms, and `body`: as the platform said it (JSON), which is stored."""

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


class Closed(str):
    """Why a message was refused, where its room takes none at all (any more)."""


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


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast messages may go: `burst` at once, then `per_second`; 0 per second means unpaced."""

    per_second: float
    burst: int = 1


class PacedMessenger(Messenger, Protocol):
    """A messenger that knows its platform's limits."""

    @property
    def pace(self) -> Pace:
        """Of all messages of one token together."""
        ...

    def room_pace(self, address: Address, /) -> Pace:
        """Of one room."""
        ...


class StoredEvent(Protocol):
    """A stored event that waits for its work."""

    @property
    def key(self) -> str: ...
    @property
    def platform(self) -> str: ...
    @property
    def body(self) -> Mapping[str, object]: ...


class InboxRepo(Protocol):
    """Stored events."""

    def add(self, event: Received, at: datetime, /, *, overtakes: bool) -> bool: ...
    def has_overtaking(self, lane: str, /) -> bool: ...
    def waiting(self, lane: str, limit: int = 50, /) -> Sequence[StoredEvent]: ...
    def waiting_lanes(self) -> Sequence[str]: ...


class ClaimRepo(Protocol):
    """Names this process works on."""

    def take(self, name: str, now: datetime, /) -> bool: ...
    def release(self, name: str, /) -> None: ...
    def living(self, now: datetime, /) -> Sequence[str]: ...


class InboxWork(Protocol):
    """What storing and claiming events needs of a transaction."""

    @property
    def inbox(self) -> InboxRepo: ...
    @property
    def claims(self) -> ClaimRepo: ...
    def wake_lane(self, lane: str, /) -> None:
        """Tell the process that works on `lane` that something waits there."""
        ...


class OutboxRepo(Protocol):
    """Stored messages."""

    def adopt(
        self, platform: str, living: Sequence[str], at: datetime, mine: Collection[str] = (), /
    ) -> Sequence[Outgoing]: ...
    def release(self, keys: Collection[str], /) -> None: ...
    def begin(self, key: str, /) -> None: ...
    def not_sent(self, key: str, error: str, /) -> None: ...
    def store(self, *signs: Outgoing, at: datetime) -> None: ...
    def move_room(self, platform: str, old: str, new: str, /) -> None: ...
    def find_message_id(self, key: str, /) -> str | None:
        """What the platform calls the message of a row; None: it was not sent, or long ago."""
        ...

    def is_open(self, key: str, /) -> bool:
        """Whether it is still to be sent."""
        ...

    def settle(
        self, key: str, at: datetime, /, *, message_id: str | None, error: str | None
    ) -> None: ...


class Contacts(Protocol):
    """Who can be reached where."""

    def set_blocked(self, platform: str, room: str, at: datetime | None, /) -> None: ...
    def move_room(self, platform: str, old: str, new: str, /) -> None: ...


class BlobRepo(Protocol):
    """Bytes of attachments."""

    def get(self, blob_id: str, /) -> bytes: ...
    def remove(self, *blob_ids: str) -> None: ...


class OutboxWork(Protocol):
    """What sending needs of a transaction."""

    @property
    def outbox(self) -> OutboxRepo: ...
    @property
    def claims(self) -> ClaimRepo: ...
    @property
    def identities(self) -> Contacts: ...
    @property
    def blobs(self) -> BlobRepo: ...


class Settled(Protocol):
    """Told in the unit that marks a row: as what it was sent, or why it never will be."""

    def __call__(
        self, work: OutboxWork, message: Outgoing, message_id: str | None, error: str | None, /
    ) -> None: ...


InboxStorage = Storage[InboxWork]
OutboxStorage = Storage[OutboxWork]
