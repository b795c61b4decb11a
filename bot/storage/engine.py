"""Units of work on SQLite (one writer thread, group commit) and on PostgreSQL.

DESIGN: a unit is one plain function of a transaction, so no outside call can hide in it.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

import structlog
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.core.crash import crash_point
from bot.core.errors import Cause, ServiceFailure
from bot.messaging.instance import Instance
from bot.storage.vault import Keyring
from bot.storage.work import Signal, Work

R = TypeVar("R")
_log = structlog.get_logger()

_MOST_UNITS_PER_COMMIT = 64
_BUSY_TIMEOUT_MS = 5_000
_RETRIES = 3


class CommitListener(Protocol):
    """Told in the event loop, after a commit, what the units asked to be told about."""

    def __call__(self, signals: Sequence[Signal], /) -> None: ...


class _SqlStorage:
    """What both engines share: the keyring, this instance's name, and who listens to commits."""

    def __init__(self, keyring: Keyring, instance: Instance) -> None:
        self.keyring = keyring
        self.instance = instance
        self._listeners: list[CommitListener] = []

    def on_commit(self, listener: CommitListener) -> None:
        self._listeners.append(listener)

    def _work(self, connection: Connection) -> Work:
        return Work(connection, self.keyring, self.instance)

    def _announce(self, signals: Sequence[Signal]) -> None:
        if signals:
            for listener in self._listeners:
                listener(signals)


@dataclass(slots=True)
class _Order:
    """A unit on its way through the writer thread."""

    unit: Callable[[Work], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None
    signals: list[Signal] = field(default_factory=list)


class SqliteStorage(_SqlStorage):
    """A file, for one process. All writes go through one thread; waiting units share a commit."""

    def __init__(self, url: str, keyring: Keyring, instance: Instance) -> None:
        super().__init__(keyring, instance)
        self.url = make_url(url)
        self.is_shared = False
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reader: AsyncEngine = _sqlite_reader(self.url)

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    async def aclose(self) -> None:
        if self._thread is not None:
            self._orders.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None
        await self._reader.dispose()

    async def write(self, unit: Callable[[Work], R], /) -> R:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._orders.put(_Order(unit, future))
        result: R = await future
        return result

    async def read(self, query: Callable[[Work], R], /) -> R:
        async with self._reader.connect() as connection:
            return await connection.run_sync(lambda raw: query(self._work(raw)))

    def _run(self) -> None:
        engine = create_engine(_sqlite_sync(self.url), poolclass=NullPool)
        event.listen(engine, "connect", _prepare_sqlite)
        connection: Connection | None = None
        is_open = True
        while is_open:
            batch, is_open = self._take()
            if not batch:
                break
            try:
                if connection is None:
                    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                self._commit(connection, batch)
            except Exception as error:  # a failed COMMIT or a lost file fails all who shared it
                _give_up(connection)
                connection = None
                for order in batch:
                    order.error = order.error or _as_failure(error)
            self._deliver(batch)
        if connection is not None:
            connection.close()
        engine.dispose()

    def _take(self) -> tuple[list[_Order], bool]:
        """The units that wait now, and whether more may come."""
        batch: list[_Order] = []
        order = self._orders.get()
        while order is not None:
            batch.append(order)
            if len(batch) >= _MOST_UNITS_PER_COMMIT:
                return batch, True
            try:
                order = self._orders.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _commit(self, connection: Connection, batch: list[_Order]) -> None:
        run = connection.exec_driver_sql
        crash_point("before commit")
        run("BEGIN IMMEDIATE")
        try:
            for order in batch:
                run("SAVEPOINT unit")
                work = self._work(connection)
                try:
                    order.result = order.unit(work)
                    order.signals = work.signals
                except BaseException as error:  # handed to the one who waits for this unit
                    order.error = _as_failure(error)
                    run("ROLLBACK TO unit")
                run("RELEASE unit")
            run("COMMIT")
        except BaseException:
            run("ROLLBACK")
            raise
        crash_point("after commit")

    def _deliver(self, batch: list[_Order]) -> None:
        assert self._loop is not None  # noqa: S101 - open() ran, or there were no orders
        self._loop.call_soon_threadsafe(self._resolve, batch)

    def _resolve(self, batch: list[_Order]) -> None:
        for order in batch:
            if order.error is None:
                self._announce(order.signals)
            if order.future.done():
                continue
            if order.error is None:
                order.future.set_result(order.result)
            else:
                order.future.set_exception(order.error)


class PostgresStorage(_SqlStorage):
    """A server that several processes share; READ COMMITTED, constraints decide races."""

    def __init__(self, url: str, keyring: Keyring, instance: Instance) -> None:
        super().__init__(keyring, instance)
        self.url = make_url(url)
        self.is_shared = True
        self._engine = create_async_engine(
            self.url, pool_size=10, max_overflow=10, pool_pre_ping=True, pool_timeout=30
        )

    async def open(self) -> None:
        """Nothing to prepare: connections are made when they are needed."""

    async def aclose(self) -> None:
        await self._engine.dispose()

    async def write(self, unit: Callable[[Work], R], /) -> R:
        for attempt in range(1, _RETRIES + 1):
            try:
                result, signals = await self._attempt(unit)
            except (DBAPIError, OSError) as error:
                if attempt == _RETRIES or not _may_retry(error):
                    raise _as_failure(error) from error
                await asyncio.sleep(0.05 * attempt)
            else:
                self._announce(signals)
                return result
        raise AssertionError("unreachable")

    async def read(self, query: Callable[[Work], R], /) -> R:
        try:
            async with self._engine.connect() as connection:
                return await connection.run_sync(lambda raw: query(self._work(raw)))
        except (DBAPIError, OSError) as error:
            raise _as_failure(error) from error

    async def _attempt(self, unit: Callable[[Work], R]) -> tuple[R, list[Signal]]:
        def run(raw: Connection) -> tuple[R, list[Signal]]:
            work = self._work(raw)
            result = unit(work)
            work.notify_others()
            return result, work.signals

        async with self._engine.connect() as connection:
            crash_point("before commit")
            done = await connection.run_sync(run)
            await connection.commit()
            crash_point("after commit")
            return done


SqlStorage = SqliteStorage | PostgresStorage


def open_storage(url: str, keyring: Keyring, instance: Instance) -> SqlStorage:
    """The storage an address names. Raises ValueError for an engine we do not know."""
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        return SqliteStorage(url, keyring, instance)
    if backend == "postgresql":
        return PostgresStorage(url, keyring, instance)
    raise ValueError(f"DATABASE_URL names {backend}; sqlite+aiosqlite and postgresql+asyncpg work")


def _sqlite_sync(url: URL) -> URL:
    return url.set(drivername="sqlite+pysqlite")


def _sqlite_reader(url: URL) -> AsyncEngine:
    if url.database and url.database != ":memory:":
        Path(url.database).expanduser().parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url.set(drivername="sqlite+aiosqlite"), pool_size=4)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite_reader)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
        "secure_delete=ON",  # what /forget removes is overwritten, not only unlinked
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_sqlite_reader(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()


def _give_up(connection: Connection | None) -> None:
    """Drop a connection whose transaction failed; the next batch opens a new one."""
    if connection is not None:
        try:
            connection.invalidate()
            connection.close()
        except DBAPIError as error:
            _log.warning("storage.close_failed", cause=type(error).__name__)


def _may_retry(error: Exception) -> bool:
    if isinstance(error, IntegrityError):
        return False
    if isinstance(error, DBAPIError):
        code = getattr(error.orig, "sqlstate", None) or ""
        return error.connection_invalidated or code[:2] in {"08", "40", "57"}
    return True


def _as_failure(error: BaseException) -> BaseException:
    """Trouble with the database itself as a `ServiceFailure`; our own errors stay what they are."""
    if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError):
        return ServiceFailure("database", Cause.UNREACHABLE, type(error.orig).__name__)
    if isinstance(error, OSError):
        return ServiceFailure("database", Cause.UNREACHABLE, type(error).__name__)
    return error
