"""Table and repository of jobs: due in the app's clock, leased in real time."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.jobs.model import Job
from bot.storage.types import UtcDateTime, metadata
from bot.storage.vault import Keyring

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(160), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("key", String(120), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("payload", LargeBinary),
    Column("finished_at", UtcDateTime),
    Column("error", String(200)),
    Index("ix_jobs_due", "finished_at", "due_at"),
)

_INSERT = {
    "sqlite": sqlite.insert(jobs).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(jobs).on_conflict_do_nothing(),
}


class SqlJobs:
    """Implements `JobQueue` and `JobStore`."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring

    def put(self, *wanted: Job) -> None:
        """Promise; a job that was already put (same kind and key) stays as it is."""
        for job in wanted:
            self._connection.execute(
                _INSERT[self._connection.dialect.name],
                {
                    "id": job.id,
                    "kind": job.kind,
                    "key": job.key,
                    "due_at": job.due_at,
                    "attempts": 0,
                    "payload": self._keyring.seal(json.dumps(dict(job.payload)).encode()),
                },
            )

    def claim(
        self, due_by: datetime, real_now: datetime, lease: timedelta, limit: int
    ) -> Sequence[Job]:
        """Take up to `limit` due jobs; nobody else gets them before the lease ends."""
        free = (
            select(jobs.c.id)
            .where(jobs.c.finished_at.is_(None), jobs.c.due_at <= due_by)
            .where(or_(jobs.c.leased_until.is_(None), jobs.c.leased_until < real_now))
            .order_by(jobs.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = self._connection.execute(
            update(jobs)
            .where(jobs.c.id.in_(free.scalar_subquery()))
            .values(leased_until=real_now + lease, attempts=jobs.c.attempts + 1)
            .returning(jobs)
        )
        found = [
            Job(
                kind=row.kind,
                key=row.key,
                due_at=row.due_at,
                attempts=row.attempts,
                payload=json.loads(self._keyring.open(row.payload)),
            )
            for row in rows
        ]
        return sorted(found, key=lambda job: job.due_at)

    def finish(self, job_id: str, at: datetime, error: str | None = None) -> None:
        self._connection.execute(
            _FINISH, {"wanted": job_id, "at": at, "why": error and error[:200]}
        )

    def postpone(self, job_id: str, due_at: datetime, error: str | None = None) -> None:
        """Try again at `due_at`."""
        self._connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(due_at=due_at, leased_until=None, error=error and error[:200])
        )

    def next_due(self) -> datetime | None:
        return self._connection.execute(
            select(jobs.c.due_at)
            .where(jobs.c.finished_at.is_(None))
            .order_by(jobs.c.due_at)
            .limit(1)
        ).scalar()

    def count_waiting(self) -> int:
        return len(
            self._connection.execute(select(jobs.c.id).where(jobs.c.finished_at.is_(None))).all()
        )

    def remove_finished(self, before: datetime) -> None:
        self._connection.execute(delete(jobs).where(jobs.c.finished_at < before))


_FINISH = (
    update(jobs)
    .where(jobs.c.id == bindparam("wanted"))
    .values(finished_at=bindparam("at"), payload=None, error=bindparam("why"))
)
