"""Looking for live conversations: what may be asked, and what comes back."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.live.model import Kind, LiveConversation, Seat, SeatStatus

MOST_COUNTED = 1_000
_SHORTEST_WORD, _LONGEST_WORD = 2, 40
_MOST_WORDS, _MOST_ASKED = 60, 5
_SHORTEST_PLURAL = 4
_UNBROKEN = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")  # Thai, Japanese, Chinese
_WORD = re.compile(rf"{_UNBROKEN.pattern}+|[^\W{_UNBROKEN.pattern[1:-1]}]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What somebody looks for; None: whatever it is.

    Args:
        now: only what begins later is found.
        level: a CEFR level; finds conversations for any level too.
        text: words of title, topic and description, each of which must be there.
        page: from 0.
        limit: how many a page has.
        asker_id: whose state is told; None: nobody's.
    """

    now: datetime
    language: str | None = None
    level: str | None = None
    kind: Kind | None = None
    is_free: bool | None = None
    text: str = ""
    page: int = 0
    limit: int = 10
    asker_id: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Of the text, longest first: they are the rarest."""
        return tuple(sorted(words_of(self.text), key=lambda w: (-len(w), w)))[:_MOST_ASKED]


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation that was found, with the asker's seat in it and their place in the line."""

    conversation: LiveConversation
    seat: Seat | None = None
    place: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A page of rows, and how many there are in all, counted up to `MOST_COUNTED`."""

    rows: Sequence[Row]
    total: int


class Standing(StrEnum):
    """How the asker stands to a conversation; none: there is a seat for them."""

    NONE = "none"
    HOST = "host"
    BOOKED = "booked"
    HELD = "held"
    OFFERED = "offered"
    WAITLISTED = "waitlisted"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class AskerState:
    """The asker's state.

    Args:
        place: in the line, from 1; 0 for who does not wait.
        seat: theirs, where they have or had one.
    """

    standing: Standing
    place: int = 0
    seat: Seat | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One conversation as it is listed."""

    conversation: LiveConversation
    host_name: str
    asker_state: AskerState


_STANDINGS = {
    SeatStatus.HELD: Standing.HELD,
    SeatStatus.CONFIRMED: Standing.BOOKED,
    SeatStatus.OFFERED: Standing.OFFERED,
    SeatStatus.WAITLISTED: Standing.WAITLISTED,
    SeatStatus.ATTENDED: Standing.BOOKED,
    SeatStatus.NO_SHOW: Standing.BOOKED,
}


def asker_state(row: Row, asker_id: str | None) -> AskerState:
    """How somebody stands to a conversation that was found."""
    conversation, seat = row.conversation, row.seat
    if asker_id is not None and conversation.is_led_by(asker_id) and seat is None:
        return AskerState(Standing.HOST)
    if seat is not None and seat.status in _STANDINGS:
        return AskerState(_STANDINGS[seat.status], row.place, seat)
    is_full = conversation.free_seats == 0
    return AskerState(Standing.FULL if is_full else Standing.NONE, seat=seat)


def words_of(*texts: str) -> frozenset[str]:
    """What a text can be found by: its words without case, accents and a plural's "s".

    Scripts that put no blanks between words are found by each of their characters.
    """
    found: dict[str, None] = {}
    for text in texts:
        for part in _WORD.findall(_plain(text)):
            if _UNBROKEN.match(part):
                found.update(dict.fromkeys(part))
            elif len(part) >= _SHORTEST_WORD:
                found.setdefault(_singular(part[:_LONGEST_WORD]))
    return frozenset(list(found)[:_MOST_WORDS])


def _plain(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))


def _singular(word: str) -> str:
    is_plural = len(word) >= _SHORTEST_PLURAL and word.endswith("s") and word.isascii()
    return word[:-1] if is_plural else word
