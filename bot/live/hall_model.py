"""Where live conversations are announced, what stands there of them, and rooms made for people."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.core.entity import Entity
from bot.live.model import RoomKind


class Trouble(StrEnum):
    """What a server does not let us do.

    CLOSED: nothing can be posted in the channel. EVENTS: no right to plan events. FULL: it has as
    many events as a server can have. ROOMS: no right to make rooms.
    """

    CLOSED = "closed"
    EVENTS = "events"
    FULL = "full"
    ROOMS = "rooms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Board(Entity):
    """A channel in which live conversations are announced; a server has one.

    Args:
        user_id: who chose it: announcements are in their language, and they hear of trouble.
            None: they left us.
        server: as `place`; of a Telegram group, the group itself.
        place: the channel, as one word ("discord:123").
        troubles: what its manager was told.
    """

    user_id: str | None
    platform: str
    server: str
    place: str
    since: datetime
    troubles: tuple[Trouble, ...] = ()

    def told(self, trouble: Trouble) -> "Board":
        return replace(self, troubles=(*self.troubles, trouble))


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting(Entity):
    """One conversation on one board.

    Args:
        is_posted: its message was promised, once and for all; `message_id` is known when it is
            there, and forgotten when somebody took it away.
        event_id: in the server's calendar, once it stands there.
        shown, noted: digests of what message and calendar say; `noted` stays when the entry was
            taken away there, so that it is not made again.
        under_way: the outbox row that is not settled yet; there is one at a time.
        is_stale: something changed meanwhile.
    """

    conversation_id: str
    board_id: str
    is_posted: bool = False
    message_id: str | None = None
    event_id: str | None = None
    shown: str = ""
    noted: str = ""
    under_way: str | None = None
    is_stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HallRoom(Entity):
    """A voice or stage channel made for one conversation, and removed after it.

    Args:
        place: the channel, as one word.
        server: as `Board.server`.
        admitted: digest of who may come in.
    """

    conversation_id: str
    server: str
    place: str
    kind: RoomKind
    opened_at: datetime
    closed_at: datetime | None = None
    admitted: str = ""
