"""What a room needs of a transaction and of the world."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.core.repository import Repository
from bot.live.room_model import LiveRoom, Member, RoomMessage, Slip


class RoomRepo(Repository[LiveRoom], Protocol):
    """Rooms, under their conversations' ids."""

    def lock(self, conversation_id: str, /) -> LiveRoom | None:
        """The room, nobody else's until this transaction ends: its lane."""
        ...

    def hand_over(self, from_user_id: str, to_user_id: str, /) -> None:
        """What one person leads or has the turn in is another's."""
        ...


class MemberRepo(Repository[Member], Protocol):
    """Who has been in."""

    def find_in(self, user_id: str, /) -> Member | None:
        """Where a person is in at the moment; they are in one room at a time."""
        ...

    def find_of(self, conversation_id: str, user_id: str, /) -> Member | None: ...
    def of_room(self, conversation_id: str, /) -> Sequence[Member]:
        """By place."""
        ...

    def of_user(self, user_id: str, /) -> Sequence[Member]: ...
    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class RoomMessageRepo(Repository[RoomMessage], Protocol):
    """What was said."""

    def of_room(self, conversation_id: str, /) -> Sequence[RoomMessage]:
        """In order, without translations."""
        ...

    def of_sender(self, conversation_id: str, user_id: str, /) -> Sequence[RoomMessage]:
        """In order, without translations."""
        ...

    def of_user(self, user_id: str, /) -> Sequence[RoomMessage]: ...
    def translation_of(self, original_id: str, language: str, /) -> RoomMessage | None: ...
    def count_since(
        self, sender_id: str, minute: datetime, day: datetime, /
    ) -> tuple[int, int]: ...
    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class RoomFiles(Protocol):
    """Files on their way to everybody in a room: one copy of the bytes, counted out."""

    def hold(self, message_id: str, blob_id: str, waiting: int, /) -> None:
        """So many wait for the file of a message."""
        ...

    def arrived(self, message_id: str, /) -> str | None:
        """One of them has it, or never will; the blob's id once nobody waits any more."""
        ...


class RoomBook(Protocol):
    """The repositories of rooms."""

    @property
    def rooms(self) -> RoomRepo: ...
    @property
    def members(self) -> MemberRepo: ...
    @property
    def messages(self) -> RoomMessageRepo: ...
    @property
    def files(self) -> RoomFiles: ...


class SlipFinder(Protocol):
    """The tutor's rules for what is worth correcting."""

    def __call__(self, text: str, language: str, level: str, /) -> Sequence[Slip]:
        """What to correct in a text, the most important first.

        Args:
            level: of the conversation, as CEFR text or "any".
        """
        ...
