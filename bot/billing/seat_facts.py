"""What a seat in a live conversation is bought as: by whom, from whom, for when and how much."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.money import Money
from bot.core.timespan import Timespan


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatFact:
    """What an invoice of a seat is made from.

    Args:
        teacher_id: who is paid for it.
        booked: from when to when the conversation is planned.
        language: of the conversation, BCP 47.
        held_until: how long the seat is kept for whoever pays; None: it is not held (any more).
    """

    seat_id: str
    conversation_id: str
    student_id: str
    teacher_id: str
    booked: Timespan
    language: str
    price: Money
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatEvidence:
    """What was bought, as it was then; it follows a conversation that is moved."""

    conversation_id: str
    booked: Timespan
    language: str
    price_minor: int
