"""What availability needs of a transaction and of the outside."""

from typing import Protocol

from bot.core.repository import Repository
from bot.scheduling.schedule import Schedule


class ScheduleRepo(Repository[Schedule], Protocol):
    """Schedules, one a teacher; found by the teacher's id."""

    def find(self, teacher_id: str, /) -> Schedule | None: ...
    def move_of_user(self, from_user_id: str, to_user_id: str, /) -> None: ...
    def remove_of_user(self, user_id: str, /) -> None: ...


class SchedulesWork(Protocol):
    """Schedules in one transaction."""

    @property
    def schedules(self) -> ScheduleRepo: ...
