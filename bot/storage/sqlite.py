"""Storage in one SQLite file: all writes go through one thread, waiting units share a commit."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.core.crash import crash_point
from bot.core.errors import Cause, ServiceFailure
from bot.messaging.instance import Instance
from bot.storage.base import BaseStorage, check_keys
from bot.storage.failures import SERVICE, as_ours
from bot.storage.kept import keep_rows, kept_by
from bot.storage.lock import FileLock
from bot.storage.vault import Keyring
from bot.storage.work import Signal, Work

R = TypeVar("R")
_log = structlog.get_logger()

_MOST_UNITS_PER_COMMIT = 64
_READERS = 4


@dataclass(slots=True)
class _Order:
    """A unit on its way through the writer thread."""

    unit: Callable[[Work], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None
    signals: list[Signal] = field(default_factory=list)


class SqliteStorage(BaseStorage):
    """A file, for one process.

    A statement waits five seconds for somebody else's lock (the driver's default; `?timeout=` in
    the address sets another), then it is a `ServiceFailure`.
    """

    def __init__(self, url: str, keyring: Keyring, instance: Instance) -> None:
        super().__init__(keyring, instance)
        self.url = make_url(url)
        self.is_shared = False
        self.commits = 0
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = _lock_of(self.url)
        self._reader = _read_engine(self.url)

    async def open(self) -> None:
        """Begin to take units.

        Raises:
            ServiceFailure: another process has the file, its schema is missing or old, or the
                keys do not open it.
        """
        if self._lock is not None:
            self._lock.acquire()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()
        try:
            await self.write(check_keys)
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Finish the units that wait, then let go of the file; later ones are refused."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._orders.put(None)
            await asyncio.to_thread(thread.join)
        await self._reader.dispose()
        if self._lock is not None:
            self._lock.release()

    async def write(self, unit: Callable[[Work], R], /) -> R:
        if self._thread is None:
            raise ServiceFailure(SERVICE, Cause.UNREACHABLE, "the storage is closed")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._orders.put(_Order(unit, future))
        result: R = await future
        return result

    async def read(self, query: Callable[[Work], R], /) -> R:
        def run(connection: Connection) -> R:
            work = self._work(connection)
            result = query(work)
            work.committed()
            return result

        try:
            async with self._reader.connect() as connection:
                return await connection.run_sync(run)
        except Exception as error:
            ours = as_ours(error)
            if ours is error:
                raise
            raise ours from error

    def _run(self) -> None:
        engine = _write_engine(self.url)
        connection: Connection | None = None
        is_open = True
        while is_open:
            batch, is_open = self._take()
            try:
                if connection is None and batch:
                    connection = engine.connect()
                if connection is not None and batch:
                    self._commit(connection, batch)
            except Exception as error:  # a failed BEGIN or COMMIT fails all who shared it
                failure = _failure(error)
                _log.warning("storage.commit_failed", units=len(batch), cause=str(failure))
                _give_up(connection)
                connection = None
                for order in batch:
                    order.error = order.error or failure
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
        """Run each unit in a savepoint of one transaction, steered by plain driver SQL."""
        run = connection.connection.driver_connection.execute  # type: ignore[union-attr] # sqlite3's
        crash_point("before commit")
        run("BEGIN IMMEDIATE")
        done: list[Work] = []
        for order in batch:
            run("SAVEPOINT unit")
            work = self._work(connection)
            try:
                order.result = order.unit(work)
                order.signals = work.signals
                done.append(work)
            except BaseException as error:  # handed to the one who waits for this unit
                order.error = as_ours(error)
                run("ROLLBACK TO unit")
                _forget(connection)
            run("RELEASE unit")
        run("COMMIT")
        self.commits += 1
        for work in done:
            work.committed()
        crash_point("after commit")

    def _deliver(self, batch: list[_Order]) -> None:
        assert self._loop is not None  # noqa: S101 - open() ran, or there were no orders
        if batch and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._resolve, batch)

    def _resolve(self, batch: list[_Order]) -> None:
        for order in batch:
            if order.error is None:
                self._announce(order.signals)
            if order.future.done():  # whoever waited was cancelled
                continue
            if order.error is None:
                order.future.set_result(order.result)
            else:
                order.future.set_exception(order.error)


def _forget(connection: Connection) -> None:
    """A unit was taken back, and with it whatever it had changed and read again."""
    kept = kept_by(connection)
    if kept is not None:
        kept.forget_all()


def _lock_of(url: URL) -> FileLock | None:
    """The lock of a database file, whose folder is made; none for one in memory."""
    if not url.database or url.database == ":memory:":
        return None
    file = Path(url.database).expanduser()
    file.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(file)


def _write_engine(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    event.listen(engine, "connect", _prepare_writer)
    keep_rows(engine)
    return engine


def _read_engine(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"), pool_size=_READERS, max_overflow=0
    )
    event.listen(engine.sync_engine, "connect", _prepare_reader)
    return engine


def _prepare_writer(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what /forget removes is overwritten, not only unlinked
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_reader(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()


def _failure(error: Exception) -> ServiceFailure:
    """Why a whole batch failed: never a unit's fault."""
    ours = as_ours(error)
    if isinstance(ours, ServiceFailure):
        return ours
    return ServiceFailure(SERVICE, Cause.UNREACHABLE, type(error).__name__)


def _give_up(connection: Connection | None) -> None:
    """Drop a connection whose transaction failed; closing it rolls back, the next opens anew."""
    if connection is not None:
        try:
            connection.invalidate()
            connection.close()
        except Exception as error:  # it is lost either way
            _log.warning("storage.close_failed", cause=type(error).__name__)
