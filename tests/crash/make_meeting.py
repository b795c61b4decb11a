"""Runs what is due of meetings once, in a process of its own that may be killed."""

import asyncio
import os
import sys
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

from bot.messaging.instance import Instance
from bot.simulators.zoom import ZoomSimulator
from bot.storage.engine import open_storage
from bot.storage.vault import Keyring, parse_keys
from tests.meetings_world import START, HandClock, World, a_lesson


async def main(url: str, zoom_url: str, subject_id: str) -> None:
    """Make the meeting of a lesson that was booked."""
    keyring = Keyring(parse_keys(os.environ["MEETING_KEYS"]))
    storage = open_storage(url, keyring, Instance())
    await storage.open()
    account = ZoomSimulator
    zoom = SimpleNamespace(
        oauth_url=f"{zoom_url}/oauth/token",
        api_url=f"{zoom_url}/v2",
        account_id=account.account_id,
        client_id=account.client_id,
        client_secret=account.client_secret,
    )
    clock = HandClock(START - timedelta(days=2))
    world = World(storage, cast(ZoomSimulator, zoom), clock)
    world.lessons.subjects[subject_id] = a_lesson(id=subject_id)
    await world.worker.run_due()
    await world.http.aclose()
    await storage.aclose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
