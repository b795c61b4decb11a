"""What a unit of work costs, beside the same statements in plain sqlite3, and draining jobs."""

import asyncio
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.table import Row
from bot.accounts.model import User
from bot.core.errors import ServiceFailure
from bot.flows.state import FlowState
from bot.jobs.model import Job
from bot.jobs.worker import Worker
from bot.messaging.instance import Instance
from bot.messaging.model import (
    Address,
    Incoming,
    IncomingKind,
    MessageKind,
    Outgoing,
    Paragraph,
    Sender,
)
from bot.messaging.ports import Received
from bot.storage import schema
from bot.storage.engine import SqliteStorage
from bot.storage.vault import Keyring, generate_key, parse_keys
from bot.storage.work import Work

_UNITS = 4_000
_CALLERS = 32
_CROWD, _CROWD_UNITS = 200, 10
_JOBS = 10_000
_NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_TEXT = "I would like to practise ordering a coffee, please. " * 3
_ROUNDS = 3


class _Clock:
    def now(self) -> datetime:
        return _NOW


def rows() -> list[Row]:
    """The figures of storage and jobs."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}"
        return asyncio.run(_measure(url, Path(folder) / "raw.db"))


async def _measure(url: str, raw_file: Path) -> list[Row]:
    await schema.migrate(url)
    storage = SqliteStorage(url, Keyring(parse_keys(generate_key())), Instance(senders={"test"}))
    await storage.open()
    raw = min(_raw(raw_file.with_name(f"raw{n}.db")) for n in range(_ROUNDS))
    figures = [await _units(storage, f"r{n}") for n in range(_ROUNDS)]
    cpu, rate = min(cpu for cpu, _ in figures), max(rate for _, rate in figures)
    drained = await _drain(storage)
    refused = await _crowd(storage)
    await storage.aclose()
    times = cpu / raw
    return [
        Row(
            "one unit of five statements on SQLite, encrypted / the same in plain sqlite3",
            f"{times:.1f}x ({1e3 * cpu:.2f} / {1e3 * raw:.3f} ms of CPU)",
            "at most 20x",
            is_met=times <= 20,
        ),
        Row(f"units a second, {_CALLERS} callers, synchronous=FULL", f"{rate:.0f}", "reported"),
        Row(
            f"units refused (locked, or else) to {_CROWD} callers who read and write",
            f"{refused} of {_CROWD * _CROWD_UNITS}",
            "none",
            is_met=refused == 0,
        ),
        Row(
            f"{_JOBS} light jobs due at once, drained",
            f"{drained:.2f} s",
            "at most 2 s",
            is_met=drained <= 2,
        ),
    ]


def _event(key: str, person: int) -> Received:
    name = str(person)
    incoming = Incoming(
        key=key,
        kind=IncomingKind.TEXT,
        sender=Sender("test", name, "Ana"),
        address=Address("test", name),
        at=_NOW,
        text=_TEXT,
    )
    return Received(incoming, {"update_id": key, "message": {"text": _TEXT, "from": {"id": name}}})


def _answer(received: Received, user_id: str) -> Callable[[Work], None]:
    """The unit of one ordinary answer in a guided conversation."""
    incoming = received.incoming
    reply = Outgoing(
        key=f"reply:{incoming.key}",
        to=incoming.address,
        kind=MessageKind.NOTICE,
        user_id=user_id,
        body=(Paragraph(_TEXT),),
    )

    def unit(work: Work) -> None:
        work.inbox.add(received, _NOW, overtakes=False)
        state = work.flow_states.find_of_user(user_id)
        assert state is not None
        work.flow_states.save(replace(state, answers={"bio": _TEXT, "step": incoming.key}))
        work.outbox.put(reply, at=_NOW)

    return unit


async def _crowd(storage: SqliteStorage) -> int:
    """How many units failed while two hundred wrote, and read what they wrote, at once."""
    people = [User(created_at=_NOW, name="Ana") for _ in range(_CROWD)]

    def prepare(work: Work) -> None:
        for person in people:
            work.users.add(person)
            work.flow_states.add(FlowState(user_id=person.id, flow="f", step="s", updated_at=_NOW))

    async def caller(number: int) -> int:
        refused = 0
        for n in range(_CROWD_UNITS):
            received = _event(f"crowd:{number}:{n}", number)
            try:
                await storage.write(_answer(received, people[number].id))
                await storage.read(lambda work: work.flow_states.find_of_user(people[number].id))
            except ServiceFailure:
                refused += 1
        return refused

    await storage.write(prepare)
    return sum(await asyncio.gather(*map(caller, range(_CROWD))))


async def _units(storage: SqliteStorage, name: str) -> tuple[float, float]:
    """CPU seconds a unit, and units a second of wall time."""
    people = [User(created_at=_NOW, name="Ana") for _ in range(_CALLERS)]

    def prepare(work: Work) -> None:
        for person in people:
            work.users.add(person)
            work.flow_states.add(FlowState(user_id=person.id, flow="f", step="s", updated_at=_NOW))

    async def caller(number: int) -> None:
        for n in range(_UNITS // _CALLERS):
            received = _event(f"{name}:{number}:{n}", number)
            await storage.write(_answer(received, people[number].id))

    await storage.write(prepare)
    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(caller(number) for number in range(_CALLERS)))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return cpu / _UNITS, _UNITS / wall


_RAW_TABLES = """
CREATE TABLE inbox (key TEXT PRIMARY KEY, id TEXT, platform TEXT, lane TEXT, overtakes INTEGER,
    body BLOB, received_at INTEGER, done_at INTEGER);
CREATE INDEX ix_inbox ON inbox (done_at, lane, id);
CREATE TABLE flow_states (id TEXT PRIMARY KEY, version INTEGER, user_id TEXT UNIQUE, flow TEXT,
    step TEXT, answers BLOB, returns_to TEXT, asked_in TEXT, updated_at INTEGER);
CREATE TABLE outbox (key TEXT PRIMARY KEY, id TEXT, user_id TEXT, platform TEXT, room_hash TEXT,
    kind TEXT, state TEXT, owner TEXT, body BLOB, attempts INTEGER, message_id TEXT, error TEXT,
    created_at INTEGER, sent_at INTEGER);
CREATE INDEX ix_outbox ON outbox (state, platform, id);
CREATE INDEX ix_outbox_user ON outbox (user_id);
"""


def _raw(file: Path) -> float:
    """CPU seconds of the same five statements, 32 to a commit."""
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.executescript(_RAW_TABLES)
    run = connection.execute
    for n in range(_CALLERS):
        run("INSERT INTO flow_states VALUES (?,0,?,'f','s','{}',NULL,'',0)", (f"s{n}", f"u{n}"))
    body = json.dumps({"message": {"text": _TEXT}}).encode()
    cpu = time.process_time()
    for n in range(_UNITS // _CALLERS):
        run("BEGIN IMMEDIATE")
        for caller in range(_CALLERS):
            _raw_unit(run, f"{caller}:{n}", f"u{caller}", body)
        run("COMMIT")
    cpu = time.process_time() - cpu
    connection.close()
    return cpu / _UNITS


def _raw_unit(run: Callable[..., sqlite3.Cursor], key: str, user_id: str, body: bytes) -> None:
    run("SAVEPOINT unit")
    run("INSERT INTO inbox VALUES (?,?,'test',?,0,?,0,NULL)", (key, key, user_id, body))
    state = run("SELECT * FROM flow_states WHERE user_id=?", (user_id,)).fetchone()
    run(
        "UPDATE flow_states SET version=?, step=?, answers=?, updated_at=0"
        " WHERE id=? AND version=?",
        (state[1] + 1, "s", body, state[0], state[1]),
    )
    run(
        "INSERT INTO outbox VALUES (?,?,?,'test',?,'notice','sending','me',?,0,NULL,NULL,0,NULL)",
        (key, key, user_id, user_id, body),
    )
    run("RELEASE unit")


def _put(work: Work, jobs: Sequence[Job]) -> None:
    work.jobs.put(*jobs)


async def _drain(storage: SqliteStorage) -> float:
    """Seconds until all jobs, due at the same instant, were run."""
    for start in range(0, _JOBS, 1000):
        some = [Job(kind="k", key=str(n), due_at=_NOW) for n in range(start, start + 1000)]
        await storage.write(partial(_put, jobs=some))

    def handle(work: Work, job: Job) -> None:
        """Nothing but being done."""

    worker = Worker(storage, _Clock(), {"k": handle}, is_shared=False)
    wall = time.perf_counter()
    done = await worker.run_due()
    assert done == _JOBS
    return time.perf_counter() - wall
