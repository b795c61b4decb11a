"""Fixtures of the sender."""

from collections.abc import AsyncIterator

import pytest

from bot.messaging import outbox as outbox_module
from bot.messaging.outbox import Sender
from bot.storage.engine import SqlStorage
from tests.sender_stage import Platform, a_sender


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "_FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(outbox_module, "_GRACE_SECONDS", 1.0)


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def sender(storage: SqlStorage, platform: Platform) -> AsyncIterator[Sender]:
    running = a_sender(storage, platform)
    running.start()
    yield running
    await running.aclose()
