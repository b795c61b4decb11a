"""What booking asks of payments and of meetings; filled where the product is put together."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.accounts.gigs import Gig
from bot.accounts.model import User
from bot.flows.lesson_words import Reader
from bot.flows.ports import FlowWork
from bot.flows.scene import Rows
from bot.scheduling.model import Booking


class Needed(StrEnum):
    """What stands between a student and a paid lesson."""

    NOTHING = "nothing"
    CARD = "card"
    PAYMENT = "payment"


class Payments(Protocol):
    """Who may book a paid lesson."""

    def may_book(self, work: FlowWork, user: User, gig: Gig, /) -> Needed:
        """PAYMENT: an invoice is open; CARD: no card is saved."""
        ...


class Meetings(Protocol):
    """The meetings that lessons take place in."""

    def came(self, work: FlowWork, booking: Booking, /) -> frozenset[str] | None:
        """Who of the two was seen there so far; None: nothing is known of a meeting."""
        ...

    def inside(self, work: FlowWork, booking: Booking, /) -> frozenset[str]:
        """Who of the two is there at the moment, as far as is known."""
        ...

    def tells_end(self, work: FlowWork, booking: Booking, /) -> bool:
        """Whether the meeting's end will be told, so that nobody else ends the lesson."""
        ...

    def minutes(self, work: FlowWork, booking: Booking, now: datetime, /) -> int:
        """Minutes both were there at once so far, as they would be billed."""
        ...

    def join_link(self, work: FlowWork, booking: Booking, user_id: str, /) -> str | None:
        """The person's own way in; None: there is none (yet)."""
        ...

    def door_rows(self, work: FlowWork, booking: Booking, reader: Reader, /) -> Rows:
        """What else they can do about the room: open it as its host, give a link."""
        ...


class NothingNeeded:
    """Without payments: everybody may book. Implements `Payments`."""

    def may_book(self, _: FlowWork, __: User, ___: Gig, /) -> Needed:
        return Needed.NOTHING


class NoMeetings:
    """Without meetings: nothing is known of who came. Implements `Meetings`."""

    def came(self, _: FlowWork, __: Booking, /) -> frozenset[str] | None:
        return None

    def inside(self, _: FlowWork, __: Booking, /) -> frozenset[str]:
        return frozenset()

    def tells_end(self, _: FlowWork, __: Booking, /) -> bool:
        return False

    def minutes(self, _: FlowWork, __: Booking, ___: datetime, /) -> int:
        return 0

    def join_link(self, _: FlowWork, __: Booking, ___: str, /) -> str | None:
        return None

    def door_rows(self, _: FlowWork, __: Booking, ___: Reader, /) -> Rows:
        return ()
