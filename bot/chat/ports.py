"""What the relay needs of a transaction and of the world."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.accounts.ports import AccountsWork
from bot.accounts.teacher_ports import TeachersWork
from bot.chat.model import (
    ChatMessage,
    Copy,
    DeliveryState,
    Focus,
    Hall,
    Passage,
    Report,
    Thread,
)
from bot.core.repository import Repository
from bot.jobs.model import Job
from bot.messaging.model import Address, Outgoing


class ThreadRepo(Repository[Thread], Protocol):
    """Pairs of student and teacher."""

    def find_pair(self, student_id: str, teacher_id: str, /) -> Thread | None: ...
    def find_at(self, place: str, /) -> Thread | None: ...
    def of_user(self, user_id: str, /) -> Sequence[Thread]: ...


class ChatMessageRepo(Repository[ChatMessage], Protocol):
    """What was written."""

    def of_source(self, place: str, source_id: str, /) -> Sequence[ChatMessage]: ...
    def written_at(self, place: str, limit: int, /) -> Sequence[ChatMessage]: ...
    def held(self, thread_id: str, sender_id: str, /) -> Sequence[ChatMessage]: ...
    def latest(
        self, thread_id: str, limit: int, /, *, until: datetime | None = None
    ) -> Sequence[ChatMessage]: ...
    def translations_of(self, original_id: str, /) -> Sequence[ChatMessage]: ...
    def count_since(
        self, sender_id: str, minute: datetime, day: datetime, /
    ) -> tuple[int, int]: ...
    def of_user(self, user_id: str, /) -> Sequence[ChatMessage]: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class CopyRepo(Protocol):
    """What partners see of messages."""

    def add(self, copy: Copy, /) -> None: ...
    def find_at(self, place: str, ref: str, /) -> Copy | None: ...
    def of_message(self, message_id: str, /) -> Sequence[Copy]: ...
    def waiting_at(self, place: str, /) -> Sequence[Copy]: ...
    def settle(self, key: str, state: DeliveryState, ref: str | None, /) -> Passage | None:
        """Write down what became of a copy; None when it was taken back meanwhile."""
        ...

    def remove(self, key: str, /) -> None: ...


class FocusRepo(Protocol):
    """To whom plain messages go."""

    def find(self, user_id: str, /) -> Focus | None: ...
    def put(self, focus: Focus, /) -> None: ...
    def drop(self, user_id: str, /) -> None: ...


class HallRepo(Protocol):
    """Channels for rooms of students."""

    def find(self, user_id: str, /) -> Hall | None: ...
    def put(self, hall: Hall, /) -> None: ...
    def drop(self, user_id: str, /) -> None: ...


class ReportRepo(Repository[Report], Protocol):
    """What was reported and waits for an administrator; a verdict removes it."""

    def waiting(self) -> Sequence[Report]: ...
    def of_user(self, user_id: str, /) -> Sequence[Report]: ...


class ChatBook(Protocol):
    """The relay's repositories."""

    @property
    def threads(self) -> ThreadRepo: ...
    @property
    def messages(self) -> ChatMessageRepo: ...
    @property
    def copies(self) -> CopyRepo: ...
    @property
    def focuses(self) -> FocusRepo: ...
    @property
    def halls(self) -> HallRepo: ...
    @property
    def reports(self) -> ReportRepo: ...
    def remove_of_user(self, user_id: str, /) -> None:
        """What a person wrote, chose and reported; what others wrote to them stays theirs."""
        ...

    def merge(self, old: str, new: str, /) -> None:
        """Everything of one person becomes another's: they were one all along."""
        ...


class OutboxPort(Protocol):
    """Messages to send."""

    def put(self, *messages: Outgoing, at: datetime) -> None: ...


class JobPort(Protocol):
    """Promises."""

    def put(self, *wanted: Job) -> None: ...


class BlobPort(Protocol):
    """Bytes of attachments."""

    def add(
        self,
        user_id: str,
        mime: str,
        data: bytes,
        at: datetime,
        /,
        *,
        expires_at: datetime | None,
    ) -> str: ...
    def get(self, blob_id: str, /) -> bytes: ...
    def remove(self, *blob_ids: str) -> None: ...


class ChatWork(AccountsWork, TeachersWork, Protocol):
    """Everything carrying a message may touch, in one transaction."""

    @property
    def chat(self) -> ChatBook: ...
    @property
    def outbox(self) -> OutboxPort: ...
    @property
    def jobs(self) -> JobPort: ...
    @property
    def blobs(self) -> BlobPort: ...


@dataclass(frozen=True, slots=True)
class Heard:
    """What a voice note says, in the language it was spoken in (None: not told)."""

    text: str
    language: str | None


class Transcriber(Protocol):
    """Writes down what is said."""

    async def transcribe(self, data: bytes, /, *, languages: Sequence[str]) -> Heard | None:
        """The words of a recording in any common container.

        Args:
            languages: the only ones considered, the likeliest first.

        Returns:
            None: there is no speech in it.

        Raises:
            ServiceFailure: nobody could listen; try again later.
        """
        ...


class Translator(Protocol):
    """Says in one language what was written in another."""

    @property
    def is_available(self) -> bool: ...

    async def translate(self, text: str, /, *, into: str) -> str:
        """Raises ServiceFailure when no engine answered."""
        ...


class Offer(StrEnum):
    """What rooms somebody may have opened in a channel, or why none."""

    PRIVATE = "private"
    OPEN = "open"
    NOT_MANAGER = "not_manager"
    NO_ROOMS = "no_rooms"

    @property
    def is_refusal(self) -> bool:
        return self in (Offer.NOT_MANAGER, Offer.NO_ROOMS)


class Rooms(Protocol):
    """A platform that can open a room inside a channel.

    Every method raises ServiceFailure: try again later.
    """

    async def offer(self, place: Address, person: str, /, *, is_vouched: bool) -> Offer:
        """What `person` may have opened in a channel.

        Args:
            person: the platform's id.
            is_vouched: the platform itself lets managers alone ask for it.
        """
        ...

    async def find_empty(self, place: Address, title: str, /) -> Sequence[Address]:
        """Rooms of ours in that channel in which nobody is and nothing was said."""
        ...

    async def open(self, place: Address, title: str, /) -> Address:
        """A room for one thread, with nobody in it yet.

        Raises:
            Undeliverable: it cannot be opened there.
        """
        ...

    async def invite(self, room: Address, guests: Sequence[str], /) -> None:
        """Let people in, by the platform's ids; who cannot come is left out."""
        ...
