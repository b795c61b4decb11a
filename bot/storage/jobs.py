"""Table and repository of jobs: due in the app's clock, leased in real time."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.jobs.model import Job
from bot.storage.prepared import Prepared
from bot.storage.types import UtcDateTime, metadata
from bot.storage.vault import Keyring, Unreadable

_log = structlog.get_logger()

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
    "sqlite": Prepared(sqlite.insert(jobs).on_conflict_do_nothing()),
    "postgresql": Prepared(postgresql.insert(jobs).on_conflict_do_nothing()),
}


_FINISH = Prepared(
    update(jobs)
    .where(jobs.c.id == bindparam("wanted"), jobs.c.finished_at.is_(None))
    .values(finished_at=bindparam("at"), payload=None, error=bindparam("why"))
)


class SqlJobs:
    """Implements `JobQueue` and `JobStore`."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring
        self.has_fresh = False

    def put(self, *wanted: Job) -> None:
        """Promise; a job that was already put (same kind and key) stays as it is."""
        insert = _INSERT[self._connection.dialect.name]
        for job in wanted:
            added = insert.run(
                self._connection,
                {
                    "id": job.id,
                    "kind": job.kind,
                    "key": job.key,
                    "due_at": job.due_at,
                    "attempts": 0,
                    "payload": self._keyring.seal(json.dumps(dict(job.payload)).encode()),
                },
            )
            self.has_fresh = self.has_fresh or added == 1

    def claim(
        self,
        due_by: datetime,
        real_now: datetime,
        lease: timedelta,
        limit: int,
        kinds: Collection[str] | None = None,
    ) -> Sequence[Job]:
        """Take up to `limit` due jobs; nobody else gets them before the lease ends.

        Args:
            due_by: in the app's clock.
            real_now: in real time, as leases are.
            kinds: only these; None for all.
        """
        # A CTE, because PostgreSQL may run a plain subquery with LIMIT more than once.
        free = (
            _unleased(select(jobs.c.id), real_now, kinds)
            .where(jobs.c.due_at <= due_by)
            .order_by(jobs.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("free")
        )
        rows = self._connection.execute(
            update(jobs)
            .where(jobs.c.id.in_(select(free.c.id)))
            .values(leased_until=real_now + lease, attempts=jobs.c.attempts + 1)
            .returning(jobs)
        )
        loaded = [self._load(row, due_by) for row in rows.all()]
        return sorted((job for job in loaded if job), key=lambda job: (job.due_at, job.id))

    def extend(self, job_ids: Sequence[str], until: datetime) -> None:
        """Keep the leases of jobs that are still being worked on."""
        self._connection.execute(
            update(jobs).where(jobs.c.id.in_(job_ids)).values(leased_until=until)
        )

    def release_all(self) -> None:
        """Nobody else can be alive (a SQLite file has one process): what was claimed is free."""
        self._connection.execute(
            update(jobs).where(jobs.c.leased_until.is_not(None)).values(leased_until=None)
        )

    def finish(self, job_id: str, at: datetime, error: str | None = None) -> bool:
        """Done, or with `error` given up. False when it already was: then roll back."""
        params = {"wanted": job_id, "at": at, "why": error and error[:200]}
        return _FINISH.run(self._connection, params) == 1

    def postpone(self, job_id: str, due_at: datetime, error: str | None = None) -> None:
        """Try again at `due_at`."""
        self._connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.finished_at.is_(None))
            .values(due_at=due_at, leased_until=None, error=error and error[:200])
        )

    def next_due(self, real_now: datetime, kinds: Collection[str] | None = None) -> datetime | None:
        """When the next job that nobody works on is due; it may be in the past."""
        next_one = _unleased(select(jobs.c.due_at), real_now, kinds)
        return self._connection.execute(next_one.order_by(jobs.c.due_at).limit(1)).scalar()

    def count_waiting(self) -> int:
        return int(
            self._connection.execute(
                select(func.count()).select_from(jobs).where(jobs.c.finished_at.is_(None))
            ).scalar_one()
        )

    def remove_finished(self, before: datetime) -> None:
        self._connection.execute(delete(jobs).where(jobs.c.finished_at < before))

    def _load(self, row: Row[Any], at: datetime) -> Job | None:
        try:
            payload = json.loads(self._keyring.open(row.payload))
        except Unreadable as error:  # one such row must not stop all others
            _log.error("job.unreadable", job=row.id)
            self.finish(row.id, at, str(error))
            return None
        return Job(
            kind=row.kind,
            key=row.key,
            due_at=row.due_at,
            attempts=row.attempts,
            payload=payload,
        )


def _unleased(
    wanted: Select[Any], real_now: datetime, kinds: Collection[str] | None
) -> Select[Any]:
    wanted = wanted.where(jobs.c.finished_at.is_(None)).where(
        or_(jobs.c.leased_until.is_(None), jobs.c.leased_until < real_now)
    )
    return wanted if kinds is None else wanted.where(jobs.c.kind.in_(kinds))
