"""What booking needs of a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.accounts.ports import AccountsWork
from bot.accounts.teacher_ports import TeachersWork
from bot.core.repository import Repository
from bot.core.timespan import Timespan
from bot.jobs.ports import JobQueue
from bot.scheduling.model import Booking, BookingEvent
from bot.scheduling.schedule_ports import SchedulesWork
from bot.scheduling.waits import SlotWait


class BookingRepo(Repository[Booking], Protocol):
    """Bookings. `add` and `save` claim their quarter hours and raise SlotTaken."""

    def claiming(self, user_id: str, within: Timespan, /) -> Sequence[Booking]:
        """What takes a person's time of `within`, as student or as teacher, by start."""
        ...

    def of_person(self, user_id: str, /) -> Sequence[Booking]:
        """All they have or had a part in, in the order they were made."""
        ...

    def upcoming(self, user_id: str, now: datetime, /) -> Sequence[Booking]:
        """Confirmed or running lessons that are not over, by start."""
        ...

    def past(self, user_id: str, now: datetime, offset: int, limit: int, /) -> Sequence[Booking]:
        """Lessons that are over or will not be, newest first; holds are not among them."""
        ...

    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def held_by(self, student_id: str, /) -> Sequence[Booking]: ...
    def planned_with(self, now: datetime, other_than: str, /) -> Sequence[Booking]:
        """Future lessons whose instant was found with another version of the zone data."""
        ...


class BookingTrail(Protocol):
    """Append-only."""

    def add(self, event: BookingEvent, /) -> object: ...
    def of_booking(self, booking_id: str, /) -> Sequence[BookingEvent]:
        """Oldest first."""
        ...

    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...


class SlotWaitRepo(Repository[SlotWait], Protocol):
    """Who waits for a free hour."""

    def of_user(self, user_id: str, /) -> Sequence[SlotWait]: ...
    def of_teacher(self, teacher_id: str, /) -> Sequence[SlotWait]: ...
    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class BookingWork(AccountsWork, TeachersWork, SchedulesWork, Protocol):
    """The repositories of booking in one transaction."""

    @property
    def bookings(self) -> BookingRepo: ...
    @property
    def booking_history(self) -> BookingTrail: ...
    @property
    def slot_waits(self) -> SlotWaitRepo: ...
    @property
    def jobs(self) -> JobQueue: ...
