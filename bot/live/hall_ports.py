"""What announcing conversations and making rooms for them needs of platforms and storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.core.repository import Repository
from bot.core.timespan import Timespan
from bot.live.hall_model import Board, HallRoom, Posting, Trouble
from bot.live.model import RoomKind
from bot.messaging.model import Address


class Phase(StrEnum):
    """How far a conversation is; OFF: it does not take place, or is no longer for everybody."""

    AHEAD = "ahead"
    RUNNING = "running"
    OVER = "over"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A conversation as a server's calendar shows it.

    Args:
        id: ours, by which it is found again.
        kind: where people meet.
        people: how many a room for it takes, whoever leads it included.
        room: for people, while it is open.
    """

    id: str
    title: str
    about: str
    span: Timespan
    phase: Phase
    kind: RoomKind
    people: int
    room: Address | None = None


Guests = Mapping[str, bool]
"""Who may come in: the platform's ids, each with whether they lead."""


class Refused(Exception):
    """A server does not let us; asking again changes nothing."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__(trouble.value)


class LiveHalls(Protocol):
    """A platform whose servers have a calendar, and rooms where people talk.

    Every method raises ServiceFailure (try again later) and Refused.
    """

    async def server_of(self, place: Address, /) -> str:
        """The platform's id of the server a channel belongs to."""
        ...

    async def announce(self, server: str, place: Address, notice: Notice, /) -> str:
        """Put it into the calendar; the id of the entry, which may have been there.

        Args:
            place: where it is announced, and more is to be read.
        """
        ...

    async def update(self, server: str, place: Address, event: str, notice: Notice, /) -> bool:
        """Have an entry say this, begin and end with it; False: it is gone, or over."""
        ...

    async def withdraw(self, server: str, event: str, /) -> None:
        """Call an entry off; does nothing where it is gone or over."""
        ...

    async def open_room(
        self, server: str, place: Address, notice: Notice, guests: Guests, /
    ) -> Address:
        """A room for these people, which may have been there.

        Args:
            place: the room is made beside this channel.
        """
        ...

    async def admit(self, server: str, room: Address, kind: RoomKind, guests: Guests, /) -> bool:
        """Let in exactly these; False: the room is gone."""
        ...

    async def close_room(self, room: Address, /) -> None:
        """Remove it, and everybody in it; does nothing where it is gone."""
        ...

    def link(self, server: str, room: Address, /) -> str:
        """Opens the room, or a channel, in the platform's clients."""
        ...


class BoardRepo(Repository[Board], Protocol):
    """Boards, one of a server."""

    def of_server(self, platform: str, server: str, /) -> Board | None: ...
    def at_place(self, place: str, /) -> Board | None: ...
    def all(self) -> Sequence[Board]:
        """Oldest first."""
        ...

    def of_user(self, user_id: str, /) -> Sequence[Board]: ...
    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None:
        """They stay, in nobody's name."""
        ...


class PostingRepo(Repository[Posting], Protocol):
    """Postings, one of a conversation on a board."""

    def lock(self, posting_id: str, /) -> Posting | None:
        """The posting, nobody else's until this transaction ends."""
        ...

    def of_conversation(self, conversation_id: str, /) -> Sequence[Posting]: ...
    def remove_of_board(self, board_id: str, /) -> None: ...


class HallRoomRepo(Repository[HallRoom], Protocol):
    """Rooms, one of a conversation at a time."""

    def open_for(self, conversation_id: str, /) -> HallRoom | None: ...
    def open_at(self, place: str, /) -> HallRoom | None: ...
    def open_on(self, platform: str, /) -> Sequence[HallRoom]: ...


class HallBook(Protocol):
    """Everything stored of boards and rooms."""

    @property
    def boards(self) -> BoardRepo: ...
    @property
    def postings(self) -> PostingRepo: ...
    @property
    def rooms(self) -> HallRoomRepo: ...
