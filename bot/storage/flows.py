"""Table and repository of flow states."""

from datetime import datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    select,
)

from bot.flows.state import FlowState
from bot.storage.prepared import Prepared
from bot.storage.table_repo import TableRepo
from bot.storage.types import UtcDateTime, metadata

flow_states = Table(
    "flow_states",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("user_id", String(36), ForeignKey("users.id"), nullable=False, unique=True),
    Column("flow", String(60), nullable=False),
    Column("step", String(60), nullable=False),
    Column("answers", LargeBinary, nullable=False),
    Column("returns_to", String(60)),
    Column("asked_in", String(120), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

_OF_USER = Prepared(
    select(flow_states).where(flow_states.c.user_id == bindparam("user_id")), is_kept=True
)
_DROP = delete(flow_states).where(flow_states.c.user_id == bindparam("user_id"))


class SqlFlowStates(TableRepo[FlowState]):
    """At most one flow a person."""

    table, record = flow_states, FlowState
    sealed = frozenset({"answers"})

    def find_of_user(self, user_id: str) -> FlowState | None:
        return self._one(_OF_USER, user_id=user_id)

    def drop(self, user_id: str) -> None:
        self._connection.execute(_DROP, {"user_id": user_id})

    def list_older(self, at: datetime) -> list[FlowState]:
        return list(self._all(select(flow_states).where(flow_states.c.updated_at < at)))
