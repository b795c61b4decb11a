"""The table and repository of teachers' hours."""

from dataclasses import replace

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    bindparam,
    delete,
    select,
)

from bot.core.errors import NotFound
from bot.scheduling.schedule import Schedule
from bot.storage.prepared import Prepared
from bot.storage.table_repo import TableRepo
from bot.storage.types import metadata

_ID = String(36)

schedules = Table(
    "schedules",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("teacher_id", _ID, ForeignKey("users.id"), nullable=False, unique=True),
    Column("zone", String(60), nullable=False),
    Column("rules", Text, nullable=False),
    Column("exceptions", Text, nullable=False),
    Column("busy", LargeBinary, nullable=False),
    Column("feed", LargeBinary),
    Column("notice", Text, nullable=False),
    Column("horizon", Text, nullable=False),
    Column("buffer", Text, nullable=False),
)

_OF_TEACHER = Prepared(select(schedules).where(schedules.c.teacher_id == bindparam("teacher_id")))


class SqlSchedules(TableRepo[Schedule]):
    """Schedules, one row a teacher; what a calendar said of somebody's days is sealed."""

    table, record = schedules, Schedule
    sealed = frozenset({"busy", "feed"})
    documents = frozenset({"rules", "exceptions", "notice", "horizon", "buffer"})
    owner = "teacher_id"

    def find(self, teacher_id: str, /) -> Schedule | None:
        return self._one(_OF_TEACHER, teacher_id=teacher_id)

    def get(self, teacher_id: str, /) -> Schedule:
        """Raises NotFound."""
        found = self.find(teacher_id)
        if found is None:
            raise NotFound
        return found

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        """One person of two: hours of the second one's own stay."""
        spare, kept = self.find(from_user_id), self.find(to_user_id)
        if spare is not None and (kept is None or (spare.is_open and not kept.is_open)):
            self.remove_of_user(to_user_id)
            self.save(replace(spare, teacher_id=to_user_id))
        self.remove_of_user(from_user_id)

    def remove_of_user(self, user_id: str) -> None:
        self._connection.execute(delete(schedules).where(schedules.c.teacher_id == user_id))
