"""Who waits for a teacher's next free hour."""

from collections.abc import Sequence

from sqlalchemy import Column, Integer, String, Table, delete, or_, select, update

from bot.scheduling.waits import SlotWait
from bot.storage.table_repo import TableRepo
from bot.storage.types import UtcDateTime, metadata

_ID = String(36)

slot_waits = Table(
    "slot_waits",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", _ID, nullable=False, index=True),
    Column("teacher_id", _ID, nullable=False, index=True),
    Column("gig_id", _ID, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("since", UtcDateTime, nullable=False),
)


class SqlSlotWaits(TableRepo[SlotWait]):
    """Waits, oldest first."""

    table, record = slot_waits, SlotWait

    def of_user(self, user_id: str) -> Sequence[SlotWait]:
        t = slot_waits.c
        return self._all(select(slot_waits).where(t.user_id == user_id).order_by(t.id))

    def of_teacher(self, teacher_id: str) -> Sequence[SlotWait]:
        t = slot_waits.c
        return self._all(select(slot_waits).where(t.teacher_id == teacher_id).order_by(t.id))

    def move_of_user(self, from_user_id: str, to_user_id: str) -> None:
        """As who waits, and as who is waited for."""
        for column in (slot_waits.c.user_id, slot_waits.c.teacher_id):
            self._connection.execute(
                update(slot_waits).where(column == from_user_id).values({column.name: to_user_id})
            )

    def remove_of_user(self, user_id: str) -> None:
        t = slot_waits.c
        theirs = or_(t.user_id == user_id, t.teacher_id == user_id)
        self._connection.execute(delete(slot_waits).where(theirs))
