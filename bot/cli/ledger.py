"""`linguaflex ledger verify`: proves chain and balance, or names the first bad entry."""

import argparse
import asyncio
from collections.abc import Iterator, Sequence

from bot.billing.ledger import Entry, Fault, first_fault
from bot.messaging.instance import Instance
from bot.storage import schema
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring, generate_key, parse_keys
from bot.storage.work import Work
from config.settings import WrongSettings, load_settings

_PAGE = 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One thing to do with it."""
    parser.add_argument("action", choices=["verify"])


def run(_: argparse.Namespace) -> int:
    """0: every entry is as it was written. 1: the first that is not is printed."""
    count, fault = asyncio.run(_verify(load_settings().database_url))
    if fault is None:
        print(f"ledger: {count} entries, chained and balanced")
        return 0
    print(f"ledger: entry {fault.number} is not as it was written ({fault.what})")
    return 1


async def _verify(url: str) -> tuple[int, Fault | None]:
    """How many entries there are, and the first fault; nothing of it is sealed."""
    if await schema.current(url) != schema.head():
        raise WrongSettings("the database is not at the current schema: run `linguaflex migrate`")
    storage = open_storage(url, Keyring(parse_keys(generate_key())), Instance())
    try:
        return await storage.read(_check)
    finally:
        await storage.aclose()


def _check(work: Work) -> tuple[int, Fault | None]:
    head = work.billing.ledger.head()
    return head[0], first_fault(head, _pages(work))


def _pages(work: Work) -> Iterator[Sequence[Entry]]:
    after = 0
    while page := work.billing.ledger.entries(after, _PAGE):
        yield page
        after = page[-1].number
