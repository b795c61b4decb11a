"""What changed in a booking, as a row of its history."""

from datetime import datetime
from enum import StrEnum

from bot.scheduling.model import Booking, BookingAction, BookingEvent
from bot.scheduling.ports import BookingWork

_TOLD = (
    "status",
    "starts_at",
    "ends_at",
    "extension_minutes",
    "proposed_start",
    "notices",
)


def record(
    work: BookingWork,
    before: Booking | None,
    after: Booking,
    action: BookingAction,
    actor_id: str | None,
    now: datetime,
) -> None:
    """Write down who did what to a booking, and what it was before and is after."""
    was = {} if before is None else _told(before)
    is_so = _told(after)
    changed = [name for name in _TOLD if was.get(name) != is_so.get(name)]
    work.booking_history.add(
        BookingEvent(
            booking_id=after.id,
            actor_id=actor_id,
            action=action,
            at=now,
            before={name: was[name] for name in changed if name in was},
            after={name: is_so[name] for name in changed if name in is_so},
        )
    )


def _told(booking: Booking) -> dict[str, str]:
    values = {name: getattr(booking, name) for name in _TOLD}
    return {name: _worded(value) for name, value in values.items() if value}


def _worded(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, dict):
        return ", ".join(f"{person}: {said}" for person, said in sorted(value.items()))
    return str(value)
