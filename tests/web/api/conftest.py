"""A server for each test."""

from collections.abc import AsyncIterator

import pytest

from bot.messaging.instance import Instance
from bot.storage.engine import SqlStorage, open_storage
from bot.storage.vault import Keyring
from tests.web.api.stage import Desk, Pages, a_desk


@pytest.fixture
async def sqlite_storage(sqlite_url: str, keyring: Keyring) -> AsyncIterator[SqlStorage]:
    opened = open_storage(sqlite_url, keyring, Instance())
    await opened.open()
    yield opened
    await opened.aclose()


@pytest.fixture
async def desk(sqlite_storage: SqlStorage) -> AsyncIterator[Desk]:
    async with a_desk(sqlite_storage) as built:
        yield built


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
async def paid_desk(sqlite_storage: SqlStorage, pages: Pages) -> AsyncIterator[Desk]:
    """Seats can be paid."""
    async with a_desk(sqlite_storage, pages=pages) as built:
        yield built
